"""Whether a case is an outlier (高倍率, 低倍率), and what that makes of its standard; see `pricing.py`."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import half_up, shown, yuan
from insurance_settlement.engine.rule_book import High, Kind, LowPay, Measure, Method, Outliers, RuleBook
from insurance_settlement.engine.standards import Standard, points_of, standard_lines
from insurance_settlement.engine.worth import GroupedCase, Worth, mean_charges_of, times, unpriced
from ops_platform.kernel import Finding, Line


@dataclass(frozen=True, slots=True)
class _Compared:
    """A case beside what its charges are compared with, in fen; `lines` tell it so far."""

    book: RuleBook
    rule: Outliers
    standard: Standard
    charges: int
    measure: int
    lines: tuple[Line, ...]

    @property
    def ratio(self) -> Fraction:
        """倍率"""
        return Fraction(self.charges, self.measure)

    @property
    def high(self) -> High | None:
        """The row for its weight."""
        rows = self.rule.high
        return next((row for row in rows if row.weight_up_to is None or self.standard.weight <= row.weight_up_to), None)


def by_ratio(book: RuleBook, case: GroupedCase, charges: int, standard: Standard) -> Worth:
    """An ordinary case: whether it is an outlier, and what that makes of it."""
    lines = standard_lines(book, case.group, case.institution, standard, case.factor)
    points = standard.weight if book.method is Method.POINTS else None
    rule = book.outliers
    if rule is None:
        return Worth(Kind.NORMAL, standard.amount, lines, standard, points)
    by_standard = rule.measured_by is Measure.STANDARD
    measure = standard.amount if by_standard else mean_charges_of(book, case)
    if isinstance(measure, Finding):
        return unpriced(measure)
    if not measure:
        return Worth(Kind.NORMAL, standard.amount, lines, standard, points)
    found = _Compared(book, rule, standard, charges, measure, lines)
    told = f"费用 {yuan(charges)} ÷ {'支付标准' if by_standard else '次均费用'} {yuan(measure)}"
    if rule.low_below is not None and found.ratio < Fraction(rule.low_below):
        return _low(found, rule.low_below, told)
    if found.high is not None and found.ratio > Fraction(found.high.above):
        return _capped(found, _high(found, found.high, told))
    bounds = _bounds(rule.low_below, None if found.high is None else found.high.above)
    line = Line("倍率", shown(found.ratio), f"{told}，{bounds}，按支付标准支付")
    return Worth(Kind.NORMAL, standard.amount, (*lines, line), standard, points)


def _bounds(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"在 {low} 至 {high} 倍之间"
    if low is not None:
        return f"不低于 {low} 倍"
    return "没有界限" if high is None else f"不高于 {high} 倍"


def _low(found: _Compared, limit: Decimal, told: str) -> Worth:
    lines = (*found.lines, Line("倍率", shown(found.ratio), f"{told}，低于 {limit} 倍"))
    if found.rule.low_pay is LowPay.CHARGES:
        line = Line("低倍率", f"{yuan(found.charges)} 元", "按实际费用支付")
        return Worth(Kind.LOW, found.charges, (*lines, line), found.standard)
    return times(found.book, Kind.LOW, found.standard, found.ratio, lines, f"× 倍率 {shown(found.ratio)}")


def _high(found: _Compared, high: High, told: str) -> Worth:
    lines = (*found.lines, Line("倍率", shown(found.ratio), f"{told}，高于 {high.above} 倍"))
    standard, above, share = found.standard, Fraction(high.above), Fraction(high.share)
    if found.book.method is Method.POINTS:
        how = f"× (1 + ({shown(found.ratio)} − {high.above}) × {high.share})"
        return times(found.book, Kind.HIGH, standard, 1 + (found.ratio - above) * share, lines, how)
    payment = standard.amount + half_up((found.charges - above * found.measure) * share)
    how = (
        f"{yuan(standard.amount)} + ({yuan(found.charges)} − {high.above} × {yuan(found.measure)}) × {high.share}"
        f" = {yuan(payment)}"
    )
    return Worth(Kind.HIGH, payment, (*lines, Line("高倍率", f"{yuan(payment)} 元", how)), standard)


def _capped(found: _Compared, worth: Worth) -> Worth:
    """No more than so many times the standard, where the area says so."""
    cap = found.rule.high_cap
    if cap is None or worth.payment is None:
        return worth
    most = half_up(Fraction(cap) * found.standard.amount)
    if worth.payment <= most:
        return worth
    line = Line("封顶", f"{yuan(most)} 元", f"至多为支付标准的 {cap} 倍")
    points = None
    if worth.points is not None:
        points = points_of(found.book, Fraction(cap) * Fraction(found.standard.weight))
    return Worth(worth.kind, most, (*worth.lines, line), found.standard, points)
