"""Writes of deliveries: they are born in the transaction that tells, and leave after its commit."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity.models import MailChoice, User
from ops_platform.kernel import Actor, Conflict, NotFound
from ops_platform.kernel.digest import canonical
from ops_platform.notifications import kinds, mailing
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint
from ops_platform.notifications.outbox import enqueue
from ops_platform.notifications.services.access import must_administer

TASK = "notifications.deliver"


@transaction.atomic
def emit(event: str, payload: Mapping[str, Any], *, key: str) -> int:
    """Tell all systems that want to know of the event, within the caller's transaction.

    `key` makes the event unique: the same key is told to each webhook once, however often it is emitted. `payload` holds
    texts, whole numbers, Decimals, dates, lists and mappings, no floats and no patient data. Returns to how many it goes.
    Raises LookupError for an event that no app registered.
    """
    if event not in kinds.events():
        raise LookupError(f"no app has registered the event {event}")
    endpoints = WebhookEndpoint.objects.filter(is_active=True, events__contains=[event]).order_by("id")
    return to_webhooks(endpoints, event, payload, key=key)


def to_webhooks(endpoints: Collection[WebhookEndpoint], event: str, payload: Mapping[str, Any], *, key: str) -> int:
    """Write a delivery for each of these webhooks; returns how many webhooks there are."""
    now, data = timezone.now(), json.loads(canonical(dict(payload)))
    _write(
        Delivery(
            channel=Delivery.Channel.WEBHOOK,
            event=event,
            key=key,
            at=now,
            endpoint=endpoint,
            payload=data,
            next_try_at=now,
        )
        for endpoint in endpoints
    )
    return len(endpoints)


def mail_messages(messages: Sequence[tuple[Message, str]]) -> None:
    """Write mails about messages that were just told, each with the line that leaves, to those who want them. One query,
    none while mail is off."""
    if not mailing.is_on() or not messages:
        return
    wanting = dict(
        User.objects.filter(pk__in={message.recipient_id for message, _line in messages}, is_active=True)
        .exclude(email="")
        .exclude(mail_choice=MailChoice.NONE)
        .values_list("pk", "mail_choice")
    )
    _write(
        Delivery(
            channel=Delivery.Channel.MAIL,
            event=message.kind,
            key=message.key,
            at=message.told_at,
            recipient_id=message.recipient_id,
            payload={"title": line, "url": message.url},
            next_try_at=message.told_at,
        )
        for message, line in messages
        if _wants(wanting.get(message.recipient_id), message.kind)
    )


def _wants(choice: str | None, kind: str) -> bool:
    return choice == MailChoice.ALL or (choice == MailChoice.TO_DO and kinds.is_to_do(kind))


def _write(deliveries: Iterable[Delivery]) -> None:
    rows = list(deliveries)
    if rows:
        Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        enqueue(TASK)


def forget_mails(keys: Collection[str], *, recipient: int | None = None) -> None:
    """Take back mails about matters that are settled, as far as they have not left and are not just leaving."""
    unsent = Delivery.objects.filter(channel=Delivery.Channel.MAIL, key__in=keys, next_try_at__isnull=False)
    if recipient is not None:
        unsent = unsent.filter(recipient=recipient)
    Delivery.objects.filter(pk__in=unsent.select_for_update(skip_locked=True).values("pk")).delete()


@transaction.atomic
def retry(actor: Actor, *, delivery_id: int) -> Delivery:
    """Try a delivery again that failed or was given up: once right now."""
    must_administer(actor)
    delivery = Delivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("notifications.no_delivery", "没有这条投递记录。")
    if delivery.state not in (Delivery.State.FAILED, Delivery.State.GIVEN_UP):
        raise Conflict("notifications.delivery_not_failed", "这条投递已送达或正在发送，无需重试。")
    if delivery.endpoint is not None and not delivery.endpoint.is_active:
        raise Conflict("notifications.webhook_inactive", "该接收地址已停用，不能再推送。请新建接收地址。")
    delivery.state, delivery.next_try_at = Delivery.State.WAITING, timezone.now()
    delivery.save(update_fields=["state", "next_try_at"])
    record(actor, "notifications.delivery_retried", subject_type="delivery", subject=str(delivery.uid))
    enqueue(TASK)
    return delivery
