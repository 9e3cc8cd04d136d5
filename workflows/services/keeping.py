"""Between the tables and the engine: the frozen course of a matter, and writing back what a verb made of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils import timezone

from ops_platform.kernel import Actor, Role, digest_of
from workflows.engine.conditions import Values
from workflows.engine.course import ENDED, Course, Event, EventKind, Origin, State, Task, TaskState
from workflows.engine.definition import Definition, from_json
from workflows.engine.stored_values import values_from_json, values_to_json
from workflows.engine.verbs import Outcome
from workflows.models import Act, Copy, Matter
from workflows.models import Task as TaskRow
from workflows.subjects import Subject

CONTENT = "content"


def declared(subject: Subject, definition: Definition) -> Values:
    """The subject's values of the attributes that the version declares. A subject type may have learnt further ones since
    the version was published: matters that run on it neither branch by them nor are broken by them."""
    names = {attribute.name for attribute in definition.attributes}
    return {name: value for name, value in subject.values.items() if name in names}


def digest_of_subject(subject: Subject, definition: Definition) -> str:
    """What a signature stands for: title, content, the declared values and the attachments submitted with them."""
    signed: dict[str, Any] = {
        "title": subject.title,
        "content": dict(subject.content),
        "values": values_to_json(declared(subject, definition)),
    }
    if subject.documents:
        signed["documents"] = sorted([document.name, document.digest] for document in subject.documents)
    return digest_of(signed)


def lines_of(subject: Subject) -> list[list[str]]:
    """What the page said of the subject when it was submitted, kept with the matter."""
    return [[line.label, line.value] for line in subject.lines]


def definition_of(matter: Matter) -> Definition:
    """The version that the matter began with."""
    return from_json(matter.version.body)


def course_of(matter: Matter) -> Course:
    """The matter as the engine knows it: the tasks of its present round."""
    definition = definition_of(matter)
    everything = list(matter.tasks.order_by("number"))
    rows = [row for row in everything if row.round == matter.round]
    return Course(
        definition=definition,
        applicant=matter.applicant_id,
        values=values_from_json(matter.values, definition.attributes),
        barred=frozenset(matter.barred),
        state=State(matter.state),
        round=matter.round,
        visit=matter.visit,
        step=matter.step,
        tasks=tuple(_task(row) for row in rows),
        next_number=matter.next_number,
        returned_from=matter.returned_from,
        walked=frozenset(row.step for row in everything),
    )


def _task(row: TaskRow) -> Task:
    return Task(
        number=row.number,
        visit=row.visit,
        step=row.step,
        seat=row.seat,
        person=row.person_id,
        role=Role(row.role) if row.role else None,
        behalf_of=row.behalf_of_id,
        mandatory=row.mandatory,
        state=TaskState(row.state),
        origin=Origin(row.origin),
        waits_for=tuple(row.waits_for),
    )


@dataclass(frozen=True, slots=True)
class Deed:
    """What is written into the record: the kind of act, who did it, in which words; `content` what was submitted."""

    kind: str
    comment: str = ""
    task: Task | None = None
    other: int | None = None
    digest: str = ""
    attached: tuple[str, ...] = ()
    content: Subject | None = None


def keep(matter: Matter, before: Course | None, outcome: Outcome, actor: Actor, deed: Deed) -> Act:
    """Write the course back: the matter, its tasks, its copies, one entry of the record. The matter is locked already."""
    now = timezone.now()
    course = outcome.course
    _keep_matter(matter, course, outcome.events, now)
    _keep_tasks(matter, before, outcome, now)
    _keep_copies(matter, outcome.events, now)
    return keep_act(matter, actor, deed, outcome.events, at=now, step=before.step if before else "")


def keep_act(
    matter: Matter,
    actor: Actor,
    deed: Deed,
    events: Sequence[Event] = (),
    *,
    at: datetime | None = None,
    step: str | None = None,
) -> Act:
    """One entry of the matter's record."""
    last = matter.acts.aggregate(last=Max("number"))["last"] or 0
    place = matter.step if step is None else step
    definition = definition_of(matter)
    titles = {each.key: each.title for each in definition.steps}
    return Act.objects.create(
        matter=matter,
        number=last + 1,
        at=at or timezone.now(),
        kind=deed.kind,
        person_id=actor.user,
        behalf_of_id=deed.task.behalf_of if deed.task else None,
        other_id=deed.other,
        role=(deed.task.role or "") if deed.task else "",
        round=matter.round,
        step=place,
        step_title=titles.get(place, ""),
        task=deed.task.number if deed.task else None,
        comment=deed.comment,
        digest=deed.digest,
        events=[_event_to_json(event) for event in events] + _attached(deed) + _submitted(deed),
    )


def _attached(deed: Deed) -> list[dict[str, Any]]:
    """Files that came with the act, by their names."""
    return [{"kind": "attached", "detail": {"names": list(deed.attached)}}] if deed.attached else []


