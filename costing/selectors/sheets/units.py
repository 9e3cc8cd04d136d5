"""Reports of visits and bed-days: composition, and what changed since another month."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from costing.derivations import Derivation, Part, minus, per, plus, product, quotient, total
from costing.engine.break_even import factors
from costing.engine.columns import COST_ITEMS
from costing.models import PatientCost, PatientRun
from costing.selectors.layers import ZERO
from costing.selectors.patients import unit_costs
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Row, Sheet, share, summed
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import from_fen, to_fen

NOT_COSTED = "患者成本在月末后的夜间运行中核算。"


def visit_composition(scope: Scope) -> Sheet:
    """诊次成本构成表: each cost item per visit of the departments that treat outpatients."""
    return _composition(scope, inpatient=False, first="科室名称", volume="门急诊人次", unit="诊次成本")


def bed_day_composition(scope: Scope) -> Sheet:
    """床日成本构成表: each cost item per occupied bed-day."""
    return _composition(scope, inpatient=True, first="科室名称", volume="实际占用床日", unit="床日成本")


def _composition(scope: Scope, *, inpatient: bool, first: str, volume: str, unit: str) -> Sheet:
    columns = (
        Column(volume, "quantity"),
        *(Column(title, "money", unit) for title in COST_ITEM_TITLES.values()),
        Column("合计", "money", unit),
        Column("其中药品和单独收费材料", "money", unit),
    )
    rows = []
    if scope.patients is not None:
        found = PatientCost.objects.filter(run=scope.patients, inpatient=inpatient)
        sums = {name: Sum(name) for name in (*COST_ITEMS, "drug_cost", "material_cost")}
        by_department = (
            found.order_by()
            .values("department", "department__name", "department__code")
            .annotate(visits=Count("encounter"), stay=Sum("days"), **sums)
        )
        for row in by_department.order_by("department__code"):
            rows.append(_unit_row(scope.patients, row, inpatient=inpatient))
        if rows:
            whole = found.aggregate(visits=Count("encounter"), stay=Sum("days"), **sums)
            rows.append(_unit_row(scope.patients, whole, inpatient=inpatient))
    note = "构成按患者成本(自下而上)；按科室成本除以工作量的诊次与床日成本见「诊次与床日成本」。"
    return Sheet(first, columns, tuple(rows), (note if rows else NOT_COSTED,))


def _unit_row(run: PatientRun, row: Mapping[str, Any], *, inpatient: bool) -> Row:
    """A department, or without one the hospital: each figure is a sum over its encounters ÷ their number or days."""
    department = row.get("department")
    volume = int(row["stay"] if inpatient else row["visits"])
    amounts = {item: Decimal(row[item]) for item in COST_ITEMS}
    amounts["cost"] = summed(list(amounts.values()))
    amounts["apart"] = Decimal(row["drug_cost"]) + Decimal(row["material_cost"])
    count = _volume(run, volume, department, inpatient=inpatient)
    units = [
        Cell(
            share(amount, volume),
            made=quotient(sources.encounters(run, measure, amount, department=department, inpatient=inpatient), count),
        )
        for measure, amount in amounts.items()
    ]
    name = row["department__name"] if department else "全院"
    return Row(name, (Cell(volume, count.url), *units), level="department" if department else "total")


def _volume(run: PatientRun, volume: int, department: int | None, *, inpatient: bool) -> Part:
    """Visits, or bed-days."""
    measure, words = ("days", "实际占用床日") if inpatient else ("count", "门急诊人次")
    return sources.encounters(run, measure, volume, department=department, inpatient=inpatient, words=words)


def changes(scope: Scope) -> Sheet:
    """成本变动因素分析表: what of a change in cost came from volume, and what from the cost of a visit or a bed-day."""
    columns = (
        Column("基期工作量", "quantity", "工作量"),
        Column("本期工作量", "quantity", "工作量"),
        Column("基期", "money", "单位成本"),
        Column("本期", "money", "单位成本"),
        Column("基期", "money", "成本"),
        Column("本期", "money", "成本"),
        Column("变动", "money", "成本变动", "none", minus(5, 4)),
        Column("工作量影响", "money", "成本变动", "none"),
        Column("单位成本影响", "money", "成本变动", "down", minus(6, 7)),
        Column("变动率", "percent", "成本变动", "none", per(6, 4)),
    )
    if scope.patients is None or scope.patients_before is None:
        return Sheet("科室与工作量", columns, (), ("本期或基期的患者成本尚未核算，不能比较。",))
    now, before = _units(scope.patients), _units(scope.patients_before)
    rows, sums = [], []
    for department, inpatient in sorted({*now, *before}):
        this = now.get((department, inpatient)) or _Unit(scope.patients, department, "", inpatient, 0, ZERO)
        base = before.get((department, inpatient)) or _Unit(scope.patients_before, department, "", inpatient, 0, ZERO)
        found = factors(to_fen(base.cost), base.volume, to_fen(this.cost), this.volume)
        change, volume, rate = (from_fen(fen) for fen in (found.change, found.volume, found.rate))
        sums.append((base.cost, this.cost, change, volume, rate))
        rows.append(
            Row(
                f"{this.name or base.name} {'床日' if inpatient else '门急诊人次'}",
                (
                    base.counted,
                    this.counted,
                    base.unit,
                    this.unit,
                    Cell(base.cost, base.spent.url),
                    Cell(this.cost, this.spent.url),
                    Cell(change),
                    Cell(volume, made=_of_volume(base, this)),
                    Cell(rate),
                    Cell(share(change, base.cost)),
                ),
            )
        )
    total_of = [summed([row[at] for row in sums]) for at in range(5)]
    figures = [Cell(None)] * 4 + [Cell(one) for one in (*total_of, share(total_of[2], total_of[0]))]
    rows.append(Row("合计", tuple(figures), level="total", made=plus(*range(len(rows)))))
    note = f"基期为 {scope.patients_before.period}。工作量影响=(本期量−基期量)×基期单位成本，单位成本影响为其余。"
    return Sheet("科室与工作量", columns, tuple(rows), (note,))


@dataclass(frozen=True, slots=True)
class _Unit:
    """Volume and cost of a department's visits or bed-days in a month."""

    run: PatientRun
    department: int
    name: str
    inpatient: bool
    volume: int
    cost: Decimal

    @property
    def count(self) -> Part:
        """Visits, or bed-days."""
        return _volume(self.run, self.volume, self.department, inpatient=self.inpatient)

    @property
    def counted(self) -> Cell:
        """The same as a figure."""
        return Cell(self.volume, self.count.url if self.volume else "")

    @property
    def spent(self) -> Part:
        """What they cost."""
        return sources.encounters(
            self.run, "top_down", self.cost, department=self.department, inpatient=self.inpatient, words="成本"
        )

    @property
    def unit(self) -> Cell:
        """Cost of a visit or bed-day."""
        return Cell(share(self.cost, self.volume), made=quotient(self.spent, self.count))


def _of_volume(base: _Unit, this: _Unit) -> Derivation:
    """(本期量 − 基期量) × 基期单位成本; all of the change where there was none before or is none now."""
    if not base.volume or not this.volume:
        return total([replace(this.spent, words="本期成本"), replace(base.spent, words="基期成本", sign=-1)])
    more = total([replace(this.count, words="本期工作量"), replace(base.count, words="基期工作量", sign=-1)])
    moved = Part("工作量变动", this.volume - base.volume, "quantity", made=more)
    return product(moved, Part("基期单位成本", base.cost / base.volume, made=base.unit.made))


def _units(run: PatientRun) -> dict[tuple[int, bool], _Unit]:
    """Volume and cost of each department's visits and bed-days, by department and whether it is days."""
    found: dict[tuple[int, bool], _Unit] = {}
    for one in unit_costs(run=run):
        if one.department is None:
            continue
        if one.visits:
            found[one.department, False] = _Unit(run, one.department, one.name, False, one.visits, one.visit_cost)
        if one.days:
            found[one.department, True] = _Unit(run, one.department, one.name, True, one.days, one.day_cost)
    return found
