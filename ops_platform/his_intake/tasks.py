"""Background work of the intake."""

from celery import shared_task

from ops_platform.his_intake.quality import checking


@shared_task(name="his_intake.check_batch")
def check_batch(batch_id: int) -> None:
    """After a batch: look for rows that are valid and yet suspicious."""
    checking.check_batch(batch_id)
