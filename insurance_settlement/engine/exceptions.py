"""The exceptions of a rule book: whom they are for and what they pay; see `pricing.py`."""

from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import exact, shown, to_the_fen, yuan
from insurance_settlement.engine.rule_book import CaseException, Method, Pay, RuleBook, When
from insurance_settlement.engine.standards import (
    ONE,
    Standard,
    coefficient_of,
    points_of,
    standard_by,
    standard_line,
    standard_lines,
    standard_of,
    unit_value,
)
from insurance_settlement.engine.worth import GroupedCase, Worth, is_ungrouped, mean_charges_of, times, unpriced
from ops_platform.kernel import Finding, Line, Severity


def is_for(when: When, case: GroupedCase) -> bool:
    """Whether all conditions that are given hold of the case."""
    days = case.stay_days
    return all(
        (
            when.groups is None or case.group in when.groups,
            when.ungrouped is None or when.ungrouped == is_ungrouped(case.group),
            when.stay_days_over is None or (days is not None and days > when.stay_days_over),
            when.stay_days_under is None or (days is not None and days < when.stay_days_under),
            when.charges_under is None or case.charges < when.charges_under,
            not when.flag or when.flag in case.flags,
            when.leaving_types is None or case.leaving_type in when.leaving_types,
            when.schemes is None or case.scheme in when.schemes,
        )
    )


def excepted(book: RuleBook, case: GroupedCase, charges: int, exception: CaseException) -> Worth:
    """What the exception pays for the case."""
    match exception.pay:
        case Pay.CHARGES:
            paid = f"{yuan(charges)} 元"
            return Worth(exception.kind, charges, lambda: (Line(exception.name, paid, "按实际费用支付"),))
        case Pay.NOTHING:
            return Worth(exception.kind, 0, lambda: (Line(exception.name, "0.00 元", "不按病例支付"),))
        case Pay.DAYS:
            return _by_days(book, case, exception)
        case Pay.RATIO:
            return _incomplete(book, case, charges, exception)
        case Pay.FACTOR:
            return _by_factor(book, case, exception)


def _by_days(book: RuleBook, case: GroupedCase, exception: CaseException) -> Worth:
    """So much a day: yuan by the rate method, points by the other; times the institution's coefficient."""
    if case.stay_days is None:
        message = f"病例 {case.case_no} 没有住院天数，不能按床日计价。请由信息系统补报后重新计价。"
        return unpriced(Finding("insurance_settlement.no_stay_days", Severity.BLOCKING, message, case.case_no))
    daily = exception.amount or Decimal(0)
    coefficient = coefficient_of(book, case.group, case.institution)
    value = Decimal(1) if book.method is Method.RATE else unit_value(book)
    if isinstance(coefficient, Finding):
        return unpriced(coefficient)
    if isinstance(value, Finding):
        return unpriced(value)
    if book.method is Method.RATE:
        points, whole, told = None, exact(daily) * case.stay_days, f"{daily} 元 × {case.stay_days} 天"
    else:
        points = points_of(book, exact(daily) * case.stay_days)
        whole = exact(points) * exact(value)
        told = f"{daily} 点 × {case.stay_days} 天 = {points} 点，× 点值 {value}"
    payment = to_the_fen(whole * exact(coefficient))
    line = Line(exception.name, f"{yuan(payment)} 元", f"{told} × 机构系数 {coefficient} = {yuan(payment)}")
    return Worth(exception.kind, payment, lambda: (line,), None, points)


def _incomplete(book: RuleBook, case: GroupedCase, charges: int, exception: CaseException) -> Worth:
    """Value × charges ÷ mean charges, at most the value itself (基准点数, without cost coefficient)."""
    standard, mean = _base(book, case), mean_charges_of(book, case)
    if isinstance(standard, Finding):
        return unpriced(standard)
    if isinstance(mean, Finding):
        return unpriced(mean)
    ratio = Fraction(charges, mean)

    def lines() -> tuple[Line, ...]:
        told = f"费用 {yuan(charges)} ÷ 次均费用 {yuan(mean)}"
        told += "，大于 1 按 1 计" if ratio > 1 else ""
        return standard_line(book, standard), Line("倍率", shown(ratio, ONE), told)

    def how() -> str:
        return "× 1" if ratio > 1 else f"× {yuan(charges)} ÷ {yuan(mean)}"

    return times(book, exception.kind, standard, min(ratio, Fraction(1)), lines, how)


def _base(book: RuleBook, case: GroupedCase) -> Standard | Finding:
    """The standard without the cost coefficient."""
    weight = book.weights.get(case.group)
    if weight is None:
        return standard_of(book, case.group, case.institution)
    return standard_by(book, case.group, case.institution, weight * case.factor)


def _by_factor(book: RuleBook, case: GroupedCase, exception: CaseException) -> Worth:
    standard = standard_of(book, case.group, case.institution, case.factor)
    if isinstance(standard, Finding):
        return unpriced(standard)
    factor = exception.amount or Decimal(0)
    return times(
        book,
        exception.kind,
        standard,
        exact(factor),
        lambda: standard_lines(book, case.group, case.institution, standard, case.factor),
        lambda: f"× {factor}",
    )
