"""Reports of service items (domain.md 1.7): summed up over departments, and of what the unit cost of each is made."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse

from costing.derivations import Part, minus, per, quotient
from costing.engine.columns import COST_ITEMS
from costing.models import ItemCost, PatientRun
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from costing.titles import COST_ITEM_TITLES, HANDING_OUT

SUMS = ("quantity", "income", *COST_ITEMS)
NOTES = (
    "不含药品和单独收费卫生材料；成本为医疗成本(七项)。单位成本 = 成本 ÷ 数量，仅供阅读。",
    f"「{HANDING_OUT}」为药学等科室调配药品和材料的成本，数量为调配金额(元)，没有单独的收入。",
)


def item_summary(scope: Scope) -> Sheet:
    """医疗服务项目成本汇总表: each item over all departments that carried it out. An item opens its departments."""
    columns = (
        Column("数量", "quantity"),
        Column("收入"),
        *(Column(title, "money", "医疗成本") for title in COST_ITEM_TITLES.values()),
        Column("合计", "money", "医疗成本"),
        Column("结余", made=minus(1, 9)),
        Column("平均收费", "money", "每单位", made=per(1, 0)),
        Column("成本", "money", "每单位", made=per(9, 0)),
    )
    rows = []
    if scope.patients is not None:
        found = ItemCost.objects.filter(run=scope.patients)
        by_item = found.order_by().values("item__code", "item__name").annotate(**{name: Sum(name) for name in SUMS})
        rows = [_summary(scope, scope.patients, row) for row in by_item.order_by("item__code")]
        if rows:
            whole = found.aggregate(**{name: Sum(name) for name in SUMS[1:]})
            rows.append(Row("合计", (Cell(None), *_money(scope.patients, whole), *cells(None, None)), level="total"))
    return Sheet("医疗服务项目", columns, tuple(rows), NOTES if rows else (NOT_COSTED,))


def _money(run: PatientRun, row: Mapping[str, Any], code: str | None = None) -> list[Cell]:
    """Income, the seven items, their sum, each opening the departments that carried the item out; and what is left."""
    cost = summed([Decimal(row[name]) for name in COST_ITEMS])
    amounts = {"income": row["income"], **{name: Decimal(row[name]) for name in COST_ITEMS}, "cost": cost}
    listed = [
        Cell(amount, sources.items(run, measure, amount, item=code).url if amount else "")
        for measure, amount in amounts.items()
    ]
    return [*listed, Cell(row["income"] - cost)]


def _summary(scope: Scope, run: PatientRun, row: Mapping[str, Any]) -> Row:
    volume, code = row["quantity"], row["item__code"] or ""
    money = _money(run, row, code)
    units = [
        share(Decimal(money[0].value or 0), volume) if code else None,
        share(Decimal(money[-2].value or 0), volume),
    ]
    number = Cell(volume, sources.items(run, "quantity", volume, item=code).url)
    asked = {"institution": scope.institution, "period": scope.run.period, "words": row["item__code"] or ""}
    url = f"{reverse('costing:item-costs')}?{urlencode(asked)}"
    return Row(_name(row["item__code"], row["item__name"]), (number, *money, *cells(*units)), url)


def _name(code: str | None, name: str | None) -> str:
    return f"{code} {name}" if code else HANDING_OUT


def item_composition(scope: Scope) -> Sheet:
    """医疗服务项目成本构成明细表: the unit cost of each item in its department by cost item. An item opens to its activities
    or its weight, and to its charge lines."""
    columns = (
        Column("数量", "quantity"),
        *(Column(title, "money", "单位成本") for title in COST_ITEM_TITLES.values()),
        Column("合计", "money", "单位成本"),
        Column("成本", "money", "当月合计"),
        Column("收入", "money", "当月合计"),
        Column("结余", "money", "当月合计", made=minus(10, 9)),
    )
    listed = ItemCost.objects.filter(run=scope.patients).select_related("item", "department", "run")
    by_department: dict[int, list[ItemCost]] = {}
    for one in listed.order_by("department__code", "item__code", "pk") if scope.patients else ():
        by_department.setdefault(one.department_id, []).append(one)
    rows = []
    for members in by_department.values():
        rows.append(_together(str(members[0].department), members, members[0].department_id))
        rows += [_composition(one) for one in members]
    if rows:
        rows.append(_together("合计", [one for members in by_department.values() for one in members], None))
    return Sheet("执行科室与项目", columns, tuple(rows), NOTES if rows else (NOT_COSTED,))


def _composition(one: ItemCost) -> Row:
    """An item of a department; what it cost opens its page, with activities or weight."""
    cost, volume, page = one.medical_cost, one.quantity, reverse("costing:item-cost", args=[one.pk])
    code = one.item.code if one.item else ""

    def part(measure: str, amount: Decimal) -> Part:
        return sources.items(one.run, measure, amount, department=one.department_id, item=code)

    number = part("quantity", volume)
    units = [
        Cell(share(amount, volume), made=quotient(part(measure, amount), number))
        for measure, amount in ((*((name, getattr(one, name)) for name in COST_ITEMS), ("cost", cost)))
    ]
    name = _name(one.item.code, one.item.name) if one.item else HANDING_OUT
    figures = (
        Cell(volume, number.url),
        *units,
        Cell(cost, part("cost", cost).url),
        Cell(one.income, part("income", one.income).url if one.income else ""),
        Cell(one.income - cost),
    )
    return Row(f"　{name}", figures, page)


def _together(title: str, members: list[ItemCost], department: int | None) -> Row:
    """The items of a department, or of all."""
    cost, income = summed([one.medical_cost for one in members]), summed([one.income for one in members])
    money = [
        Cell(amount, sources.items(members[0].run, measure, amount, department=department).url if amount else "")
        for measure, amount in (("cost", cost), ("income", income))
    ]
    nothing = [None] * (len(COST_ITEMS) + 2)
    figures = (*cells(*nothing), *money, Cell(income - cost))
    return Row(title, figures, level="subtotal" if department else "total")
