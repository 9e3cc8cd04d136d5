"""The course of one matter, frozen: where it stands, whose turn it is, who has signed.

A step that is entered is a *visit*. It has *seats*; each seat needs one signature and holds one task for every person who
may give it. Seats of the step's rules are counted against what the step needs, seats that a signer added must all be
signed. A *round* ends when the matter is sent back: what was signed in it counts no more.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ops_platform.kernel import Role
from workflows.engine.conditions import Values
from workflows.engine.definition import Definition, Mode, Step


class State(StrEnum):
    """running ⇄ returned (to the applicant) → approved, rejected, withdrawn, expired."""

    RUNNING = "running"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


ENDED = (State.APPROVED, State.REJECTED, State.WITHDRAWN, State.EXPIRED)


class TaskState(StrEnum):
    """open (their turn) or held (another must sign first) → signed, refused, dropped (no longer needed), taken back (an
    added signer who is asked no more: the seat is gone)."""

    OPEN = "open"
    HELD = "held"
    SIGNED = "signed"
    REFUSED = "refused"
    DROPPED = "dropped"
    TAKEN_BACK = "taken_back"


WAITING = (TaskState.OPEN, TaskState.HELD)


class Origin(StrEnum):
    """How a person came to the task. Handed on: a delegate gave it to somebody else, for as long as the delegation lasts."""

    RULE = "rule"
    BEFORE = "before"
    AFTER = "after"
    TRANSFER = "transfer"
    HANDED_ON = "handed_on"
    DELEGATION = "delegation"
    ESCALATION = "escalation"
    SUBSTITUTE = "substitute"
    REPEAT = "repeat"


ASKED_BY_NAME = (Origin.BEFORE, Origin.AFTER, Origin.TRANSFER, Origin.HANDED_ON)
PASSED_ON = (Origin.TRANSFER, Origin.HANDED_ON)


class Kept(StrEnum):
    """Why somebody has their own task, though they have handed theirs over."""

    CIRCLE = "circle"
    EXCLUDED = "excluded"
    SITTING = "sitting"
    BARRED = "barred"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may sign, in which capacity, for whom, and why in words. `via`: through whom the delegation came, where
    the principal's delegate has delegated in turn; `kept`: why a delegation is not followed."""

    person: int
    role: Role | None = None
    behalf_of: int | None = None
    why: str = ""
    via: tuple[int, ...] = ()
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One person's turn at one seat. `waits_for` names seats of the same visit that must be signed first."""

    number: int
    visit: int
    step: str
    seat: int
    person: int
    role: Role | None = None
    behalf_of: int | None = None
    mandatory: bool = False
    state: TaskState = TaskState.OPEN
    origin: Origin = Origin.RULE
    waits_for: tuple[int, ...] = ()

    @property
    def waiting(self) -> bool:
        """Somebody may still act on it."""
        return self.state in WAITING

    @property
    def own(self) -> bool:
        """The person is asked in their own capacity, not for somebody else, nor by name."""
        return self.behalf_of is None and self.origin not in ASKED_BY_NAME


@dataclass(frozen=True, slots=True)
class Seat:
    """The tasks of one seat."""

    number: int
    tasks: tuple[Task, ...]

    @property
    def mandatory(self) -> bool:
        return self.tasks[0].mandatory

    @property
    def signed(self) -> bool:
        return any(task.state is TaskState.SIGNED for task in self.tasks)

    @property
    def waiting(self) -> bool:
        return not self.signed and any(task.waiting for task in self.tasks)

    @property
    def refused(self) -> bool:
        """Nobody is left who could sign, and somebody has refused."""
        return not self.signed and not self.waiting and any(task.state is TaskState.REFUSED for task in self.tasks)


