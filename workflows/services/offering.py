"""Offering what waits at a step to somebody who has come to the role that it asks for."""

from collections.abc import Iterator
from functools import partial

from django.db import transaction
from django.db.models import Q

from ops_platform.kernel import Role
from workflows.engine import verbs
from workflows.engine.definition import ApproverRule, Who, from_json
from workflows.models import ActKind, FlowVersion, Matter
from workflows.services.acts import locked, roster_of
from workflows.services.roster import POSTS
from workflows.services.sweeping import each, keep_by_platform

WORDS = "有人新任该环节所要的角色，可以审批。"


def offer(person: int, role: Role) -> int:
    """Let the person sign where a running matter waits at a step that asks for the role; returns how many matters changed. A
    repeat changes nothing."""
    asking = Q()
    for version, steps in _asking(role):
        asking |= Q(version=version, step__in=steps)
    if not asking:
        return 0
    rows = Matter.objects.filter(asking, state=Matter.State.RUNNING).order_by("id")
    return each(list(rows.values_list("pk", flat=True)), partial(take_up, person=person), take_up.__name__)


@transaction.atomic
def take_up(matter_id: int, *, person: int) -> bool:
    """Let the person sign at the matter's step, where its rules ask for them and a seat is open."""
    matter, course = locked(matter_id)
    outcome = verbs.take_up(course, person=person, roster=roster_of(matter))
    if not outcome.events:
        return False
    keep_by_platform(matter, course, outcome, ActKind.REPLACE, WORDS)
    return True


def _asking(role: Role) -> Iterator[tuple[int, list[str]]]:
    """Versions by which matters run, with their steps that ask for the role."""
    running = Matter.objects.filter(state=Matter.State.RUNNING).order_by().values("version")
    for version in FlowVersion.objects.filter(pk__in=running).order_by("id"):
        steps = [
            step.key for step in from_json(version.body).steps if any(_asks_for(rule, role) for rule in step.approvers)
        ]
        if steps:
            yield version.pk, steps


def _asks_for(rule: ApproverRule, role: Role) -> bool:
    if rule.who is Who.SUPERIOR:
        return role in POSTS
    if rule.who is Who.DEPARTMENT_HEAD:
        return role is Role.DEPARTMENT_HEAD
    return rule.role is role
