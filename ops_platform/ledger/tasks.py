"""Celery entry points of the ledger: one service call each, safe to repeat."""

from celery import shared_task

from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services


@shared_task(name="ledger.expire")
def expire() -> None:
    """On beat: pending entries whose time is over hold nothing any more."""
    services.expire_due(PLATFORM)


@shared_task(name="ledger.let_old_files_go")
def let_old_files_go() -> None:
    """Each night: files of exports whose time is over."""
    services.let_old_files_go(PLATFORM)


@shared_task(name="ledger.do_errand")
def do_errand(errand_id: int) -> None:
    """Do what somebody asked for."""
    services.do_errand(errand_id)


@shared_task(name="ledger.sweep")
def sweep() -> None:
    """On beat: resume errands that a lost worker left."""
    services.sweep_errands()
