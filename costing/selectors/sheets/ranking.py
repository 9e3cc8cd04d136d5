"""排名表: departments of an institution, or members of the alliance, by one measure, against the month before and the same
month of the year before, with the change of place. A department or member without the measure has no place."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from django.db.models import Sum
from django.urls import reverse

from costing.derivations import Derivation, Part, minus, quotient, total
from costing.engine.ranking import places, rise
from costing.engine.targets import Metric
from costing.models import CostRun, DepartmentMonth, PatientRun
from costing.selectors.layers import Amounts, Layer
from costing.selectors.monthly import department_reports
from costing.selectors.patients import UnitCost, hospital_unit_costs, unit_costs
from costing.selectors.sheets import income_ratios, sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.structure import Structure, by_institution, variants
from costing.sheets import Cell, Column, Kind, Row, Sheet, points, share
from ops_platform.kernel import Period

ZERO = Decimal("0.00")
R = TypeVar("R", CostRun, PatientRun)


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is ranked by, in a month; None where nothing is counted."""

    name: str
    income: Decimal
    surplus: Decimal
    visit_cost: Decimal | None
    day_cost: Decimal | None
    drug_ratio: Decimal | None
    material_ratio: Decimal | None
    service_ratio: Decimal | None
    opened: Mapping[str, Derivation] = field(default_factory=dict)  # by code of measure, where its parts are here

    @property
    def surplus_rate(self) -> Decimal | None:
        """结余率: surplus ÷ (charge income + other income)."""
        return share(self.surplus, self.income)


@dataclass(frozen=True, slots=True)
class Measure:
    """By what one is ranked. `highest_first`: the highest value has the first place."""

    code: str
    title: str
    kind: Kind
    highest_first: bool
    of: Callable[[Standing], Decimal | None]


MEASURES = (
    Measure("surplus-rate", "结余率", "percent", True, lambda one: one.surplus_rate),
    Measure("visit-cost", "诊次成本", "money", False, lambda one: one.visit_cost),
    Measure("day-cost", "床日成本", "money", False, lambda one: one.day_cost),
    Measure("drug-ratio", "药占比", "percent", False, lambda one: one.drug_ratio),
    Measure("material-ratio", "耗占比", "percent", False, lambda one: one.material_ratio),
    Measure("service-ratio", "医疗服务收入占比", "percent", True, lambda one: one.service_ratio),
)
BY_CODE = {one.code: one for one in MEASURES}
CHOICES = tuple((one.code, one.title) for one in MEASURES)
RULE = "名次由优到劣：{order}；数值相同的名次相同，其后顺延。名次变化为正是上升。没有该项数据的不排名。"
UNITS = "诊次、床日成本按患者成本(自上而下)，月末核算之后才有。"


def departments(scope: Scope) -> Sheet:
    """科室排名表: the clinical departments of the institution."""
    months = [_departments(run, patients) for run, patients in _months(scope)]
    return _sheet(scope, "科室名称", months, scope.department_url)


def members(scope: Scope) -> Sheet:
    """成员单位排名表: institutions whose costs the reader may see, each from its current run."""
    months = [_members(scope.seen or (scope.institution,), period) for period in _periods(scope)]

    def url(number: int) -> str:
        return f"{reverse('costing:reports')}?institution={number}&period={scope.run.period}"

    return _sheet(scope, "成员单位", months, url)


def _periods(scope: Scope) -> list[str]:
    """The month, the one before, the same of the year before."""
    period = Period.parse(scope.run.period)
    return [str(period.shift(by)) for by in (0, -1, -12)]


def _months(scope: Scope) -> list[tuple[CostRun | None, PatientRun | None]]:
    _now, *before = _periods(scope)
    runs = _current(CostRun, [scope.institution], before)
    patients = _current(PatientRun, [scope.institution], before)
    earlier = [(runs.get((scope.institution, one)), patients.get((scope.institution, one))) for one in before]
    return [(scope.run, scope.patients), *earlier]


def _current(model: type[R], institutions: Sequence[int], periods: Sequence[str]) -> dict[tuple[int, str], R]:
    rows = model.objects.filter(institution__in=institutions, period__in=periods, is_current=True)
    return {(row.institution_id, row.period): row for row in rows.select_related("institution")}


def _departments(run: CostRun | None, patients: PatientRun | None) -> dict[int, Standing]:
    if run is None:
        return {}
    units = {one.department: one for one in unit_costs(run=patients)} if patients else {}
    found = {}
    scope = Scope(run, patients, Layer.HOSPITAL)
    for one in department_reports(run=run, patients=patients):
        unit, costs = units.get(one.department), Amounts(one.direct, one.received, full=one.cost)
        earned = sources.earned(scope, one.department, one.charges, one.other_income)
        found[one.department] = Standing(
            one.name,
            one.income,
            one.surplus,
            unit.per_visit if unit else None,
            unit.per_day if unit else None,
            one.drug_ratio,
            one.material_ratio,
            one.service_ratio,
            _opened(patients, unit, one.department)
            | _ratios(one.structure, run, one.department)
            | _rate(total(earned), sources.full(scope, one.department, costs), one.income),
        )
    return found


def _opened(patients: PatientRun | None, unit: UnitCost | None, department: int | None) -> dict[str, Derivation]:
    """What a visit and a bed-day cost, as cost ÷ volume."""
    if patients is None or unit is None:
        return {}
    sides = (("visit-cost", unit.visit_cost, unit.visits, False), ("day-cost", unit.day_cost, unit.days, True))
    return {
        code: sources.unit_cost(patients, cost, volume, department=department, inpatient=stay)
        for code, cost, volume, stay in sides
        if volume
    }


