"""The flows that the platform ships: one for each subject type, as a first version that people then change."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from workflows.engine.definition import ApproverRule, Definition, Level, Step, Who, to_json
from workflows.models import Flow
from workflows.services.flows import publish
from workflows.subjects import subject_types

MADE_BY = "reference"


def role(role_: Role, level: Level = Level.INSTITUTION, *, or_above: bool = False) -> ApproverRule:
    """An approver rule by role."""
    return ApproverRule(Who.ROLE, role_, level, or_above)


def default(title: str, steps: Sequence[Step], *, note: str = "", **options: Any) -> Mapping[str, Any]:
    """The flow a subject type comes with, for `SubjectType.default`."""
    return {"title": title, "note": note, "body": to_json(Definition(tuple(steps), **options))}


@transaction.atomic
def load_flows() -> int:
    """Publish the shipped flow of each subject type that has none; returns how many."""
    added = 0
    for registered in subject_types():
        shipped = registered.default
        if not shipped or Flow.objects.filter(subject_type=registered.code, institution=None).exists():
            continue
        flow = Flow.objects.create(
            subject_type=registered.code, title=shipped["title"], draft=shipped["body"], draft_note=shipped["note"]
        )
        publish(PLATFORM, flow_id=flow.pk, made_by=MADE_BY)
        added += 1
    return added
