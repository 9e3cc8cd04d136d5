"""Working on the draft of a flow: its options, one step at a time, and sending it for approval.

Whoever changes names in `seen` the draft that stood on their page; when another administrator has changed it since, the
change is refused instead of writing over theirs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from django.db import transaction

from ops_platform.kernel import Actor, Conflict, Invalid
from workflows.engine.definition import MOST_STEPS, Definition, Step, to_json
from workflows.models import Flow, FlowVersion, Matter
from workflows.selectors.flows import SUBJECT
from workflows.selectors.matters import on_its_way
from workflows.services import acts
from workflows.services.flows import (
    access_flow,
    lock_for_change,
    must_have_seen,
    save_draft,
    version_for,
    with_attributes,
)


def in_work(flow: Flow) -> Definition:
    """What an administrator works on: the draft; without one, the version in force, from which the first change makes a
    draft; for a flow that was never published, what is in force without it."""
    if flow.draft is not None:
        return with_attributes(flow.subject_type, flow.draft)
    if flow.current is not None:
        return with_attributes(flow.subject_type, flow.current.body)
    try:
        return with_attributes(flow.subject_type, version_for(flow.subject_type, None).body)
    except Conflict:
        return with_attributes(flow.subject_type, to_json(Definition(steps=())))


@transaction.atomic
def set_options(actor: Actor, *, flow_id: int, seen: str, options: Mapping[str, Any], note: str) -> Flow:
    """Change the rules of the whole flow and what is noted about the change."""
    return _change(actor, flow_id, seen, lambda definition: replace(definition, **options), note=note)


@transaction.atomic
def change_step(actor: Actor, *, flow_id: int, seen: str, step: Step) -> Flow:
    """Put the step in the place of the one with the same key. Raises Invalid when there is none any more."""

    def changed(definition: Definition) -> Definition:
        place = definition.position(step.key)
        return replace(definition, steps=(*definition.steps[:place], step, *definition.steps[place + 1 :]))

    return _change(actor, flow_id, seen, changed)


@transaction.atomic
def insert_step(actor: Actor, *, flow_id: int, seen: str, step: Step, after: str = "") -> Flow:
    """Add the step after another one, or, without `after`, as the first; it gets a key of its own."""

    def inserted(definition: Definition) -> Definition:
        if len(definition.steps) >= MOST_STEPS:
            raise Invalid("workflows.too_many_steps", f"流程最多 {MOST_STEPS} 个环节。")
        place = definition.position(after) + 1 if after else 0
        fresh = replace(step, key=_fresh_key(flow_id, definition))
        return replace(definition, steps=(*definition.steps[:place], fresh, *definition.steps[place:]))

    return _change(actor, flow_id, seen, inserted)


@transaction.atomic
def move_step(actor: Actor, *, flow_id: int, seen: str, key: str, down: bool) -> Flow:
    """Exchange the step with its neighbour; at either end nothing changes."""

    def moved(definition: Definition) -> Definition:
        steps, place = list(definition.steps), definition.position(key)
        other = place + 1 if down else place - 1
        if 0 <= other < len(steps):
            steps[place], steps[other] = steps[other], steps[place]
        return replace(definition, steps=tuple(steps))

    return _change(actor, flow_id, seen, moved)


@transaction.atomic
def drop_step(actor: Actor, *, flow_id: int, seen: str, key: str) -> Flow:
    """Take the step out of the draft."""

    def without(definition: Definition) -> Definition:
        place = definition.position(key)
        return replace(definition, steps=(*definition.steps[:place], *definition.steps[place + 1 :]))

    return _change(actor, flow_id, seen, without)


@transaction.atomic
def submit_draft(actor: Actor, *, flow_id: int, seen: str, comment: str = "") -> Matter:
    """Send the draft for approval; what was returned is submitted again. Refused as `must_be_submittable` says."""
    matter = on_its_way(SUBJECT, str(flow_id))
    if matter is not None:
        acts.locked(matter.pk)  # before the flow, in the order of every act upon the matter
    flow = lock_for_change(actor, flow_id)
    must_have_seen(flow, seen)
    if matter is not None:
        return acts.resubmit(actor, matter_id=matter.pk, comment=comment)
    return acts.start(actor, kind=SUBJECT, subject=str(flow.pk), comment=comment)


def _change(
    actor: Actor, flow_id: int, seen: str, change: Callable[[Definition], Definition], note: str | None = None
) -> Flow:
    flow = access_flow(flow_id)
    must_have_seen(flow, seen)
    return save_draft(actor, flow_id=flow_id, body=to_json(change(in_work(flow))), seen=seen, note=note)


def _fresh_key(flow_id: int, definition: Definition) -> str:
    """A key that no step of the draft has, nor one of any version: measured together is only what is one step."""
    taken = {step.key for step in definition.steps}
    for body in FlowVersion.objects.filter(flow=flow_id).values_list("body", flat=True):
        taken |= {step["key"] for step in body["steps"]}
    return next(key for number in count(1) if (key := f"step-{number}") not in taken)
