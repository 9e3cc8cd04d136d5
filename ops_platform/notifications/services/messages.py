"""Writes of messages to people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel import Actor, NotFound
from ops_platform.notifications.models import Message
from ops_platform.notifications.services.deliveries import forget_mails, mail_messages


@dataclass(frozen=True, slots=True)
class Note:
    """What one person is told. `key` names the matter: the same matter is one message, told anew when its words change.

    The body stays on the page. The title also goes out by mail to who wants it: no patient data in it. Where the title says
    what is not to leave the platform, `mail` goes out in its place.
    `url` is the address, inside the platform, of the page where something can be done about it.
    """

    recipient: int
    key: str
    kind: str
    title: str
    body: str = ""
    url: str = ""
    mail: str = ""


@transaction.atomic
def notify(notes: Sequence[Note]) -> int:
    """Tell people, on the page and by mail as each of them wants it. A matter already told in the same words is not told
    again; returns how many messages are new or changed. A fixed number of queries, however many notes there are."""
    wanted = {(note.recipient, note.key): note for note in notes}
    held = {
        (row.recipient_id, row.key): row
        for row in Message.objects.select_for_update(of=("self",))
        .filter(recipient__in={note.recipient for note in notes}, key__in={note.key for note in notes})
        .order_by("id")
    }
    now = timezone.now()
    changed = []
    for place, note in wanted.items():
        row = held.get(place)
        if row is None or (row.title, row.body) == (note.title, note.body):
            continue
        row.title, row.body, row.url, row.told_at, row.read_at = note.title, note.body, note.url, now, None
        changed.append(row)
    Message.objects.bulk_update(changed, ["title", "body", "url", "told_at", "read_at"], batch_size=500)
    fresh = [
        Message(
            recipient_id=note.recipient,
            key=note.key,
            kind=note.kind,
            title=note.title,
            body=note.body,
            url=note.url,
            told_at=now,
        )
        for place, note in wanted.items()
        if place not in held
    ]
    Message.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    told = [*changed, *fresh]
    mail_messages([(row, wanted[(row.recipient_id, row.key)].mail or row.title) for row in told])
    return len(changed) + len(fresh)


@transaction.atomic
def settle(keys: Collection[str], *, recipient: int | None = None) -> int:
    """The matters are done: their messages ask nobody for anything any more and are forgotten when not read yet, and mails
    about them when they have not left yet.

    Returns how many unread messages went.
    """
    rows = Message.objects.filter(key__in=keys, read_at__isnull=True)
    if recipient is not None:
        rows = rows.filter(recipient=recipient)
    forget_mails(keys, recipient=recipient)
    return rows.delete()[0]


@transaction.atomic
def open_message(actor: Actor, *, message_id: int) -> Message:
    """Mark one of the actor's messages as read. A repeat changes nothing."""
    row = Message.objects.select_for_update(of=("self",)).filter(pk=message_id, recipient=actor.user).first()
    if row is None:
        raise NotFound("notifications.no_message", "没有这条消息。")
    if row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=["read_at"])
    return row


def read_all(actor: Actor) -> int:
    """Mark all of the actor's messages as read; returns how many were not."""
    return Message.objects.filter(recipient=actor.user, read_at__isnull=True).update(read_at=timezone.now())
