"""科室成本月报 compared: the ratios and means that a department answers for, against the month before, the same month of the
year before, and the target in force."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from costing.engine.targets import Metric
from costing.models import CostRun, CostTarget, PatientRun
from costing.selectors.monthly import DepartmentReport, department_reports
from costing.selectors.patients import current_run
from costing.selectors.responsibility.targets import in_force
from costing.sheets import Good, Kind, points, share
from ops_platform.kernel import Period

MONTH, YEAR = -1, -12
NOWHERE = (None, None)


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of the report: its title, how it is written, which way is good, and the metric of its target. `growth`: the
    target limits its growth over the same month of the year before."""

    title: str
    kind: Kind
    good: Good
    of: Callable[[DepartmentReport], Decimal | None]
    metric: Metric | None = None
    growth: bool = False


DRUGS = Measure("药占比", "percent", "down", lambda one: one.drug_ratio, Metric.DRUG_RATIO)
MATERIALS = Measure("耗占比", "percent", "down", lambda one: one.material_ratio, Metric.MATERIAL_RATIO)
SERVICES = Measure("医疗服务收入占比", "percent", "up", lambda one: one.service_ratio, Metric.SERVICE_RATIO)
VISIT_CHARGES = Measure("门急诊次均费用", "money", "down", lambda one: one.per_visit)
VISIT_COST = Measure(
    "门急诊次均成本", "money", "down", lambda one: one.cost_per_visit, Metric.VISIT_COST_GROWTH, growth=True
)
CHARGES = Measure("出院次均费用", "money", "down", lambda one: one.per_discharge)
COST = Measure(
    "出院者平均成本", "money", "down", lambda one: one.cost_per_discharge, Metric.DISCHARGE_COST_GROWTH, growth=True
)
MEASURES = (DRUGS, MATERIALS, SERVICES, VISIT_CHARGES, VISIT_COST, CHARGES, COST)


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure of a department's month with those of the month before and of the same month of the year before, each None
    where it is unknown. `target` is the limit, as a figure like `now`, `aim` the target that says so."""

    measure: Measure
    now: Decimal | None
    before: Decimal | None
    year_before: Decimal | None
    target: Decimal | None
    aim: CostTarget | None

    @property
    def kept(self) -> bool | None:
        """Whether the target is met; None where there is none, or nothing to compare."""
        if self.now is None or self.target is None:
            return None
        return self.now <= self.target if self.measure.good == "down" else self.now >= self.target

    @property
    def month_change(self) -> Decimal | None:
        """Since the month before: percentage points of a ratio, else rate of growth."""
        return _change(self.measure, self.now, self.before)

    @property
    def year_change(self) -> Decimal | None:
        """Since the same month of the year before."""
        return _change(self.measure, self.now, self.year_before)


@dataclass(frozen=True, slots=True)
class ComparedReport:
    """A department's month with its figures compared, in the order of `MEASURES`; `before` and `year_before` are its places
    among the departments of these months."""

    report: DepartmentReport
    figures: tuple[Compared, ...]
    before: int | None
    year_before: int | None

    def of(self, measure: Measure) -> Compared:
        """One of them."""
        return self.figures[MEASURES.index(measure)]


def compared_reports(*, run: CostRun, patients: PatientRun | None) -> list[ComparedReport]:
    """The clinical departments of a run by code; a fixed number of queries."""
    before, year_before = _earlier(run, MONTH), _earlier(run, YEAR)
    limits = _limits(run)

    def compared(one: DepartmentReport) -> ComparedReport:
        at, earlier = before.get(one.department, NOWHERE)
        year_at, last_year = year_before.get(one.department, NOWHERE)
        figures = tuple(_compared(measure, one, earlier, last_year, limits) for measure in MEASURES)
        return ComparedReport(one, figures, at, year_at)

    return [compared(one) for one in department_reports(run=run, patients=patients)]


def _earlier(run: CostRun, months: int) -> dict[int, tuple[int, DepartmentReport]]:
    """The departments of another month of the institution with their places, as its current run has them."""
    period = str(Period.parse(run.period).shift(months))
    rows = CostRun.objects.filter(institution=run.institution_id, period=period, is_current=True)
    other = rows.select_related("institution").first()
    if other is None:
        return {}
    patients = current_run(institution=run.institution_id, period=period)
    return {one.department: (at, one) for at, one in enumerate(department_reports(run=other, patients=patients))}


def _limits(run: CostRun) -> dict[tuple[int, str], CostTarget]:
    """What departments aim at in the month, by department and metric."""
    rows = CostTarget.objects.filter(institution=run.institution_id, department__isnull=False, object="")
    holding = in_force(rows.select_related("institution", "department"), run.period)
    return {(row.department_id, row.metric): row for row in holding if row.department_id is not None}


def _compared(
    measure: Measure,
    own: DepartmentReport,
    before: DepartmentReport | None,
    year_before: DepartmentReport | None,
    limits: dict[tuple[int, str], CostTarget],
) -> Compared:
    now = measure.of(own)
    earlier = measure.of(before) if before else None
    last_year = measure.of(year_before) if year_before else None
    aim = limits.get((own.department, measure.metric)) if measure.metric else None
    limit = aim.limit if aim else None
    if limit is not None and measure.growth:
        limit = None if last_year is None else last_year * (1 + limit)
    return Compared(measure, now, earlier, last_year, limit, aim)


def _change(measure: Measure, now: Decimal | None, before: Decimal | None) -> Decimal | None:
    if measure.kind == "percent":
        return points(now, before)
    return share(now - before, before) if now is not None and before is not None and before > 0 else None