class EventKind(StrEnum):
    """What a verb did."""

    ENTERED = "entered"
    SKIPPED = "skipped"
    ASSIGNED = "assigned"
    DROPPED = "dropped"
    TAKEN_BACK = "taken_back"
    SIGNED = "signed"
    SIGNED_ALREADY = "signed_already"
    REFUSED = "refused"
    COPIED = "copied"
    RETURNED = "returned"
    STUCK = "stuck"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a verb did: to which step, which task, which person."""

    kind: EventKind
    step: str = ""
    task: int | None = None
    person: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Roster:
    """Who there is: for each step the candidates of each rule, the people to inform, and who has handed their tasks to whom
    today. `above` are the rungs that stand in where nobody is left, the lowest first; for a step they begin at
    `first_rung`, strictly above its own rank: nobody is signed for by a subordinate. `incompatible` are pairs of roles in
    which one person does not sign the same matter; `duties` are the roles of those who act for others where the matter
    belongs, with those in which they acted upon it, `duties_anywhere` all their roles."""

    seats: Mapping[str, tuple[tuple[Candidate, ...], ...]]
    above: tuple[tuple[Candidate, ...], ...] = ()
    copies: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    delegations: Mapping[int, int] = field(default_factory=dict)
    first_rung: Mapping[str, int] = field(default_factory=dict)
    incompatible: frozenset[frozenset[Role]] = frozenset()
    duties: Mapping[int, frozenset[Role]] = field(default_factory=dict)
    duties_anywhere: Mapping[int, frozenset[Role]] = field(default_factory=dict)

    def clash(self, roles: Collection[Role | None], role: Role | None) -> bool:
        """Whether the role is incompatible with one of the others."""
        return any(frozenset((other, role)) in self.incompatible for other in roles if other is not None and role)

    def bars(self, person: int, roles: Iterable[Role | None], *, by_name: bool = False) -> bool:
        """Whether an incompatible duty keeps the person from signing for another in one of these capacities."""
        held = (self.duties_anywhere if by_name else self.duties).get(person, frozenset())
        return any(self.clash(held, role) for role in roles)

    def above_of(self, step: str) -> tuple[tuple[Candidate, ...], ...]:
        """The rungs above the step."""
        return self.above[self.first_rung.get(step, 0) :]


@dataclass(frozen=True, slots=True)
class Course:
    """One matter. `tasks` are those of the present round; `walked` are the steps it has been at in any; `barred` may never
    sign (whom the matter itself benefits)."""

    definition: Definition
    applicant: int
    values: Values
    barred: frozenset[int] = frozenset()
    state: State = State.RUNNING
    round: int = 1
    visit: int = 0
    step: str = ""
    tasks: tuple[Task, ...] = ()
    next_number: int = 1
    returned_from: str = ""
    walked: frozenset[str] = frozenset()

    @property
    def excluded(self) -> frozenset[int]:
        """Nobody approves what they applied for."""
        return self.barred | {self.applicant}

    @property
    def here(self) -> tuple[Task, ...]:
        """Tasks of the present visit."""
        return tuple(task for task in self.tasks if task.visit == self.visit)

    @property
    def seats(self) -> tuple[Seat, ...]:
        """Seats of the present visit, in the order they were made."""
        grouped: dict[int, list[Task]] = {}
        for task in self.here:
            if task.state is TaskState.TAKEN_BACK:
                continue
            grouped.setdefault(task.seat, []).append(task)
        return tuple(Seat(number, tuple(tasks)) for number, tasks in grouped.items())

    @property
    def present(self) -> Step:
        """The step the matter stands at."""
        return self.definition.step(self.step)

    @property
    def signers(self) -> frozenset[int]:
        """Who has signed at the present visit."""
        return frozenset(task.person for task in self.here if task.state is TaskState.SIGNED)

    @property
    def involved(self) -> frozenset[int]:
        """Who has or had a task at the present visit that was not taken from them."""
        gone = (TaskState.DROPPED, TaskState.TAKEN_BACK)
        return frozenset(task.person for task in self.here if task.state not in gone)

    def task(self, number: int) -> Task | None:
        """The task of that number in this round."""
        return next((task for task in self.tasks if task.number == number), None)

    def with_tasks(self, changed: Iterable[Task]) -> "Course":
        """The course with these tasks in place of those with the same number; new ones are added."""
        by_number = {task.number: task for task in changed}
        kept = tuple(by_number.pop(task.number, task) for task in self.tasks)
        return replace(self, tasks=kept + tuple(by_number.values()))


def capacities(course: Course, task: Task) -> frozenset[Role]:
    """As what one signs the task: its role, and where it was passed on that of who had it; who was added signs beside
    whoever asked for it, so in their capacity."""
    visit = [other for other in course.tasks if other.visit == task.visit]
    if task.role is not None:
        passed = [other.role for other in visit if other.seat == task.seat] if task.origin in PASSED_ON else []
        return frozenset(role for role in (task.role, *passed) if role is not None)
    seats: set[int] = set()
    reached = {task.seat}
    while reached - seats:
        seats |= reached
        reached = {seat for other in visit if other.seat in seats for seat in other.waits_for}
        reached |= {other.seat for other in visit if set(other.waits_for) & seats}
    return frozenset(other.role for other in visit if other.seat in seats and other.role is not None)


def needed(step: Step, seats: int) -> int:
    """How many of the rule seats must be signed."""
    if step.mode is Mode.ANY:
        return 1
    if step.mode is Mode.COUNT:
        return step.count
    return seats


def complete(course: Course) -> bool:
    """Every added seat is signed, and of the rule seats as many as the step needs."""
    seats = course.seats
    counted = [seat for seat in seats if not seat.mandatory]
    added = [seat for seat in seats if seat.mandatory]
    return all(seat.signed for seat in added) and sum(seat.signed for seat in counted) >= needed(
        course.present, len(counted)
    )


def hopeless(course: Course) -> bool:
    """An added seat is refused, or too few rule seats are left to reach what the step needs."""
    seats = course.seats
    if any(seat.refused for seat in seats if seat.mandatory):
        return True
    counted = [seat for seat in seats if not seat.mandatory]
    possible = sum(seat.signed or seat.waiting for seat in counted)
    return possible < needed(course.present, len(counted))
