"""The door of the notifications app."""

from ops_platform.notifications.outbox import enqueue

__all__ = ["enqueue"]
