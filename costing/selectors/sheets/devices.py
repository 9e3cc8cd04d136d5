"""设备量本利分析表: how many uses a month a device takes to bear what it costs (docs/algorithms/break_even.md)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.urls import reverse

from costing.asset_cards import card_charges
from costing.behaviour import Behaviour, behaviour_at
from costing.derivations import Part as Of
from costing.derivations import plus, quotient
from costing.engine.break_even import BreakEven
from costing.engine.columns import COST_ITEMS
from costing.engine.devices import ItemMonth, Machine, Part, parts_of
from costing.models import DepartmentMonth, ItemCost, PatientRun
from costing.selectors.sheets.break_even import NONE, break_even_cell, figures_of, margin_cell, money_columns
from costing.selectors.sheets.device_sources import DEPRECIATION, OfItems
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from ops_platform.his_intake.public import DeviceSum, device_sums, items_of_devices
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.models import CostClass

TEN_THOUSAND, HUNDRED = 10_000, 100
EARNED, VARIES, CHARGED = 8, 9, 10  # places of income, variable and fixed cost of the month among the columns
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
    *(replace(one, group="本月") for one in money_columns(EARNED)),
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
    classes = dict(DepartmentMonth.objects.filter(run=scope.run).values_list("department", "cost_class"))
    costs = _item_costs(scope.patients, {one.department for one in sums})
    parts = parts_of([_machine(one, classes, named) for one in sums], [_item(row, traits) for row in costs])
    made = OfItems(scope.patients, traits, {(row.department_id, row.item.code): row for row in costs if row.item})
    wanted = {one.card for one in sums}
    cards = {
        one.card: one.charge.amount
        for one in card_charges(scope.run.institution, period, scope.run.input_sequence)
        if one.card in wanted
    }
    rows = [_row(scope, one, parts.get(one.card), cards.get(one.card), made, at) for at, one in enumerate(sums)]
    known = {
        at: (parts[one.card], cards[one.card])
        for at, one in enumerate(sums)
        if one.card in cards and one.card in parts and parts[one.card].items
    }
    rows.append(_total(known, len(rows)))
    return Sheet("设备", COLUMNS, tuple(rows), (*_notes(sums, named, parts), traits.words))


def _item_costs(run: PatientRun, departments: set[int]) -> list[ItemCost]:
    rows = ItemCost.objects.filter(run=run, item__isnull=False, department__in=departments)
    return list(rows.select_related("item").order_by("department", "item__code", "pk"))


def _machine(one: DeviceSum, classes: Mapping[int, str], named: Mapping[str, frozenset[str]]) -> Machine:
    return Machine(
        card=one.card,
        department=one.department,
        technology=classes.get(one.department) == CostClass.MEDICAL_TECHNOLOGY,
        items=named.get(one.card, frozenset()),
        used=int(one.used * HUNDRED),
    )


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


def _row(scope: Scope, one: DeviceSum, part: Part | None, charge: int | None, made: OfItems, at: int) -> Row:
    asked = {"institution": one.institution, "first": scope.run.period, "last": scope.run.period, "card": one.card}
    url = f"{reverse('costing:device')}?{urlencode(asked)}"
    items = {"institution": one.institution, "period": scope.run.period, "department": one.department}
    items_url = f"{reverse('costing:item-costs')}?{urlencode(items)}"
    counted = bool(one.services)
    uses = Decimal(one.services or 0) if counted else one.used
    head = [Cell(one.department_name, scope.department_url(one.department)), Cell(_basis(part))]
    head += [Cell(one.used, url), Cell(one.services, f"{url}&measure=services")]
    name = f"{one.name} {one.card}"
    card = Cell(NO_CARD) if charge is None else Cell(from_fen(charge), _card_url(scope, one.card, charge))
    if part is None or not part.items or uses <= 0:
        return Row(name, (*head, *cells(*[None] * 6), card, *cells(*[None] * 9)), url)
    each = _Each(
        at, Of("完成例数", uses, "quantity", at=(at, 3)) if counted else Of("使用机时", uses, "decimal", at=(at, 2))
    )
    earned, varies, rest = (from_fen(amount) for amount in (part.income, part.variable, part.fixed))
    income, variable = Cell(earned, made=made.income(part)), Cell(varies, made=made.variable(part))
    other = Cell(rest, made=made.fixed(part))
    head += [
        Cell(Decimal(part.quantity) / TEN_THOUSAND, items_url),
        each.cell(EARNED, earned),
        each.cell(VARIES, varies),
    ]
    if charge is None:
        figures = (Cell(None), income, variable, card, *cells(earned - varies, share(earned - varies, earned)))
        return Row(name, (*head, *figures, *cells(*[None] * 5), other, Cell(None)), url)
    found = BreakEven(part.income, part.variable, charge, Fraction(uses))
    wider = BreakEven(part.income, part.variable, charge + part.fixed, Fraction(uses))
    volume = found.break_even_volume
    figures = (
        each.cell(CHARGED, from_fen(charge)),
        *(income, variable, card),
        *cells(*figures_of(found)[3:6]),
        break_even_cell(found, (at, EARNED)),
        *cells(NONE if volume is None else volume, None if volume is None else uses - volume),
        margin_cell(found, (at, EARNED)),
        other,
        *cells(NONE if wider.break_even_volume is None else wider.break_even_volume),
    )
    return Row(name, (*head, *figures), url)


@dataclass(frozen=True, slots=True)
class _Each:
    """The figures of a use, of the row's figures of the month."""

    row: int
    uses: Of

    def cell(self, place: int, amount: Decimal) -> Cell:
        """Of the figure in that column."""
        whole = Of(COLUMNS[place].name, amount, at=(self.row, place))
        return Cell(share(amount, self.uses.amount), made=quotient(whole, self.uses))


def _card_url(scope: Scope, card: str, charge: int) -> str:
    """What the card charges in the month."""
    asked = urlencode({"card": card, "came": from_fen(charge)})
    return f"{reverse('costing:asset-cards', args=[scope.run.pk])}?{asked}"


def _basis(part: Part | None) -> str:
    if part is None:
        return NO_ITEMS
    return ESTIMATED if part.estimated else f"收费项目 {len(part.items)} 项"


def _total(known: Mapping[int, tuple[Part, int]], at: int) -> Row:
    """Of the devices of which all is known, by row: sums, and the break-even income; uses of unlike devices do not add
    up."""
    parts = [part for part, _charge in known.values()]
    whole = BreakEven(
        sum(part.income for part in parts),
        sum(part.variable for part in parts),
        sum(charge for _part, charge in known.values()),
    )
    figures = (*cells(*figures_of(whole)[:6]), break_even_cell(whole, (at, EARNED)))
    margin = margin_cell(whole, (at, EARNED))
    rest = (*cells(None, None), margin, *cells(from_fen(sum(part.fixed for part in parts)), None))
    name = f"数据齐全的 {len(known)} 台合计"
    return Row(name, (*cells(*[None] * 8), *figures, *rest), level="total", made=plus(*known))


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
