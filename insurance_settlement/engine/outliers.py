"""Whether a case is an outlier (高倍率, 低倍率), and what that makes of its standard; see `pricing.py`."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import exact, half_up, shown, to_the_fen, yuan
from insurance_settlement.engine.rule_book import High, Kind, LowPay, Measure, Method, Outliers, RuleBook
from insurance_settlement.engine.standards import Standard, points_of, standard_lines
from insurance_settlement.engine.worth import GroupedCase, Lines, Worth, mean_charges_of, times, unpriced
from ops_platform.kernel import Finding, Line


@dataclass(frozen=True, slots=True)
class _Compared:
    """A case beside what its charges are compared with, in fen, and their ratio (倍率); `lines` tell it so far."""

    book: RuleBook
    rule: Outliers
    standard: Standard
    charges: int
    measure: int
    ratio: Fraction
    lines: Lines

    def against(self, words: str, bound: Decimal | None = None) -> Line:
        """The ratio in words; `bound` is the one that it lies beyond."""
        compared = "支付标准" if self.rule.measured_by is Measure.STANDARD else "次均费用"
        told = f"费用 {yuan(self.charges)} ÷ {compared} {yuan(self.measure)}"
        return Line("倍率", shown(self.ratio, bound), f"{told}，{words}")

    @property
    def quotient(self) -> str:
        """The ratio as one can work it out again."""
        return f"{yuan(self.charges)} ÷ {yuan(self.measure)}"


def by_ratio(book: RuleBook, case: GroupedCase, charges: int, standard: Standard) -> Worth:
    """An ordinary case: whether it is an outlier, and what that makes of it."""

    def lines() -> tuple[Line, ...]:
        return standard_lines(book, case.group, case.institution, standard, case.factor)

    points = standard.weight if book.method is Method.POINTS else None
    rule = book.outliers
    if rule is None:
        return Worth(Kind.NORMAL, standard.amount, lines, standard, points)
    measure = standard.amount if rule.measured_by is Measure.STANDARD else mean_charges_of(book, case)
    if isinstance(measure, Finding):
        return unpriced(measure)
    if not measure:
        return Worth(Kind.NORMAL, standard.amount, lines, standard, points)
    ratio = Fraction(charges, measure)
    found = _Compared(book, rule, standard, charges, measure, ratio, lines)
    if rule.low_below is not None and ratio < exact(rule.low_below):
        return _low(found, rule.low_below)
    high = _row(rule.high, standard.weight)
    if high is not None and ratio > exact(high.above):
        return _capped(found, _high(found, high))

    def told() -> tuple[Line, ...]:
        bounds = _bounds(rule.low_below, None if high is None else high.above)
        return *lines(), found.against(f"{bounds}，按支付标准支付")

    return Worth(Kind.NORMAL, standard.amount, told, standard, points)


def _row(rows: tuple[High, ...], weight: Decimal) -> High | None:
    """The row for a weight."""
    return next((row for row in rows if row.weight_up_to is None or weight <= row.weight_up_to), None)


def _bounds(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"在 {low} 至 {high} 倍之间"
    if low is not None:
        return f"不低于 {low} 倍"
    return "没有界限" if high is None else f"不高于 {high} 倍"


def _low(found: _Compared, limit: Decimal) -> Worth:
    def lines() -> tuple[Line, ...]:
        return *found.lines(), found.against(f"低于 {limit} 倍", limit)

    if found.rule.low_pay is LowPay.CHARGES:
        paid = found.charges
        return Worth(
            Kind.LOW, paid, lambda: (*lines(), Line("低倍率", f"{yuan(paid)} 元", "按实际费用支付")), found.standard
        )
    return times(found.book, Kind.LOW, found.standard, found.ratio, lines, lambda: f"× {found.quotient}")


def _high(found: _Compared, high: High) -> Worth:
    def lines() -> tuple[Line, ...]:
        return *found.lines(), found.against(f"高于 {high.above} 倍", high.above)

    standard, above, share = found.standard, exact(high.above), exact(high.share)
    if found.book.method is Method.POINTS:
        factor = 1 + (found.ratio - above) * share
        return times(
            found.book,
            Kind.HIGH,
            standard,
            factor,
            lines,
            lambda: f"× (1 + ({found.quotient} − {high.above}) × {high.share})",
        )
    payment = standard.amount + half_up((found.charges - above * found.measure) * share)

    def told() -> tuple[Line, ...]:
        beyond = f"({yuan(found.charges)} − {high.above} × {yuan(found.measure)}) × {high.share}"
        how = f"{yuan(standard.amount)} + {beyond} = {yuan(payment)}"
        return *lines(), Line("高倍率", f"{yuan(payment)} 元", how)

    return Worth(Kind.HIGH, payment, told, standard)


def _capped(found: _Compared, worth: Worth) -> Worth:
    """No more than so many times the standard, where the area says so."""
    cap = found.rule.high_cap
    if cap is None or worth.payment is None:
        return worth
    standard, points = found.standard, None
    most = half_up(exact(cap) * standard.amount)
    if worth.points is not None:  # as everywhere by points, the points are rounded and are worth what they are
        points = points_of(found.book, exact(cap) * exact(standard.weight))
        most = to_the_fen(exact(points) * exact(standard.coefficient) * exact(standard.base_rate))
    if worth.payment <= most:
        return worth

    def lines() -> tuple[Line, ...]:
        told = f"至多为支付标准的 {cap} 倍"
        if points is None:
            return *worth.lines(), Line("封顶", f"{yuan(most)} 元", told)
        told = f"{told}：{standard.weight} × {cap} = {points} 点"
        told += f"，× {standard.coefficient} × {standard.base_rate} = {yuan(most)}"
        return *worth.lines(), Line("封顶", f"{points} 点", told)

    return Worth(worth.kind, most, lines, found.standard, points)
