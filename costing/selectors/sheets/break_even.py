"""Break-even reports (量本利): departments, disease groups, service items."""

from decimal import Decimal
from fractions import Fraction

from costing.behaviour import Behaviour, behaviour_at
from costing.engine.break_even import BreakEven
from costing.engine.columns import COST_ITEMS
from costing.selectors.groups import GroupCost, month_of_groups
from costing.selectors.layers import ITEMS
from costing.selectors.patients import item_costs
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, Value, cells, summed
from costing.titles import HANDING_OUT
from ops_platform.kernel import Period, from_fen, to_fen

MANY = 300
MONEY_COLUMNS = (
    Column("收入"),
    Column("变动成本"),
    Column("固定成本"),
    Column("边际贡献"),
    Column("边际贡献率", "percent"),
    Column("结余"),
    Column("保本收入"),
)
NONE = "无保本点"


def _traits(scope: Scope) -> Behaviour:
    return behaviour_at(scope.run.institution, Period.parse(scope.run.period))


def _one(income: Decimal, variable: Decimal, fixed: Decimal, volume: Decimal | int | None = None) -> BreakEven:
    """From yuan."""
    return BreakEven(to_fen(income), to_fen(variable), to_fen(fixed), None if volume is None else Fraction(volume))


def figures_of(one: BreakEven) -> tuple[Value, ...]:
    """As `MONEY_COLUMNS` want it."""
    found = one.break_even_income
    return (
        from_fen(one.income),
        from_fen(one.variable),
        from_fen(one.fixed),
        from_fen(one.contribution),
        exact_ratio(one.contribution_ratio),
        from_fen(one.contribution - one.fixed),
        NONE if found is None else from_fen(found),
    )


def exact_ratio(exact: Fraction | None) -> Decimal | None:
    """For a column of ratios."""
    return None if exact is None else Decimal(exact.numerator) / exact.denominator


def departments(scope: Scope) -> Sheet:
    """科室量本利分析表: by income, because a department's patients are not all alike."""
    costs, traits = scope.costs(), _traits(scope)
    rows, all_of = [], []
    for each in costs.clinical:
        full = costs.whole(each.department_id).full
        variable = summed([traits.variable(item, costs.of(each.department_id, item).full) for item in ITEMS])
        one = _one(each.income + each.other_income, variable, full - variable)
        all_of.append(one)
        rows.append(
            Row(
                each.name,
                cells(*figures_of(one), exact_ratio(one.safety_margin)),
                scope.department_url(each.department_id),
            )
        )
    whole = BreakEven(
        sum(one.income for one in all_of), sum(one.variable for one in all_of), sum(one.fixed for one in all_of)
    )
    rows.append(Row("临床服务类合计", cells(*figures_of(whole), exact_ratio(whole.safety_margin)), level="total"))
    return Sheet("科室名称", (*MONEY_COLUMNS, Column("安全边际率", "percent")), tuple(rows), (traits.words,))


def groups(scope: Scope) -> Sheet:
    """病组量本利分析表: how many cases of a group it takes to bear its fixed cost. Income is what the insurer pays."""
    traits = _traits(scope)
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    rows = []
    for group in found.groups if found else ():
        if group.costed == group.cases == group.priced:
            one = _of_group(group, traits)
            volume = one.break_even_volume
            rows.append(
                Row(
                    f"{group.drg} {group.name}",
                    cells(
                        group.cases,
                        *figures_of(one),
                        NONE if volume is None else volume,
                        exact_ratio(one.safety_margin),
                    ),
                )
            )
    columns = (
        Column("例数", "quantity"),
        *MONEY_COLUMNS,
        Column("保本例数", "quantity"),
        Column("安全边际率", "percent"),
    )
    left = sum(group.cases != group.priced or group.cases != group.costed for group in found.groups) if found else 0
    notes = [traits.words, "收入为医保支付额，成本为医疗成本(自下而上)。"]
    if left:
        notes.append(f"{left} 个病组有未定价或未核算成本的病例，没有列入。")
    return Sheet("病组", columns, tuple(rows), tuple(notes))


def _of_group(group: GroupCost, traits: Behaviour) -> BreakEven:
    variable = summed([traits.variable(item, group.amounts[item]) for item in COST_ITEMS])
    return _one(group.payment, variable, group.cost - variable, group.cases)


def items(scope: Scope) -> Sheet:
    """项目量本利分析表: the service items with the greatest fixed cost."""
    columns = (
        Column("执行科室", "text"),
        Column("数量", "quantity"),
        *MONEY_COLUMNS,
        Column("保本数量", "quantity"),
        Column("安全边际率", "percent"),
    )
    if scope.patients is None:
        return Sheet("项目", columns, (), (NOT_COSTED,))
    traits = _traits(scope)
    found = []
    for row in item_costs(run=scope.patients):
        amounts = {item: getattr(row, item) for item in COST_ITEMS}
        variable = summed([traits.variable(item, amount) for item, amount in amounts.items()])
        whole = summed(list(amounts.values()))
        one = _one(row.income, variable, whole - variable, row.quantity)
        name = str(row.item) if row.item is not None else HANDING_OUT
        volume = one.break_even_volume
        found.append(
            (
                -one.fixed,
                row.pk,
                Row(
                    name,
                    (
                        Cell(row.department.name),
                        Cell(row.quantity),
                        *cells(*figures_of(one), NONE if volume is None else volume, exact_ratio(one.safety_margin)),
                    ),
                ),
            )
        )
    rows = [row for _, _, row in sorted(found, key=lambda one: one[:2])]
    notes = [traits.words]
    if len(rows) > MANY:
        notes.append(f"共 {len(rows):,} 个项目，这里列出固定成本最高的 {MANY} 个。")
    return Sheet("项目", columns, tuple(rows[:MANY]), tuple(notes))
