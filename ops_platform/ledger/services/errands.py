"""Long work in the background: asked for in a request, done by a worker, seen by whoever waits for it.

State lives in the table of errands; Celery only carries "do errand N". A worker holds an errand by a lease (`orm.leases`):
when it is killed, the sweeper has another one do it from the beginning, and what the first one had written is rolled back.
An errand that loses its worker again and again fails in words. Who asked is asked again for the rights of this moment.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.models import Errand
from ops_platform.masterdata.models import Institution
from ops_platform.notifications.public import enqueue
from ops_platform.orm import leases
from ops_platform.web.people import names_of

logger = logging.getLogger(__name__)
UNDER_WAY = (Errand.State.WAITING, Errand.State.RUNNING)
MOST_LOST = 3  # an errand that loses its worker each time must not go on for ever
SWEPT_AT_ONCE = 50
SECOND_CLICK = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Work:
    """How errands of a kind are done: `prepare` does what takes long and writes nothing; `complete` writes, in the
    transaction in which the errand ends, and gives the result."""

    complete: Callable[[Actor, Errand, Any], dict[str, Any]]
    prepare: Callable[[Errand], Any] = lambda _errand: None


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for."""

    kind: Errand.Kind
    institution: Institution
    period: Period
    wanted: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""


def under_way(wish: Wish) -> Errand | None:
    """The errand of this kind, month and subject that has not ended."""
    rows = Errand.objects.filter(
        kind=wish.kind, institution=wish.institution, period=str(wish.period), subject=wish.subject
    )
    return rows.filter(state__in=UNDER_WAY).first()


def done_just_now(actor: Actor, wish: Wish) -> Errand | None:
    """What the same person asked for in the very same words and has got within seconds: the second click of two."""
    rows = Errand.objects.filter(
        kind=wish.kind, institution=wish.institution, period=str(wish.period), wanted=dict(wish.wanted)
    )
    since = timezone.now() - SECOND_CLICK
    return rows.filter(state=Errand.State.SUCCEEDED, asker=actor.user, finished_at__gte=since).first()


def begin(actor: Actor, wish: Wish) -> Errand:
    """Have it done in the background, in the caller's transaction, which has checked that the actor may. Another one at the
    same moment makes the one that is under way the answer."""
    if actor.user is None and not actor.system:
        raise Forbidden("ledger.errand_of_nobody", "后台任务须由登录的用户或平台自身发起。")
    now = timezone.now()
    try:
        with transaction.atomic():
            errand = Errand.objects.create(
                kind=wish.kind,
                institution=wish.institution,
                period=str(wish.period),
                subject=wish.subject,
                wanted=dict(wish.wanted),
                asked_by=actor.name,
                asker_id=actor.user,
                asked_at=now,
                messaged_at=now,
            )
    except IntegrityError:
        found = under_way(wish)
        if found is None:
            raise
        return same_or_conflict(found, wish)
    enqueue("ledger.do_errand", errand_id=errand.pk)
    return errand


def same_or_conflict(found: Errand, wish: Wish, but: tuple[str, ...] = ()) -> Errand:
    """The errand under way, if it is about the same (all that is wanted `but` these); Conflict if not."""
    if all(found.wanted.get(name) == value for name, value in wish.wanted.items() if name not in but):
        return found
    who = names_of([found.asked_by]).get(found.asked_by, found.asked_by)
    raise Conflict(
        "ledger.errand_under_way",
        f"{who} 于 {timezone.localtime(found.asked_at):%H:%M} 发起的{found.get_kind_display()}还在进行，请等它完成后再试。",
        errand=found.pk,
    )


def do(errand_id: int, works: Mapping[str, Work]) -> None:
    """Take the errand and do it. Does nothing when somebody else holds it or it has ended."""
    owner, row = leases.new_owner(), Errand.objects.filter(pk=errand_id)
    if not leases.claim(row, owner):
        return
    errand = row.select_related("institution", "asker").get()
    with leases.Heartbeat(row, owner):
        try:
            _do(errand, owner, works[errand.kind])
        except leases.LeaseLost:
            logger.warning("ledger: errand %s was taken over, its work is rolled back", errand_id)


def _do(errand: Errand, owner: str, work: Work) -> None:
    lost_again = errand.attempts >= MOST_LOST
    errand.attempts += 1
    errand.started_at = timezone.now()
    errand.save(update_fields=["attempts", "started_at"])
    try:
        if lost_again:
            raise Conflict(
                "ledger.worker_lost_again",
                f"这项任务已使 {MOST_LOST} 个工作进程中断，不再自动重试。请联系系统管理员查看日志，处理后重新发起。",
            )
        actor = _actor_of(errand)
        with transaction.atomic():
            prepared = work.prepare(errand)
        with transaction.atomic():
            errand.result = work.complete(actor, errand, prepared)
            leases.fence(Errand.objects.filter(pk=errand.pk), owner)
            _end(errand, Errand.State.SUCCEEDED)
    except leases.LeaseLost:
        raise
    except Exception as error:
        _fail(errand, owner, error)


def _actor_of(errand: Errand) -> Actor:
    """Who asked, with the roles that they hold now."""
    if errand.asker is None:
        return PLATFORM
    if not errand.asker.is_active:
        raise Forbidden("ledger.asker_left", "发起人的账号已停用，任务没有执行。请由在岗人员重新发起。")
    return actor_of_user(errand.asker)


@transaction.atomic
def _fail(errand: Errand, owner: str, error: Exception) -> None:
    leases.fence(Errand.objects.filter(pk=errand.pk), owner)
    errand.result = {}
    told = error
    if not isinstance(told, DomainError):
        logger.error("ledger: errand %s failed", errand.pk, exc_info=error)
        told = Conflict(
            "ledger.errand_failed",
            f"平台出错，没有完成，也没有留下半成品。请重新发起；再次出错时，请把任务编号 {errand.pk} 告诉系统管理员。",
        )
    errand.error_code, errand.error = told.code, told.message
    _end(errand, Errand.State.FAILED)


def _end(errand: Errand, state: Errand.State) -> None:
    errand.state, errand.finished_at = state, timezone.now()
    errand.lease_owner, errand.lease_until = "", None
    errand.save(update_fields=["state", "finished_at", "lease_owner", "lease_until", "result", "error_code", "error"])


def sweep() -> int:
    """On beat: send errands again whose worker was lost or whose message went missing. Returns how many."""
    with transaction.atomic():
        lost, unheard = leases.left_alone(Errand.objects.select_for_update(skip_locked=True))
        left = list((lost | unheard).order_by("id").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
        Errand.objects.filter(pk__in=left).update(messaged_at=timezone.now())
        for number in left:
            enqueue("ledger.do_errand", errand_id=number)
        return len(left)
