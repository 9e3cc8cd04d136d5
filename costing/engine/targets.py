"""Cost targets (成本控制目标): kept or missed, saved, what of it could be shared; what costs much and brings little.

Source: domain.md 6.2 (seed 003: internal medicine's drug share ≤ 40 %, mean-cost growth of surgical departments ≤ 8 %,
10 %–20 % of a department's saving) and 5.4 (seed 004, checklist 004-53: DRG paid 3,200, cost held ≤ 2,800).

    kept     actual ≤ limit, of a metric that is to stay below; actual ≥ limit, of one that is to reach its limit
    growth   = (mean now − mean of the same month last year) ÷ mean of the same month last year
    excess   = (actual − limit) ÷ limit of a metric that is to stay below, (limit − actual) ÷ limit of the other
    saving   = limit − actual                  of a month, of metrics that limit an amount; below zero it was overspent
    saved    = Σ limit − Σ actual              of the months of a year of which both are known
    bonus    = share × max(saved, 0)           a proposal; nothing where the gate (quality, no confirmed violation) is shut
    margin   = standard − actual               what a case leaves of what is paid for it; its limit lies below the standard
    in step  new limit = limit × standard now ÷ standard before, the same of the standard that a target was made with
    low benefit: cost ≥ least cost and income ≤ ratio × cost

Limits are exact: a limit that is just reached is kept. Ratios are judged as the reports have them, to six places. Rounding:
the bonus and what follows a standard
half up to the fen; the rest needs none. At zero: no growth upon nothing (None); a metric without a figure is
neither kept nor missed; no excess upon a limit of zero (None).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Metric(StrEnum):
    """What a target limits."""

    DRUG_RATIO = "drug_ratio"
    MATERIAL_RATIO = "material_ratio"
    SERVICE_RATIO = "service_ratio"
    VISIT_COST_GROWTH = "visit_cost_growth"
    DISCHARGE_COST_GROWTH = "discharge_cost_growth"
    VISIT_COST = "visit_cost"
    BED_DAY_COST = "bed_day_cost"
    FULL_COST = "full_cost"
    ITEM_COST = "item_cost"
    DRG_COST = "drg_cost"


class Verdict(StrEnum):
    """How a month stands to its target."""

    KEPT = "kept"
    MISSED = "missed"
    UNKNOWN = "unknown"


RATIOS = frozenset(
    (
        Metric.DRUG_RATIO,
        Metric.MATERIAL_RATIO,
        Metric.SERVICE_RATIO,
        Metric.VISIT_COST_GROWTH,
        Metric.DISCHARGE_COST_GROWTH,
    )
)
AMOUNTS = frozenset((Metric.FULL_COST, Metric.ITEM_COST))  # of a month, so that saved amounts add up over months
TO_REACH = frozenset((Metric.SERVICE_RATIO,))
WITH_OBJECT = frozenset((Metric.ITEM_COST, Metric.DRG_COST))  # of which cost item, of which disease group


def judge(metric: Metric, limit: Decimal, actual: Decimal | None) -> Verdict:
    """Kept, missed, or unknown where there is no figure."""
    if actual is None:
        return Verdict.UNKNOWN
    kept = actual >= limit if metric in TO_REACH else actual <= limit
    return Verdict.KEPT if kept else Verdict.MISSED


def excess(metric: Metric, limit: Decimal, actual: Decimal) -> Fraction | None:
    """How far beyond the limit, as a share of it; negative where the target is kept. None upon a limit of zero."""
    if not limit:
        return None
    beyond = limit - actual if metric in TO_REACH else actual - limit
    return Fraction(Fraction(beyond), abs(Fraction(limit)))


def growth(now: Decimal, before: Decimal) -> Fraction | None:
    """Of a mean; None upon nothing."""
    return Fraction(Fraction(now - before), Fraction(before)) if before > 0 else None


@dataclass(frozen=True, slots=True)
class Saved:
    """Limits and actual amounts of some months in fen, and of how many months both were known."""

    limit: int
    actual: int
    months: int

    @property
    def amount(self) -> int:
        """Fen; below zero where more was spent than allowed."""
        return self.limit - self.actual


def saved(months: Iterable[tuple[int, int | None]]) -> Saved:
    """(limit, actual) of each month in fen; a month without an actual amount counts on neither side."""
    known = [(limit, actual) for limit, actual in months if actual is not None]
    return Saved(sum(limit for limit, _ in known), sum(actual for _, actual in known), len(known))


def bonus(amount: int, share: Fraction, *, gate_open: bool = True) -> int:
    """What could be shared of a saving, in fen, half up; nothing of what was overspent or behind a shut gate."""
    if not 0 <= share <= 1:
        raise ValueError("a share lies between 0 and 1")
    if amount <= 0 or not gate_open:
        return 0
    exact = share * amount
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def in_step(amount: Decimal, *, before: Decimal, now: Decimal) -> Decimal:
    """An amount that follows a payment standard, in yuan; both standards are above zero. 2,800 of 3,200 becomes 2,625 of
    3,000."""
    if before <= 0 or now <= 0:
        raise ValueError("a payment standard is above zero")
    exact = Fraction(Fraction(amount) * Fraction(now) * 100, Fraction(before))
    return Decimal((2 * exact.numerator + exact.denominator) // (2 * exact.denominator)).scaleb(-2)


def is_low_benefit(cost: int, income: int, *, least_cost: int, ratio: Fraction) -> bool:
    """High cost, low benefit (高成本低效益): costs in fen at least `least_cost`, and brings at most `ratio` of it."""
    return cost > 0 and cost >= least_cost and income <= ratio * cost
