"""Rows of work that one worker at a time holds by a lease, which its heartbeat prolongs.

Such a row has `state` (waiting, running, …), `lease_owner`, `lease_until`, `heartbeat_at` and `messaged_at`. When the lease
runs out, another worker may take the row; the first can then no longer commit, since it ends by locking the row under its
own lease (`fence`). A sweeper sends again what was left (`left_alone`): the message of a killed worker comes back only
after the broker's visibility timeout.
"""

import os
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone

WAITING, RUNNING = "waiting", "running"
RESEND_AFTER = timedelta(seconds=60)


class LeaseLost(Exception):
    """The lease ran out and somebody else has the row."""


def new_owner() -> str:
    """A name for who takes a row now: host, process, and a number of its own."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def lease() -> timedelta:
    """How long a worker may be silent."""
    return timedelta(seconds=settings.NIGHTLY_LEASE_SECONDS)


def claim(row: QuerySet, owner: str) -> bool:
    """Take the row if it waits, or its holder is lost."""
    now = timezone.now()
    free = row.filter(Q(state=WAITING) | Q(state=RUNNING, lease_until__lt=now))
    return bool(free.update(state=RUNNING, lease_owner=owner, lease_until=now + lease(), heartbeat_at=now))


def fence(row: QuerySet, owner: str) -> None:
    """Lock the row under our own lease: whoever lost it cannot commit. Raises LeaseLost."""
    if not row.select_for_update().filter(lease_owner=owner, state=RUNNING).exists():
        raise LeaseLost


def left_alone(rows: QuerySet) -> tuple[QuerySet, QuerySet]:
    """Of these rows those whose worker was lost, and those that wait and whose message went missing."""
    now = timezone.now()
    unheard = Q(messaged_at__isnull=True) | Q(messaged_at__lt=now - RESEND_AFTER)
    since_lost = Q(messaged_at__lt=F("lease_until"))
    lost = rows.filter(unheard | since_lost, state=RUNNING, lease_until__lt=now)
    return lost, rows.filter(unheard, state=WAITING)


class Heartbeat:
    """A thread with a database connection of its own that prolongs the lease, and tells how far the work is."""

    def __init__(self, row: QuerySet, owner: str, tell: Callable[[], None] | None = None) -> None:
        self._row, self._owner, self._tell = row, owner, tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heartbeat":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        pause = min(1.0, settings.NIGHTLY_LEASE_SECONDS / 4)
        prolonged = timezone.now()
        try:
            while not self._stop.wait(pause):
                now = timezone.now()
                if now - prolonged > lease() / 4:
                    self._row.filter(lease_owner=self._owner).update(lease_until=now + lease(), heartbeat_at=now)
                    prolonged = now
                if self._tell:
                    self._tell()
        finally:
            connection.close()
