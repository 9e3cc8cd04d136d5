"""A scenario (测算方案) beside its run, as a report whose figures open: those of the run to facts, those of the scenario
to what it computed, which is stored nowhere."""

from costing.derivations import Derivation, Part, minus, plus, total
from costing.models import DepartmentMonth, Scenario
from costing.selectors.layers import Amounts, Layer, LayerCosts
from costing.selectors.scenarios import Beside, Outcome
from costing.selectors.sheets import sources
from costing.selectors.sheets.computed import transfers
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Row, Sheet
from ops_platform.kernel import from_fen

COLUMNS = (
    Column("收入", "money", "原来"),
    Column("全成本", "money", "原来"),
    Column("结余", "money", "原来", made=minus(0, 1)),
    Column("收入", "money", "测算"),
    Column("全成本", "money", "测算"),
    Column("结余", "money", "测算", made=minus(3, 4)),
    Column("结余变化", "money", "测算", made=minus(5, 2)),
)
NOTES = (
    "测算在读表时由原来的数据和各项变化重新计算，不保存：点开测算的全成本，可见直接成本的变化和各科室按动因分入、分出的金额。",
    "直接成本的变动包括凭证、公共费用分摊和按卡片计提的折旧。价格和业务量的变动：临床科室按其开单收入，其他科室按其执行收入。",
    "业务量变动时，本科室和为其执行检查化验的医技科室，直接成本中的变动部分随之变动；另行统计的工作量(如消毒包)不变。",
)


def scenario_sheet(*, scenario: Scenario, found: Outcome) -> Sheet:
    """The departments that keep cost or earn, then the hospital."""
    scope = Scope(scenario.run, None, Layer.HOSPITAL)
    costs = scope.costs()
    months = {one.department_id: one for one in costs.departments}
    rows: list[Row] = []
    for one in found.rows:
        if one.department:
            cells = _cells(one, len(rows), _computed(scope, one, costs, found))
            rows.append(_department(scope, one, costs, months.get(one.department), cells))
        else:
            rows.append(Row(one.name, _cells(one, len(rows)), level="total", made=plus(*range(len(rows)))))
    return Sheet("科室", COLUMNS, tuple(rows), NOTES)


def _department(
    scope: Scope, one: Beside, costs: LayerCosts, month: DepartmentMonth | None, shown: tuple[Cell, ...]
) -> Row:
    if month is None:
        return Row(one.name, shown)
    amounts = costs.whole(one.department)
    income, cost, left, *rest = shown
    opened = (
        Cell(income.value, made=sources.income(scope, month) if one.income_before else None),
        Cell(cost.value, made=sources.full(scope, one.department, amounts) if amounts != Amounts() else None),
        left,
    )
    return Row(one.name, (*opened, *rest), scope.department_url(one.department))


def _cells(one: Beside, row: int, cost: Derivation | None = None) -> tuple[Cell, ...]:
    changed = Part("变化", one.income - one.income_before)
    income = total([Part("原收入", one.income_before, at=(row, 0)), changed]) if one.department else None
    return (
        Cell(one.income_before),
        Cell(one.cost_before),
        Cell(one.surplus_before),
        Cell(one.income, made=income),
        Cell(one.cost, made=cost),
        Cell(one.surplus),
        Cell(one.change),
    )


def _computed(scope: Scope, one: Beside, costs: LayerCosts, found: Outcome) -> Derivation:
    """Direct + received − sent, as the scenario has them: direct cost as it was with its change, then sender by sender."""
    before, after = from_fen(one.before.direct), from_fen(one.after.direct)
    was = sources.direct(scope, one.department, costs.whole(one.department))
    direct = Part("测算直接成本", after, made=total([was, Part("变化", after - before)]) if before else None)
    if found.changed is None or found.computed is None or one.department not in found.changed.month.departments:
        return total([direct])
    month, computed = found.changed.month, found.computed
    code = month.departments[one.department].code
    return total([direct, *transfers(computed.allocation.flows, month, computed.chosen, code)])
