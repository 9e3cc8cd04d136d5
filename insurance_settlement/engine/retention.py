"""结余留用与超支分担: what a hospital keeps of a surplus of case payment, who bears an overspend, and next year's total.

Source: ../shared/domain.md 2.7 and 6.6. No national number exists: every share is a parameter of the area. With payable P
(the fund's part of all cases by the rules) and actual A (what the fund was billed by items):

    surplus    counted = P − max(A, floor × P)              retained = share × counted    (the floor guards against
                                                            under-treatment: below it a saving is not counted)
    overspend  over = A − P;  insurer = insurer's share × min(over, band × P);  hospital = over − insurer

    next year's total = total × (1 + rise) where mean charges grew by less than the limit, else the total

Of what is retained a share may be left to the departments that made a surplus, by their own surplus, in fen by largest
remainder: an amount for a department as a whole, never tied to the pay of a person.

Rounding: each product to the fen, half up. At nothing: P = 0 counts no surplus; no growth without a mean of last year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import half_up, yuan
from ops_platform.kernel import Line, split


@dataclass(frozen=True, slots=True)
class Terms:
    """The shares of an area."""

    floor: Decimal
    band: Decimal
    insurer_share: Decimal
    retained_share: Decimal


@dataclass(frozen=True, slots=True)
class Retention:
    """In fen; `retained` of a surplus, `insurer` and `hospital` of an overspend."""

    payable: int
    actual: int
    counted: int
    retained: int
    insurer: int
    hospital: int
    lines: tuple[Line, ...]

    @property
    def difference(self) -> int:
        """Payable − actual."""
        return self.payable - self.actual


def retention(payable: int, actual: int, terms: Terms) -> Retention:
    """Of a period; amounts in fen."""
    difference = payable - actual
    told = Line("应付 − 记账", f"{yuan(difference)} 元", f"{yuan(payable)} − {yuan(actual)} = {yuan(difference)}")
    if difference >= 0:
        least = half_up(Fraction(terms.floor) * payable)
        counted = payable - max(actual, least)
        retained = half_up(Fraction(terms.retained_share) * counted)
        how = f"{yuan(payable)} − max(记账 {yuan(actual)}，低线 {terms.floor} × 应付 = {yuan(least)}) = {yuan(counted)}"
        lines = (
            told,
            Line("计入结余", f"{yuan(counted)} 元", how),
            Line("结余留用", f"{yuan(retained)} 元", f"{terms.retained_share} × {yuan(counted)} = {yuan(retained)}"),
        )
        return Retention(payable, actual, counted, retained, 0, 0, lines)
    over = -difference
    shared = min(over, half_up(Fraction(terms.band) * payable))
    insurer = half_up(Fraction(terms.insurer_share) * shared)
    how = f"{terms.insurer_share} × min(超支 {yuan(over)}，{terms.band} × 应付) = {yuan(insurer)}"
    lines = (
        told,
        Line("医保分担", f"{yuan(insurer)} 元", how),
        Line("医院承担", f"{yuan(over - insurer)} 元", f"{yuan(over)} − {yuan(insurer)} = {yuan(over - insurer)}"),
    )
    return Retention(payable, actual, 0, 0, insurer, over - insurer, lines)


def shares_of_departments(retained: int, share: Decimal, surpluses: Mapping[int, int]) -> dict[int, int]:
    """What each department with a surplus is left of the share of what is retained, in fen."""
    earned = {department: fen for department, fen in surpluses.items() if fen > 0}
    pool = half_up(Fraction(share) * retained)
    if not earned or not pool:
        return {}
    return dict(zip(earned, split(pool, list(earned.values())), strict=True))


def growth(now: Fraction | None, before: Fraction | None) -> Fraction | None:
    """Of mean charges; None where either year has no case."""
    return Fraction(now, before) - 1 if now is not None and before else None


def next_total(total: int, grown: Fraction | None, *, limit: Decimal, rise: Decimal) -> int:
    """Next year's total in fen; unchanged where growth is not known."""
    if grown is None or grown >= Fraction(limit):
        return total
    return half_up(total * (1 + Fraction(rise)))
