"""Reports of service items (domain.md 1.7): summed up over departments, and of what the unit cost of each is made."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse

from costing.engine.columns import COST_ITEMS
from costing.models import ItemCost
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Column, Row, Sheet, cells, share, summed
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
        Column("结余"),
        Column("平均收费", "money", "每单位"),
        Column("成本", "money", "每单位"),
    )
    rows = []
    if scope.patients is not None:
        found = ItemCost.objects.filter(run=scope.patients)
        by_item = found.order_by().values("item__code", "item__name").annotate(**{name: Sum(name) for name in SUMS})
        rows = [_summary(scope, row) for row in by_item.order_by("item__code")]
        if rows:
            whole = found.aggregate(**{name: Sum(name) for name in SUMS[1:]})
            rows.append(Row("合计", cells(None, *_money(whole), None, None), level="total"))
    return Sheet("医疗服务项目", columns, tuple(rows), NOTES if rows else (NOT_COSTED,))


def _money(row: Mapping[str, Any]) -> list[Decimal]:
    """Income, the seven items, their sum, and what is left."""
    items = [Decimal(row[name]) for name in COST_ITEMS]
    return [row["income"], *items, summed(items), row["income"] - summed(items)]


def _summary(scope: Scope, row: Mapping[str, Any]) -> Row:
    money, volume = _money(row), row["quantity"]
    units = [share(money[0], volume) if row["item__code"] else None, share(money[-2], volume)]
    asked = {"institution": scope.institution, "period": scope.run.period, "words": row["item__code"] or ""}
    url = f"{reverse('costing:item-costs')}?{urlencode(asked)}"
    return Row(_name(row["item__code"], row["item__name"]), cells(volume, *money, *units), url)


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
        Column("结余", "money", "当月合计"),
    )
    listed = ItemCost.objects.filter(run=scope.patients).select_related("item", "department")
    by_department: dict[int, list[ItemCost]] = {}
    for one in listed.order_by("department__code", "item__code", "pk") if scope.patients else ():
        by_department.setdefault(one.department_id, []).append(one)
    rows = []
    for members in by_department.values():
        rows.append(_together(str(members[0].department), members, "subtotal"))
        rows += [_composition(one) for one in members]
    if rows:
        rows.append(_together("合计", [one for members in by_department.values() for one in members], "total"))
    return Sheet("执行科室与项目", columns, tuple(rows), NOTES if rows else (NOT_COSTED,))


def _composition(one: ItemCost) -> Row:
    cost, volume = one.medical_cost, one.quantity
    units = [share(getattr(one, name), volume) for name in COST_ITEMS]
    name = _name(one.item.code, one.item.name) if one.item else HANDING_OUT
    figures = cells(volume, *units, share(cost, volume), cost, one.income, one.income - cost)
    return Row(f"　{name}", figures, reverse("costing:item-cost", args=[one.pk]))


def _together(title: str, members: list[ItemCost], level: str) -> Row:
    cost, income = summed([one.medical_cost for one in members]), summed([one.income for one in members])
    nothing = [None] * (len(COST_ITEMS) + 2)
    return Row(title, cells(*nothing, cost, income, income - cost), level=level)
