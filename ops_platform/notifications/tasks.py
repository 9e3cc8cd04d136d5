"""Background work of the outbox and of what leaves the platform."""

from celery import shared_task

from ops_platform.notifications import delivering, outbox


@shared_task(name="notifications.sweep_outbox")
def sweep_outbox() -> None:
    """On beat: deliver what a missing broker left behind."""
    outbox.sweep()


@shared_task(name="notifications.deliver")
def deliver() -> None:
    """After a commit, and on beat for what failed before: send mails and webhook posts that are due."""
    delivering.deliver_due()


@shared_task(name="notifications.forget_deliveries")
def forget_deliveries() -> None:
    """Daily: remove what was done with long ago."""
    delivering.forget_old()
