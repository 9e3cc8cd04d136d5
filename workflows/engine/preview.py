"""What would happen: for each step whether it applies, and who may sign there. For the dry run and for "who comes next"."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from workflows.engine.condition_text import parse
from workflows.engine.conditions import Values
from workflows.engine.course import Candidate, Roster, needed
from workflows.engine.definition import Definition, Step
from workflows.engine.moving import truth_of
from workflows.engine.seating import seating


@dataclass(frozen=True, slots=True)
class StepPreview:
    """One step as it would go. `truth` None: a value the condition needs is not known, so the step is taken.

    `seats` is None where the step has nobody who may sign; `signatures` is how many it needs. Where the flow lets people
    sign once: `again` signs a seat here without being asked, since they will have signed before for sure; `perhaps` would,
    if they are the one who signs before.
    """

    step: Step
    truth: bool | None
    condition: str
    seats: tuple[tuple[Candidate, ...], ...] | None
    signatures: int
    again: frozenset[int] = frozenset()
    perhaps: frozenset[int] = frozenset()

    @property
    def taken(self) -> bool:
        """The step is part of the way."""
        return self.truth is not False

    @property
    def left(self) -> int:
        """Signatures that somebody must still be asked for."""
        return max(self.signatures - len(self.again), 0)


def preview(
    definition: Definition, *, values: Values, applicant: int, roster: Roster, barred: Collection[int] = ()
) -> tuple[StepPreview, ...]:
    """Every step in order."""
    excluded = frozenset(barred) | {applicant}
    named = {attribute.name: attribute for attribute in definition.attributes}
    shown = []
    sure: set[int] = set()
    perhaps: set[int] = set()
    for step in definition.steps:
        truth = truth_of(definition, step, values)
        seats = seating(step, roster, excluded) if truth is not False else ()
        sitting = {candidate.person for seat in seats or () for candidate in seat}
        again = _again(seats or (), sure) if definition.sign_once else {}
        shown.append(
            StepPreview(
                step=step,
                truth=truth,
                condition=parse(step.condition, named).words(),
                seats=seats,
                signatures=needed(step, len(seats or ())),
                again=frozenset(again.values()),
                perhaps=frozenset(sitting & (perhaps - sure)) if definition.sign_once else frozenset(),
            )
        )
        if shown[-1].left:
            sure |= _sure(shown[-1], again)
            perhaps |= sitting
    return tuple(shown)


def _again(seats: Sequence[Sequence[Candidate]], sure: Collection[int]) -> dict[int, int]:
    """By the seat's place the person who signs it without being asked: each person one seat, as on entering the step."""
    done: dict[int, int] = {}
    for place, seat in enumerate(seats):
        person = next((c.person for c in seat if c.person in sure and c.person not in done.values()), None)
        if person is not None:
            done[place] = person
    return done


def _sure(step: StepPreview, again: Mapping[int, int]) -> set[int]:
    """Who will have signed when the step is left, if things go as they stand today: where every seat is needed, whoever sits
    alone at one."""
    seats = step.seats or ()
    if step.signatures < len(seats):
        return set()
    return {seat[0].person for place, seat in enumerate(seats) if place not in again and len(seat) == 1}
