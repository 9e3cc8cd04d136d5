"""What a past year says of weights, scores, rates and point values: an estimate of one's own, never the insurer's.

Source: ../shared/domain.md 2.2, 2.3, 2.6 (the ratio is that of the 2025 measures, art. 15; ×1000, ×100, 1:2:7 are recall).

    RW_g 权重            = mean charges of the group ÷ mean charges of all cases
    score 分值           = RW_g × 1000, base points 基准点数 = RW_g × 100            `scale`
    cost coefficient 成本系数 = a hospital's mean charges of the group ÷ the area's
    total weight 总权重   = Σ RW_g × n_g
    base rate 费率        = forecast total charges ÷ forecast total weight
    budget point value 预算点值     = forecast total charges ÷ Σ points
    settlement point value 结算点值 = (fund available ÷ fund share) ÷ Σ (points × institution coefficient)
    weighted history 加权历史费用   = Σ (share × total of a year) ÷ Σ shares         1:2:7, the oldest year first

All cases count in the mean of all, also those in no group; only groups have a weight. Nothing is trimmed: outliers are for
the price book to treat. A group of fewer cases than `least` keeps no weight: its mean says little, and a case may be
recognised by it.

Rounding, each once and half up: weights, points and coefficients to 4 places; mean charges and the weighted history to the
fen; rates and point values to the fen as well (two places, as they are printed). All between is exact.

At nothing: without cases, charges, weight or points to divide by there is no value (None), and the explanation says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rounding import half_up, yuan
from insurance_settlement.engine.worth import is_ungrouped
from ops_platform.kernel import Explanation, Line

RW, BASE_POINTS, SCORE = 1, 100, 1000
PLACES = 4
HISTORY = (1, 2, 7)
SCALE_WORDS = {RW: "权重", BASE_POINTS: "基准点数", SCORE: "分值"}


@dataclass(frozen=True, slots=True)
class Derived:
    """A value with how it came to be; None where there is nothing to divide by. Yuan for rates and point values."""

    value: Decimal | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class GroupWeight:
    """A group of the past: its cases, their mean charges in fen, and its weight (points); None when they are too few."""

    group: str
    cases: int
    mean_charges: int
    weight: Decimal | None
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Weights:
    """The groups by code; all cases and their charges in fen, also of those in no group."""

    groups: tuple[GroupWeight, ...]
    cases: int
    charges: int


def weights_of(past: Mapping[str, tuple[int, int]], *, least: int, scale: int = RW) -> Weights:
    """Weights of groups by (cases, charges in fen)."""
    cases = sum(number for number, _ in past.values())
    charges = sum(amount for _, amount in past.values())
    found = [
        _weight(group, *past[group], (cases, charges), least=least, scale=scale)
        for group in sorted(past)
        if past[group][0] and not is_ungrouped(group)
    ]
    return Weights(tuple(found), cases, charges)


def _weight(group: str, number: int, amount: int, whole: tuple[int, int], *, least: int, scale: int) -> GroupWeight:
    cases, charges = whole
    mean, noun = half_up(Fraction(amount, number)), SCALE_WORDS[scale]
    lines = [Line("例均费用", f"{yuan(mean)} 元", f"{yuan(amount)} ÷ {number} 例")]
    weight = None
    if number < least:
        lines.append(Line(noun, "未测算", f"只有 {number} 例，不足 {least} 例"))
    elif charges <= 0:
        lines.append(Line(noun, "未测算", "全部病例没有费用"))
    else:
        weight = _places(Fraction(amount * cases * scale, number * charges), PLACES)
        times = f" × {scale}" if scale != RW else ""
        whole_mean = half_up(Fraction(charges, cases))
        lines.append(Line("全部病例例均费用", f"{yuan(whole_mean)} 元", f"{yuan(charges)} ÷ {cases} 例"))
        lines.append(Line(noun, f"{weight}", f"{yuan(mean)} ÷ {yuan(whole_mean)}{times} = {weight}"))
    title = f"病组 {group} 的{noun}(自行测算)"
    rule = f"{noun} = 病组例均费用 ÷ 全部病例例均费用{f' × {scale}' if scale != RW else ''}"
    return GroupWeight(group, number, mean, weight, Explanation(title, rule, tuple(lines)))


def cost_coefficient(own_mean: int, area_mean: int) -> Derived:
    """成本系数 from mean charges in fen; a group that the area had not has 1 by the rules, which is the caller's to say."""
    return _ratio("成本系数", "成本系数 = 本院病组例均费用 ÷ 地区病组例均费用", (own_mean, area_mean))


