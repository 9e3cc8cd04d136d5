"""Counting the signatures of an approved matter again, from its record: what its entries say was asked for and given,
against what the steps of its version need.

Every step that applies must have been left complete: as many seats signed as its mode needs, each by another person, and
all added seats. A signature counts when its entry says so, over the content that the matter stands for. Steps are counted
at their last visit; those before the step at which the last round began may have been signed in an earlier round only
where a return to that step, or a flow that goes straight back, let the round begin there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workflows.engine.condition_text import parse
from workflows.engine.conditions import Condition, Values
from workflows.engine.course import EventKind
from workflows.engine.definition import Definition, Mode, Step

ADDING = ("add_before", "add_after")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the record, as far as it is needed: `events` as they are stored."""

    number: int
    kind: str
    round: int
    person: int | None
    digest: str
    events: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Turn:
    """One person's task as the table has it now."""

    number: int
    visit: int
    seat: int
    person: int
    mandatory: bool
    signed: bool


class Lack(StrEnum):
    """What is wrong with an approved matter."""

    LEFT_OUT = "left_out"
    UNSIGNED = "unsigned"
    ADDED_UNSIGNED = "added_unsigned"
    TURN_GONE = "turn_gone"
    RECORD_GAP = "record_gap"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One fault: at which step, how many were needed and how many are there."""

    lack: Lack
    step: Step | None = None
    needed: int = 0
    found: int = 0


@dataclass(slots=True)
class _Visit:
    """What the record says of one visit."""

    number: int
    step: str
    round: int
    began: Entry
    seated: int = 0
    added: int = 0
    turns: dict[int, int] = field(default_factory=dict)
    signed: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """A definition with its conditions read once."""

    definition: Definition
    conditions: tuple[Condition, ...]

    @classmethod
    def of(cls, definition: Definition) -> "Rules":
        """The rules of a version."""
        named = {attribute.name: attribute for attribute in definition.attributes}
        return cls(definition, tuple(parse(step.condition, named) for step in definition.steps))

    def taken(self, values: Values) -> Iterator[tuple[int, Step]]:
        """The steps that apply, with their places."""
        for place, (step, condition) in enumerate(zip(self.definition.steps, self.conditions, strict=True)):
            if condition.truth(values) is not False:
                yield place, step


def recount(
    rules: Rules, *, values: Values, digest: str, entries: Sequence[Entry], turns: Sequence[Turn]
) -> Iterator[Shortfall]:
    """All that an approved matter lacks; nothing when it was rightly approved."""
    if [entry.number for entry in entries] != [*range(1, len(entries) + 1)]:
        yield Shortfall(Lack.RECORD_GAP, needed=max((entry.number for entry in entries), default=1), found=len(entries))
        return
    visits = _visits(entries, digest, sign_once=rules.definition.sign_once)
    held = {turn.number: turn for turn in turns}
    last: dict[str, _Visit] = {visit.step: visit for visit in visits}
    final = [visit for visit in visits if visit.round == entries[-1].round]
    places = {step.key: place for place, step in enumerate(rules.definition.steps)}
    start = places.get(final[0].step, 0) if final else 0
    carried = bool(final) and (final[0].began.kind == "return" or rules.definition.straight_back)
    for place, step in rules.taken(values):
        visit = last.get(step.key)
        if visit is None or (visit.round != entries[-1].round and not (carried and place < start)):
            yield Shortfall(Lack.LEFT_OUT, step)
        else:
            yield from _lacks(step, visit, held)


def _visits(entries: Sequence[Entry], digest: str, *, sign_once: bool) -> list[_Visit]:
    """The visits in order: each begins with an event `entered`, and what follows belongs to it."""
    visits: list[_Visit] = []
    signers: dict[int, set[int]] = {}
    for entry in entries:
        if entry.kind in ADDING and visits:
            visits[-1].added += 1
        seating = False
        for event in entry.events:
            kind = event["kind"]
            if kind == EventKind.ENTERED:
                visits.append(_Visit(len(visits) + 1, event["step"], entry.round, entry))
                seating = True
                continue
            if not visits:
                continue
            visit = visits[-1]
            seating = seating and kind == EventKind.ASSIGNED
            if kind == EventKind.TAKEN_BACK:
                visit.added -= 1
            elif kind == EventKind.ASSIGNED:
                visit.turns[event["task"]] = event["person"]
                visit.seated += seating
            elif kind == EventKind.SIGNED and _given(entry, event, digest):
                visit.signed[event["task"]] = event["person"]
                signers.setdefault(entry.round, set()).add(event["person"])
            elif kind == EventKind.SIGNED_ALREADY and sign_once and event["person"] in signers.get(entry.round, ()):
                visit.signed[event["task"]] = event["person"]
    return visits


def _given(entry: Entry, event: Mapping[str, Any], digest: str) -> bool:
    """The entry is the signature of that person over that content."""
    return entry.kind == "approve" and entry.person == event["person"] and entry.digest == digest


def _lacks(step: Step, visit: _Visit, held: Mapping[int, Turn]) -> Iterator[Shortfall]:
    turns = [
        turn
        for number, person in visit.turns.items()
        if (turn := held.get(number)) and turn.person == person and turn.visit == visit.number
    ]
    if len(turns) < len(visit.turns):
        yield Shortfall(Lack.TURN_GONE, step, len(visit.turns), len(turns))
    signed = [turn for turn in turns if turn.signed and visit.signed.get(turn.number) == turn.person]
    wanted = _wanted(step, visit)
    found = _different([turn for turn in signed if not turn.mandatory])
    if found < wanted:
        yield Shortfall(Lack.UNSIGNED, step, wanted, found)
    added = _different([turn for turn in signed if turn.mandatory])
    if added < visit.added:
        yield Shortfall(Lack.ADDED_UNSIGNED, step, visit.added, added)


def _wanted(step: Step, visit: _Visit) -> int:
    """How many seats of the rules must be signed: for all-sign as many as were given a seat on entering."""
    match step.mode:
        case Mode.ANY:
            return 1
        case Mode.COUNT:
            return step.count
        case Mode.EACH:
            return len(step.approvers)
    return max(visit.seated, 1)


def _different(signed: Sequence[Turn]) -> int:
    """Seats that are signed, each by another person."""
    return min(len({turn.seat for turn in signed}), len({turn.person for turn in signed}))
