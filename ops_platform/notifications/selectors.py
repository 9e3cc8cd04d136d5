"""Reads of the messages: everybody sees the own ones only."""

from django.db.models import QuerySet

from ops_platform.kernel import Actor
from ops_platform.notifications.models import Message


def messages(*, actor: Actor) -> QuerySet[Message]:
    """The actor's messages, what was told last first."""
    return Message.objects.filter(recipient=actor.user).order_by("-told_at", "-id")


def unread(actor: Actor) -> int:
    """How many messages the actor has not read."""
    return Message.objects.filter(recipient=actor.user, read_at__isnull=True).count()
