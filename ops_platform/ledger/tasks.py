"""Celery entry points of the ledger: one service call each, safe to repeat."""

from celery import shared_task

from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services


@shared_task(name="ledger.expire")
def expire() -> None:
    """On beat: pending entries whose time is over hold nothing any more."""
    services.expire_due(PLATFORM)
