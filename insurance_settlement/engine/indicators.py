"""CMI, grouping rate, indices of cost and time, groups of low risk.

Source: ../shared/domain.md 2.2.

    CMI            = Σ (RW_g × n_g) / Σ n_g      over cases in groups that have a weight
    grouping rate 入组率 = grouped cases / all cases
    index 费用、时间消耗指数 = Σ (mean_h,g / mean_area,g) × n_h,g / Σ n_h,g     of charges, of days; 1 is the area's mean
    low-risk death rate 低风险组死亡率 = deaths / discharges, in groups of low risk

A group of low risk: of the reference months ln(deaths ÷ cases) < mean − standard deviation, over the groups that had a
death; or no death in at least so many cases (a parameter, default of ours: the usual method gives such groups no grade).

Sums are exact decimals and integers; the quotient is rounded once, half up, to 6 decimals (NUMERIC(18,6)); what a page
rounds further is its own affair. A group without a weight takes no part in the CMI and is named in a finding: its cases
count neither above nor below the line. Ungrouped cases (QY, 0000) are not in a group, so they take no part either.

At nothing: without cases the value is None, never 0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from insurance_settlement.engine.case import Grouping
from insurance_settlement.engine.worth import is_ungrouped
from ops_platform.kernel import Explanation, Finding, Line, Severity

DIGITS = Decimal("0.000001")
_ROUND = Context(prec=60, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Indicator:
    """A quotient with what it was made of. `value` is None when there is nothing to divide by."""

    value: Decimal | None
    numerator: Decimal
    denominator: int
    explanation: Explanation
    findings: tuple[Finding, ...] = ()


def cmi(counts: Mapping[str, int], weights: Mapping[str, Decimal]) -> Indicator:
    """Case mix index of `counts` (cases by group). Groups are taken in the order of their codes."""
    total = Decimal(0)
    cases = 0
    missing = []
    for group in sorted(counts):
        if is_ungrouped(group) or not counts[group]:
            continue
        weight = weights.get(group)
        if weight is None:
            missing.append(
                Finding(
                    "insurance_settlement.no_weight",
                    Severity.WARNING,
                    f"病组 {group} 没有权重，其 {counts[group]} 例不计入 CMI。请在规则库中补充权重。",
                    group,
                    {"cases": counts[group]},
                )
            )
            continue
        total = _ROUND.add(total, _ROUND.multiply(weight, Decimal(counts[group])))
        cases += counts[group]
    return _quotient(
        "CMI", "CMI = Σ(权重 × 例数) ÷ Σ 例数", ("总权重", "入组例数"), total, cases, findings=tuple(missing)
    )


def grouping_rate(groupings: Iterable[Grouping]) -> Indicator:
    """Share of cases that reached a group with a weight; QY and 0000 did not."""
    total = grouped = 0
    for grouping in groupings:
        total += 1
        grouped += grouping.grouped
    return _quotient("入组率", "入组率 = 入组例数 ÷ 全部例数", ("入组例数", "全部例数"), Decimal(grouped), total)


def _quotient(
    title: str, rule: str, labels: tuple[str, str], above: Decimal, below: int, *, findings: tuple[Finding, ...] = ()
) -> Indicator:
    value = _ROUND.quantize(_ROUND.divide(above, Decimal(below)), DIGITS) if below else None
    words = "没有病例，不能计算" if value is None else f"{above} ÷ {below} = {value}"
    lines = (Line(labels[0], str(above)), Line(labels[1], str(below)), Line(title, words))
    return Indicator(value, above, below, Explanation(title, rule, lines), findings)


def index(parts: Iterable[tuple[int, int, int, int]]) -> Fraction | None:
    """Of each group: the amount of one's own cases and their number, the amount of the area's cases and their number. Groups
    of which the area has nothing take no part; None of none."""
    above, cases = Fraction(0), 0
    for mine, number, of_area, area_number in parts:
        if number and of_area and area_number:
            above += Fraction(mine * area_number, of_area)
            cases += number
    return Fraction(above, cases) if cases else None


def groups_of_low_risk(counts: Mapping[str, tuple[int, int]], *, least: int) -> frozenset[str]:
    """Of the groups of a reference, by (cases, deaths), those in which hardly anybody dies."""
    logs = {
        group: _ROUND.ln(_ROUND.divide(Decimal(deaths), Decimal(cases)))
        for group, (cases, deaths) in counts.items()
        if deaths and cases
    }
    low = {group for group, (cases, deaths) in counts.items() if not deaths and cases >= least}
    if not logs:
        return frozenset(low)
    number = Decimal(len(logs))
    mean = _ROUND.divide(sum(logs.values(), Decimal(0)), number)
    spread = _ROUND.sqrt(_ROUND.divide(sum(((one - mean) ** 2 for one in logs.values()), Decimal(0)), number))
    return frozenset(low | {group for group, one in logs.items() if one < mean - spread})
