"""Writes of webhooks: who is told of what, and by which secret the deliveries are signed."""

import uuid
from collections.abc import Collection
from urllib.parse import urlsplit

from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Invalid, NotFound
from ops_platform.notifications import addresses, kinds, signing
from ops_platform.notifications.models import WebhookEndpoint
from ops_platform.notifications.services.access import must_administer
from ops_platform.notifications.services.deliveries import to_webhooks


def create_webhook(actor: Actor, *, name: str, url: str, events: Collection[str]) -> tuple[WebhookEndpoint, str]:
    """A new webhook and its secret, which is returned once. Addresses inside are refused unless the settings list them."""
    must_administer(actor)
    if not name.strip():
        raise Invalid("notifications.webhook_name_missing", "请为接收地址命名，例如系统名称和厂商。", field="name")
    unknown = sorted(set(events) - set(kinds.events()))
    if unknown:
        raise Invalid("notifications.unknown_event", f"没有事件 {'、'.join(unknown)}。请从列表中选择。", field="events")
    if not events:
        raise Invalid("notifications.webhook_without_event", "请至少选择一种事件，否则不会有任何推送。", field="events")
    addresses.resolve(addresses.target_of(url))  # outside the transaction: a name server may take its time
    with transaction.atomic():
        salt = signing.new_salt()
        secret = signing.secret_of(salt)
        webhook = WebhookEndpoint.objects.create(
            name=name.strip(),
            url=url,
            events=sorted(set(events)),
            secret_salt=salt,
            secret_mark=signing.mark_of(secret),
            created_by=actor.name,
        )
        _record(actor, "notifications.webhook_created", webhook)
    return webhook, secret


@transaction.atomic
def rotate_secret(actor: Actor, *, webhook_id: int) -> tuple[WebhookEndpoint, str]:
    """A new secret in place of the old one, from the next try on; returned once."""
    webhook = _locked(actor, webhook_id)
    webhook.secret_salt = signing.new_salt()
    secret = signing.secret_of(webhook.secret_salt)
    webhook.secret_mark = signing.mark_of(secret)
    webhook.save(update_fields=["secret_salt", "secret_mark"])
    _record(actor, "notifications.webhook_secret_rotated", webhook)
    return webhook, secret


@transaction.atomic
def deactivate_webhook(actor: Actor, *, webhook_id: int) -> WebhookEndpoint:
    """Nothing is sent there any more; what waits is given up. A repeat changes nothing."""
    must_administer(actor)
    webhook = _webhook(webhook_id)
    if webhook.is_active:
        webhook.is_active = False
        webhook.save(update_fields=["is_active"])
        _record(actor, "notifications.webhook_deactivated", webhook)
    return webhook


@transaction.atomic
def send_test(actor: Actor, *, webhook_id: int) -> WebhookEndpoint:
    """Send the event `notifications.test` to one webhook, whatever it subscribed to."""
    webhook = _locked(actor, webhook_id)
    payload = {"message": "这是一条测试推送。", "sent_by": actor.name}
    to_webhooks([webhook], kinds.TEST_EVENT, payload, key=str(uuid.uuid4()))
    return webhook


def _locked(actor: Actor, webhook_id: int) -> WebhookEndpoint:
    must_administer(actor)
    webhook = _webhook(webhook_id)
    if not webhook.is_active:
        raise Conflict("notifications.webhook_inactive", "该接收地址已停用，不能再推送。请新建接收地址。")
    return webhook


def _webhook(webhook_id: int) -> WebhookEndpoint:
    webhook = WebhookEndpoint.objects.select_for_update().filter(pk=webhook_id).first()
    if webhook is None:
        raise NotFound("notifications.no_webhook", "没有这个接收地址。")
    return webhook


def _record(actor: Actor, action: str, webhook: WebhookEndpoint) -> None:
    detail = {
        "host": urlsplit(webhook.url).hostname or "",
        "events": webhook.events,
        "secret_mark": webhook.secret_mark,
    }
    record(actor, action, subject_type="webhook", subject=webhook.name, detail=detail)
