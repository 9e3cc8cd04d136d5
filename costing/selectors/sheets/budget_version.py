"""A version of a cost budget as tables: departments by cost item beside the version before, and by month."""

from collections.abc import Sequence
from decimal import Decimal

from costing.derivations import minus, plus
from costing.engine.budget import MONTHS
from costing.models import CostBudget
from costing.selectors.budgets import ZERO, DepartmentBudget, Move
from costing.selectors.layers import ITEMS
from costing.selectors.sheets.budget import month_words
from costing.sheets import Column, Row, Sheet, Value, cells
from costing.titles import COST_ITEM_TITLES

TOTAL = "全年合计"


def by_item(departments: Sequence[DepartmentBudget], former: CostBudget | None) -> Sheet:
    """The seven items and the year; where there was a version before, what it had and the change."""
    width = len(ITEMS)
    columns = [Column(str(COST_ITEM_TITLES[item])) for item in ITEMS]
    columns.append(Column(TOTAL, made=plus(*range(width))))
    if former is not None:
        columns += [Column(f"第 {former.version} 版"), Column("增减", good="none", made=minus(width, width + 1))]
    rows = []
    for one in departments:
        amounts: list[Value] = [one.by_item.get(item, ZERO) for item in ITEMS]
        rows.append(_row(one.department.name, [*amounts, one.year, *([one.before, one.change] if former else [])]))
    return Sheet("科室", tuple(columns), (*rows, _whole(rows, len(columns))))


def by_month(departments: Sequence[DepartmentBudget]) -> Sheet:
    """The twelve months and the year."""
    numbers = range(1, MONTHS + 1)
    columns = [Column(f"{month} 月") for month in numbers]
    columns.append(Column(TOTAL, made=plus(*range(MONTHS))))
    rows = [
        _row(one.department.name, [*(one.by_month.get(month, ZERO) for month in numbers), one.year])
        for one in departments
    ]
    return Sheet("科室", tuple(columns), (*rows, _whole(rows, len(columns))))


def moves(listed: Sequence[Move], former: CostBudget) -> Sheet:
    """What the version moves: each department's cost item with its year before and now, and the months that differ."""
    columns = (
        Column(f"第 {former.version} 版"),
        Column("本版"),
        Column("增减", good="none", made=minus(1, 0)),
        Column("有变动的月份", "text"),
    )
    rows = [
        Row(
            f"{one.department.name} {COST_ITEM_TITLES[one.cost_item]}",
            cells(one.before, one.after, one.after - one.before, month_words(one.months)),
        )
        for one in listed
    ]
    return Sheet("科室和成本项目", columns, tuple(rows))


def _row(name: str, values: Sequence[Value]) -> Row:
    return Row(name, cells(*values))


def _whole(rows: Sequence[Row], width: int) -> Row:
    sums = [sum((Decimal(row.cells[at].value or 0) for row in rows), ZERO) for at in range(width)]
    return Row("合计", cells(*sums), level="total", made=plus(*range(len(rows))))
