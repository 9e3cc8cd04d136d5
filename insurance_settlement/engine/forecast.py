"""What a stay that is not over yet would be paid, by what is known of it so far (在院预测): an estimate, no settlement.

Rule: the group follows from the latest diagnoses and procedures, the payment from the price book as `pricing.py` has it, but
for what only the end of a stay can tell: an unfinished stay is neither a low outlier (低倍率) nor short nor cheap, so that
those rules of the book are left out (`unfinished`), as are exceptions by the way of leaving.

    remaining 剩余 = expected payment − charges so far      (negative: the charges are above it)
    used 使用比   = charges so far ÷ expected payment
    high limit   = high multiple × what the book measures by (standard, or last year's mean charges of the group)

Rounding as in pricing; ratios are exact fractions. At nothing: without a group, or where the price book has no price, there
is no expected payment, no remaining amount and no warning about amounts. The words are neutral: they tell amounts and days,
never what to do with a patient. Money in fen.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.rounding import half_up, yuan
from insurance_settlement.engine.rule_book import Kind, Measure, RuleBook
from insurance_settlement.engine.worth import GroupedCase, mean_charges_of
from ops_platform.kernel import Finding


@dataclass(frozen=True, slots=True)
class Norm:
    """Means of a group at the institution over the past months: cases, days, charges in fen."""

    cases: int
    days: Decimal
    charges: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """Parameters: from which share of the high limit on it is told, how many days are told as long, and of
    how many cases a mean is told."""

    near_high: Decimal
    long_stay: int
    least_cases: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the figures show: its code, and the sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The estimate of one stay; amounts in fen, None where there is no price, and where the patient pays himself. `price`
    tells its path."""

    price: Price
    payment: int | None
    remaining: int | None
    used: Fraction | None
    high_limit: int | None
    notices: tuple[Notice, ...]


def unfinished(book: RuleBook) -> RuleBook:
    """The rules of a book that can be asked before a stay is over."""
    asked = tuple(
        one
        for one in book.exceptions
        if one.when.stay_days_under is None and one.when.charges_under is None and one.when.leaving_types is None
    )
    outliers = replace(book.outliers, low_below=None) if book.outliers else None
    return replace(book, exceptions=asked, outliers=outliers)


def forecast(book: RuleBook, case: GroupedCase, norm: Norm | None, bounds: Bounds) -> Forecast:
    """The estimate of a stay; `book` as `unfinished` gives it, `case` with charges and days so far."""
    found = price(book, case)
    payment = None if found.kind is Kind.SELF_PAY else found.payment
    limit = _high_limit(book, case, found)
    return Forecast(
        price=found,
        payment=payment,
        remaining=None if payment is None else payment - case.charges,
        used=Fraction(case.charges, payment) if payment else None,
        high_limit=limit,
        notices=tuple(_notices(case, found, limit, norm, bounds)),
    )


def _high_limit(book: RuleBook, case: GroupedCase, found: Price) -> int | None:
    """From which charges on the case is a high outlier; None where the book does not say, or it is paid otherwise."""
    rule, standard = book.outliers, found.standard
    if rule is None or standard is None:
        return None
    row = next((one for one in rule.high if one.weight_up_to is None or standard.weight <= one.weight_up_to), None)
    measure = standard.amount if rule.measured_by is Measure.STANDARD else mean_charges_of(book, case)
    if row is None or isinstance(measure, Finding) or not measure:
        return None
    return half_up(Fraction(row.above) * measure)


def _notices(case: GroupedCase, found: Price, limit: int | None, norm: Norm | None, bounds: Bounds) -> list[Notice]:
    told = []
    if found.kind is Kind.SELF_PAY:
        told.append(Notice("self_pay", "自费患者，由本人按实际费用支付，没有预计支付。"))
    if limit is not None and case.charges > limit:
        told.append(
            Notice(
                "high",
                f"目前费用 {yuan(case.charges)} 元，已超过高倍率界限 {yuan(limit)} 元。"
                "病情需要的照常诊疗，出院后可按规定申请特例单议。",
            )
        )
    elif limit is not None and case.charges >= Fraction(bounds.near_high) * limit:
        told.append(Notice("near_high", f"目前费用 {yuan(case.charges)} 元，接近高倍率界限 {yuan(limit)} 元。"))
    elif found.standard is not None and case.charges > found.standard.amount:
        told.append(
            Notice(
                "over_standard",
                f"目前费用 {yuan(case.charges)} 元，已高于支付标准 {yuan(found.standard.amount)} 元。",
            )
        )
    days = case.stay_days or 0
    if days > bounds.long_stay:
        told.append(Notice("long_stay", f"已住院 {days} 天，超过 {bounds.long_stay} 天。"))
    elif norm is not None and norm.cases >= bounds.least_cases and days > norm.days:
        told.append(Notice("over_mean_days", f"已住院 {days} 天，本院同组平均 {norm.days:.1f} 天({norm.cases} 例)。"))
    return told
