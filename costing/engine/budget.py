"""Budget against actual cost (预算执行): how far a cost lies from its budget, and whether that stands out.

Source: ../shared/domain.md 5.3 (document 004).

    deviation 偏差率 = (actual − budget) ÷ budget        of a month, or of the year to date
    execution 执行率 = actual to date ÷ budget of the year
    left 余额        = budget of the year − actual to date, below zero where more was spent than the year has

Told is what the figures to date say, the gravest first:

    unplanned   cost where nothing was planned for the year
    exhausted   actual to date > budget of the year
    over        deviation > bound (10 %)
    under       deviation < −bound
    within      else; exactly at the bound is within

Worked example: planned 500, spent 575: deviation 15 %, over.

Amounts in fen, ratios exact. There is no ratio to a budget of nothing. A year's amount without months is divided over
them equally, by largest remainder, so that it stays the amount to the fen (`spread`).
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ops_platform.kernel import split

MONTHS = 12


class Verdict(StrEnum):
    """What stands out."""

    WITHIN = "within"
    OVER = "over"
    UNDER = "under"
    EXHAUSTED = "exhausted"
    UNPLANNED = "unplanned"


@dataclass(frozen=True, slots=True)
class Execution:
    """Budget and actual cost to date, and the budget of the year."""

    budget: int
    actual: int
    year: int

    @property
    def deviation(self) -> Fraction | None:
        """偏差率; None without a budget to date."""
        return Fraction(self.actual - self.budget, self.budget) if self.budget else None

    def verdict(self, bound: Fraction) -> Verdict:
        """What is told of it."""
        if not self.year:
            return Verdict.UNPLANNED if self.actual > 0 else Verdict.WITHIN
        if self.actual > self.year:
            return Verdict.EXHAUSTED
        deviation = self.deviation
        if deviation is None:
            return Verdict.OVER if self.actual > 0 else Verdict.WITHIN
        if deviation > bound:
            return Verdict.OVER
        return Verdict.UNDER if deviation < -bound else Verdict.WITHIN


def spread(year: int) -> tuple[int, ...]:
    """A year's amount over its months."""
    return split(year, (1,) * MONTHS)
