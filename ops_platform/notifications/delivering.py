"""Sending what waits to leave the platform: mails and webhook posts, at least once, tried again with growing pauses.

A delivery is sent while its row is locked: a second worker passes over it, and when a worker is killed the lock falls
and the next round tries again. What the killed worker had sent already is then sent a second time with the same id,
by which the receiver can tell.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from ops_platform.kernel.digest import canonical
from ops_platform.notifications import mailing, posting, signing
from ops_platform.notifications.models import Delivery, WebhookEndpoint
from ops_platform.notifications.posting import NotDelivered

logger = logging.getLogger(__name__)
PAUSES = tuple(
    timedelta(**pause) for pause in ({"minutes": 1}, {"minutes": 5}, {"minutes": 30}, {"hours": 2}, {"hours": 6})
)
MAX_ATTEMPTS = 8
ROUND_SECONDS = 60
KEEP_DONE = timedelta(days=90)


@dataclass
class _Round:
    """Places that did not answer in this round: the others that wait for them are left for the next one."""

    silent_endpoints: set[int] = field(default_factory=set)
    mail_is_silent: bool = False


def deliver_due() -> int:
    """Try everything that is due, oldest first, for a minute at most. Returns how many arrived."""
    arrived, going_round, until = 0, _Round(), time.monotonic() + ROUND_SECONDS
    while time.monotonic() < until:
        delivery = _deliver_next(going_round)
        if delivery is None:
            break
        arrived += delivery.state == Delivery.State.SENT
    return arrived


def forget_old() -> int:
    """Remove what was sent or given up 90 days ago; returns how many."""
    done = Delivery.objects.filter(next_try_at__isnull=True, created_at__lt=timezone.now() - KEEP_DONE)
    return done.delete()[0]


@transaction.atomic
def _deliver_next(going_round: _Round) -> Delivery | None:
    """Try the delivery that has been due longest and that nobody else is at."""
    rows = Delivery.objects.select_for_update(of=("self",), skip_locked=True).filter(next_try_at__lte=timezone.now())
    if going_round.mail_is_silent:
        rows = rows.exclude(channel=Delivery.Channel.MAIL)
    rows = rows.exclude(endpoint__in=going_round.silent_endpoints)
    delivery = rows.select_related("endpoint", "recipient").order_by("next_try_at", "id").first()
    if delivery is None:
        return None
    if delivery.endpoint is not None and not delivery.endpoint.is_active:
        _give_up(delivery, "接收地址已停用")
        return delivery
    delivery.attempts += 1
    try:
        delivery.response_status = _send(delivery)
    except NotDelivered as failure:
        _note_failure(delivery, failure)
        if failure.silent and delivery.endpoint_id is not None:
            going_round.silent_endpoints.add(delivery.endpoint_id)
        going_round.mail_is_silent |= failure.silent and delivery.endpoint_id is None
    except Exception as error:  # one that cannot be sent at all must not stand in the way of the others
        logger.exception("delivery %s cannot be sent", delivery.uid)
        _note_failure(delivery, NotDelivered(f"本平台出错({type(error).__name__})"))
    else:
        _note_arrival(delivery)
    return delivery


def _send(delivery: Delivery) -> int | None:
    if delivery.endpoint is None:
        mailing.send(delivery)
        return None
    secret = signing.secret_of(delivery.endpoint.secret_salt)
    if signing.mark_of(secret) != delivery.endpoint.secret_mark:
        raise NotDelivered("SECRET_KEY 已更换，签名密钥随之失效。请轮换密钥并交给对方", silent=True)
    body, timestamp = body_of(delivery), str(int(time.time()))
    return posting.post(
        delivery.endpoint.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": "ops-platform",
            "X-Ops-Delivery": str(delivery.uid),
            "X-Ops-Event": delivery.event,
            "X-Ops-Timestamp": timestamp,
            "X-Ops-Signature": signing.signature(secret, timestamp, body),
        },
    )


def body_of(delivery: Delivery) -> bytes:
    """What is posted: the same bytes at every try."""
    return canonical({"id": str(delivery.uid), "event": delivery.event, "at": delivery.at, "data": delivery.payload})


def _note_arrival(delivery: Delivery) -> None:
    now = timezone.now()
    delivery.state, delivery.sent_at, delivery.next_try_at, delivery.last_error = Delivery.State.SENT, now, None, ""
    delivery.save()
    if delivery.endpoint_id is not None:
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(last_success_at=now)


def _note_failure(delivery: Delivery, failure: NotDelivered) -> None:
    delivery.response_status, delivery.last_error = failure.status, failure.message[:300]
    if delivery.attempts >= MAX_ATTEMPTS:
        _give_up(delivery, delivery.last_error)
    else:
        delivery.state = Delivery.State.FAILED
        delivery.next_try_at = timezone.now() + PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
        delivery.save()
    if delivery.endpoint_id is not None:
        WebhookEndpoint.objects.filter(pk=delivery.endpoint_id).update(last_failure_at=timezone.now())
    logger.warning("delivery %s: try %s failed, %s", delivery.uid, delivery.attempts, delivery.state)


def _give_up(delivery: Delivery, why: str) -> None:
    delivery.state, delivery.next_try_at, delivery.last_error = Delivery.State.GIVEN_UP, None, why
    delivery.save()
