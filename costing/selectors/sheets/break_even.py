"""Break-even reports (量本利): departments, disease groups, service items."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.urls import reverse

from costing.behaviour import Behaviour, behaviour_at
from costing.derivations import Derivation, Part, minus, per, plus, quotient, total
from costing.engine.break_even import BreakEven
from costing.engine.columns import COST_ITEMS
from costing.models import ItemCost, PatientRun
from costing.selectors.groups import GroupCost, month_of_groups
from costing.selectors.layers import ZERO
from costing.selectors.patients import item_costs
from costing.selectors.sheets import sources
from costing.selectors.sheets.patients import group_url
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, Value, summed
from costing.titles import HANDING_OUT
from ops_platform.kernel import Period, from_fen, to_fen

MANY = 300
NONE = "无保本点"


def _traits(scope: Scope) -> Behaviour:
    return behaviour_at(scope.run.institution, Period.parse(scope.run.period))


def _one(income: Decimal, variable: Decimal, fixed: Decimal, volume: Decimal | int | None = None) -> BreakEven:
    """From yuan."""
    return BreakEven(to_fen(income), to_fen(variable), to_fen(fixed), None if volume is None else Fraction(volume))


def money_columns(first: int) -> tuple[Column, ...]:
    """Money of a break-even; its first stands in that place."""
    return (
        Column("收入"),
        Column("变动成本"),
        Column("固定成本"),
        Column("边际贡献", made=minus(first, first + 1)),
        Column("边际贡献率", "percent", made=per(first + 3, first)),
        Column("结余", made=minus(first + 3, first + 2)),
        Column("保本收入"),
    )


@dataclass(frozen=True, slots=True)
class _Sources:
    """What income, variable and full cost were made from."""

    income: Cell
    variable: Derivation
    full: Part


def _figures(one: BreakEven, made: _Sources | None, at: tuple[int, int]) -> tuple[Cell, ...]:
    """As `_columns` want it, the first at that place; without sources where the figures are sums over rows."""
    income, variable, fixed = from_fen(one.income), from_fen(one.variable), from_fen(one.fixed)
    rest = None
    if made is not None:
        rest = total([made.full, Part("变动成本", variable, sign=-1, at=(at[0], at[1] + 1))])
    return (
        made.income if made else Cell(income),
        Cell(variable, made=made.variable if made else None),
        Cell(fixed, made=rest),
        Cell(from_fen(one.contribution)),
        Cell(exact_ratio(one.contribution_ratio)),
        Cell(from_fen(one.contribution - one.fixed)),
        break_even_cell(one, at),
    )


def break_even_cell(one: BreakEven, at: tuple[int, int]) -> Cell:
    """保本收入 of a row whose income stands in that place."""
    found = one.break_even_income
    return Cell(NONE) if found is None else Cell(from_fen(found), made=_break_even(one, at))


def _break_even(one: BreakEven, at: tuple[int, int]) -> Derivation:
    """Fixed cost ÷ contribution ratio."""
    row, first = at
    ratio = quotient(
        Part("边际贡献", from_fen(one.contribution), at=(row, first + 3)),
        Part("收入", from_fen(one.income), at=(row, first)),
    )
    part = Part("边际贡献率", ratio.value or 0, "percent", made=ratio)
    return quotient(Part("固定成本", from_fen(one.fixed), at=(row, first + 2)), part)


def margin_cell(one: BreakEven, at: tuple[int, int]) -> Cell:
    """安全边际率: what of the income lies above the break-even."""
    found, (row, first) = one.break_even_income, at
    if found is None:
        return Cell(None)
    income = Part("收入", from_fen(one.income), at=(row, first))
    above = total([income, Part("保本收入", from_fen(found), sign=-1, at=(row, first + 6))])
    return Cell(exact_ratio(one.safety_margin), made=quotient(Part("安全边际", above.value or 0, made=above), income))


def figures_of(one: BreakEven) -> tuple[Value, ...]:
    """As `money_columns` want it, of what opens nothing."""
    return tuple(cell.value for cell in _figures(one, None, (0, 0)))


def exact_ratio(exact: Fraction | None) -> Decimal | None:
    return None if exact is None else Decimal(exact.numerator) / exact.denominator


def departments(scope: Scope) -> Sheet:
    """科室量本利分析表: by income, because a department's patients are not all alike."""
    costs, traits = scope.costs(), _traits(scope)
    rows: list[Row] = []
    all_of = []
    for each in costs.clinical:
        number, whole = each.department_id, costs.whole(each.department_id)
        variable = sources.variable(traits, sources.full_by_item(scope, number, costs.items_of(number)))
        varies, earned = variable.value or ZERO, each.income + each.other_income
        one = _one(earned, varies, whole.full - varies)
        all_of.append(one)
        made = _Sources(
            Cell(earned, made=sources.income(scope, each)),
            variable,
            Part("全成本", whole.full, made=sources.full(scope, number, whole)),
        )
        at = (len(rows), 0)
        rows.append(Row(each.name, (*_figures(one, made, at), margin_cell(one, at)), scope.department_url(number)))
    every = BreakEven(
        sum(one.income for one in all_of), sum(one.variable for one in all_of), sum(one.fixed for one in all_of)
    )
    at = (len(rows), 0)
    figures = (*_figures(every, None, at), margin_cell(every, at))
    rows.append(Row("临床服务类合计", figures, level="total", made=plus(*range(len(rows)))))
    return Sheet("科室名称", (*money_columns(0), Column("安全边际率", "percent")), tuple(rows), (traits.words,))


