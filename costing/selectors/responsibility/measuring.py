"""The figures that targets are held against, each from the selector that its own report has it from."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Sum

from costing.engine.targets import Metric, growth
from costing.models import CostRun, DepartmentCost, DepartmentMonth, PatientRun
from costing.selectors import access
from costing.selectors import patients as patient_costs
from costing.selectors.groups import CaseCost, GroupCost, case_costs, group_of
from costing.selectors.patients import UnitCost, unit_costs
from costing.selectors.structure import Structure, by_department, total, variants
from costing.selectors.summaries import DepartmentFigures, figures
from insurance_settlement.public import MonthOfCases, month_of_cases
from ops_platform.kernel import Period

ZERO = Decimal("0.00")
PLACES = Decimal("0.000001")
NO_RUN = "该月还没有成本运行"
NO_PATIENTS = "该月患者成本尚未核算，月末后的夜间运行中核算"
NO_INCOME = "当月没有医疗收入"
NO_VISITS = "当月没有门急诊人次"
NO_DAYS = "当月没有实际占用床日"
NO_DEPARTMENT = "该科室当月没有成本"
NO_PRICES = "当月出院病例还没有分组定价"
NO_CASES = "当月没有已核算成本的出院病例"
NO_BEFORE = "上年同月没有可比数据"


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure, or why there is none; `base` is what a growth is measured from, `volume` how many visits, days or cases it
    is a mean of."""

    value: Decimal | None
    why: str = ""
    base: Decimal | None = None
    volume: int | None = None


class MonthFigures:
    """An institution's month as its current runs have it; each source is read once, and only when a metric needs it."""

    def __init__(self, *, institution: int, period: str) -> None:
        self.institution, self.period = institution, period

    @cached_property
    def run(self) -> CostRun | None:
        """The current cost run."""
        return access.current_run(institution=self.institution, period=self.period)

    @cached_property
    def patients(self) -> PatientRun | None:
        """The current patient run."""
        return patient_costs.current_run(institution=self.institution, period=self.period)

    @cached_property
    def year_before(self) -> "MonthFigures":
        """The same month of last year."""
        return MonthFigures(institution=self.institution, period=str(Period.parse(self.period).shift(-12)))

    @cached_property
    def structures(self) -> dict[int | None, Structure]:
        """What income is made of by department; None is the institution."""
        if self.run is None:
            return {}
        forms = variants(day=Period.parse(self.period).last_day)
        found = by_department(run=self.run, forms=forms)
        return {None: total(found, name="", forms=forms), **{one.key: one for one in found}}

    @cached_property
    def units(self) -> dict[int | None, UnitCost]:
        """Cost of visits and bed-days by department; None is the institution."""
        return {one.department: one for one in unit_costs(run=self.patients)} if self.patients else {}

    @cached_property
    def departments(self) -> dict[int, DepartmentFigures]:
        """What each department cost."""
        rows = DepartmentMonth.objects.filter(run=self.run) if self.run else DepartmentMonth.objects.none()
        return {one.department: one for one in figures(rows.order_by("department", "pk"))}

    @cached_property
    def items(self) -> dict[tuple[int | None, str], Decimal]:
        """Direct and received cost by department and cost item; of the institution (None) direct cost, which is all."""
        rows = DepartmentCost.objects.filter(run=self.run) if self.run else DepartmentCost.objects.none()
        sums = rows.order_by().values_list("department", "cost_item").annotate(Sum("direct"), Sum("received"))
        found: dict[tuple[int | None, str], Decimal] = {}
        for department, item, direct, received in sums:
            found[department, item] = direct + received
            found[None, item] = found.get((None, item), ZERO) + direct
        return found

    @cached_property
    def settled(self) -> MonthOfCases | None:
        """The discharges with their groups; None while nothing has been priced."""
        return month_of_cases(institution=self.institution, period=self.period)

    @cached_property
    def cases(self) -> list[CaseCost]:
        """The discharges with what their stays cost."""
        return case_costs(institution=self.institution, cases=self.settled.cases) if self.settled else []

    def discharged(self, department: int | None, drg: str = "") -> GroupCost:
        """The discharges of a department (None: of all), or of one of its groups, as the report of groups sums them up."""
        chosen = [
            one for one in self.cases if department in (None, one.case.department) and (not drg or one.case.drg == drg)
        ]
        return group_of(drg, self.settled.names.get(drg, "") if self.settled else "", chosen)

    def measure(self, metric: str, department: int | None, object_: str = "") -> Measured:
        """The figure of a metric of a department (None: of the institution), or why there is none."""
        if self.run is None:
            return Measured(None, NO_RUN)
        return _MEASURES[Metric(metric)](self, department, object_)


