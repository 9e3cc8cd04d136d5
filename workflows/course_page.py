"""What the page of a matter shows: the subject, the way drawn step by step, the record, and what the reader may do."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from ops_platform.documents.public import DocumentFacts, documents_of
from ops_platform.identity.models import ROLE_TITLES, User
from ops_platform.kernel import Actor, NotFound, Role
from workflows.engine.course import ENDED, Course, State
from workflows.engine.definition import Mode, Step, Withdrawing
from workflows.engine.moving import asked_by
from workflows.engine.preview import StepPreview, preview
from workflows.models import Act, Matter, Task
from workflows.selectors import matters as selectors
from workflows.selectors.notable import Notable, notable, readable_of
from workflows.services.acts import OWNER, may_say
from workflows.services.keeping import CONTENT, course_of, definition_of, digest_of_subject
from workflows.services.roster import Place, roster_for
from workflows.subjects import Subject, subject_type

GONE = (Task.State.DROPPED, Task.State.TAKEN_BACK)
MODES = {Mode.ANY: "任一人签", Mode.ALL: "全部会签", Mode.COUNT: "{count} 人会签", Mode.EACH: "双签"}


@dataclass(frozen=True, slots=True)
class Signer:
    """One person at a step: who, for whom, how it stands."""

    name: str
    behalf_of: str
    role: str
    state: str
    words: str
    at: object = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One step as drawn. `state`: done, present, ahead, or skipped."""

    key: str
    title: str
    state: str
    how: str
    condition: str
    signers: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """An added signer whom the reader may ask no more: by which task of the reader's own, who it is."""

    task: int
    person: int
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    """One line that reads otherwise than when the matter was submitted before; empty where there was or is none."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry of the record; of a new submission with what is other than before."""

    act: Act
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class WorthALook:
    """Something notable with the other matters it is about, as far as the reader may see them."""

    thing: Notable
    matters: tuple[Matter, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the page needs."""

    subject: Subject | None
    broken: bool
    sealed: bool
    stages: tuple[Stage, ...]
    record: Sequence[Recorded]
    task: Task | None
    guests: Sequence[Guest]
    earlier: tuple[Stage, ...]
    may_withdraw: bool
    may_resubmit: bool
    may_urge: bool
    may_say: bool
    edit_url: str
    kind: str
    documents: Sequence[DocumentFacts]
    notable: Sequence[WorthALook]


def page(actor: Actor, matter: Matter) -> Page:
    """Read all that the page shows."""
    course = course_of(matter)
    subject = subject_of(matter)
    mine = matter.applicant_id == actor.user
    tasks = selectors.tasks_of(matter)
    stages = _stages(matter, course, tasks)
    task = open_task(actor, matter)
    position = course.definition.position(course.step) if course.step else 0
    before = [step.key for step in course.definition.steps[:position]]
    been = {row.step for row in tasks}
    return Page(
        subject=subject,
        broken=_broken(matter, course, subject),
        sealed=subject is not None and digest_of_subject(subject, course.definition) == matter.digest,
        stages=stages,
        record=_recorded(selectors.record_of(matter)),
        task=task,
        guests=_guests(actor, course, tasks),
        earlier=tuple(stage for stage in stages if stage.key in before and stage.key in been) if task else (),
        may_withdraw=mine and _may_withdraw(course),
        may_resubmit=mine and course.state is State.RETURNED,
        may_say=may_say(actor),
        may_urge=mine and course.state is State.RUNNING,
        edit_url=subject.edit if subject is not None and mine and course.state is State.RETURNED else "",
        kind=str(subject_type(matter.subject_type).title),
        documents=discussed(matter),
        notable=worth_a_look(actor, matter),
    )


def worth_a_look(actor: Actor, matter: Matter) -> list[WorthALook]:
    """What is notable about the matter; nothing for its applicant."""
    things = notable(actor=actor, matters=[matter]).get(matter.pk, [])
    others = readable_of(actor, things)
    return [WorthALook(one, tuple(others[pk] for pk in one.matters if pk in others)) for one in things]


def _guests(actor: Actor, course: Course, tasks: Sequence[Task]) -> list[Guest]:
    if course.state is not State.RUNNING:
        return []
    names = {row.person_id: str(row.person) for row in tasks}
    mine = [(seat, task) for seat in course.seats for task in seat.tasks if task.person == actor.user and task.waiting]
    return [
        Guest(own.number, guest.person, names.get(guest.person, ""))
        for seat, own in mine
        for other in course.seats
        if other.waiting and asked_by(other, seat)
        for guest in other.tasks
        if guest.waiting
    ]


def _recorded(acts: Sequence[Act]) -> list[Recorded]:
    """The record; each submission against the one before it."""
    found: list[Recorded] = []
    former: dict[str, str] | None = None
    for act in acts:
        submitted = next((event["detail"] for event in act.events if event["kind"] == CONTENT), None)
        if submitted is None:
            found.append(Recorded(act))
            continue
        present = dict(submitted["lines"]) | {"附件": "、".join(submitted["files"])}
        found.append(Recorded(act, _changes(former, present) if former is not None else ()))
        former = present
    return found


def _changes(former: dict[str, str], present: dict[str, str]) -> tuple[Change, ...]:
    labels = dict.fromkeys([*former, *present])
    both = [(label, former.get(label, ""), present.get(label, "")) for label in labels]
    return tuple(Change(*each) for each in both if each[1] != each[2])


def address(matter: Matter) -> str:
    """The page of the matter."""
    return reverse("workflows:matter", args=[matter.pk])


def open_task(actor: Actor, matter: Matter) -> Task | None:
    """The reader's turn, if it is."""
    return matter.tasks.filter(person=actor.user, state=Task.State.OPEN).order_by("number").first()


def discussed(matter: Matter) -> tuple[DocumentFacts, ...]:
    """Attachments that came with comments, and are no part of what is signed."""
    return documents_of(OWNER, [str(matter.pk)])[str(matter.pk)]


def subject_of(matter: Matter) -> Subject | None:
    """The subject as it stands now; None where it is gone."""
    try:
        return subject_type(matter.subject_type).load(matter.subject)
    except NotFound:
        return None


def _broken(matter: Matter, course: Course, subject: Subject | None) -> bool:
    """What was signed is not what there is now."""
    if course.state is State.RETURNED or (course.state in ENDED and not subject_type(matter.subject_type).lasting):
        return False
    return subject is None or digest_of_subject(subject, course.definition) != matter.digest


def _may_withdraw(course: Course) -> bool:
    if course.state in ENDED:
        return False
    signed = any(task.state == "signed" for task in course.tasks) or course.round > 1
    return course.state is State.RETURNED or course.definition.withdrawing is Withdrawing.ANY_TIME or not signed


def _stages(matter: Matter, course: Course, tasks: Sequence[Task]) -> tuple[Stage, ...]:
    """Steps already walked in this round with their signatures, the present one, and those ahead with who would sign."""
    place = Place(matter.subject_type, matter.institution_id, matter.department_id, matter.applicant_id)
    roster = roster_for(definition_of(matter), place, timezone.localdate())
    ahead = preview(
        course.definition, values=course.values, applicant=course.applicant, roster=roster, barred=course.barred
    )
    position = course.definition.position(course.step) if course.step else -1
    names = _names(ahead)
    stages = []
    for number, step in enumerate(ahead):
        own = [row for row in tasks if row.step == step.step.key]
        last = max((row.visit for row in own), default=0)
        own = [row for row in own if row.visit == last]
        stages.append(_stage(step, own, _state(course, number, position, step, own), names))
    return tuple(stages)


def _state(course: Course, number: int, position: int, step: StepPreview, own: Sequence[Task]) -> str:
    if not step.taken:
        return "skipped"
    if course.state is State.APPROVED or number < position:
        return "done" if any(row.state == Task.State.SIGNED for row in own) else "ahead"
    if number == position:
        return "present" if course.state is State.RUNNING else "stopped"
    return "ahead"


def _stage(step: StepPreview, own: Sequence[Task], state: str, names: dict[int, str]) -> Stage:
    if state in ("done", "present", "stopped"):
        signers = tuple(_signer(row) for row in own if state != "done" or row.state not in GONE)
    elif state == "ahead":
        signers = tuple(
            Signer(names.get(c.person, ""), names.get(c.behalf_of or 0, ""), c.why, "ahead", "")
            for seat in step.seats or ()
            for c in seat
        )
    else:
        signers = ()
    return Stage(step.step.key, step.step.title, state, how(step.step), step.condition, signers)


def how(step: Step) -> str:
    """How many signatures the step needs, in words."""
    return MODES[step.mode].format(count=step.count)


def _signer(row: Task) -> Signer:
    role = str(ROLE_TITLES[Role(row.role)]) if row.role else ""
    words = "已在前面环节签过" if row.origin == "repeat" else str(row.get_state_display())
    return Signer(str(row.person), str(row.behalf_of or ""), role, row.state, words, row.done_at)


def _names(ahead: Sequence[StepPreview]) -> dict[int, str]:
    people = {c.person for step in ahead for seat in step.seats or () for c in seat}
    people |= {c.behalf_of for step in ahead for seat in step.seats or () for c in seat if c.behalf_of is not None}
    return dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))
