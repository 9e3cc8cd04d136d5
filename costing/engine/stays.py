"""What a further day in hospital costs when the payment of a case does not change (domain.md 1.4, 1.8; 003-44).

    cost of a further day v = variable part of the bed-day cost
    break-even day D* = mean stay + mean surplus / v
    beyond the standard = Σ max(stay − standard, 0) · v

Until D* a case of the group bears its cost, on average; every day beyond it loses v. Days exact, money in fen. At zero:
v ≤ 0 has no break-even day. Rounding: the cost to the nearest fen, half away from zero; days stay exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Stays:
    """Cases of a group: days of each, Σ surplus (fen) of those that have one and their number, and v in fen."""

    days: Sequence[int]
    surplus: int
    priced: int
    day_cost: Fraction

    @property
    def mean_days(self) -> Fraction:
        """平均住院日"""
        return Fraction(sum(self.days), len(self.days))

    @property
    def break_even_day(self) -> Fraction | None:
        """保本住院日; None without surplus or where a further day costs nothing."""
        if self.day_cost <= 0 or not self.priced:
            return None
        surplus = Fraction(self.surplus, self.priced)
        cost = self.day_cost
        return self.mean_days + surplus * Fraction(cost.denominator, cost.numerator)

    def days_beyond(self, standard: Fraction) -> Fraction:
        """Σ of the days beyond the standard stay."""
        return sum((max(day - standard, Fraction(0)) for day in self.days), Fraction(0))

    def cost_beyond(self, standard: Fraction) -> int:
        """What those days cost, in fen."""
        exact = self.days_beyond(standard) * self.day_cost
        sign = -1 if exact < 0 else 1
        return sign * ((2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator))
