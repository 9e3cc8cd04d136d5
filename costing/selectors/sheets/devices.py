"""设备量本利分析表: how many uses a month a device takes to bear what it costs (docs/algorithms/break_even.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse

from costing.asset_cards import card_charges
from costing.behaviour import Behaviour, behaviour_at
from costing.engine.break_even import BreakEven
from costing.engine.columns import COST_ITEMS
from costing.engine.devices import ItemMonth, Machine, Part, parts_of
from costing.models import DepartmentMonth, ItemCost
from costing.selectors.sheets.break_even import NONE, exact_ratio, figures_of, money_columns
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from ops_platform.his_intake.public import DeviceSum, device_sums, items_of_devices
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import CostClass

TEN_THOUSAND, HUNDRED = 10_000, 100
DEPRECIATION = "depreciation"
NO_DEVICES = "本月没有设备使用记录。请报送数据集「设备使用记录」，其中「该设备完成的收费项目代码」用来取得设备的收入。"
NO_CARD = "没有资产卡片"
NO_ITEMS = "未报送收费项目"
ESTIMATED = "按机时估计"
COLUMNS = (
    Column("科室", "text"),
    Column("收入依据", "text"),
    Column("使用机时", "decimal", "使用"),
    Column("完成例数", "quantity", "使用"),
    Column("收费数量", "decimal", "使用"),
    Column("收入", "money", "每次使用"),
    Column("变动成本", "money", "每次使用"),
    Column("固定成本(折旧)", "money", "每次使用"),
    *(replace(one, group="本月") for one in money_columns(8)),
    Column("保本次数", "quantity", "保本"),
    Column("实际比保本多", "quantity", "保本"),
    Column("安全边际率", "percent", "保本"),
    Column("其他固定成本", "money", "计入项目的其他固定成本"),
    Column("保本次数", "quantity", "计入项目的其他固定成本"),
)


def devices(scope: Scope) -> Sheet:
    """Each device with hours in the month: what its items earn and cost against the depreciation of its card."""
    if scope.patients is None:
        return Sheet("设备", COLUMNS, (), (NOT_COSTED,))
    period = Period.parse(scope.run.period)
    days = (period.first_day, period.last_day)
    sums = device_sums(institutions=[scope.institution], days=days)
    if not sums:
        return Sheet("设备", COLUMNS, (), (NO_DEVICES,))
    named = items_of_devices(institution=scope.institution, days=days)
    traits = behaviour_at(scope.run.institution, period)
    parts = _parts(scope, sums, named, traits)
    wanted = {one.card for one in sums}
    cards = {
        one.card: one.charge.amount
        for one in card_charges(scope.run.institution, period, scope.run.input_sequence)
        if one.card in wanted
    }
    rows = [_row(scope, one, parts.get(one.card), cards.get(one.card)) for one in sums]
    known = [
        (parts[one.card], cards[one.card])
        for one in sums
        if one.card in cards and one.card in parts and parts[one.card].items
    ]
    rows.append(_total(known))
    return Sheet("设备", COLUMNS, tuple(rows), (*_notes(sums, named, parts), traits.words))


def _parts(
    scope: Scope, sums: Iterable[DeviceSum], named: Mapping[str, frozenset[str]], traits: Behaviour
) -> dict[str, Part]:
    """What each device has of the items of its department; two queries."""
    classes = dict(DepartmentMonth.objects.filter(run=scope.run).values_list("department", "cost_class"))
    machines = [
        Machine(
            card=one.card,
            department=one.department,
            technology=classes.get(one.department) == CostClass.MEDICAL_TECHNOLOGY,
            items=named.get(one.card, frozenset()),
            used=int(one.used * HUNDRED),
        )
        for one in sums
    ]
    rows = ItemCost.objects.filter(
        run=scope.patients, item__isnull=False, department__in={one.department for one in machines}
    ).select_related("item")
    return parts_of(machines, [_item(row, traits) for row in rows.order_by("department", "item__code", "pk")])


def _item(row: ItemCost, traits: Behaviour) -> ItemMonth:
    """Variable by the shares of its cost items; of the rest depreciation is left out: the card has the device's own."""
    variable = {item: traits.variable(item, getattr(row, item)) for item in COST_ITEMS}
    fixed = [getattr(row, item) - variable[item] for item in COST_ITEMS if item != DEPRECIATION]
    return ItemMonth(
        code=row.item.code if row.item else "",
        department=row.department_id,
        quantity=int(row.quantity * TEN_THOUSAND),
        income=to_fen(row.income),
        variable=to_fen(summed(list(variable.values()))),
        fixed=to_fen(summed(fixed)),
    )


