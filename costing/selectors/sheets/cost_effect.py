"""措施成本效果: cost and effect month by month, before a measure and since."""

from costing.derivations import per, plus
from costing.selectors.cost_effects import MeasuredMonth, MeasureEffect, Question
from costing.selectors.sheets import sources
from costing.sheets import Cell, Column, Row, Sheet, share
from costing.titles import METRIC_TITLES


def cost_effect(asked: Question, found: MeasureEffect) -> Sheet:
    """Each month opens to its vouchers and to its workloads."""
    columns = (
        Column("成本"),
        Column(METRIC_TITLES[asked.metric], "quantity"),
        Column("单位效果成本", made=per(0, 1)),
    )
    rows: list[Row] = []
    for title, months in (("基期", found.base), ("本期", found.present)):
        first = len(rows)
        rows += [_month(asked, one) for one in months]
        cost, effect = sum(one.cost for one in months), sum(one.effect for one in months)
        cells = (Cell(cost), Cell(effect), Cell(share(cost, effect)))
        rows.append(Row(f"{title}合计", cells, level="total", made=plus(*range(first, len(rows)))))
    notes = ["成本为直接成本；效果为报送的工作量。两期按月均比较。"]
    if found.missing:
        notes.append(f"{'、'.join(found.missing)} 没有核算，两期都不计入。")
    if found.running:
        notes.append(f"{found.running} 还没有结束，与整月比较会偏低。")
    return Sheet("月份", columns, tuple(rows), tuple(notes))


def _month(asked: Question, one: MeasuredMonth) -> Row:
    spent = sources.spent(one.run, one.cost, department=asked.department, item=asked.cost_item).url if one.cost else ""
    brought = (
        sources.workload(one.run, one.effect, metric=asked.metric, department=asked.department) if one.effect else ""
    )
    cells = (Cell(one.cost, spent), Cell(one.effect, brought), Cell(share(one.cost, one.effect)))
    return Row(one.run.period, cells)
