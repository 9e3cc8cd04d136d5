"""Whether the conditions of a flow together cover every case, proved by trying one value out of each stretch of values that
no condition tells apart.

A comparison only changes its answer at the values it names. So an attribute has as many stretches as there are values named,
and those between, below and above them; amounts are whole fen, days whole days. If every combination of one value of each
stretch is taken by a step, every case is. A value that is not known needs no trying: a step in doubt is taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise, product
from math import prod
from typing import Any

from workflows.engine.conditions import Always, Attribute, Comparison, Condition, Kind, Value, leaves

MOST_TRIED = 20_000
FEN, HALF = Decimal("0.01"), Decimal("0.5")
ANY_OTHER_TEXT = "其他"


def uncovered(
    conditions: Sequence[Condition], never: Mapping[str, Value] | None = None
) -> Mapping[Attribute, Value] | None:
    """Values for which no condition holds; empty where every case is covered, None where there are too many to try.
    `never`: by attribute a value that does not occur."""
    if any(isinstance(condition, Always) for condition in conditions):
        return {}
    named: dict[Attribute, set[Any]] = {}
    for condition in conditions:
        for leaf in leaves(condition):
            named.setdefault(leaf.attribute, set()).update(leaf.operands if isinstance(leaf, Comparison) else ())
    impossible = set((never or {}).items())
    stretches = [
        [value for value in _one_of_each(attribute, operands) if (attribute.name, value) not in impossible]
        for attribute, operands in named.items()
    ]
    if prod(map(len, stretches)) > MOST_TRIED:
        return None
    for values in product(*stretches):
        tried = {attribute.name: value for attribute, value in zip(named, values, strict=True)}
        if all(condition.truth(tried) is False for condition in conditions):
            return dict(zip(named, values, strict=True))
    return {}


def _one_of_each(attribute: Attribute, named: set[Any]) -> Iterator[Value]:
    """A value of each stretch, those that people meet first."""
    match attribute.kind:
        case Kind.FLAG:
            yield from (True, False)
        case Kind.CHOICE:
            yield from (code for code, _title in attribute.choices)
        case Kind.TEXT:
            yield from sorted(named)
            yield ANY_OTHER_TEXT if ANY_OTHER_TEXT not in named else max(named, key=len) + ANY_OTHER_TEXT
        case Kind.AMOUNT:
            yield from _amounts(sorted(named))
        case Kind.NUMBER:
            yield from _numbers(sorted(named))
        case Kind.DAY:
            yield from _days(sorted(named))


def _amounts(borders: list[Decimal]) -> Iterator[Decimal]:
    """Whole fen only: the border, and the next fen above it, where that is not past the next border."""
    ends: list[Decimal | None] = [*borders[1:], None]
    for border, end in zip(borders, ends, strict=True):
        if border == border.quantize(FEN):
            yield border
        above = border.quantize(FEN, rounding=ROUND_FLOOR) + FEN
        if end is None or above < end:
            yield above
    yield borders[0].quantize(FEN, rounding=ROUND_FLOOR) - FEN


def _numbers(borders: list[Decimal]) -> Iterator[Decimal]:
    yield from borders
    yield from ((low + high) * HALF for low, high in pairwise(borders))
    yield from (borders[-1] + 1, borders[0] - 1)


def _days(borders: list[date]) -> Iterator[date]:
    yield from borders
    yield from (border + timedelta(days=1) for border in borders if border < date.max)
    yield from (border - timedelta(days=1) for border in borders if border > date.min)