def _row(scope: Scope, one: DeviceSum, part: Part | None, charge: int | None) -> Row:
    asked = {"institution": one.institution, "first": scope.run.period, "last": scope.run.period, "card": one.card}
    url = f"{reverse('costing:device')}?{urlencode(asked)}"
    items = {"institution": one.institution, "period": scope.run.period, "department": one.department}
    items_url = f"{reverse('costing:item-costs')}?{urlencode(items)}"
    uses = Decimal(one.services) if one.services else one.used
    head = [Cell(one.department_name, scope.department_url(one.department)), Cell(_basis(part))]
    head += [Cell(one.used, url), Cell(one.services, url)]
    name = f"{one.name} {one.card}"
    if part is None or not part.items or uses <= 0:
        fixed = NO_CARD if charge is None else from_fen(charge)
        return Row(name, (*head, *cells(*[None] * 6, fixed, *[None] * 9)), url)
    income, variable = from_fen(part.income), from_fen(part.variable)
    each = (share(income, uses), share(variable, uses), None if charge is None else share(from_fen(charge), uses))
    head += [Cell(Decimal(part.quantity) / TEN_THOUSAND, items_url), Cell(each[0], items_url), Cell(each[1], items_url)]
    head += [Cell(each[2])]
    if charge is None:
        left = from_fen(part.income - part.variable)
        known = (income, variable, NO_CARD, left, share(left, income), None, None, None, None, None)
        return Row(name, (*head, *cells(*known, from_fen(part.fixed), None)), url)
    found = BreakEven(part.income, part.variable, charge, Fraction(uses))
    wider = BreakEven(part.income, part.variable, charge + part.fixed, Fraction(uses))
    volume = found.break_even_volume
    moved = (
        NONE if volume is None else volume,
        None if volume is None else uses - volume,
        exact_ratio(found.safety_margin),
        from_fen(part.fixed),
        NONE if wider.break_even_volume is None else wider.break_even_volume,
    )
    return Row(name, (*head, *cells(*figures_of(found), *moved)), url)


def _basis(part: Part | None) -> str:
    if part is None:
        return NO_ITEMS
    return ESTIMATED if part.estimated else f"收费项目 {len(part.items)} 项"


def _total(known: Iterable[tuple[Part, int]]) -> Row:
    """Of the devices of which all is known: sums, and the break-even income; uses of unlike devices do not add up."""
    listed = list(known)
    parts = [part for part, _charge in listed]
    whole = BreakEven(
        sum(part.income for part in parts),
        sum(part.variable for part in parts),
        sum(charge for _part, charge in listed),
    )
    fixed = from_fen(sum(part.fixed for part in parts))
    figures = (*figures_of(whole), None, None, exact_ratio(whole.safety_margin), fixed, None)
    return Row(f"数据齐全的 {len(listed)} 台合计", cells(*[None] * 8, *figures), level="total")


def _notes(
    sums: Iterable[DeviceSum], named: Mapping[str, frozenset[str]], parts: Mapping[str, Part]
) -> tuple[str, ...]:
    silent = sorted(
        {code for card, codes in named.items() for code in codes - (parts[card].items if card in parts else set())}
    )
    notes = [
        "固定成本为资产卡片本月折旧(不论资金来源)；收入和变动成本取该设备所完成收费项目在本科室的项目成本，几台设备做同一项目的按使用机时分。",
        "保本次数 = 折旧 ÷ (每次收入 − 每次变动成本)，按完成例数计，没有例数的按机时计，向上取整。",
        "维修保养费、维保合同没有按设备报送，操作人员没有指定到设备，均未计入折旧一列；后两列另加收费项目分担的人员等固定成本"
        "(不含折旧)，是较高的一个保本点。",
    ]
    if any(part.estimated for part in parts.values()):
        notes.append(
            f"「{ESTIMATED}」：该设备没有报送收费项目，医技科室其余项目的收入和成本按机时分给这些设备，只供参考。"
        )
    if any(one.card not in parts for one in sums):
        notes.append(f"「{NO_ITEMS}」：临床科室的收入不都来自设备，不作估计。请在「设备使用记录」中报送收费项目代码。")
    if silent:
        notes.append(f"报送而本月没有项目成本的收费项目：{'、'.join(silent[:20])}{'等' if len(silent) > 20 else ''}。")
    return tuple(notes)