def _submitted(deed: Deed) -> list[dict[str, Any]]:
    """What the matter was about when it was submitted, in words: the next submission may say something else."""
    subject = deed.content
    if subject is None:
        return []
    files = [document.name for document in subject.documents]
    return [{"kind": CONTENT, "detail": {"title": subject.title, "lines": lines_of(subject), "files": files}}]


def _event_to_json(event: Event) -> dict[str, Any]:
    body: dict[str, Any] = {"kind": str(event.kind), "step": event.step}
    for name in ("task", "person"):
        if getattr(event, name) is not None:
            body[name] = getattr(event, name)
    return body | ({"detail": dict(event.detail)} if event.detail else {})


def _keep_matter(matter: Matter, course: Course, events: Sequence[Event], now: datetime) -> None:
    matter.state, matter.round, matter.visit = str(course.state), course.round, course.visit
    matter.step, matter.next_number = course.step, course.next_number
    matter.returned_from = course.returned_from
    matter.step_title = course.present.title if course.step else ""
    matter.values, matter.amount = values_to_json(course.values), _amount(course.values)
    if any(event.kind is EventKind.ENTERED for event in events):
        matter.entered_at, matter.reminded_at, matter.escalated_at, matter.urged_at = now, None, None, None
    if course.state in ENDED:
        matter.ended_at = now
    matter.looked_after = next_look(matter, course)
    matter.save()


def _amount(values: Values) -> Decimal | None:
    """The yuan that the matter is about, where its type knows them."""
    amount = values.get("amount")
    return amount if isinstance(amount, Decimal) else None


def next_look(matter: Matter, course: Course) -> datetime | None:
    """When the sweeper is to look after the matter next; None where no time runs."""
    if course.state is not State.RUNNING:
        return None
    step = course.present
    moments = []
    if step.remind_hours:
        moments.append((matter.reminded_at or matter.entered_at) + timedelta(hours=step.remind_hours))
    if step.escalate_hours and matter.escalated_at is None:
        moments.append(matter.entered_at + timedelta(hours=step.escalate_hours))
    if step.expire_hours:
        moments.append(matter.entered_at + timedelta(hours=step.expire_hours))
    return min(moments, default=None)


def _keep_tasks(matter: Matter, before: Course | None, outcome: Outcome, now: datetime) -> None:
    """New tasks are inserted, changed ones updated. What a return left behind is among the course before it."""
    held = {task.number: task for task in before.tasks} if before else {}
    after = {task.number: task for task in outcome.course.tasks}
    dropped = {event.task for event in outcome.events if event.kind is EventKind.DROPPED}
    titles = {step.key: step.title for step in outcome.course.definition.steps}
    came = _came(matter, outcome)
    fresh = [
        TaskRow(
            matter=matter,
            number=task.number,
            round=outcome.course.round,
            visit=task.visit,
            step=task.step,
            step_title=titles[task.step],
            seat=task.seat,
            person_id=task.person,
            role=task.role or "",
            behalf_of_id=task.behalf_of,
            mandatory=task.mandatory,
            state=str(task.state),
            origin=str(task.origin),
            waits_for=list(task.waits_for),
            created_at=came.get((task.visit, task.seat), now),
            done_at=None if task.waiting else now,
        )
        for number, task in after.items()
        if number not in held
    ]
    TaskRow.objects.bulk_create(fresh)
    by_change: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for number, task in held.items():
        now_is = after.get(number)
        state = now_is.state if now_is else (TaskState.DROPPED if number in dropped else task.state)
        waits = now_is.waits_for if now_is else task.waits_for
        if (state, waits) != (task.state, task.waits_for):
            by_change.setdefault((str(state), waits), []).append(number)
    for (state_now, waits_now), numbers in by_change.items():
        done = None if TaskState(state_now) in (TaskState.OPEN, TaskState.HELD) else now
        matter.tasks.filter(number__in=numbers).update(state=state_now, waits_for=list(waits_now), done_at=done)


def _came(matter: Matter, outcome: Outcome) -> dict[tuple[int, int], datetime]:
    """When the turn came to seats whose holder changes by this act, by visit and seat: who takes another's place has been
    waited for since then."""
    dropped = [event.task for event in outcome.events if event.kind is EventKind.DROPPED and event.task is not None]
    rows = matter.tasks.filter(number__in=dropped) if dropped else TaskRow.objects.none()
    return {(row.visit, row.seat): row.created_at for row in rows.order_by("-created_at", "number")}


def _keep_copies(matter: Matter, events: Sequence[Event], now: datetime) -> None:
    persons = dict.fromkeys(
        person for event in events if event.kind is EventKind.COPIED for person in event.detail["persons"]
    )
    Copy.objects.bulk_create(
        [Copy(matter=matter, person_id=person, at=now) for person in persons], ignore_conflicts=True
    )
