"""What the insurer pays for a grouped case, and how that comes about.

Source: ../shared/domain.md 2.3 (费率法), numbers as a rule book, never in code.

    payment standard 支付标准 = RW × base rate 费率 × institution coefficient 机构系数
    case result 盈亏          = payment standard − actual charges

The product is exact (weights, rate and coefficient are decimals); it is rounded once, at the end, to the fen, half up
(ROUND_HALF_UP, as insurers print it). Charges come in fen, so the case result is exact.

At nothing: a case of the ambiguity group or ungrouped (QY, 0000) has no price: kind `ungrouped`, a note and no amount.
A group without a weight, or an institution without a coefficient, has no price either: kind `unpriced`, with a finding
that names what is missing. A weight, rate or coefficient of 0 is a value and gives 0.00. Nothing is ever priced in
silence with a value that the rule book does not hold.

Further rules (outliers, points, fund amount, special review) come as further parts of the rule book and further kinds:
each takes the `Standard` and the case and adds its lines to the explanation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from insurance_settlement.engine.json_parts import Part, Source, load_json
from ops_platform.kernel import Explanation, Finding, Invalid, Line, Severity, from_fen
from ops_platform.kernel.money import FEN

RULE = "支付标准 = 权重 × 费率 × 机构系数，四舍五入到分"
PREFIX = "insurance_settlement.rule_book"
UNGROUPED = ("", "0000")

# products of three factors of at most 24 digits each are exact here; anything else is a fault and raises
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP, traps=[Inexact])
_ROUND = Context(prec=80, rounding=ROUND_HALF_UP)


class Kind(StrEnum):
    """How a case was priced."""

    NORMAL = "normal"
    UNGROUPED = "ungrouped"
    UNPRICED = "unpriced"


@dataclass(frozen=True, slots=True)
class RuleBook:
    """One version of the rules of a pooling area (统筹地区).

    `weights` by group, `coefficients` by institution code; `default_coefficient` holds for institutions that are not
    listed, and None means that each must be listed. `scheme` names the grouping scheme the weights belong to, `source`
    where the numbers come from (demo is never official).
    """

    version: str
    scheme: str
    source: str
    weights: Mapping[str, Decimal]
    base_rate: Decimal
    coefficients: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    default_coefficient: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GroupedCase:
    """A discharge after grouping: its group (DRG code; 0000 or xQY when there is none) and its charges in fen."""

    case_no: str
    institution: str
    group: str
    charges: int


@dataclass(frozen=True, slots=True)
class Standard:
    """The payment standard of a group at an institution, in fen, with its factors."""

    weight: Decimal
    base_rate: Decimal
    coefficient: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class Price:
    """What a case is worth. Amounts in fen; None where there is no price."""

    case_no: str
    kind: Kind
    payment: int | None
    balance: int | None
    standard: Standard | None
    explanation: Explanation
    findings: tuple[Finding, ...] = ()


def read_rule_book(content: bytes, version: str, what: str = "规则库") -> RuleBook:
    """From the bytes of a rule-book file. Raises Invalid with path and line.

    {"scheme": …, "source": …, "weights": {group: "1.2345"}, "base_rate": "7200.00",
     "coefficients": {institution: "1.05"}, "default_coefficient": "1.00"}; the last two may be absent.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{what}不是 UTF-8 编码(第 {error.start} 字节)。请另存为 UTF-8 后重新导入。"
        raise Invalid(f"{PREFIX}_not_json", message, byte=error.start) from error
    root = Part(load_json(text, PREFIX, what), Source(text, PREFIX, what))
    parts = root.fields(
        ("scheme", "source", "weights", "base_rate"), ("coefficients", "default_coefficient", "format", "note")
    )
    given: dict[str, Any] = {name: _decimals(parts[name]) for name in ("weights", "coefficients") if name in parts}
    if "default_coefficient" in parts:
        given["default_coefficient"] = parts["default_coefficient"].decimal()
    return RuleBook(
        version=version,
        scheme=parts["scheme"].text(),
        source=parts["source"].text(),
        base_rate=parts["base_rate"].decimal(),
        **given,
    )


def _decimals(part: Part) -> Mapping[str, Decimal]:
    return MappingProxyType({name: entry.decimal() for name, entry in part.items()})


def is_ungrouped(group: str) -> bool:
    """The ambiguity group (xQY) and the ungrouped (0000) have no weight by definition."""
    return group in UNGROUPED or group.endswith("QY")


def to_the_fen(amount: Decimal) -> int:
    """Yuan to fen, rounded half up (away from zero at exactly half)."""
    return int(_ROUND.quantize(amount, FEN).scaleb(2, _ROUND))


def standard_of(book: RuleBook, group: str, institution: str) -> Standard | Finding:
    """The payment standard, or what is missing for it. It depends on nothing else, so callers may keep it."""
    weight = book.weights.get(group)
    if weight is None:
        message = f"规则 {book.version} 没有病组 {group} 的权重，不能计价。请在规则库中补充权重后重新计价。"
        return Finding("insurance_settlement.no_weight", Severity.BLOCKING, message, group)
    coefficient = book.coefficients.get(institution, book.default_coefficient)
    if coefficient is None:
        message = f"规则 {book.version} 没有机构 {institution} 的系数，不能计价。请在规则库中补充机构系数后重新计价。"
        return Finding("insurance_settlement.no_coefficient", Severity.BLOCKING, message, institution)
    exact = _EXACT.multiply(_EXACT.multiply(weight, book.base_rate), coefficient)
    return Standard(weight, book.base_rate, coefficient, to_the_fen(exact))


def price(book: RuleBook, case: GroupedCase) -> Price:
    """The price of one case with the path of its price, line by line."""
    title = f"病例 {case.case_no} 的计价"
    if is_ungrouped(case.group):
        what = f"歧义组 {case.group}" if case.group.endswith("QY") else "未入组(0000)"
        line = Line("病组", what, "没有权重，不按病组计价")
        return Price(case.case_no, Kind.UNGROUPED, None, None, None, Explanation(title, RULE, (line,)))
    standard = standard_of(book, case.group, case.institution)
    if isinstance(standard, Finding):
        line = Line("病组", case.group, standard.message)
        return Price(case.case_no, Kind.UNPRICED, None, None, None, Explanation(title, RULE, (line,)), (standard,))
    balance = standard.amount - case.charges
    lines = (
        Line("病组", case.group, f"规则 {book.version}，来源 {book.source}"),
        Line(
            "支付标准",
            f"{yuan(standard.amount)} 元",
            f"权重 {standard.weight} × 费率 {standard.base_rate} × 机构系数 {standard.coefficient}"
            f" = {yuan(standard.amount)}",
        ),
        Line("实际费用", f"{yuan(case.charges)} 元"),
        Line(
            "盈亏",
            f"{yuan(balance)} 元",
            f"支付标准 {yuan(standard.amount)} − 实际费用 {yuan(case.charges)} = {yuan(balance)}",
        ),
    )
    return Price(case.case_no, Kind.NORMAL, standard.amount, balance, standard, Explanation(title, RULE, lines))


def yuan(fen: int) -> str:
    """Fen as yuan with thousands separators: 18,900.00."""
    return f"{from_fen(fen):,.2f}"
