"""Failures of the sweeper: remembered for each matter and duty, tried again ever later, told to the administrators."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.identity.models import RoleAssignment
from ops_platform.kernel import Role
from ops_platform.notifications.public import Note, notify
from workflows.models import Setback

KIND = "workflows.setback"
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)
TOLD_AT = 3


def put_off(duty: str) -> Any:
    """Matters whose duty failed and is not to be tried again yet."""
    rows = Setback.objects.filter(duty=duty, failures__gt=0, retry_at__gt=timezone.now())
    return rows.values_list("matter", flat=True)


@transaction.atomic
def failed(matter_id: int, duty: str, error: Exception) -> Setback:
    """Put the duty off: 5 minutes, then twice as long each time, at most a day. At the third failure in a row the alliance's
    administrators are told, once."""
    Setback.objects.get_or_create(matter_id=matter_id, duty=duty)
    row = Setback.objects.select_for_update().get(matter=matter_id, duty=duty)
    now = timezone.now()
    doublings = min(row.failures, 10)
    row.failures += 1
    row.tried_at, row.retry_at = now, now + min(FIRST_WAIT * 2**doublings, LONGEST_WAIT)
    row.words = type(error).__name__[:80]
    row.save(update_fields=["failures", "tried_at", "retry_at", "words"])
    if row.failures == TOLD_AT:
        _tell(row)
    return row


def succeeded(matter_id: int, duty: str) -> None:
    """The duty is done: the count begins anew."""
    Setback.objects.filter(matter=matter_id, duty=duty, failures__gt=0).update(failures=0)


def _tell(row: Setback) -> None:
    """Administrators need not be readers of the matter: its number is told, not its title."""
    administrators = RoleAssignment.objects.filter(
        state=RoleAssignment.State.ACTIVE,
        user__is_active=True,
        role=Role.SYSTEM_ADMIN.value,
        institution__isnull=True,
    )
    title = f"审批事项 {row.matter_id} 的自动处理连续 {row.failures} 次失败"
    body = f"{row.words}。提醒、升级、换人或委派可能没有生效；请查看服务日志，排除原因后平台会自动重试。"
    notify(
        [
            Note(person, f"{KIND}:{row.pk}", KIND, title, body)
            for person in sorted(set(administrators.values_list("user", flat=True)))
        ]
    )
