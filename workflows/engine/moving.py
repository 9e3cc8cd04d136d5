"""From step to step: entering, seating, leaving, sending back. The verbs are put together from these."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ops_platform.kernel import Role
from workflows.engine.condition_text import parse
from workflows.engine.conditions import Values
from workflows.engine.course import (
    Candidate,
    Course,
    Event,
    EventKind,
    Origin,
    Roster,
    Seat,
    State,
    Task,
    TaskState,
    complete,
    hopeless,
)
from workflows.engine.definition import Definition, Step
from workflows.engine.seating import delegate_of, seating


@dataclass
class Move:
    """A verb on its way: the course so far and what has happened."""

    course: Course
    roster: Roster
    events: list[Event] = field(default_factory=list)

    def change(self, *tasks: Task) -> None:
        """Put these tasks in the place of those with the same number."""
        self.course = self.course.with_tasks(tasks)

    def say(
        self,
        kind: EventKind,
        *,
        task: Task | None = None,
        person: int | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Note what happened at the present step."""
        number = task.number if task else None
        self.events.append(Event(kind, self.course.step, number, person, dict(detail or {})))


def truth_of(definition: Definition, step: Step, values: Values) -> bool | None:
    """Whether the step's condition holds; None where a value it needs is not known."""
    return parse(step.condition, {attribute.name: attribute for attribute in definition.attributes}).truth(values)


def applies(definition: Definition, step: Step, values: Values) -> bool:
    """The step is taken unless its condition is untrue: an unknown one spares nobody."""
    return truth_of(definition, step, values) is not False


def go_on(move: Move, position: int) -> None:
    """Enter the first step from `position` that applies; without one the matter is approved."""
    definition = move.course.definition
    for place in range(position, len(definition.steps)):
        step = definition.steps[place]
        if applies(definition, step, move.course.values):
            enter(move, place)
            return
        move.events.append(Event(EventKind.SKIPPED, step.key))
    move.course = replace(move.course, state=State.APPROVED)
    move.say(EventKind.APPROVED)


def enter(move: Move, position: int) -> None:
    """Begin a visit of the step: seats, tasks, and signatures that need not be given twice."""
    step = move.course.definition.steps[position]
    signed_before: dict[int, set[Role | None]] = {}
    for task in move.course.tasks:
        if task.state is TaskState.SIGNED and task.own:
            signed_before.setdefault(task.person, set()).add(task.role)
    walked = move.course.walked | {step.key}
    move.course = replace(move.course, step=step.key, visit=move.course.visit + 1, walked=walked)
    move.say(EventKind.ENTERED)
    seats = seating(step, move.roster, move.course.excluded)
    if seats is None:
        give_up(move)
        return
    for number, candidates in enumerate(seats, start=1):
        add_tasks(move, candidates, Origin.RULE, seat=number)
    if move.course.definition.sign_once:
        _sign_again(move, signed_before)
    settle_step(move)


def _sign_again(move: Move, signed_before: Mapping[int, Collection[Role | None]]) -> None:
    """Who has signed in this round signs one seat of this step without being asked again; not in a role that is
    incompatible with one in which they signed: that signature is given, or refused, by itself."""
    done: set[int] = set()
    for seat in move.course.seats:
        for task in seat.tasks:
            if (
                task.person in signed_before
                and task.person not in done
                and not move.roster.clash(signed_before[task.person], task.role)
            ):
                done.add(task.person)
                move.change(replace(task, state=TaskState.SIGNED, origin=Origin.REPEAT))
                move.say(EventKind.SIGNED_ALREADY, task=task, person=task.person)
                drop(
                    move,
                    [t for t in move.course.here if t.waiting and (t.seat == task.seat or t.person == task.person)],
                    "signed",
                )
                break
    refill(move)


def settle_step(move: Move) -> None:
    """Leave the step when it has what it needs."""
    if move.course.state is not State.RUNNING or not complete(move.course):
        return
    drop(move, [task for task in move.course.here if task.waiting], "complete")
    copies = tuple(person for person in move.roster.copies.get(move.course.step, ()) if person != move.course.applicant)
    if copies:
        move.say(EventKind.COPIED, detail={"persons": list(copies)})
    go_on(move, move.course.definition.position(move.course.step) + 1)


def add_tasks(
    move: Move,
    candidates: Iterable[Candidate],
    origin: Origin,
    *,
    seat: int,
    mandatory: bool = False,
    waits_for: tuple[int, ...] = (),
) -> None:
    """Give these people a turn at the seat."""
    for candidate in candidates:
        task = Task(
            number=move.course.next_number,
            visit=move.course.visit,
            step=move.course.step,
            seat=seat,
            person=candidate.person,
            role=candidate.role,
            behalf_of=candidate.behalf_of,
            mandatory=mandatory,
            origin=Origin.DELEGATION if candidate.behalf_of is not None and origin is Origin.RULE else origin,
            waits_for=waits_for,
        )
        move.course = replace(move.course, next_number=task.number + 1)
        move.change(task)
        detail: dict[str, Any] = {"via": list(candidate.via)} if candidate.via else {}
        if candidate.kept is not None:
            detail["kept"] = str(candidate.kept)
        move.say(EventKind.ASSIGNED, task=task, person=task.person, detail=detail)


