"""Sending what stands in the outbox."""

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from ops_platform.notifications.models import OutboxTask

logger = logging.getLogger(__name__)
KEEP_SENT = timedelta(days=7)
BATCH = 200


def enqueue(task: str, **arguments: Any) -> None:
    """Have the Celery task run after the present transaction commits; nothing is lost while the broker is away."""
    row = OutboxTask.objects.create(task=task, arguments=arguments)
    transaction.on_commit(lambda: _send_now(row.pk))


def _send_now(pk: int) -> None:
    with transaction.atomic():
        row = OutboxTask.objects.select_for_update(skip_locked=True).filter(pk=pk, sent_at__isnull=True).first()
        if row is not None:
            _send(row)


def _send(row: OutboxTask) -> bool:
    row.attempts += 1
    try:
        current_app.send_task(row.task, kwargs=row.arguments, retry=False)
    except (OperationalError, OSError) as error:
        row.last_error = str(error)[:300]
        row.save(update_fields=["attempts", "last_error"])
        logger.warning("outbox: %s waits for the broker (%s)", row.task, error)
        return False
    row.sent_at, row.last_error = timezone.now(), ""
    row.save(update_fields=["attempts", "sent_at", "last_error"])
    return True


def sweep() -> int:
    """Send what was left, oldest first; stops at the first failure. Returns how many were sent."""
    sent = 0
    with transaction.atomic():
        waiting = OutboxTask.objects.select_for_update(skip_locked=True).filter(sent_at__isnull=True).order_by("id")
        for row in waiting[:BATCH]:
            if not _send(row):
                break
            sent += 1
    OutboxTask.objects.filter(sent_at__lt=timezone.now() - KEEP_SENT).delete()
    return sent
