"""Background work of the outbox."""

from celery import shared_task

from ops_platform.notifications import outbox


@shared_task(name="notifications.sweep_outbox")
def sweep_outbox() -> None:
    """On beat: deliver what a missing broker left behind."""
    outbox.sweep()
