"""What a reader of aggregates (regional supervisor) does not get: cells of few cases, and what would give them away.

A cell of 1 to 4 cases could point at a person. It is withheld, and so is every amount that belongs to those cases. But a
cell can be worked out where it is the only one missing from a sum that is shown. So for each column (a measure of one
month) the next smallest cells are withheld, too, until more than one is missing and what is missing together is more
than one case each; where no cell is left for that, the sum itself is withheld. The sums that are shown are all
institutions together and, where many village clinics share a row, these together; and so, by difference, the others.
"""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from costing.public import Work
from insurance_settlement.public import Totals

FEW = 5
Cell = TypeVar("Cell", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Withheld:
    """By month and institutions shown as one: the columns without figure (visits, discharges, cases, weighed)."""

    columns: Mapping[tuple[str, frozenset[int]], Collection[str]] = field(default_factory=dict)

    def of(self, period: str, institutions: Collection[int]) -> Collection[str]:
        """Columns that are not shown for these institutions together."""
        return self.columns.get((period, frozenset(institutions)), ())


EVERYTHING_SHOWN = Withheld()


def protect(cells: Mapping[Cell, int]) -> tuple[set[Cell], bool]:
    """Which cells of a column are not shown, and whether their sum may be."""
    hidden = {name for name, count in cells.items() if 0 < count < FEW}
    others = sorted((name for name, count in cells.items() if count >= FEW), key=lambda name: (cells[name], str(name)))
    while hidden and others and _told(cells, hidden):
        hidden.add(others.pop(0))
    total = sum(cells.values())
    return hidden, not (0 < total < FEW or (hidden and _told(cells, hidden)))


def _told(cells: Mapping[Cell, int], hidden: set[Cell]) -> bool:
    """Whether sum minus what is shown says what is hidden: one cell alone, or so little that each is one case."""
    return len(hidden) == 1 or sum(cells[name] for name in hidden) == len(hidden)


def withhold(
    *, rows: Collection[Collection[int]], activities: Sequence[Work], settlements: Sequence[Totals]
) -> Withheld:
    """For every month of the figures. `rows`: the institutions of each row that is shown; those alone in one, and those
    of each row that several share, are protected among themselves."""
    alone = frozenset(one for members in rows if len(members) == 1 for one in members)
    parts = [part for part in (alone, *(frozenset(members) for members in rows if len(members) > 1)) if part]
    everybody = frozenset(one for part in parts for one in part)
    hidden: dict[tuple[str, frozenset[int]], set[str]] = defaultdict(set)
    for (period, column), counts in _counts(activities, settlements).items():
        for part in parts:
            cells, sum_is_safe = protect({one: counts.get(one, 0) for one in part})
            for one in cells:
                hidden[period, frozenset((one,))].add(column)
            if not sum_is_safe:
                hidden[period, part].add(column)
                hidden[period, everybody].add(column)
    return Withheld(hidden)


def _counts(activities: Sequence[Work], settlements: Sequence[Totals]) -> dict[tuple[str, str], dict[int, int]]:
    """By month and column: the cases of each institution. Amounts belong to the column of all cases."""
    found: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for row in activities:
        found[row.period, "visits"][row.institution] = row.visits
        found[row.period, "discharges"][row.institution] = row.discharges
        found[row.period, "cases"][row.institution] = row.visits + row.discharges
    for case in settlements:
        found[case.period, "weighed"][case.institution] = case.weighed
    return found
