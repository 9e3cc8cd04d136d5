"""The trial balance as .xlsx."""

from collections.abc import Sequence

from django.http import FileResponse

from ops_platform.ledger.models import Book
from ops_platform.ledger.selectors.balances import BalanceRow, TrialBalance
from ops_platform.masterdata.models import Institution
from ops_platform.web import formats
from ops_platform.web.official_sheets import OfficialSheet

PAIRS = ("期初余额", "本期发生额", "本年累计发生额", "期末余额")


def trial_balance_workbook(
    institution: Institution, period: str, book: str, found: TrialBalance, notes: Sequence[str] = ()
) -> FileResponse:
    """科目余额表, with what a reader must know of its figures below."""
    heading = f"编制单位：{institution.name}    期间：{formats.period_label(period)}    {Book(book).label}    单位：元"
    sheet = OfficialSheet("科目余额表", heading, 2 + 2 * len(PAIRS))
    sheet.sheet.merge_range(2, 0, 3, 0, "科目编码", sheet.formats["head"])
    sheet.sheet.merge_range(2, 1, 3, 1, "科目名称", sheet.formats["head"])
    for index, title in enumerate(PAIRS):
        first = 2 + 2 * index
        sheet.sheet.merge_range(2, first, 2, first + 1, title, sheet.formats["head"])
        sheet.text(3, first, "借方", "head")
        sheet.text(3, first + 1, "贷方", "head")
    sheet.sheet.set_column(1, 1, 28)
    sheet.sheet.freeze_panes(4, 2)
    for number, row in enumerate((*found.rows, found.total), 4):
        _line(sheet, number, row, strong=row.level == 1)
    for number, note in enumerate(notes, len(found.rows) + 6):
        sheet.text(number, 0, note, "note")
    return sheet.response(f"科目余额表-{institution.code}-{period}")


def _line(sheet: OfficialSheet, number: int, row: BalanceRow, *, strong: bool) -> None:
    style = "strong" if strong else "text"
    sheet.text(number, 0, row.code, style)
    sheet.text(number, 1, "　" * (row.level - 1) + row.name, style)
    amounts = (
        row.opening_debit,
        row.opening_credit,
        row.debit,
        row.credit,
        row.year_debit,
        row.year_credit,
        row.closing_debit,
        row.closing_credit,
    )
    for column, amount in enumerate(amounts, 2):
        sheet.amount(number, column, amount, strong=strong)
