"""What an institution or a department spent and brought about in two spans of months: direct cost of current runs beside a
metric of the workloads that they had read."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Sum
from django.utils import timezone

from costing.engine.cost_effect import Comparison, Side
from costing.models import CostRun, DepartmentCost
from ops_platform.his_intake.public import workload_lines
from ops_platform.kernel import Period, to_fen

ZERO = Decimal("0.00")
MOST_MONTHS = 24


@dataclass(frozen=True, slots=True)
class Question:
    """Whose cost (`department` None: the whole institution), of which cost item ("": all), against which metric, in which
    months; the base ends before the present begins."""

    institution: int
    department: int | None
    cost_item: str
    metric: str
    base: tuple[Period, Period]
    present: tuple[Period, Period]


@dataclass(frozen=True, slots=True)
class MeasuredMonth:
    """A month of a side, in yuan and units."""

    run: CostRun
    cost: Decimal
    effect: Decimal


@dataclass(frozen=True, slots=True)
class MeasureEffect:
    """Both sides month by month; `missing` are months of them that are not costed and count on neither side, `running` the
    one that is not over. `comparison` is None where a side has no month."""

    base: tuple[MeasuredMonth, ...]
    present: tuple[MeasuredMonth, ...]
    missing: tuple[str, ...]
    running: str
    comparison: Comparison | None


def measure_effect(asked: Question) -> MeasureEffect:
    """The answer. Two queries, and two for each month."""
    spans = [_months(*asked.base), _months(*asked.present)]
    rows = CostRun.objects.filter(institution=asked.institution, is_current=True, period__in=[*spans[0], *spans[1]])
    runs = {run.period: run for run in rows}
    costs = DepartmentCost.objects.filter(run__in=runs.values())
    if asked.department is not None:
        costs = costs.filter(department=asked.department)
    if asked.cost_item:
        costs = costs.filter(cost_item=asked.cost_item)
    spent = dict(costs.order_by().values_list("run").annotate(Sum("direct")))
    base, present = (
        tuple(
            MeasuredMonth(runs[period], spent.get(runs[period].pk, ZERO), _effect(asked, runs[period]))
            for period in span
            if period in runs
        )
        for span in spans
    )
    missing = tuple(period for span in spans for period in span if period not in runs)
    comparison = Comparison(_side(base), _side(present)) if base and present else None
    today = str(Period.of(timezone.localdate()))
    return MeasureEffect(base, present, missing, today if today in runs else "", comparison)


def _months(first: Period, last: Period) -> list[str]:
    number = (last.year - first.year) * 12 + last.month - first.month + 1
    return [str(first.shift(by)) for by in range(min(number, MOST_MONTHS))]


def _effect(asked: Question, run: CostRun) -> Decimal:
    found = workload_lines(
        institution=asked.institution,
        period=Period.parse(run.period),
        sequence=run.input_sequence,
        metric=asked.metric,
        department=asked.department,
        limit=0,
    )
    return found.total


def _side(months: tuple[MeasuredMonth, ...]) -> Side:
    cost = sum((one.cost for one in months), ZERO)
    effect = sum((one.effect for one in months), Decimal(0))
    return Side(to_fen(cost), Fraction(effect), len(months))