def _ratios(found: Structure | None, run: CostRun, department: int | None) -> dict[str, Derivation]:
    """What the ratios of income were made from, where there is income."""
    if found is None:
        return {}
    known = (
        ("drug-ratio", Metric.DRUG_RATIO, found.drug_ratio),
        ("material-ratio", Metric.MATERIAL_RATIO, found.material_ratio),
        ("service-ratio", Metric.SERVICE_RATIO, found.service_ratio),
    )
    return {
        code: income_ratios.made(metric, found, run.pk, department)
        for code, metric, ratio in known
        if ratio is not None
    }


def _income_of_all(run: CostRun, charges: Decimal, other: Decimal) -> Derivation:
    """医疗收入 and other income of an institution."""
    return total(
        [
            Part("医疗收入", charges, url=sources.charged(run.pk, None)),
            Part("其他收入", other, url=sources.other_income_of_all(run.pk)),
        ]
    )


def _rate(earned: Derivation, spent: Derivation, income: Decimal) -> dict[str, Derivation]:
    """结余率 as surplus ÷ income, where there is any."""
    if not income:
        return {}
    cost = spent.value or ZERO
    parts = [Part("收入", income, made=earned), Part("全成本", cost, sign=-1, made=spent)]
    return {"surplus-rate": quotient(Part("结余", income - cost, made=total(parts)), Part("收入", income, made=earned))}


def _members(institutions: Sequence[int], period: str) -> dict[int, Standing]:
    """Members with a current run of the month; a fixed number of queries."""
    runs, patients = _current(CostRun, institutions, [period]), _current(PatientRun, institutions, [period])
    rows = DepartmentMonth.objects.filter(run__in=runs.values()).order_by()
    sums = {
        run: (income, other, full)
        for run, income, other, full in rows.values_list("run").annotate(
            Sum("income"), Sum("other_income"), Sum("full_cost")
        )
    }
    forms = variants(day=Period.parse(period).last_day)
    structures = {one.key: one for one in by_institution(institutions=institutions, period=period, forms=forms)}
    of_runs = hospital_unit_costs(runs=[one.pk for one in patients.values()])
    units = {number: of_runs.get(one.pk) for (number, _period), one in patients.items()}
    found = {}
    for (number, _period), run in sorted(runs.items()):
        income, other, full = sums.get(run.pk, (ZERO, ZERO, ZERO))
        unit, structure = units.get(number), structures.get(number)
        found[number] = Standing(
            run.institution.name,
            income + other,
            income + other - full,
            unit.per_visit if unit else None,
            unit.per_day if unit else None,
            structure.drug_ratio if structure else None,
            structure.material_ratio if structure else None,
            structure.service_ratio if structure else None,
            _opened(patients.get((number, period)), unit, None)
            | _ratios(structure, run, None)
            | _rate(
                _income_of_all(run, income, other),
                total([sources.spent_by_all(run, Layer.HOSPITAL, full)]),
                income + other,
            ),
        )
    return found


def _value(measure: Measure, one: Standing | None, url: str = "") -> Cell:
    """The figure, opening its parts; else the page `url`."""
    if one is None:
        return Cell(None)
    made = one.opened.get(measure.code)
    return Cell(measure.of(one), "" if made else url, made)


def _sheet(scope: Scope, first: str, months: Sequence[Mapping[int, Standing]], url: Callable[[int], str]) -> Sheet:
    measure = BY_CODE.get(scope.measure, MEASURES[0])
    of_ratios = measure.kind == "percent"
    moved_title = "增减(百分点)" if of_ratios else "增减"
    moved_kind: Kind = "points" if of_ratios else measure.kind
    columns = (
        Column("名次", "quantity", "本月"),
        Column(measure.title, measure.kind, "本月"),
        *(
            column
            for title, place in (("上月", 3), ("上年同月", 7))
            for column in (
                Column("名次", "quantity", title),
                Column(measure.title, measure.kind, title),
                Column("名次变化", "quantity", f"比{title}", "up"),
                Column(
                    moved_title,
                    moved_kind,
                    f"比{title}",
                    "up" if measure.highest_first else "down",
                    None if of_ratios else minus(1, place),
                ),
            )
        ),
    )
    values = [{number: measure.of(one) for number, one in month.items()} for month in months]
    ranks = [places(one, highest_first=measure.highest_first) for one in values]
    last = len(values[0]) + 1
    names = {number: one.name for number, one in months[0].items()}
    rows = []
    for number in sorted(names, key=lambda one: (ranks[0].get(one, last), names[one], one)):
        now, place = values[0][number], ranks[0].get(number)
        cells = [Cell(place), _value(measure, months[0].get(number), url(number))]
        for month, earlier, earlier_ranks in zip(months[1:], values[1:], ranks[1:], strict=True):
            before = earlier.get(number)
            moved = None if now is None or before is None else points(now, before) if of_ratios else now - before
            cells += [
                Cell(earlier_ranks.get(number)),
                _value(measure, month.get(number)),
                Cell(rise(earlier_ranks.get(number), place)),
                Cell(moved),
            ]
        rows.append(Row(names[number], tuple(cells), url(number)))
    order = "高的在先" if measure.highest_first else "低的在先"
    notes = [RULE.format(order=f"{measure.title}{order}"), UNITS]
    if first == "成员单位" and len(rows) < 2:
        notes.append("您只能看到一家机构，没有可比的成员。")
    return Sheet(first, columns, tuple(rows), tuple(notes))
