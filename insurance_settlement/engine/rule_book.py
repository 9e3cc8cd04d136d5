"""The price rules of a pooling area (统筹地区) as data: weights or points, what they are worth, and every exception.

Source: ../shared/domain.md 2.3 to 2.6; the numbers are the area's and stand in its file, never in code. What a part means
and how a case is priced by it: `pricing.py` and docs/algorithms/pricing.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from insurance_settlement.engine.json_parts import Part, read_document
from ops_platform.kernel.money import to_fen

PREFIX = "insurance_settlement.rule_book"


class Method(StrEnum):
    """What a group is worth: a weight times a rate (费率法), or points times a point value (点数法, DIP 分值)."""

    RATE = "rate"
    POINTS = "points"


class Measure(StrEnum):
    """What the charges of a case are compared with, to say whether it is an outlier."""

    STANDARD = "standard"
    MEAN_CHARGES = "mean_charges"


class LowPay(StrEnum):
    """What a low outlier (低倍率) is paid: its charges, or its value times the ratio."""

    CHARGES = "charges"
    RATIO = "ratio"


class Pay(StrEnum):
    """What an exception pays: the charges as billed; nothing by case; so much a day; value × charges ÷ mean, at most the
    value without cost coefficient (住院过程不完整); the value times a factor."""

    CHARGES = "charges"
    NOTHING = "nothing"
    DAYS = "days"
    RATIO = "ratio"
    FACTOR = "factor"


class Kind(StrEnum):
    """How a case was priced. From `EXCLUDED` on: exceptions that a rule book names. Who pays himself (自费) is not paid for
    by the insurer, whatever a book says."""

    NORMAL = "normal"
    LOW = "low"
    HIGH = "high"
    SPECIAL_REVIEW = "special_review"
    SELF_PAY = "self_pay"
    UNGROUPED = "ungrouped"
    UNPRICED = "unpriced"
    EXCLUDED = "excluded"
    PER_DIEM = "per_diem"
    FEE_FOR_SERVICE = "fee_for_service"
    CAPITATION = "capitation"
    INCOMPLETE = "incomplete"
    READMISSION = "readmission"


EXCEPTIONS = (
    Kind.EXCLUDED,
    Kind.PER_DIEM,
    Kind.FEE_FOR_SERVICE,
    Kind.CAPITATION,
    Kind.INCOMPLETE,
    Kind.READMISSION,
)


@dataclass(frozen=True, slots=True)
class When:
    """Which cases an exception is for: all conditions that are given must hold, and at least one is given."""

    groups: frozenset[str] | None = None
    ungrouped: bool | None = None
    stay_days_over: int | None = None
    stay_days_under: int | None = None
    charges_under: int | None = None
    flag: str = ""
    leaving_types: frozenset[str] | None = None
    schemes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CaseException:
    """An exception of the area: its name as people call it, whom it is for, what it pays. `amount` is yuan or points a day,
    or the factor, as `pay` says."""

    name: str
    kind: Kind
    when: When
    pay: Pay
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class High:
    """From which multiple on a case is a high outlier (高倍率), and what share of what lies above is paid. The first row
    whose `weight_up_to` the weight does not exceed holds; the last row has none."""

    above: Decimal
    share: Decimal
    weight_up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Outliers:
    """Below `low_below` a case is a low outlier; both borders belong to the normal cases. `high_cap`: a high outlier gets at
    most so many times the standard."""

    measured_by: Measure
    low_below: Decimal | None = None
    low_pay: LowPay = LowPay.CHARGES
    high: tuple[High, ...] = ()
    high_cap: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fund:
    """How the fund's part follows from the payment (domain.md 2.3): `A` (payment − self-paid − first self-paid − deductible)
    × ratio, `B` payment − everything that the patient and others paid. A result below zero is kept, or set to zero."""

    method: str
    keep_negative: bool
    reimbursement_ratio: Decimal | None = None
    deductible: int | None = None


@dataclass(frozen=True, slots=True)
class PointValue:
    """Yuan a point: of the budget (预算点值), and of the settlement (结算点值) once it is known."""

    budget: Decimal | None = None
    settlement: Decimal | None = None

    @property
    def known(self) -> Decimal | None:
        """The settled one, else that of the budget."""
        return self.budget if self.settlement is None else self.settlement


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RuleBook:
    """One version of the rules of a pooling area.

    `weights` by group are relative weights (RW), by `POINTS` the base points (基准点数, 分值). `coefficients` by institution
    code; `default_coefficient` holds for institutions that are not listed, and None means that each must be listed.
    `cost_coefficients` by institution and group multiply its points (成本系数; 1 where none is listed). `same_price` groups
    take no coefficient of the institution (同病同价). `mean_charges` by group in fen are last year's mean of the level.
    `scheme` names the grouping scheme, `source` where the numbers come from (demo is never official).
    """

    version: str
    scheme: str
    source: str
    weights: Mapping[str, Decimal]
    base_rate: Decimal = Decimal(0)
    coefficients: Mapping[str, Decimal] = field(default_factory=_nothing)
    default_coefficient: Decimal | None = None
    method: Method = Method.RATE
    point_value: PointValue = PointValue()
    point_places: int = 4
    cost_coefficients: Mapping[str, Mapping[str, Decimal]] = field(default_factory=_nothing)
    same_price: frozenset[str] = frozenset()
    mean_charges: Mapping[str, int] = field(default_factory=_nothing)
    outliers: Outliers | None = None
    exceptions: tuple[CaseException, ...] = ()
    fund: Fund | None = None


REQUIRED = ("scheme", "source")
COMMON = (
    "coefficients",
    "default_coefficient",
    "same_price",
    "mean_charges",
    "outliers",
    "exceptions",
    "fund",
    "method",
    "format",
    "note",
)
OF_METHOD = {
    Method.RATE: (("weights", "base_rate"), ()),
    Method.POINTS: (("points",), ("point_value", "point_places", "cost_coefficients")),
}


def read_rule_book(content: bytes, version: str, what: str = "规则库") -> RuleBook:
    """From the bytes of a rule-book file (docs/algorithms/pricing.md). Raises Invalid with path and line."""
    return rule_book_of(read_document(content, PREFIX, what), version)


def rule_book_of(root: Part, version: str) -> RuleBook:
    """From a document, whatever it was read from. Raises Invalid with the place."""
    method = Method.RATE
    if type(root.value) is dict and "method" in root.value:
        method = Method(_one_of(root.at("method"), Method))
    required, optional = OF_METHOD[method]
    parts = root.fields((*REQUIRED, *required), (*COMMON, *optional))
    book = RuleBook(
        version=version,
        scheme=parts["scheme"].text(),
        source=parts["source"].text(),
        weights=_decimals(parts["weights" if method is Method.RATE else "points"]),
        method=method,
        **_given(parts),
    )
    _check(book, parts)
    return book


def _given(parts: Mapping[str, Part]) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "base_rate": Part.decimal,
        "coefficients": _decimals,
        "default_coefficient": Part.decimal,
        "same_price": lambda part: frozenset(part.codes()),
        "mean_charges": lambda part: MappingProxyType({name: _fen(each) for name, each in part.items()}),
        "cost_coefficients": lambda part: MappingProxyType({name: _decimals(each) for name, each in part.items()}),
        "point_value": _point_value,
        "point_places": lambda part: part.integer(0, 8),
        "outliers": _outliers,
        "exceptions": lambda part: tuple(_exception(each) for each in part.entries()),
        "fund": _fund,
    }
    return {name: read(parts[name]) for name, read in readers.items() if name in parts}


def _check(book: RuleBook, parts: Mapping[str, Part]) -> None:
    """What only shows when the parts are seen together."""
    for name in ("same_price", "mean_charges"):
        known: Iterable[str] = book.same_price if name == "same_price" else book.mean_charges
        for group in sorted(known):
            if group not in book.weights:
                raise parts[name].refuse("unknown_group", f"病组 {group} 没有权重或分值", group=group)
    by_ratio = [one.name for one in book.exceptions if one.pay is Pay.RATIO]
    by_mean = book.outliers is not None and book.outliers.measured_by is Measure.MEAN_CHARGES
    if (by_ratio or by_mean) and not book.mean_charges:
        where = parts["outliers"] if by_mean else parts["exceptions"]
        raise where.refuse("missing_part", "按次均费用计算，但规则库没有 mean_charges", part="mean_charges")
    if book.method is Method.POINTS and book.outliers is not None:
        if not by_mean:
            raise parts["outliers"].refuse("wrong_value", "点数法的倍率以次均费用衡量，measured_by 应为 mean_charges")
        if book.outliers.low_below is not None and book.outliers.low_pay is LowPay.CHARGES:
            raise parts["outliers"].refuse("wrong_value", "点数法的低倍率按倍率折算，pay 应为 ratio")


def _one_of(part: Part, choices: Iterable[str]) -> str:
    word = part.text()
    if word not in tuple(choices):
        raise part.refuse("wrong_value", f"应为 {'、'.join(choices)} 之一，现为「{word}」")
    return word


def _decimals(part: Part) -> Mapping[str, Decimal]:
    return MappingProxyType({name: entry.decimal() for name, entry in part.items()})


def _fen(part: Part) -> int:
    number = part.decimal()
    try:
        return to_fen(number)
    except ValueError:
        raise part.refuse("wrong_value", f"金额至多两位小数，现为 {number}") from None


def _positive(part: Part) -> Decimal:
    number = part.decimal()
    if not number:
        raise part.refuse("out_of_range", "应大于 0")
    return number


def _ratio(part: Part) -> Decimal:
    number = part.decimal()
    if number > 1:
        raise part.refuse("out_of_range", f"应在 0 到 1 之间，现为 {number}")
    return number


def _point_value(part: Part) -> PointValue:
    fields = part.fields((), ("budget", "settlement"))
    return PointValue(**{name: each.decimal() for name, each in fields.items()})


def _outliers(part: Part) -> Outliers:
    fields = part.fields(("measured_by",), ("low", "high", "high_cap"))
    given: dict[str, Any] = {}
    if "low" in fields:
        low = fields["low"].fields(("below", "pay"))
        given = {"low_below": low["below"].decimal(), "low_pay": LowPay(_one_of(low["pay"], LowPay))}
    if "high" in fields:
        given["high"] = _high(fields["high"])
    if "high_cap" in fields:
        given["high_cap"] = _positive(fields["high_cap"])
    found = Outliers(Measure(_one_of(fields["measured_by"], Measure)), **given)
    if found.low_below is not None and any(found.low_below > row.above for row in found.high):
        raise fields["low"].refuse("wrong_value", "低倍率界限高于高倍率界限")
    return found


def _high(part: Part) -> tuple[High, ...]:
    """Bands by rising weight, the last for all others."""
    rows: list[High] = []
    for each in part.entries():
        fields = each.fields(("above", "share"), ("weight_up_to",))
        bound = fields["weight_up_to"].decimal() if "weight_up_to" in fields else None
        if rows and (rows[-1].weight_up_to is None or (bound is not None and bound <= rows[-1].weight_up_to)):
            raise each.refuse("wrong_value", "weight_up_to 应逐行增大，只有最后一行不写")
        rows.append(High(_positive(fields["above"]), _ratio(fields["share"]), bound))
    if rows and rows[-1].weight_up_to is not None:
        raise part.refuse("wrong_value", "最后一行不写 weight_up_to，适用于其余权重")
    return tuple(rows)


def _exception(part: Part) -> CaseException:
    fields = part.fields(("name", "kind", "when", "pay"), ("amount",))
    pay = Pay(_one_of(fields["pay"], Pay))
    if (pay in (Pay.DAYS, Pay.FACTOR)) != ("amount" in fields):
        word = "需要" if pay in (Pay.DAYS, Pay.FACTOR) else "不应有"
        raise part.refuse("wrong_value", f"pay 为 {pay} 时{word} amount")
    return CaseException(
        fields["name"].text(),
        Kind(_one_of(fields["kind"], EXCEPTIONS)),
        _when(fields["when"]),
        pay,
        fields["amount"].decimal() if "amount" in fields else None,
    )


def _when(part: Part) -> When:
    readers: dict[str, Any] = {
        "groups": lambda each: frozenset(each.codes()),
        "ungrouped": Part.flag,
        "stay_days_over": lambda each: each.integer(0, 36_500),
        "stay_days_under": lambda each: each.integer(0, 36_500),
        "charges_under": _fen,
        "flag": Part.text,
        "leaving_types": lambda each: frozenset(each.codes()),
        "schemes": lambda each: frozenset(each.codes()),
    }
    fields = part.fields((), tuple(readers))
    if not fields:
        raise part.refuse("missing_part", "没有写明适用于哪些病例")
    return When(**{name: readers[name](each) for name, each in fields.items()})


def _fund(part: Part) -> Fund:
    fields = part.fields(("method", "negative"), ("reimbursement_ratio", "deductible"))
    return Fund(
        _one_of(fields["method"], ("A", "B")),
        _one_of(fields["negative"], ("keep", "zero")) == "keep",
        _ratio(fields["reimbursement_ratio"]) if "reimbursement_ratio" in fields else None,
        _fen(fields["deductible"]) if "deductible" in fields else None,
    )
