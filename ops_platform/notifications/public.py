"""The door of the notifications app."""

from ops_platform.notifications.kinds import register_event, register_kind
from ops_platform.notifications.outbox import enqueue
from ops_platform.notifications.services import Note, emit, notify, settle

__all__ = ["Note", "emit", "enqueue", "notify", "register_event", "register_kind", "settle"]
