"""Reads: everybody sees the own messages only; administrators and auditors see what leaves the platform."""

from django.db.models import QuerySet

from ops_platform.kernel import Actor
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint
from ops_platform.notifications.services.access import ADMINISTRATORS, READERS

__all__ = ["ADMINISTRATORS", "READERS", "deliveries", "messages", "unread", "webhooks"]


def messages(*, actor: Actor) -> QuerySet[Message]:
    """The actor's messages, what was told last first."""
    return Message.objects.filter(recipient=actor.user).order_by("-told_at", "-id")


def unread(actor: Actor) -> int:
    """How many messages the actor has not read."""
    return Message.objects.filter(recipient=actor.user, read_at__isnull=True).count()


def webhooks(*, actor: Actor) -> QuerySet[WebhookEndpoint]:
    """All webhooks, the active ones first; none for who may not read them."""
    rows = WebhookEndpoint.objects.order_by("-is_active", "name", "id")
    return rows if actor.has(*READERS) else rows.none()


def deliveries(*, actor: Actor) -> QuerySet[Delivery]:
    """All deliveries, newest first; none for who may not read them. What they say is left out: it is others' business."""
    rows = Delivery.objects.select_related("endpoint", "recipient").defer("payload").order_by("-id")
    return rows if actor.has(*READERS) else rows.none()
