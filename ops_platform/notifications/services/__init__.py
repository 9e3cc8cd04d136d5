"""Writes of the notifications app: messages to people, deliveries beyond the page, and where they go."""

from ops_platform.notifications.services.deliveries import emit, retry
from ops_platform.notifications.services.messages import Note, notify, open_message, read_all, settle
from ops_platform.notifications.services.webhooks import create_webhook, deactivate_webhook, rotate_secret, send_test

__all__ = [
    "Note",
    "create_webhook",
    "deactivate_webhook",
    "emit",
    "notify",
    "open_message",
    "read_all",
    "retry",
    "rotate_secret",
    "send_test",
    "settle",
]
