"""What would happen: for each step whether it applies, and who may sign there. For the dry run and for "who comes next"."""

from collections.abc import Collection
from dataclasses import dataclass

from workflows.engine.conditions import Values, parse
from workflows.engine.course import Candidate, Roster, needed
from workflows.engine.definition import Definition, Step
from workflows.engine.moving import truth_of
from workflows.engine.seating import seating


@dataclass(frozen=True, slots=True)
class StepPreview:
    """One step as it would go. `truth` None: a value the condition needs is not known, so the step is taken.

    `seats` is None where the step has nobody who may sign; `signatures` is how many it needs.
    """

    step: Step
    truth: bool | None
    condition: str
    seats: tuple[tuple[Candidate, ...], ...] | None
    signatures: int

    @property
    def taken(self) -> bool:
        """The step is part of the way."""
        return self.truth is not False


def preview(
    definition: Definition, *, values: Values, applicant: int, roster: Roster, barred: Collection[int] = ()
) -> tuple[StepPreview, ...]:
    """Every step in order."""
    excluded = frozenset(barred) | {applicant}
    named = {attribute.name: attribute for attribute in definition.attributes}
    shown = []
    for step in definition.steps:
        truth = truth_of(definition, step, values)
        seats = seating(step, roster, excluded) if truth is not False else ()
        shown.append(
            StepPreview(
                step=step,
                truth=truth,
                condition=parse(step.condition, named).words(),
                seats=seats,
                signatures=needed(step, len(seats or ())),
            )
        )
    return tuple(shown)
