"""What the insurer pays for a grouped case, and how that comes about.

Source: ../shared/domain.md 2.3 to 2.6. The numbers are a rule book (`rule_book.py`), never code:

    by rate     standard 支付标准 = weight × base rate 费率 × institution coefficient 机构系数
    by points   points 点数       = base points 基准点数 × cost coefficient 成本系数
                standard          = points × institution coefficient × point value 点值

    r = charges ÷ standard, or ÷ last year's mean charges of the group
    r < low                 low outlier 低倍率: the charges, or standard (points) × r
    low ≤ r ≤ high          the standard
    r > high                high outlier 高倍率: standard + (charges − high × what they are compared with) × share; by points
                            points × (1 + (r − high) × share)

Who pays himself (scheme `self_pay`, 自费) pays the charges: kind `self_pay`, no insurer, no rule of the book.

What any other case is asked, in this order: a special review 特例单议 that was approved; the exceptions of the book, the
first that fits; whether it is grouped and has a weight; whether it is an outlier. New technology that is excluded is paid as
billed and counts neither as charges nor in the ratio.

    case result 盈亏 = payment − actual charges         (against charges; against cost is costing's)
    fund A = (payment − self-paid − first self-paid − deductible) × reimbursement ratio
    fund B = payment − what the patient paid of the charges
             (self-paid + first self-paid + deductible + (charges − these three) × (1 − ratio)), or as it was reported
    no fund while the settlement list has not come, and none for who pays himself

Rounding: the standard is rounded to the fen, half up (ROUND_HALF_UP, as insurers print it), and so is the payment; points
to the places of the book, half up; everything between is exact (fractions). By rate an outlier starts from the rounded
standard, as one does by hand.

At nothing: a case of the ambiguity group or ungrouped (QY, 0000) has no price unless an exception takes it: kind
`ungrouped`. A group without weight or mean charges, an institution without coefficient, points without a value: kind
`unpriced`, with a finding that names what is missing. A weight, rate or coefficient of 0 is a value and gives 0.00; a
standard of 0.00 has no ratio and is paid as it is. Nothing is priced in silence with a value that the book does not hold.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from insurance_settlement.engine.exceptions import excepted, is_for
from insurance_settlement.engine.fund import fund_of
from insurance_settlement.engine.outliers import by_ratio
from insurance_settlement.engine.rounding import yuan
from insurance_settlement.engine.rule_book import Kind, Method, RuleBook
from insurance_settlement.engine.standards import Standard, standard_by, standard_line, standard_of, weight_of
from insurance_settlement.engine.worth import SELF_PAY, GroupedCase, Review, Worth, is_ungrouped, unpriced
from ops_platform.kernel import Explanation, Finding, Line

RULES = {
    Method.RATE: "支付标准 = 权重 × 费率 × 机构系数，四舍五入到分",
    Method.POINTS: "支付标准 = 病例点数 × 机构系数 × 点值，四舍五入到分",
}


@dataclass(frozen=True, slots=True)
class Price:
    """What a case is worth by a book. Amounts in fen; None where there is no price. `points` by the points method; `weight`
    is that of its group by the rate method, whatever it is paid by."""

    book: RuleBook = field(repr=False)
    case: GroupedCase
    kind: Kind
    payment: int | None
    balance: int | None
    standard: Standard | None
    findings: tuple[Finding, ...] = ()
    points: Decimal | None = None
    fund: int | None = None
    weight: Decimal | None = None

    @property
    def explanation(self) -> Explanation:
        """How it comes about, line by line: computed once more and put into words, since most prices are never read."""
        return _path(self.book, self.case)


Kept = dict[tuple[str, str, Decimal], Standard | Finding]


def price(book: RuleBook, case: GroupedCase, kept: Kept | None = None) -> Price:
    """The price of one case. `kept` are the standards of this book that were worked out before, for whoever prices many
    cases; it is added to."""
    worth = _worth(book, case, {} if kept is None else kept)
    payment = balance = fund = None
    if worth.payment is not None:
        payment = worth.payment + case.excluded
        balance = payment - case.charges
        if book.fund is not None:
            fund = fund_of(book.fund, case, payment)[0]
    return Price(
        book,
        case,
        worth.kind,
        payment,
        balance,
        worth.standard,
        worth.findings,
        worth.points,
        fund,
        weight_of(book, case.group, case.factor),
    )


def _path(book: RuleBook, case: GroupedCase) -> Explanation:
    worth = _worth(book, case, {})
    lines = [Line("病组", case.group or "0000", f"规则 {book.version}，来源 {book.source}"), *worth.lines()]
    charges = Line("实际费用", f"{yuan(case.charges)} 元")
    if worth.payment is None:
        lines.append(charges)
    else:
        payment = worth.payment + case.excluded
        if case.excluded:
            excluded = yuan(case.excluded)
            how = f"除外费用按项目支付：{yuan(worth.payment)} + {excluded} = {yuan(payment)}"
            lines.append(Line("新技术除外", f"{excluded} 元", how))
        balance = yuan(payment - case.charges)
        how = f"支付 {yuan(payment)} − 实际费用 {yuan(case.charges)} = {balance}"
        lines += [charges, Line("盈亏", f"{balance} 元", how)]
        if book.fund is not None:
            lines.append(fund_of(book.fund, case, payment)[1]())
    return Explanation(f"病例 {case.case_no} 的计价", RULES[book.method], tuple(lines))


def _worth(book: RuleBook, case: GroupedCase, kept: Kept) -> Worth:
    charges = case.charges - case.excluded
    if case.scheme == SELF_PAY:
        told = "自费患者不由医保支付，由本人按实际费用支付"
        return Worth(Kind.SELF_PAY, charges, lambda: (Line("自费", f"{yuan(charges)} 元", told),))
    if case.review is not None:
        return _reviewed(book, case, charges, case.review)
    exception = next((one for one in book.exceptions if is_for(one.when, case)), None)
    if exception is not None:
        return excepted(book, case, charges, exception)
    if is_ungrouped(case.group):
        what = f"歧义组 {case.group}" if case.group.endswith("QY") else "未入组(0000)"
        return Worth(Kind.UNGROUPED, None, lambda: (Line("入组", what, "没有权重，不按病组计价"),))
    place = (case.group, case.institution, case.factor)
    standard = kept.get(place)
    if standard is None:
        standard = kept[place] = standard_of(book, *place)
    if isinstance(standard, Finding):
        return unpriced(standard)
    return by_ratio(book, case, charges, standard)


def _reviewed(book: RuleBook, case: GroupedCase, charges: int, review: Review) -> Worth:
    if review.weight is None:
        line = Line("特例单议", f"{yuan(charges)} 元", "评审通过，按实际费用支付")
        return Worth(Kind.SPECIAL_REVIEW, charges, lambda: (line,))
    standard = standard_by(book, case.group, case.institution, review.weight)
    if isinstance(standard, Finding):
        return unpriced(standard)
    noun = "权重" if book.method is Method.RATE else "点数"
    lines = (
        Line("特例单议", f"{review.weight}", f"评审通过，{noun}核定为 {review.weight}"),
        standard_line(book, standard),
    )
    points = review.weight if book.method is Method.POINTS else None
    return Worth(Kind.SPECIAL_REVIEW, standard.amount, lambda: lines, standard, points)
