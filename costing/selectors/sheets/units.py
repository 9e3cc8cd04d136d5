"""Reports of visits and bed-days: composition, and what changed since another month."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum

from costing.engine.break_even import factors
from costing.engine.columns import COST_ITEMS
from costing.models import PatientCost, PatientRun
from costing.selectors.layers import ZERO
from costing.selectors.patients import unit_costs
from costing.selectors.sheets.scope import Scope
from costing.sheets import Column, Row, Sheet, cells, share, summed
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
            .values("department__name", "department__code")
            .annotate(visits=Count("encounter"), stay=Sum("days"), **sums)
        )
        for row in by_department.order_by("department__code"):
            rows.append(_unit_row(row["department__name"], row, inpatient=inpatient))
        if rows:
            whole = found.aggregate(visits=Count("encounter"), stay=Sum("days"), **sums)
            rows.append(_unit_row("全院", whole, inpatient=inpatient, level="total"))
    note = "构成按患者成本(自下而上)；按科室成本除以工作量的诊次与床日成本见「诊次与床日成本」。"
    return Sheet(first, columns, tuple(rows), (note if rows else NOT_COSTED,))


def _unit_row(name: str, row: Mapping[str, Any], *, inpatient: bool, level: str = "department") -> Row:
    volume = int(row["stay"] if inpatient else row["visits"])
    items = [Decimal(row[item]) for item in COST_ITEMS]
    apart = Decimal(row["drug_cost"]) + Decimal(row["material_cost"])
    units = [share(amount, volume) for amount in (*items, summed(items), apart)]
    return Row(name, cells(volume, *units), level=level)


def changes(scope: Scope) -> Sheet:
    """成本变动因素分析表: what of a change in cost came from volume, and what from the cost of a visit or a bed-day."""
    columns = (
        Column("基期工作量", "quantity", "工作量"),
        Column("本期工作量", "quantity", "工作量"),
        Column("基期", "money", "单位成本"),
        Column("本期", "money", "单位成本"),
        Column("基期", "money", "成本"),
        Column("本期", "money", "成本"),
        Column("变动", "money", "成本变动", "none"),
        Column("工作量影响", "money", "成本变动", "none"),
        Column("单位成本影响", "money", "成本变动", "down"),
        Column("变动率", "percent", "成本变动", "none"),
    )
    if scope.patients is None or scope.patients_before is None:
        return Sheet("科室与工作量", columns, (), ("本期或基期的患者成本尚未核算，不能比较。",))
    now, before = _units(scope.patients), _units(scope.patients_before)
    rows, sums = [], []
    for key in sorted({*now, *before}):
        _code, name, kind = key
        quantity, cost = now.get(key, (0, ZERO))
        base_quantity, base_cost = before.get(key, (0, ZERO))
        found = factors(to_fen(base_cost), base_quantity, to_fen(cost), quantity)
        moved = [from_fen(fen) for fen in (found.change, found.volume, found.rate)]
        sums.append((base_cost, cost, *moved))
        rows.append(
            Row(
                f"{name} {kind}",
                cells(
                    base_quantity,
                    quantity,
                    share(base_cost, base_quantity),
                    share(cost, quantity),
                    base_cost,
                    cost,
                    *moved,
                    share(moved[0], base_cost),
                ),
            )
        )
    total = [summed([row[at] for row in sums]) for at in range(5)]
    rows.append(Row("合计", cells(None, None, None, None, *total, share(total[2], total[0])), level="total"))
    note = f"基期为 {scope.patients_before.period}。工作量影响=(本期量−基期量)×基期单位成本，单位成本影响为其余。"
    return Sheet("科室与工作量", columns, tuple(rows), (note,))


def _units(run: PatientRun) -> dict[tuple[str, str, str], tuple[int, Decimal]]:
    """Volume and cost of each department's visits and bed-days, by code, name and kind."""
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for one in unit_costs(run=run):
        if one.department is None:
            continue
        key = f"{one.department:012d}"
        if one.visits:
            found[key, one.name, "门急诊人次"] = (one.visits, one.visit_cost)
        if one.days:
            found[key, one.name, "床日"] = (one.days, one.day_cost)
    return found
