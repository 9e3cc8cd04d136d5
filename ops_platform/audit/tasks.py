"""Background work of the audit app."""

from celery import shared_task

from ops_platform.audit.head import export_head


@shared_task(name="audit.export_head")
def export_head_task() -> None:
    """Daily: write the head of the chain outside the database."""
    export_head()
