"""Cost against effect of a measure (措施成本效果评价): what a department or an institution spent and brought about before a
measure and since, in a mean month.

Source: ../shared/domain.md 5.4 (document 004), which asks for the review and gives the example of family doctors: cost
−25 %, signings +18 %. The comparison is the usual one of cost-effectiveness:

    change 增减率                = (present − base) ÷ base
    cost of a unit 单位效果成本   = cost ÷ effect
    incremental cost 增量成本效果 = (cost − cost of the base) ÷ (effect − effect of the base)

    better       cost no higher and effect no lower, one of them truly
    worse        cost no lower and effect no higher, one of them truly
    more         both higher: a further unit of effect took so much more cost
    less         both lower: a unit of effect less saved so much
    same         neither moved
    untold       a side without any effect: nothing was reported, and cost alone says nothing

Costs in fen of the months of a side, effects in units of their metric; both are compared as means of a month, so that sides
need not be equally long. Ratios exact; there is none to a base of nothing, and no cost of a unit without effect.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Verdict(StrEnum):
    """How cost and effect moved together."""

    BETTER = "better"
    WORSE = "worse"
    MORE = "more"
    LESS = "less"
    SAME = "same"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class Side:
    """What some months cost and brought about in all; at least one month."""

    cost: int
    effect: Fraction
    months: int

    @property
    def mean_cost(self) -> Fraction:
        """Fen of a month."""
        return Fraction(self.cost, self.months)

    @property
    def mean_effect(self) -> Fraction:
        """Units of a month."""
        return Fraction(self.effect, self.months)

    @property
    def unit_cost(self) -> Fraction | None:
        """Fen of a unit of effect."""
        return Fraction(self.cost, self.effect) if self.effect else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The present beside the base."""

    base: Side
    present: Side

    @property
    def cost_change(self) -> Fraction | None:
        """Of the mean month."""
        return _change(self.base.mean_cost, self.present.mean_cost)

    @property
    def effect_change(self) -> Fraction | None:
        """Of the mean month."""
        return _change(self.base.mean_effect, self.present.mean_effect)

    @property
    def unit_change(self) -> Fraction | None:
        """Of the cost of a unit."""
        before, now = self.base.unit_cost, self.present.unit_cost
        return None if before is None or now is None else _change(before, now)

    @property
    def incremental(self) -> Fraction | None:
        """Fen for a further unit of effect, or saved by a unit less; None where one side is plainly better."""
        if self.verdict not in (Verdict.MORE, Verdict.LESS):
            return None
        moved = self.present.mean_effect - self.base.mean_effect
        return Fraction(self.present.mean_cost - self.base.mean_cost, moved)

    @property
    def verdict(self) -> Verdict:
        """How both moved."""
        if not self.base.effect or not self.present.effect:
            return Verdict.UNTOLD
        cost = self.present.mean_cost - self.base.mean_cost
        effect = self.present.mean_effect - self.base.mean_effect
        if not cost and not effect:
            return Verdict.SAME
        if cost <= 0 <= effect:
            return Verdict.BETTER
        if effect <= 0 <= cost:
            return Verdict.WORSE
        return Verdict.MORE if effect > 0 else Verdict.LESS


def _change(before: Fraction, now: Fraction) -> Fraction | None:
    return Fraction(now - before, before) if before else None
