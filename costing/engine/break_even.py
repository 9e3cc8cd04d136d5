"""Cost–volume–profit (本量利分析) and the factors of a change in cost (domain.md 1.8).

    surplus = (p − v)·Q − F        contribution ratio = 1 − v/p
    Q*      = F / (p − v)          break-even volume (保本量), the next whole number
    R*      = F / (1 − v/p)        break-even income (保本收入)
    safety margin = (Q − Q*) / Q, or (R − R*) / R where no volume is counted

    ΔC = (Q1 − Q0)·c0 (volume) + (c1 − c0)·Q1 (rate)       c = C / Q

No break-even where p ≤ v. The rate's part is what the volume's leaves, so that the two sum to the change to the fen; what
began or ended counts as volume.
"""

from dataclasses import dataclass
from fractions import Fraction

from costing.engine.rounding import nearest


@dataclass(frozen=True, slots=True)
class BreakEven:
    """Income, variable and fixed cost in fen, and the volume (None where none is counted)."""

    income: int
    variable: int
    fixed: int
    volume: Fraction | None = None

    @property
    def contribution(self) -> int:
        """边际贡献: income − variable cost."""
        return self.income - self.variable

    @property
    def contribution_ratio(self) -> Fraction | None:
        """None without income."""
        return Fraction(self.contribution, self.income) if self.income > 0 else None

    @property
    def break_even_income(self) -> int | None:
        """To the nearest fen; None where each yuan earned costs a yuan or more."""
        if self.income <= 0 or self.contribution <= 0:
            return None
        return nearest(Fraction(self.fixed * self.income, self.contribution))

    @property
    def break_even_volume(self) -> int | None:
        """None where there is no break-even, or no volume."""
        if not self.volume or self.volume <= 0 or self.contribution <= 0:
            return None
        exact = self.volume * Fraction(self.fixed, self.contribution)
        return -(-exact.numerator // exact.denominator)

    @property
    def safety_margin(self) -> Fraction | None:
        """How much of the income may be lost before a loss is made; negative below the break-even."""
        found = self.break_even_income
        return Fraction(self.income - found, self.income) if found is not None else None


@dataclass(frozen=True, slots=True)
class Factors:
    """What of a change in cost came from volume and what from the rate, in fen."""

    volume: int
    rate: int

    @property
    def change(self) -> int:
        """Cost now − cost before."""
        return self.volume + self.rate


def factors(cost_before: int, volume_before: int, cost: int, volume: int) -> Factors:
    """Two periods of one thing; costs in fen."""
    if not volume_before or not volume:
        return Factors(cost - cost_before, 0)
    of_volume = nearest(Fraction((volume - volume_before) * cost_before, volume_before))
    return Factors(of_volume, cost - cost_before - of_volume)
