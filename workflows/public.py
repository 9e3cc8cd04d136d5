"""The door of the approval engine.

An app registers its subject type in `apps.ready()` with `register_subject(SubjectType(...))`, starts a matter with
`start(actor, kind=…, subject=…)` in the transaction that writes the subject, and hears of the end by its handlers.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from ops_platform.kernel import Actor
from workflows import services
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.definition import ApproverRule, Level, Mode, OnRejection, Step, Who
from workflows.forms.people import Among, PersonSearchField
from workflows.models import Matter
from workflows.reference import default, role
from workflows.selectors import matters as selectors
from workflows.subjects import Beginning, Decision, Subject, SubjectType, register_subject
from workflows.views.people import PersonFormPage

__all__ = [
    "Among",
    "ApproverRule",
    "Attribute",
    "Beginning",
    "Course",
    "Decision",
    "Kind",
    "Level",
    "Mode",
    "OnRejection",
    "PersonFormPage",
    "PersonSearchField",
    "Step",
    "Subject",
    "SubjectType",
    "Who",
    "courses_of",
    "default",
    "hold_returned",
    "readable",
    "register_subject",
    "role",
    "start",
    "under_way",
]


@dataclass(frozen=True, slots=True)
class Course:
    """Where the approval of a subject stands. `state` as stored, `words` for the page."""

    matter: int
    state: str
    words: str
    step: str
    applicant: str
    submitted_at: datetime
    ended_at: datetime | None


def start(actor: Actor, *, kind: str, subject: str, comment: str = "") -> int:
    """Submit a subject for approval in the caller's transaction; returns the number of the matter."""
    return services.start(actor, kind=kind, subject=subject, comment=comment).pk


def hold_returned(actor: Actor, *, kind: str, subject: str) -> int:
    """Lock the matter of a subject that was returned to the actor, its applicant, so that the subject may be changed in the
    caller's transaction; returns its number. Raises NotFound for others, Conflict when it is not returned."""
    return services.hold_returned(actor, kind, subject).pk


def under_way(kind: str, subject: str) -> int | None:
    """The number of the matter by which the subject is being approved just now."""
    matter = selectors.on_its_way(kind, subject)
    return matter.pk if matter else None


def courses_of(kind: str, subjects: Sequence[str]) -> dict[str, Course]:
    """Of each subject how its last approval stands; one query."""
    return {subject: _course(matter) for subject, matter in selectors.latest_of(kind, subjects).items()}


def readable(actor: Actor, matters: Collection[int]) -> frozenset[int]:
    """Which of these matters the actor may open, for lists that lead to them; one query."""
    return frozenset(selectors.visible_matters(actor).filter(pk__in=matters).values_list("pk", flat=True))


def _course(matter: Matter) -> Course:
    return Course(
        matter=matter.pk,
        state=matter.state,
        words=str(matter.get_state_display()),
        step=matter.step_title if matter.state == Matter.State.RUNNING else "",
        applicant=str(matter.applicant),
        submitted_at=matter.submitted_at,
        ended_at=matter.ended_at,
    )
