"""What time brings: reminders, escalation, expiry; people who left; delegations that begin or end. On beat.

Each matter is looked after in a transaction of its own, under its row lock. A worker that is killed in between leaves the
matters it had not reached for the next sweep, and none half done.
"""

import logging
import random
from collections.abc import Callable, Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, Func, JSONField, OuterRef, Q, QuerySet
from django.utils import timezone

from ops_platform.identity.models import DutyPair, RoleAssignment, User
from ops_platform.kernel.actor import PLATFORM
from workflows.engine import verbs
from workflows.engine.course import ASKED_BY_NAME, Course, EventKind, Kept, Origin, State
from workflows.models import ActKind, Delegation, Matter, Task
from workflows.selectors.matters import colleagues
from workflows.services import setbacks
from workflows.services.acts import finish, locked, roster_of
from workflows.services.keeping import Deed, keep, keep_act, next_look
from workflows.services.telling import remind, tell

logger = logging.getLogger(__name__)
BATCH = 200
GIVEN_BACK = {
    "": "委派结束",
    Kept.CIRCLE: "委派绕成一圈，没有人可以代",
    Kept.EXCLUDED: "受托人与事项有关，不能代",
    Kept.SITTING: "受托人已在本环节，不能代",
    Kept.BARRED: "受托人有不相容职务，不能代",
}
EXPIRED = "在时限内没有人审批，自动失效。"


def sweep() -> int:
    """Look after every matter whose time has come. Returns how many were changed."""
    return (
        each(_due(), look_after, look_after.__name__)
        + each(_left(), replace_left, replace_left.__name__)
        + each(_delegated(), follow_delegations, follow_delegations.__name__)
        + each(_forsaken(), abandon, abandon.__name__)
    )


def each(matters: Collection[int], verb: Callable[[int], bool], duty: str) -> int:
    """Call the verb for each matter; returns how many changed. What fails is remembered and keeps no other waiting."""
    changed = 0
    for matter in matters:
        try:
            changed += verb(matter)
        except Exception as error:  # one matter that cannot be looked after keeps no other from it
            logger.exception("workflows: matter %s was not looked after", matter)
            setbacks.failed(matter, duty, error)
        else:
            setbacks.succeeded(matter, duty)
    return changed


def _due() -> list[int]:
    """The oldest, but for those whose turn failed: they wait for their next try, or many of them would starve the rest."""
    rows = Matter.objects.filter(looked_after__lte=timezone.now()).order_by("looked_after", "id")
    rows = rows.exclude(pk__in=setbacks.put_off(look_after.__name__))
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _left() -> list[int]:
    rows = Task.objects.filter(state__in=["open", "held"], person__is_active=False)
    rows = rows.exclude(matter__in=setbacks.put_off(replace_left.__name__))
    return list(rows.order_by("matter").values_list("matter", flat=True).distinct()[:BATCH])


def _delegated() -> list[int]:
    """Matters with an open task whose holder has handed over today, or that is still away though the time is over or an
    incompatible duty has come to who acts."""
    today = timezone.localdate()
    valid = Delegation.objects.filter(
        first_day__lte=today, last_day__gte=today, revoked_at__isnull=True, delegate__is_active=True
    )
    kind = Func(OuterRef("matter__subject_type"), function="to_jsonb", output_field=JSONField())
    valid = valid.filter(Q(subject_types=[]) | Q(subject_types__contains=kind))
    now_away = Exists(valid.filter(principal=OuterRef("person")))
    of_principal = valid.filter(principal=OuterRef("behalf_of"))
    handed_on = Q(origin=str(Origin.HANDED_ON))
    still_away = Exists(of_principal.filter(delegate=OuterRef("person"))) | (handed_on & Exists(of_principal))
    anywhere = RoleAssignment.objects.filter(user=OuterRef(OuterRef("person")), state=RoleAssignment.State.ACTIVE)
    here = anywhere.filter(Q(institution=None) | Q(institution=OuterRef(OuterRef("matter__institution"))))
    by_name = Q(origin__in=[str(one) for one in ASKED_BY_NAME]) | Q(matter__institution=None)
    barred = _clashing(here) | (by_name & _clashing(anywhere))
    rows = Task.objects.filter(state__in=["open", "held"]).filter(
        now_away | (Q(behalf_of__isnull=False) & (~still_away | barred))
    )
    rows = rows.exclude(matter__in=setbacks.put_off(follow_delegations.__name__))
    found = list(rows.order_by("matter").values_list("matter", flat=True).distinct())
    random.shuffle(
        found
    )  # those that stay, since the delegation is for other matters, must not stand before all others
    return found[:BATCH]


def _clashing(held: QuerySet[RoleAssignment]) -> Q:
    """Whether one of these roles is incompatible with that of the task."""
    roles = held.values("role")
    pairs = DutyPair.objects.filter(
        Q(first=OuterRef("role"), second__in=roles) | Q(second=OuterRef("role"), first__in=roles)
    )
    return Q(Exists(pairs))


