"""A year's cost budget as a workbook: out with what was spent and what is in force, in as a whole or not at all."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import FileResponse

from costing.engine.budget import MONTHS, spread
from costing.row_files import Faults, FileRow, none_of, number_of_cell, read_table, shown
from costing.selectors.budget_execution import Offered
from costing.services.budgets import FEN, LARGEST, MOST_ROWS, BudgetRow, budget_faults
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import from_fen, to_fen
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response

CODE, NAME, ITEM, YEAR = "科室编码", "科室名称", "成本项目", "全年(元)"
LAST_YEAR, MEAN = "上年实际(元)", "本年月均实际(元)"
MONTH_TITLES = tuple(f"{month}月(元)" for month in range(1, MONTHS + 1))
ITEMS = {title: code for code, title in COST_ITEM_TITLES.items()}
ZERO = Decimal("0.00")
FIELDS = {"department": CODE, "cost_item": ITEM, "months": MONTH_TITLES[0]}


def write(institution: Institution, year: int, rows: Sequence[Offered]) -> FileResponse:
    """The workbook to fill in and send back."""
    return xlsx_response(
        f"成本预算_{institution.code}_{year}",
        [CODE, NAME, ITEM, LAST_YEAR, MEAN, *MONTH_TITLES, YEAR],
        (_line(row) for row in rows),
    )


def _line(row: Offered) -> list[str | Decimal | None]:
    months: Sequence[Decimal | None] = row.months or (None,) * MONTHS
    year = sum(row.months, ZERO) if row.months else None
    item = str(COST_ITEM_TITLES[row.cost_item])
    return [row.department.code, row.department.name, item, row.last_year, row.mean, *months, year]


def read(body: bytes, institution: Institution) -> list[BudgetRow]:
    """The rows that have an amount. A row with the year alone is divided over its months; one with both must add up. Raises
    Invalid: for the file, or with the faults of its cells."""
    table = read_table(body, (CODE, ITEM), MOST_ROWS, optional=(*MONTH_TITLES, YEAR), beside=(NAME, LAST_YEAR, MEAN))
    rows, numbers = [], []
    for row in table.rows:
        if not any(row[title] for title in (*MONTH_TITLES, YEAR)):
            continue
        item = ITEMS.get(row[ITEM], row[ITEM])
        if item not in COST_ITEM_TITLES:
            table.faults.add(row.number, ITEM, none_of(row[ITEM], ITEMS))
            continue
        rows.append(BudgetRow(row[CODE], item, _months(row, table.faults)))
        numbers.append(row.number)
    for fault in budget_faults(institution, rows):
        table.faults.add(numbers[fault.row], FIELDS[fault.field], fault.message)
    table.faults.refuse()
    return rows


def _months(row: FileRow, faults: Faults) -> tuple[Decimal, ...]:
    told = [_amount(row, title, faults) for title in MONTH_TITLES]
    year = _amount(row, YEAR, faults)
    if year is not None and not any(row[title] for title in MONTH_TITLES):
        return tuple(from_fen(fen) for fen in spread(to_fen(year)))
    months = tuple(amount or ZERO for amount in told)
    if year is not None and not faults.at(row.number) and sum(months) != year:
        words = f"各月合计 {sum(months):,} 与全年 {year:,} 不一致，请改正，或清空全年。"
        faults.add(row.number, YEAR, words)
    return months


def _amount(row: FileRow, title: str, faults: Faults) -> Decimal | None:
    told = row[title].replace(",", "")
    if not told:
        return None
    value = number_of_cell(told, FEN, below=LARGEST)
    if value is None:
        faults.add(row.number, title, f"{shown(row[title])} 应为 0 或以上的金额，最多两位小数。")
    return value
