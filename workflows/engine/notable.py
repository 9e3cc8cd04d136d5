"""What makes a matter worth a second look, from its amount alone: whether it and others like it would together have gone
another way, whether a little more would have, and how it stands to what is usual."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from workflows.engine.conditions import Values
from workflows.engine.definition import Definition, Step
from workflows.engine.moving import applies

AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Split:
    """Several matters that reach a border only together: the keys of the others, the yuan of all, the steps that each went
    without."""

    others: tuple[int, ...]
    total: Decimal
    steps: tuple[Step, ...]


def spared(definition: Definition, values: Values, amount: Decimal) -> tuple[Step, ...]:
    """The steps that the same matter would go through with that amount and does not go through with its own."""
    other = {**values, AMOUNT: amount}
    return tuple(
        step for step in definition.steps if applies(definition, step, other) and not applies(definition, step, values)
    )


def split(definition: Definition, values: Values, others: Mapping[int, Decimal]) -> Split | None:
    """Whether this matter and the others like it, given by key with their yuan, would together need a signature that none of
    them needs alone: the highest such step. Others that came to the step by themselves do not count towards it."""
    own = values.get(AMOUNT)
    if not isinstance(own, Decimal):
        return None
    for step in reversed(definition.steps):
        if _applies(definition, step, values, own):
            continue
        below = {key: amount for key, amount in others.items() if not _applies(definition, step, values, amount)}
        total = own + sum(below.values())
        if below and _applies(definition, step, values, total):
            return Split(tuple(below), total, (step,))
    return None


def _applies(definition: Definition, step: Step, values: Values, amount: Decimal) -> bool:
    return applies(definition, step, {**values, AMOUNT: amount})


def nearly(definition: Definition, values: Values, share: Decimal) -> tuple[Step, ...]:
    """The steps that a share more (0.05 is 5 %) would have brought: the amount stays just below a border."""
    own = values.get(AMOUNT)
    return spared(definition, values, own * (1 + share)) if isinstance(own, Decimal) else ()


def middle_of(usual: Sequence[Decimal], fewest: int) -> Decimal | None:
    """The median of what is usual, in yuan; None for fewer than that many, and where it is not above 0."""
    if not usual or len(usual) < fewest:
        return None
    middle = Decimal(median(usual))
    return middle if middle > 0 else None