def _forsaken() -> list[int]:
    """Returned matters whose applicant has left."""
    rows = Matter.objects.filter(state=Matter.State.RETURNED, applicant__is_active=False)
    rows = rows.exclude(pk__in=setbacks.put_off(abandon.__name__))
    return list(rows.order_by("id").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def abandon(matter_id: int) -> bool:
    """The applicant has left: what waits on them ends, so that somebody else can ask."""
    matter, course = locked(matter_id)
    if matter.applicant.is_active or course.state is not State.RETURNED:
        return False
    keep_by_platform(matter, course, verbs.abandon(course), ActKind.WITHDRAW, "申请人已离岗，事项自动撤回。")
    return True


@transaction.atomic
def look_after(matter_id: int) -> bool:
    """Remind, escalate or let expire, whichever is due. Repeating it at the same moment changes nothing."""
    matter, course = locked(matter_id)
    now = timezone.now()
    if course.state is not State.RUNNING or matter.looked_after is None or matter.looked_after > now:
        return False
    step, waited = course.present, now - matter.entered_at
    if step.expire_hours and waited >= timedelta(hours=step.expire_hours):
        keep_by_platform(matter, course, verbs.expire(course), ActKind.EXPIRE, EXPIRED)
        return True
    if step.escalate_hours and matter.escalated_at is None and waited >= timedelta(hours=step.escalate_hours):
        matter.escalated_at = now
        outcome = verbs.escalate(course, roster=roster_of(matter))
        if outcome.events:
            matter.reminded_at = now  # who had their turn is told by this act: a reminder due as well would tell twice
            keep_by_platform(
                matter, course, outcome, ActKind.ESCALATE, f"超过 {step.escalate_hours} 小时未审批，升级到上一级。"
            )
            remind(matter, course, "已升级", f"{_waited(waited)}，已升级到上一级，您仍可审批")
            return True
    elif step.remind_hours:
        matter.reminded_at = now
        words = _waited(waited)
        keep_act(matter, PLATFORM, Deed(ActKind.REMIND, words))
        remind(matter, course, f"提醒({words})", words)
    matter.looked_after = next_look(matter, course)
    matter.save(update_fields=["looked_after", "reminded_at", "escalated_at"])
    return True


def _waited(waited: timedelta) -> str:
    return f"已等待 {int(waited.total_seconds() // 3600)} 小时"


@transaction.atomic
def replace_left(matter_id: int) -> bool:
    """Tasks of people who left, or who no longer hold the role by which they have them, go to others."""
    matter, course = locked(matter_id)
    absent = _absent(matter, course)
    if not absent:
        return False
    outcome = verbs.replace_absent(course, absent=absent, roster=roster_of(matter))
    keep_by_platform(matter, course, outcome, ActKind.REPLACE, "原审批人已离岗或不再担任该角色，改派他人。")
    return True


def _absent(matter: Matter, course: Course) -> set[int]:
    if course.state is not State.RUNNING:
        return set()
    waiting = {task.number: task for task in course.here if task.waiting}
    gone = set(matter.tasks.filter(number__in=waiting, person__is_active=False).values_list("person", flat=True))
    roster = roster_of(matter)
    candidates = {
        candidate.person
        for rules in (*roster.seats.get(course.step, ()), *roster.above_of(course.step))
        for candidate in rules
    }
    for task in waiting.values():
        holder = task.behalf_of if task.behalf_of is not None else task.person
        by_rule = task.role is not None or task.origin is Origin.RULE  # a person whom a rule names has no role
        if by_rule and task.origin is not Origin.TRANSFER and holder not in candidates:
            gone.add(task.person)
    by_name = {task.person for task in waiting.values() if not task.own}
    if by_name:
        still = set(colleagues(matter).filter(pk__in=by_name).values_list("pk", flat=True))
        gone |= by_name - still
    return gone


def replace_person(person: int) -> int:
    """Somebody was deactivated or lost a role: all their open tasks are looked at. Returns how many matters changed."""
    rows = Task.objects.filter(state__in=["open", "held"]).filter(Q(person=person) | Q(behalf_of=person))
    return each(
        list(rows.order_by("matter").values_list("matter", flat=True).distinct()), replace_left, replace_left.__name__
    )


@transaction.atomic
def follow_delegations(matter_id: int) -> bool:
    """Open tasks go to the delegate of the day, and back when the delegation has ended."""
    matter, course = locked(matter_id)
    outcome = verbs.follow_delegations(course, roster=roster_of(matter))
    if not any(event.kind is EventKind.ASSIGNED for event in outcome.events):
        return False
    keep_by_platform(matter, course, outcome, ActKind.DELEGATE, _handed_over(outcome))
    return True


def _handed_over(outcome: verbs.Outcome) -> str:
    """Who acts for whom from now on, through whom, and who has the own tasks back and why, in words."""
    given = {event.task: event.detail for event in outcome.events if event.kind is EventKind.ASSIGNED}
    turns = [task for task in outcome.course.tasks if task.number in given]
    people = {person for task in turns for person in (task.person, task.behalf_of) if person is not None}
    people |= {person for detail in given.values() for person in detail.get("via", ())}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))
    words = []
    for task in turns:
        detail = given[task.number]
        if task.behalf_of is None:
            words.append(f"{GIVEN_BACK[detail.get('kept', '')]}，退还{names[task.person]}")
            continue
        through = "、".join(names[person] for person in detail.get("via", ()))
        chained = f"(经{through}再委派)" if through else ""
        words.append(f"{names[task.person]}代{names[task.behalf_of]}审批{chained}")
    return f"按委派转交待办：{'；'.join(words)}。"


def keep_by_platform(matter: Matter, course: Course, outcome: verbs.Outcome, kind: str, words: str) -> None:
    """Write down what the platform did by itself, and tell those concerned."""
    act = keep(matter, course, outcome, PLATFORM, Deed(kind, words))
    tell(matter, act, course, outcome.course, outcome.events)
    finish(PLATFORM, matter, course, outcome.course, words)
