"""What the page of a matter shows: the subject, the way drawn step by step, the record, and what the reader may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from ops_platform.documents.public import DocumentFacts, documents_of
from ops_platform.identity.models import ROLE_TITLES, User
from ops_platform.kernel import Actor, NotFound, Role
from workflows.engine.condition_text import parse
from workflows.engine.conditions import leaves
from workflows.engine.course import ENDED, Course, EventKind, Origin, State
from workflows.engine.definition import Mode, OnRejection, Step, Who, Withdrawing
from workflows.engine.moving import asked_by
from workflows.engine.preview import StepPreview, preview
from workflows.models import Act, ActKind, Matter, Task
from workflows.selectors import matters as selectors
from workflows.selectors.notable import Notable, notable, readable_of
from workflows.services.acts import OWNER, may_say
from workflows.services.keeping import CONTENT, course_of, definition_of, digest_of_subject
from workflows.services.roster import Place, roster_for
from workflows.subjects import Subject, subject_type

GONE = (Task.State.DROPPED, Task.State.TAKEN_BACK)
DROPPED = {
    "returned": "随退回取消",
    "transferred": "已转办",
    "delegation": "已按委派转交",
    "left": "已离岗或卸任",
    "stuck": "随退回取消",
    "rejected": "随否决取消",
    "withdrawn": "随撤回取消",
    "expired": "随失效取消",
    "signed": "他人已签",
    "complete": "本环节已够数",
}
MODES = {Mode.ANY: "任一人签", Mode.ALL: "全部会签", Mode.COUNT: "{count} 人会签", Mode.EACH: "双签"}


@dataclass(frozen=True, slots=True)
class Signer:
    """One person at a step: who, for whom, how it stands. `notes`: how they came to it, where not by a rule of the step."""

    name: str
    behalf_of: str
    role: str
    state: str
    words: str
    at: object = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One step as drawn. `state`: done, present, ahead, or skipped; `doubt`: why it is taken though its condition is not
    known to hold."""

    key: str
    title: str
    state: str
    how: str
    condition: str
    signers: tuple[Signer, ...]
    doubt: str = ""


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
    """An entry of the record; of a new submission with what is other than before, of a signature who passed the turn on."""

    act: Act
    changes: tuple[Change, ...] = ()
    passed_by: str = ""


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
    straight_back: bool
    rejection_returns: bool
    unsent: Sequence[Change]
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
    record = selectors.record_of(matter)
    history = _History.of(record, tasks)
    stages = _stages(matter, course, tasks, history)
    task = open_task(actor, matter)
    position = course.definition.position(course.step) if course.step else 0
    before = [step.key for step in course.definition.steps[:position]]
    been = {row.step for row in tasks}
    return Page(
        subject=subject,
        broken=_broken(matter, course, subject),
        sealed=subject is not None and digest_of_subject(subject, course.definition) == matter.digest,
        stages=stages,
        record=_recorded(record, history),
        task=task,
        guests=_guests(actor, course, tasks),
        earlier=tuple(stage for stage in stages if stage.key in before and stage.key in been) if task else (),
        straight_back=course.definition.straight_back,
        rejection_returns=bool(course.step) and course.present.on_rejection is OnRejection.RETURNS,
        unsent=_unsent(matter, subject) if mine and course.state is State.RETURNED else (),
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


def _unsent(matter: Matter, subject: Subject | None) -> tuple[Change, ...]:
    """What the applicant has changed since the matter was returned and not submitted yet."""
    if subject is None:
        return ()
    present = {line.label: line.value for line in subject.lines}
    return _changes(dict(matter.lines), present)


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


@dataclass(frozen=True, slots=True)
class _History:
    """What the record says of each task: who passed it on or asked for its seat, through whom a delegation came, why it was
    taken away, and by which act its holder gave it up."""

    passed_by: Mapping[int, str]
    asked_by: Mapping[int, str]
    via: Mapping[int, Sequence[str]]
    dropped: Mapping[int, str]
    deeds: Mapping[int, str]

    @classmethod
    def of(cls, acts: Sequence[Act], tasks: Sequence[Task]) -> "_History":
        names = {row.person_id: str(row.person) for row in tasks}
        names |= {act.person_id: str(act.person) for act in acts if act.person_id is not None}
        through = {one for act in acts for event in act.events for one in event.get("detail", {}).get("via", ())}
        if through - set(names):
            names |= dict(User.objects.filter(pk__in=through).values_list("pk", "display_name"))
        passed_by, asked_by, via, dropped, deeds = {}, {}, {}, {}, {}
        for act in acts:
            if act.kind in (ActKind.TRANSFER, ActKind.RETURN) and act.task is not None:
                deeds[act.task] = act.kind
            for event in act.events:
                task, detail = event.get("task"), event.get("detail", {})
                if event["kind"] == EventKind.ASSIGNED:
                    via[task] = [names.get(person, "") for person in detail.get("via", ())]
                    if act.kind == ActKind.TRANSFER:
                        passed_by[task] = str(act.person)
                    elif act.kind in (ActKind.ADD_BEFORE, ActKind.ADD_AFTER):
                        asked_by[task] = str(act.person)
                elif event["kind"] in (EventKind.DROPPED, EventKind.TAKEN_BACK):
                    dropped[task] = detail.get("why", "")
        return cls(passed_by, asked_by, via, dropped, deeds)

    def words(self, row: Task) -> str:
        """How the task stands, or what became of it."""
        if row.origin == Origin.REPEAT:
            return "已在前面环节签过"
        if row.state != Task.State.DROPPED:
            return str(row.get_state_display())
        if row.number in self.deeds:
            return "已退回" if self.deeds[row.number] == ActKind.RETURN else "已转办"
        return DROPPED.get(self.dropped.get(row.number, ""), str(row.get_state_display()))

    def notes(self, row: Task, stands_in: bool) -> tuple[str, ...]:
        """How the person came to it."""
        said = []
        if row.number in self.asked_by:
            said.append(f"由 {self.asked_by[row.number]} 加签")
        if row.number in self.passed_by:
            said.append(f"转办自 {self.passed_by[row.number]}")
        if self.via.get(row.number):
            said.append(f"经 {'、'.join(self.via[row.number])} 再委派")
        if row.origin == Origin.ESCALATION:
            said.append("超时升级")
        elif row.origin == Origin.SUBSTITUTE:
            said.append("接替原审批人")
        elif stands_in:
            said.append("上级代签")
        return tuple(said)


def _recorded(acts: Sequence[Act], history: _History) -> list[Recorded]:
    """The record; each submission against the one before it."""
    found: list[Recorded] = []
    former: dict[str, str] | None = None
    for act in acts:
        submitted = next((event["detail"] for event in act.events if event["kind"] == CONTENT), None)
        if submitted is None:
            passed_by = history.passed_by.get(act.task, "") if act.task is not None else ""
            found.append(Recorded(act, passed_by=passed_by))
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


def _stages(matter: Matter, course: Course, tasks: Sequence[Task], history: _History) -> tuple[Stage, ...]:
    """Steps already walked in this round with their signatures, the present one, and those ahead with who would sign."""
    place = Place(matter.subject_type, matter.institution_id, matter.department_id, matter.applicant_id, matter.pk)
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
        meant = {one.person for rule in roster.seats.get(step.step.key, ()) for one in rule}
        shown = _Shown(_state(course, number, position, step, own), names, meant, history)
        stages.append(_stage(step, own, shown, _why_open(step, course)))
    return tuple(stages)


def _state(course: Course, number: int, position: int, step: StepPreview, own: Sequence[Task]) -> str:
    if not step.taken:
        return "skipped"
    if course.state is State.APPROVED or number < position:
        return "done" if any(row.state == Task.State.SIGNED for row in own) else "ahead"
    if number == position:
        return "present" if course.state is State.RUNNING else "stopped"
    return "ahead"


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a step is drawn: its state, names, whom its rules mean today, and what the record says of its tasks."""

    state: str
    names: Mapping[int, str]
    meant: set[int]
    history: _History


def _stage(step: StepPreview, own: Sequence[Task], shown: _Shown, doubt: str) -> Stage:
    if shown.state in ("done", "present", "stopped"):
        rows = sorted(own, key=lambda row: row.state in GONE)
        signers = tuple(_signer(row, step.step, shown) for row in rows if _worth_showing(row, shown))
    elif shown.state == "ahead":
        signers = tuple(
            Signer(
                shown.names.get(c.person, ""),
                shown.names.get(c.behalf_of or 0, ""),
                c.why,
                "ahead",
                "",
                notes=() if (c.behalf_of or c.person) in shown.meant else ("上级代签",),
            )
            for seat in step.seats or ()
            for c in seat
        )
    else:
        signers = ()
    return Stage(step.step.key, step.step.title, shown.state, how(step.step), step.condition, signers, doubt)


def _worth_showing(row: Task, shown: _Shown) -> bool:
    """A turn that is over without a decision is shown while the matter stands at the step; one that went to a delegate or
    came back is there once."""
    if row.state not in GONE:
        return True
    return shown.state != "done" and shown.history.dropped.get(row.number) != "delegation"


def _why_open(step: StepPreview, course: Course) -> str:
    """Which values the condition asks for and nobody knows: a step in doubt is taken."""
    if step.truth is not None:
        return ""
    named = {attribute.name: attribute for attribute in course.definition.attributes}
    asked = dict.fromkeys(leaf.attribute for leaf in leaves(parse(step.step.condition, named)))
    missing = [attribute.title for attribute in asked if course.values.get(attribute.name) is None]
    return f"{'、'.join(missing)}未定，按经过处理" if missing else ""


def how(step: Step) -> str:
    """How many signatures the step needs, in words."""
    return MODES[step.mode].format(count=step.count)


def _signer(row: Task, step: Step, shown: _Shown) -> Signer:
    role = str(ROLE_TITLES[Role(row.role)]) if row.role else ""
    words, notes = shown.history.words(row), shown.history.notes(row, _stands_in(row, step, shown))
    return Signer(str(row.person), str(row.behalf_of or ""), role, row.state, words, row.done_at, notes)


def _stands_in(row: Task, step: Step, shown: _Shown) -> bool:
    """The rules of the step mean somebody else: nobody of theirs could sign. What was decided is seen by its role, since who
    holds which may have changed."""
    if row.origin not in (Origin.RULE, Origin.DELEGATION, Origin.REPEAT):
        return False
    if row.state in (Task.State.OPEN, Task.State.HELD):
        return (row.behalf_of_id or row.person_id) not in shown.meant
    roles = {Role.DEPARTMENT_HEAD if rule.who is Who.DEPARTMENT_HEAD else rule.role for rule in step.approvers}
    return bool(row.role) and row.role not in roles and all(rule.who is not Who.SUPERIOR for rule in step.approvers)


def _names(ahead: Sequence[StepPreview]) -> dict[int, str]:
    people = {c.person for step in ahead for seat in step.seats or () for c in seat}
    people |= {c.behalf_of for step in ahead for seat in step.seats or () for c in seat if c.behalf_of is not None}
    return dict(User.objects.filter(pk__in=people).values_list("pk", "display_name"))