def drop(move: Move, tasks: Iterable[Task], why: str) -> None:
    """These tasks are no longer needed."""
    for task in tasks:
        move.change(replace(task, state=TaskState.DROPPED))
        move.say(EventKind.DROPPED, task=task, person=task.person, detail={"why": why})


def take_back_seat(move: Move, seat: Seat, why: str) -> None:
    """An added seat is no longer asked for, nor are those that its people asked for in turn and that still wait."""
    for task in seat.tasks:
        move.change(replace(task, state=TaskState.TAKEN_BACK))
    move.say(EventKind.TAKEN_BACK, task=seat.tasks[-1], person=seat.tasks[-1].person, detail={"why": why})
    for other in move.course.seats:
        if other.waiting and asked_by(other, seat):
            take_back_seat(move, other, why)


def asked_by(seat: Seat, asker: Seat) -> bool:
    """The one seat was added from the other."""
    if not seat.mandatory or seat.number <= asker.number:
        return False
    before = any(seat.number in task.waits_for for task in asker.tasks)
    return before or any(asker.number in task.waits_for for task in seat.tasks)


def release(move: Move) -> None:
    """Tasks whose forerunners have decided, one way or the other, are open, the others held: nobody waits for a seat at
    which nothing can happen any more."""
    undecided = {seat.number for seat in move.course.seats if seat.waiting}
    for task in move.course.here:
        if task.waiting:
            due = TaskState.HELD if undecided & set(task.waits_for) else TaskState.OPEN
            if due is not task.state:
                move.change(replace(task, state=due))


def refill(move: Move, avoid: frozenset[int] = frozenset()) -> None:
    """A seat that has lost all its people without a signature or refusal gets others: those of the step's rules who sit
    nowhere yet, else the nearest rung above. An added one is given up while who asked for it still has their turn: they may
    ask another. Where nobody is left the matter goes back to the applicant. Where the last who
    could have signed a refused seat has gone, and the step can no longer get what it needs, it is rejected."""
    if move.course.state is not State.RUNNING:
        return
    for number in [seat.number for seat in move.course.seats]:
        seat = next((one for one in move.course.seats if one.number == number), None)
        if seat is None or seat.signed or seat.waiting or seat.refused:
            continue
        first = seat.tasks[0]
        if any(other.waiting and asked_by(seat, other) for other in move.course.seats):
            take_back_seat(move, seat, "left")
            continue
        excluded = move.course.excluded | move.course.involved | avoid
        people = _substitutes(move, excluded)
        if not people:
            give_up(move)
            return
        add_tasks(
            move, people, Origin.SUBSTITUTE, seat=seat.number, mandatory=first.mandatory, waits_for=first.waits_for
        )
    if hopeless(move.course):
        end(move, State.REJECTED, EventKind.REJECTED)


def end(move: Move, state: State, kind: EventKind) -> None:
    """The matter is over; nobody's turn is left."""
    drop(move, [task for task in move.course.here if task.waiting], str(state))
    move.course = replace(move.course, state=state)
    move.say(kind)


def _substitutes(move: Move, excluded: frozenset[int]) -> list[Candidate]:
    rules = move.roster.seats.get(move.course.step, ())
    for rung in (tuple(candidate for rule in rules for candidate in rule), *move.roster.above_of(move.course.step)):
        left = {c.person: c for c in rung if c.person not in excluded}
        if left:
            return _delegated(left.values(), move.roster, excluded)
    return []


def _delegated(candidates: Iterable[Candidate], roster: Roster, excluded: Collection[int]) -> list[Candidate]:
    """Each, or who acts for them today, nobody twice."""
    listed = list(candidates)
    sitting = {candidate.person for candidate in listed}
    sent = []
    for candidate in listed:
        sent.append(delegate_of(candidate, roster, excluded, sitting))
        sitting.add(sent[-1].person)
    return sent


def give_up(move: Move) -> None:
    """Nobody is left who may sign: the matter waits on the applicant, who is told."""
    drop(move, [task for task in move.course.here if task.waiting], "stuck")
    move.say(EventKind.STUCK, person=move.course.applicant)
    move.course = replace(move.course, state=State.RETURNED, returned_from=move.course.step)


def send_back(move: Move, person: int) -> None:
    """The matter goes back to the applicant."""
    drop(move, [task for task in move.course.here if task.waiting], "returned")
    move.say(EventKind.RETURNED, person=person, detail={"to": ""})
    move.course = replace(move.course, state=State.RETURNED, returned_from=move.course.step)
