"""One service item in its department: of what its cost is made, and how it came there."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Sum
from django.urls import reverse

from costing.engine.columns import COLUMNS
from costing.models import Activity, ActivityCost, ActivityUse, ItemCost, ItemMethod
from costing.selectors.access import READERS
from costing.selectors.patients import no_item_cost
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from costing.titles import COST_COLUMN_TITLES, HANDING_OUT
from ops_platform.kernel import Actor

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class ItemDetail:
    """An item's month: the stored row, its `method`, its cost by column, and what it was divided by. `activities` of a
    department by activity; else `weight` of `all_weights` gave its share of `pool`, the cost of the department's items."""

    row: ItemCost
    name: str
    method: str
    composition: Sheet
    activities: Sheet | None
    weight: Decimal
    all_weights: Decimal
    pool: Decimal
    lines_url: str

    @property
    def unit_cost(self) -> Decimal | None:
        """Medical cost of a unit, for display."""
        return share(self.row.medical_cost, self.row.quantity)

    @property
    def surplus(self) -> Decimal:
        """Income − medical cost."""
        return self.row.income - self.row.medical_cost

    @property
    def method_title(self) -> str:
        """The method in words."""
        return str(ItemMethod(self.method).label) if self.method else HANDING_OUT


def access_item(*, actor: Actor, item_cost: int) -> ItemDetail:
    """One row of item costs. Raises NotFound for what the actor may not see."""
    rows = ItemCost.objects.filter(pk=item_cost).select_related(
        "run__institution", "run__cost_run", "department", "item"
    )
    row = rows.first()
    if row is None or not actor.may(row.run.institution_id, *READERS):
        raise no_item_cost(actor)
    method = row.run.bases.get(str(row.department_id), str(ItemMethod.INCOME)) if row.item else ""
    of_department = ItemCost.objects.filter(run=row.run_id, department=row.department_id)
    sums = of_department.aggregate(weight=Sum("weight"), **{name: Sum(name) for name in COLUMNS})
    return ItemDetail(
        row=row,
        name=str(row.item or HANDING_OUT),
        method=method,
        composition=_composition(row),
        activities=_activities(row) if method == ItemMethod.ACTIVITY else None,
        weight=row.weight,
        all_weights=sums["weight"],
        pool=summed([sums[name] for name in COLUMNS]),
        lines_url=_lines_url(row),
    )


def _lines_url(row: ItemCost) -> str:
    """The charge lines of the item that the department carried out; none for what a pharmacy handed out."""
    if row.item is None:
        return ""
    asked = urlencode({"executing": row.department_id, "item_cost": row.pk})
    return f"{reverse('costing:charge-lines', args=[row.run.cost_run_id])}?{asked}"


def _composition(row: ItemCost) -> Sheet:
    """Cost by column: in all, of a unit, and its part of the whole."""
    amounts = {name: getattr(row, name) for name in COLUMNS}
    whole, volume = row.hospital_cost, row.quantity

    def line(title: str, amount: Decimal, level: str = "department") -> Row:
        return Row(title, cells(amount, share(amount, volume), share(amount, whole)), level=level)

    lines = [line(COST_COLUMN_TITLES[name], amount) for name, amount in amounts.items() if amount]
    lines += [line("医疗成本", row.medical_cost, "subtotal"), line("医院全成本", whole, "total")]
    return Sheet("成本项目", (Column("成本"), Column("单位成本"), Column("占比", "percent")), tuple(lines))


ACTIVITY_COLUMNS = (
    Column("作业成本", "money", "作业"),
    Column("作业动因总量", "quantity", "作业"),
    Column("作业分配率", "decimal", "作业"),
    Column("单位动因量", "quantity", "本项目"),
    Column("当月动因量", "quantity", "本项目"),
    Column("占作业", "percent", "本项目"),
    Column("分配成本", "money", "本项目"),
    Column("单位成本", "money", "本项目"),
)


def _activities(row: ItemCost) -> Sheet:
    """Each activity of the department: its cost, rate, what the item used of it and bears. The last column but one sums to
    the item's cost, to the fen."""
    mine = {one.activity_id: one for one in ActivityCost.objects.filter(run=row.run_id, item=row.item_id)}
    of_department = ActivityCost.objects.filter(run=row.run_id, activity__basis__department=row.department_id)
    sums = {
        number: (volume, summed(amounts))
        for number, volume, *amounts in of_department.order_by()
        .values_list("activity")
        .annotate(Sum("volume"), *(Sum(name) for name in COLUMNS))
    }
    unit_use = dict(ActivityUse.objects.filter(activity__in=sums, item=row.item_id).values_list("activity", "value"))
    lines, borne = [], []
    for activity in Activity.objects.filter(pk__in=sums).order_by("number"):
        volume, cost = sums[activity.pk]
        one = mine.get(activity.pk)
        part = one.hospital_cost if one else ZERO
        borne.append(part)
        figures = cells(
            cost,
            volume,
            share(cost, volume),
            unit_use.get(activity.pk),
            one.volume if one else Decimal(0),
            share(one.volume if one else 0, volume),
            part,
            share(part, row.quantity),
        )
        lines.append(Row(activity.name, figures, _basis_url(activity)))
    lines.append(_total(row, list(sums.values()), borne))
    notes = (
        "作业成本 = 科室服务成本 × 本作业的资源动因 ÷ 各作业合计(逐成本项目)；作业分配率 = 作业成本 ÷ 动因总量，供阅读。",
        "分配成本 = 作业成本 × 本项目当月动因量 ÷ 作业动因总量，当月动因量 = 单位动因量 × 数量；合计即项目的医院全成本。",
    )
    return Sheet("作业", ACTIVITY_COLUMNS, tuple(lines), notes)


def _total(row: ItemCost, sums: Sequence[tuple[Decimal, Decimal]], borne: Sequence[Decimal]) -> Row:
    whole = summed(borne)
    figures = (Cell(summed([cost for _volume, cost in sums])), *cells(None, None, None, None, None))
    return Row("合计", (*figures, *cells(whole, share(whole, row.quantity))), level="total")


def _basis_url(activity: Activity) -> str:
    return reverse("costing:item-basis", args=[activity.basis_id])
