"""A grouped case as pricing takes it, and what it is worth before new technology and the fund."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import exact, half_up, to_the_fen, yuan
from insurance_settlement.engine.rule_book import Kind, Method, RuleBook
from insurance_settlement.engine.standards import Standard, points_of
from ops_platform.kernel import Finding, Line, Severity

UNGROUPED = ("", "0000")
SELF_PAY = "self_pay"
INCOMPLETE, READMITTED = "incomplete", "readmitted"
"""Flags that the nightly run tells from facts; a rule book may name others for cases that come with them."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a special review (特例单议) came to: the charges as billed, or a weight (points) of its own."""

    weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GroupedCase:
    """A discharge after grouping: its group (0000 or xQY when there is none) and what it was charged; money in fen.

    `flags` are what the hospital reported of it (an exception may ask for one). `excluded` are charges of new technology
    that are paid apart. `factor` of the auxiliary lists multiplies weight or points. `mean_charges` and the reimbursement
    ratio stand for those of the book where given. `paid` is what patient and others paid, where it was reported. While
    the settlement list has not come (`settled` false) nothing can be told of the fund's part.
    """

    case_no: str
    institution: str
    group: str
    charges: int
    stay_days: int | None = None
    scheme: str = ""
    leaving_type: str = ""
    flags: frozenset[str] = frozenset()
    excluded: int = 0
    factor: Decimal = Decimal(1)
    mean_charges: int | None = None
    review: Review | None = None
    settled: bool = True
    self_paid: int | None = None
    first_self_paid: int | None = None
    deductible: int | None = None
    reimbursement_ratio: Decimal | None = None
    paid: int | None = None


Lines = Callable[[], tuple[Line, ...]]
"""The steps of a price, put into words only where somebody reads them: the night prices thousands of cases."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What is paid before new technology and the fund; by points, they are worth the payment."""

    kind: Kind
    payment: int | None
    lines: Lines
    standard: Standard | None = None
    points: Decimal | None = None
    findings: tuple[Finding, ...] = ()


def is_ungrouped(group: str) -> bool:
    """The ambiguity group (xQY) and the ungrouped (0000) have no weight by definition."""
    return group in UNGROUPED or group.endswith("QY")


def unpriced(finding: Finding) -> Worth:
    return Worth(Kind.UNPRICED, None, lambda: (Line("不能计价", "", finding.message),), findings=(finding,))


def mean_charges_of(book: RuleBook, case: GroupedCase) -> int | Finding:
    mean = book.mean_charges.get(case.group) if case.mean_charges is None else case.mean_charges
    if mean:
        return mean
    message = f"规则 {book.version} 没有病组 {case.group} 的次均费用，不能判断倍率。请在规则库中补充后重新计价。"
    return Finding("insurance_settlement.no_mean_charges", Severity.BLOCKING, message, case.group)


def times(
    book: RuleBook, kind: Kind, standard: Standard, factor: Fraction, lines: Lines, how: Callable[[], str]
) -> Worth:
    """The standard times a factor, which `how` tells; by points the points are, and are worth what they are."""
    if book.method is Method.RATE:
        payment = half_up(standard.amount * factor)
        return Worth(kind, payment, lambda: (*lines(), _product(kind, standard, payment, how())), standard)
    points = points_of(book, exact(standard.weight) * factor)
    payment = to_the_fen(exact(points) * exact(standard.coefficient) * exact(standard.base_rate))
    return Worth(kind, payment, lambda: (*lines(), _product(kind, standard, payment, how(), points)), standard, points)


def _product(kind: Kind, standard: Standard, payment: int, how: str, points: Decimal | None = None) -> Line:
    label = {Kind.LOW: "低倍率", Kind.HIGH: "高倍率"}.get(kind, "调整")
    if points is None:
        return Line(label, f"{yuan(payment)} 元", f"{yuan(standard.amount)} {how} = {yuan(payment)}")
    told = f"{standard.weight} {how} = {points} 点，× {standard.coefficient} × {standard.base_rate} = {yuan(payment)}"
    return Line(label, f"{points} 点", told)