def groups(scope: Scope) -> Sheet:
    """病组量本利分析表: how many cases of a group it takes to bear its fixed cost. Income is what the insurer pays."""
    traits = _traits(scope)
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    rows: list[Row] = []
    for group in found.groups if found else ():
        if group.costed == group.cases == group.priced:
            one, made = _of_group(scope, group, traits)
            at = (len(rows), 1)
            number = Cell(group.cases, sources.cases(scope.run, "count", group.cases, drg=group.drg).url)
            rows.append(
                Row(
                    f"{group.drg} {group.name}",
                    (number, *_figures(one, made, at), _volume(one), margin_cell(one, at)),
                    group_url(scope, group.drg),
                )
            )
    columns = (
        Column("例数", "quantity"),
        *money_columns(1),
        Column("保本例数", "quantity"),
        Column("安全边际率", "percent"),
    )
    left = sum(group.cases != group.priced or group.cases != group.costed for group in found.groups) if found else 0
    notes = [traits.words, "收入为医保支付额，成本为医疗成本(自下而上)。"]
    if left:
        notes.append(f"{left} 个病组有未定价或未核算成本的病例，没有列入。")
    return Sheet("病组", columns, tuple(rows), tuple(notes))


def _volume(one: BreakEven) -> Cell:
    volume = one.break_even_volume
    return Cell(NONE if volume is None else volume)


def _of_group(scope: Scope, group: GroupCost, traits: Behaviour) -> tuple[BreakEven, _Sources]:
    def part(measure: str, amount: Decimal) -> Part:
        return sources.cases(scope.run, measure, amount, drg=group.drg)

    variable = sources.variable(traits, {item: part(item, group.amounts[item]) for item in COST_ITEMS})
    varies = variable.value or ZERO
    made = _Sources(Cell(group.payment, part("payment", group.payment).url), variable, part("cost", group.cost))
    return _one(group.payment, varies, group.cost - varies, group.cases), made


def items(scope: Scope) -> Sheet:
    """项目量本利分析表: the service items with the greatest fixed cost."""
    columns = (
        Column("执行科室", "text"),
        Column("数量", "quantity"),
        *money_columns(2),
        Column("保本数量", "quantity"),
        Column("安全边际率", "percent"),
    )
    if scope.patients is None:
        return Sheet("项目", columns, (), (NOT_COSTED,))
    traits = _traits(scope)
    found = []
    for row in item_costs(run=scope.patients):
        variable = summed([traits.variable(item, getattr(row, item)) for item in COST_ITEMS])
        found.append((_one(row.income, variable, row.medical_cost - variable, row.quantity), row))
    found.sort(key=lambda each: (-each[0].fixed, each[1].pk))
    rows = [_of_item(scope.patients, traits, one, row, at) for at, (one, row) in enumerate(found[:MANY])]
    notes = [traits.words]
    if len(found) > MANY:
        notes.append(f"共 {len(found):,} 个项目，这里列出固定成本最高的 {MANY} 个。")
    return Sheet("项目", columns, tuple(rows), tuple(notes))


def _of_item(run: PatientRun, traits: Behaviour, one: BreakEven, row: ItemCost, line: int) -> Row:
    """An item of a department; it opens its page."""

    def part(measure: str, amount: Decimal) -> Part:
        code = row.item.code if row.item is not None else ""
        return sources.items(run, measure, amount, department=row.department_id, item=code)

    at = (line, 2)
    made = _Sources(
        Cell(row.income, part("income", row.income).url),
        sources.variable(traits, {item: part(item, getattr(row, item)) for item in COST_ITEMS}),
        part("cost", row.medical_cost),
    )
    return Row(
        str(row.item) if row.item is not None else HANDING_OUT,
        (
            Cell(row.department.name),
            Cell(row.quantity),
            *_figures(one, made, at),
            _volume(one),
            margin_cell(one, at),
        ),
        reverse("costing:item-cost", args=[row.pk]),
    )
