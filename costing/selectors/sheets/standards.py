"""Standard cost (标准成本) against actual: items and departments by entered standards, disease groups by their pathways.

volume variance 数量差异 = (Q1 − Q0)·c0      rate variance 价格差异 = (c1 − c0)·Q1      (domain.md 1.8)
"""

from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from costing.engine.pathways import Variance, variance
from costing.models import ItemCost, PatientRun
from costing.selectors.pathway_cases import CasesOfPathway, month_of_pathways
from costing.selectors.pathways import item_standards_in_force, names_of_items, prices
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, Value, cells, share
from ops_platform.kernel import Period, from_fen, to_fen

TEN_THOUSAND, MILLION = 10_000, 1_000_000
MOVED = (
    Column("标准成本", "money", "成本"),
    Column("实际成本", "money", "成本"),
    Column("数量差异", "money", "差异", "down"),
    Column("价格差异", "money", "差异", "down"),
    Column("总差异", "money", "差异", "down"),
    Column("差异率", "percent", "差异", "down"),
)
WORDS = "数量差异 = (实际数量 − 标准数量) × 标准单位成本，价格差异 = 其余，即 (实际 − 标准单位成本) × 实际数量。"
NO_STANDARDS = "本月没有现行的项目标准成本。请在「项目标准成本」页录入，由第二人同意。"


def _moved(found: Variance) -> tuple[Value, ...]:
    amounts = (found.standard, found.actual, found.volume, found.rate, found.total)
    return (*(from_fen(fen) for fen in amounts), share(found.total, found.standard))


def _whole(found: Iterable[Variance]) -> Variance:
    return sum(found, Variance(0, 0, 0))


def _of_items(scope: Scope) -> list[tuple[str, str, str, int, Decimal, Decimal, Decimal, Variance]]:
    """Department, code and name of the item, department's number, standard quantity, standard unit cost, actual quantity,
    variance: of every standard in force on the month's last day. Two queries."""
    held = item_standards_in_force(institution=scope.institution, day=Period.parse(scope.run.period).last_day)
    rows = ItemCost.objects.filter(run=scope.patients, item__isnull=False)
    actual = {(row.department_id, row.item_id): row for row in rows}
    found = []
    for one in held:
        row = actual.get((one.department_id, one.item_id))
        quantity = row.quantity if row else Decimal(0)
        moved = variance(
            standard_quantity=int(one.quantity * TEN_THOUSAND),
            unit_cost=int(one.unit_cost * MILLION),
            quantity=int(quantity * TEN_THOUSAND),
            cost=to_fen(row.medical_cost) if row else 0,
        )
        found.append(
            (
                one.department.name,
                one.item.code,
                one.item.name,
                one.department_id,
                one.quantity,
                one.unit_cost,
                quantity,
                moved,
            )
        )
    return found


def items(scope: Scope) -> Sheet:
    """项目标准成本差异表: each item of a department that has a standard."""
    columns = (
        Column("执行科室", "text"),
        Column("标准数量", "quantity", "数量"),
        Column("实际数量", "quantity", "数量"),
        Column("标准", "money", "单位成本"),
        Column("实际", "money", "单位成本"),
        *MOVED,
    )
    if scope.patients is None:
        return Sheet("项目", columns, (), (NOT_COSTED,))
    found = _of_items(scope)
    rows = [
        Row(
            f"{code} {name}",
            cells(
                department,
                standard,
                quantity,
                unit,
                share(from_fen(moved.actual), quantity),
                *_moved(moved),
            ),
            _item_url(scope, number, code),
        )
        for department, code, name, number, standard, unit, quantity, moved in found
    ]
    if rows:
        whole = _whole(one[-1] for one in found)
        rows.append(Row("合计", cells(None, None, None, None, None, *_moved(whole)), level="total"))
    return Sheet("项目", columns, tuple(rows), (WORDS if rows else NO_STANDARDS,))


def _item_url(scope: Scope, department: int, code: str) -> str:
    asked = {"institution": scope.institution, "period": scope.run.period, "department": department, "words": code}
    return f"{reverse('costing:item-costs')}?{urlencode(asked)}"