def _ratio(name: str) -> "Measure":
    def measure(month: MonthFigures, department: int | None, _object: str) -> Measured:
        structure = month.structures.get(department)
        value = getattr(structure, name) if structure else None
        return Measured(value, "" if value is not None else NO_INCOME)

    return measure


def _visit_cost(month: MonthFigures, department: int | None, _object: str) -> Measured:
    unit = month.units.get(department)
    if month.patients is None:
        return Measured(None, NO_PATIENTS)
    if unit is None or unit.per_visit is None:
        return Measured(None, NO_VISITS)
    return Measured(unit.per_visit, volume=unit.visits)


def _bed_day_cost(month: MonthFigures, department: int | None, _object: str) -> Measured:
    unit = month.units.get(department)
    if month.patients is None:
        return Measured(None, NO_PATIENTS)
    if unit is None or unit.per_day is None:
        return Measured(None, NO_DAYS)
    return Measured(unit.per_day, volume=unit.days)


def _discharge_cost(month: MonthFigures, department: int | None, drg: str) -> Measured:
    if month.patients is None:
        return Measured(None, NO_PATIENTS)
    if month.settled is None:
        return Measured(None, NO_PRICES)
    group = month.discharged(department, drg)
    mean = group.mean_cost
    return Measured(mean, "" if mean is not None else NO_CASES, volume=group.costed)


def _growth_of(mean: "Measure") -> "Measure":
    def measure(month: MonthFigures, department: int | None, object_: str) -> Measured:
        now = mean(month, department, object_)
        if now.value is None:
            return now
        before = mean(month.year_before, department, object_)
        grown = growth(now.value, before.value) if before.value is not None else None
        if grown is None:
            return Measured(None, NO_BEFORE)
        exact = Decimal(grown.numerator) / Decimal(grown.denominator)
        return Measured(exact, base=before.value, volume=now.volume)

    return measure


def _full_cost(month: MonthFigures, department: int | None, _object: str) -> Measured:
    if department is None:
        return Measured(month.run.full_cost if month.run else None)
    found = month.departments.get(department)
    return Measured(found.total_cost) if found else Measured(None, NO_DEPARTMENT)


def _item_cost(month: MonthFigures, department: int | None, item: str) -> Measured:
    if department is not None and department not in month.departments:
        return Measured(None, NO_DEPARTMENT)
    return Measured(month.items.get((department, item), ZERO))


Measure = Callable[[MonthFigures, int | None, str], Measured]
_MEASURES: dict[Metric, Measure] = {
    Metric.DRUG_RATIO: _ratio("drug_ratio"),
    Metric.MATERIAL_RATIO: _ratio("material_ratio"),
    Metric.SERVICE_RATIO: _ratio("service_ratio"),
    Metric.VISIT_COST_GROWTH: _growth_of(_visit_cost),
    Metric.DISCHARGE_COST_GROWTH: _growth_of(_discharge_cost),
    Metric.VISIT_COST: _visit_cost,
    Metric.BED_DAY_COST: _bed_day_cost,
    Metric.FULL_COST: _full_cost,
    Metric.ITEM_COST: _item_cost,
    Metric.DRG_COST: _discharge_cost,
}