def _ratio(title: str, rule: str, parts: tuple[int, int]) -> Derived:
    above, below = parts
    if not below:
        return Derived(None, Explanation(title, rule, (Line(title, "未测算", "没有可除的数"),)))
    value = _places(Fraction(above, below), PLACES)
    line = Line(title, f"{value}", f"{yuan(above)} ÷ {yuan(below)} = {value}")
    return Derived(value, Explanation(title, rule, (line,)))


def total_weight(counts: Mapping[str, int], weights: Mapping[str, Decimal]) -> Decimal:
    """Σ weight × cases over the groups that have a weight."""
    found = (weights[group] * number for group, number in sorted(counts.items()) if group in weights)
    return sum(found, Decimal(0))


def base_rate(charges: int, weight: Decimal) -> Derived:
    """费率 of a total in fen and a total weight."""
    return _worth("费率", "费率 = 预测总费用 ÷ 预测总权重", charges, ("预测总权重", weight))


def budget_point_value(charges: int, points: Decimal) -> Derived:
    """预算点值 of a total in fen and the sum of points."""
    return _worth("预算点值", "预算点值 = 预测总费用 ÷ 总分值", charges, ("总分值", points))


def settlement_point_value(fund: int, share: Decimal, points: Decimal) -> Derived:
    """结算点值 of the fund in fen, its share of the charges, and Σ points × institution coefficient."""
    rule = "结算点值 = (可用基金 ÷ 基金支付比例) ÷ Σ(分值 × 机构系数)"
    if not share:
        return Derived(None, Explanation("结算点值", rule, (Line("基金支付比例", "0", "没有可除的数"),)))
    whole = Fraction(fund, Fraction(share))
    charges = half_up(whole)
    found = _worth("结算点值", rule, charges, ("总分值(乘机构系数)", points), exact=whole)
    line = Line("按比例还原的总费用", f"{yuan(charges)} 元", f"{yuan(fund)} ÷ {share} = {yuan(charges)}")
    explanation = Explanation(found.explanation.title, rule, (line, *found.explanation.lines))
    return Derived(found.value, explanation)


def _worth(
    title: str, rule: str, charges: int, divisor: tuple[str, Decimal], *, exact: Fraction | None = None
) -> Derived:
    """Yuan for one unit of the divisor, to the fen."""
    label, below = divisor
    lines = [Line("总费用", f"{yuan(charges)} 元"), Line(label, f"{below:,}")]
    if not below:
        return Derived(None, Explanation(title, rule, (*lines, Line(title, "未测算", "没有可除的数"))))
    whole = Fraction(charges) if exact is None else exact
    value = _places(Fraction(whole, 100 * Fraction(below)), 2)
    lines.append(Line(title, f"{value:,} 元", f"{yuan(charges)} ÷ {below:,} = {value:,}"))
    return Derived(value, Explanation(title, rule, tuple(lines)))


def weighted_history(totals: Sequence[int], shares: Sequence[int] = HISTORY) -> Derived:
    """The mean of yearly totals in fen, the oldest first, each by its share; in yuan. Raises ValueError unless there are as
    many totals as shares, of which one at least is above zero."""
    if len(totals) != len(shares) or any(share < 0 for share in shares) or not sum(shares):
        raise ValueError("one share for each year")
    whole = sum(shares)
    fen = half_up(Fraction(sum(amount * share for amount, share in zip(totals, shares, strict=True)), whole))
    parts = " + ".join(f"{yuan(amount)} × {share}" for amount, share in zip(totals, shares, strict=True))
    rule = f"加权历史费用 = Σ(年度总费用 × 比重) ÷ 比重之和，比重 {':'.join(map(str, shares))}，最早一年在前"
    line = Line("加权历史费用", f"{yuan(fen)} 元", f"({parts}) ÷ {whole} = {yuan(fen)}")
    return Derived(Decimal(fen).scaleb(-2), Explanation("加权历史费用", rule, (line,)))


def _places(exact: Fraction, places: int) -> Decimal:
    return Decimal(half_up(exact * 10**places)).scaleb(-places)
