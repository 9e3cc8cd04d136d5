"""The door of the notifications app."""

from ops_platform.notifications.kinds import register_kind
from ops_platform.notifications.outbox import enqueue
from ops_platform.notifications.services import Note, notify, settle

__all__ = ["Note", "enqueue", "notify", "register_kind", "settle"]
