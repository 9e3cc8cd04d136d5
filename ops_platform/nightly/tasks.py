"""Celery entry points of the nightly run: ids in, one service call, safe to repeat."""

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from ops_platform.kernel import Conflict, Invalid
from ops_platform.kernel.actor import PLATFORM
from ops_platform.nightly import services

logger = logging.getLogger(__name__)


@shared_task(name="nightly.start")
def start() -> None:
    """On beat at night: a run for the day that has ended. A run that is still going on is left to finish."""
    try:
        services.start_run(PLATFORM, business_date=timezone.localdate() - timedelta(days=1), trigger="beat")
    except (Conflict, Invalid) as refusal:
        logger.warning("nightly: not started: %s", refusal.message)


@shared_task(name="nightly.advance")
def advance(lane_id: int) -> None:
    """Run what is left of one lane."""
    services.advance(lane_id)


@shared_task(name="nightly.sweep")
def sweep() -> None:
    """On beat: resume what a lost worker left."""
    services.sweep()
