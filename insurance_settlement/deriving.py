"""A draft of a price book from past months of institutions: what `engine.derivation` says of them, all else as in the book
that it starts from. An estimate of one's own, marked so in the draft itself; it counts for nothing until it is imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from django.db.models import Count, Sum

from insurance_settlement import schemes
from insurance_settlement.engine import derivation
from insurance_settlement.engine.derivation import Derived, Weights
from insurance_settlement.engine.rounding import half_up, shown, yuan
from insurance_settlement.engine.rule_book import Method, PointValue, RuleBook
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook, SchemeKind
from insurance_settlement.price_book_workbooks import GroupNote
from ops_platform.kernel import Conflict, Period, to_fen
from ops_platform.masterdata.models import Institution

FEW_CASES = "insurance_settlement.derivation_cases"
OWN = "自行测算，不是医保部门公布的权重、分值、费率或点值；导入前请核对。"


@dataclass(frozen=True, slots=True)
class Draft:
    """A book with what stands beside its groups, and how it came to be, in words."""

    book: RuleBook
    notes: Mapping[str, GroupNote]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Of whom and when; `forecast` in fen of the same span (None: what these cases were charged)."""

    institutions: Sequence[Institution]
    first: Period
    last: Period
    forecast: Derived | None = None


def draft_of(row: PriceBook, past: Past, *, least: int) -> Draft:
    """Weights and mean charges of the groups of a book's scheme, and what one is worth. Raises Conflict where there are no
    cases, or cases that were grouped by another scheme."""
    base, counts = schemes.rule_book(row), _past(row, past)
    by_rate = base.method is Method.RATE
    scale = derivation.RW if by_rate else _scale(row)
    found = derivation.weights_of(counts, least=least, scale=scale)
    weights = {one.group: one.weight for one in found.groups if one.weight is not None}
    if not weights:
        raise Conflict(
            "insurance_settlement.derivation_too_few",
            f"所选范围没有达到 {least} 例的病组，不能测算权重。请增加月份或机构。",
        )
    numbers = {one.group: one.cases for one in found.groups}
    total = derivation.total_weight(numbers, weights)
    charged = sum(amount for group, (_, amount) in counts.items() if group in weights)
    forecast, portion = _forecast_of(past.forecast, charged, sum(amount for _, amount in counts.values()))
    worth = (derivation.base_rate if by_rate else derivation.budget_point_value)(forecast, total)
    means = {one.group: one.mean_charges for one in found.groups if one.group in weights}
    span = str(past.first) if past.first == past.last else f"{past.first} 至 {past.last}"
    names = "、".join(one.name for one in past.institutions)
    book = replace(
        base,
        source=f"自行测算：{span} 的 {found.cases} 例"[:300],
        weights=weights,
        mean_charges=means,
        same_price=base.same_price & weights.keys(),
        base_rate=(worth.value or Decimal(0)) if by_rate else Decimal(0),
        point_value=PointValue() if by_rate else PointValue(budget=worth.value),
        cost_coefficients={
            code: {group: one for group, one in groups.items() if group in weights}
            for code, groups in base.cost_coefficients.items()
        },
    )
    told = (f"{names}，{span}。其他规则取自「{row.name}」。", *_told(past.forecast), *portion, *_told(worth))
    return Draft(book, _notes(row, found), (OWN, *told))


def _forecast_of(forecast: Derived | None, charged: int, whole: int) -> tuple[int, list[str]]:
    """The forecast in fen that falls to the groups with a weight, and that in words. A forecast speaks of all cases; groups
    without a weight of their own are not among what it is divided by, so their share of the charges is left out."""
    if forecast is None or forecast.value is None:
        return charged, []
    told = to_fen(forecast.value)
    part = half_up(Fraction(told) * charged / whole) if whole else told
    share = shown(Fraction(100 * charged, whole)) if whole else "100"
    words = (
        f"有权重的病组占全部实际费用 {share}%，预测总费用按同一份额计入：{yuan(told)} × {share}% = {yuan(part)} 元。"
    )
    return part, [words] if charged != whole else []


def _scale(row: PriceBook) -> int:
    return derivation.SCORE if row.scheme.kind == SchemeKind.DIP else derivation.BASE_POINTS


def _past(row: PriceBook, past: Past) -> dict[str, tuple[int, int]]:
    """Cases and charges in fen by group. One query beside the runs."""
    runs = GroupingRun.objects.filter(
        institution__in=[one.pk for one in past.institutions],
        period__gte=str(past.first),
        period__lte=str(past.last),
        is_current=True,
        cases__gt=0,
    )
    other = runs.exclude(scheme=row.scheme_id).select_related("institution", "scheme").order_by("period", "pk").first()
    if other is not None:
        raise Conflict(
            "insurance_settlement.derivation_other_scheme",
            f"{other.institution.name} {other.period} 按「{other.scheme}」分组，不是「{row.scheme}」。"
            "请选择同一方案的机构和月份，或换一份价格规则。",
        )
    sums = CaseResult.objects.filter(run__in=runs).order_by("drg").values_list("drg")
    found = {
        drg: (number, to_fen(charges))
        for drg, number, charges in sums.annotate(number=Count("pk"), amount=Sum("charges"))
    }
    if not found:
        raise Conflict(
            "insurance_settlement.derivation_no_cases",
            f"所选机构 {past.first} 至 {past.last} 没有已分组计价的病例。请更改机构或月份。",
        )
    return found


def _told(derived: Derived | None) -> list[str]:
    """Its rule, and its steps."""
    if derived is None:
        return []
    explanation = derived.explanation
    steps = "；".join(f"{line.label} {line.note or line.value}" for line in explanation.lines)
    return [f"{explanation.rule}：{steps}。"]


def _notes(row: PriceBook, found: Weights) -> dict[str, GroupNote]:
    names = schemes.compiled_scheme(row.scheme).titles
    notes = {code: GroupNote(name, 0, "没有病例，未测算") for code, name in names.items()}
    for one in found.groups:
        last = one.explanation.lines[-1]
        words = last.note if one.weight is not None else f"{last.note}，未测算；例均费用 {yuan(one.mean_charges)} 元"
        notes[one.group] = GroupNote(names.get(one.group, ""), one.cases, words)
    return notes
