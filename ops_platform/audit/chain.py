"""Appending to the audit chain and verifying it.

hash = SHA-256 of the canonical JSON of (number, at, actor, address, action, institution, subject type, subject, detail,
previous hash). `at` is UTC with microseconds, `detail` as stored. The first event's previous hash is 64 zeros.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.kernel import Actor, Finding, Severity, digest_of

GENESIS = "0" * 64
_LOCK = 7_201_001


def record(
    actor: Actor,
    action: str,
    *,
    institution: str = "",
    subject_type: str = "",
    subject: str | int = "",
    detail: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Append one event, in the caller's transaction. Call it last: the chain is locked until that commits.

    `detail` holds JSON values without floats; amounts go in as text. Raises TypeError for floats.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an audit event belongs to the transaction of its deed")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditEvent.objects.order_by("-number").values_list("number", "hash").first()
    event = AuditEvent(
        number=last[0] + 1 if last else 1,
        at=timezone.now(),
        actor=actor.name,
        address=actor.address,
        action=action,
        institution=institution,
        subject_type=subject_type,
        subject=str(subject),
        detail=dict(detail or {}),
        previous_hash=last[1] if last else GENESIS,
    )
    event.hash = hash_of(event)
    event.save()
    return event


def hash_of(event: AuditEvent) -> str:
    """The hash that the event must carry."""
    return digest_of(
        {
            "number": event.number,
            "at": _instant(event.at),
            "actor": event.actor,
            "address": event.address,
            "action": event.action,
            "institution": event.institution,
            "subject_type": event.subject_type,
            "subject": event.subject,
            "detail": event.detail,
            "previous_hash": event.previous_hash,
        }
    )


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def verify() -> Iterator[Finding]:
    """Yield the first broken link, if there is one: what follows it proves nothing any more."""
    previous_hash, expected = GENESIS, 1
    for event in AuditEvent.objects.order_by("number").iterator(chunk_size=5_000):
        if event.number != expected:
            yield _fault("audit.gap", f"审计链缺少第 {expected} 号事件(下一条是第 {event.number} 号)。", expected)
            return
        if event.previous_hash != previous_hash:
            yield _fault("audit.broken_link", f"审计链第 {event.number} 号事件与前一条不衔接。", event.number)
            return
        if event.hash != hash_of(event):
            yield _fault("audit.altered", f"审计链第 {event.number} 号事件的内容被改动过。", event.number)
            return
        previous_hash, expected = event.hash, expected + 1


def _fault(code: str, message: str, number: int) -> Finding:
    return Finding(code=code, severity=Severity.BLOCKING, message=message, subject=str(number))