def departments(scope: Scope) -> Sheet:
    """科室标准成本差异表: the sums of the items that have a standard."""
    columns = (Column("有标准的项目", "quantity"), *MOVED)
    if scope.patients is None:
        return Sheet("执行科室", columns, (), (NOT_COSTED,))
    by_department: dict[tuple[int, str], list[Variance]] = {}
    for name, _code, _title, number, *_figures, moved in _of_items(scope):
        by_department.setdefault((number, name), []).append(moved)
    rows = [
        Row(name, cells(len(moved), *_moved(_whole(moved))), _item_url(scope, number, ""))
        for (number, name), moved in by_department.items()
    ]
    if rows:
        whole = _whole(moved for each in by_department.values() for moved in each)
        rows.append(
            Row("合计", cells(sum(len(each) for each in by_department.values()), *_moved(whole)), level="total")
        )
    return Sheet("执行科室", columns, tuple(rows), (WORDS if rows else NO_STANDARDS,))


def groups(scope: Scope) -> Sheet:
    """病组标准成本差异表: each pathway's cases, item by item; Q0 is the standard quantity of all its cases, c0 what the
    item cost in the month compared with. An item off the pathway has Q0 = 0; an item without cost in that month c0 = 0."""
    columns = (
        Column("例数", "quantity"),
        Column("标准数量", "quantity", "数量"),
        Column("实际数量", "quantity", "数量"),
        Column("标准", "money", "单位成本"),
        Column("实际", "money", "单位成本"),
        *MOVED,
    )
    if scope.patients is None or scope.patients_before is None:
        return Sheet("病组与项目", columns, (), ("本期或基期的患者成本尚未核算，不能比较。",))
    found = month_of_pathways(run=scope.patients)
    listed = [one for one in found.pathways if one.cases] if found else []
    if not listed:
        return Sheet("病组与项目", columns, (), ("本月没有临床路径的病例。请先在「临床路径」页录入路径。",))
    rows: list[Row] = []
    whole = []
    for one in listed:
        lines, moved = _of_pathway(one, scope.patients_before)
        whole.append(moved)
        address = f"{reverse('costing:pathway-cases', args=[one.pathway.pk])}?period={scope.run.period}"
        head = f"{one.pathway.drg} {one.pathway.name}"
        rows += [
            Row(head, cells(len(one.cases), None, None, None, None, *_moved(moved)), address, level="subtotal"),
            *lines,
        ]
    rows.append(Row("合计", cells(None, None, None, None, None, *_moved(_whole(whole))), level="total"))
    note = (
        f"标准数量 = 路径必选项目标准数量 × 例数，可选项目和路径外项目的标准数量为 0；标准单位成本取基期 "
        f"{scope.patients_before.period}。各项目之和为病例的实际成本。"
    )
    return Sheet("病组与项目", columns, tuple(rows), (WORDS, note))


def _of_pathway(one: CasesOfPathway, before: PatientRun) -> tuple[list[Row], Variance]:
    """The items of a pathway's cases with their variance, the greatest first, and their sum."""
    limits = {row.item: row.quantity for row in one.standard.rows if row.obligatory}
    sums: dict[int, list[int]] = {number: [0, 0] for number in limits}
    for number, quantity, cost in one.by_item():
        sums[number] = [quantity, cost]
    base = prices(run=before, items=list(sums))
    names = names_of_items(sums)
    found = []
    for number, (quantity, cost) in sums.items():
        unit = base[number].cost or Decimal(0)
        standard = limits.get(number, Decimal(0)) * len(one.cases)
        moved = variance(
            standard_quantity=int(standard * TEN_THOUSAND),
            unit_cost=int((unit * MILLION).to_integral_value()),
            quantity=quantity,
            cost=cost,
        )
        volume = Decimal(quantity) / TEN_THOUSAND
        row = Row(
            " ".join(names.get(number, ("", "没有收费明细对应的成本"))),
            (
                Cell(None),
                *cells(standard, volume, base[number].cost, share(from_fen(cost), volume), *_moved(moved)),
            ),
        )
        found.append((-abs(moved.total), number, row, moved))
    found.sort(key=lambda each: each[:2])
    return [row for _, _, row, _ in found], _whole(moved for *_, moved in found)
