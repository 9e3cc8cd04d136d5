"""The monthly report to the insurer as .xlsx: fees by payer, receivables, definitions, who made and checked it."""

from collections.abc import Sequence
from decimal import Decimal

from django.http import FileResponse

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.insurer_report import DEFINITIONS, Fees, Receivable
from ops_platform.ledger.selectors.insurer_report import InsurerReport
from ops_platform.web.official_sheets import BORDER, OfficialSheet

FEE_GROUPS = (
    ("人次", ("门急诊", "出院")),
    ("总费用", ("门急诊", "住院", "合计")),
    ("医保支付", ("门急诊", "住院", "合计")),
    ("个人自付", ()),
    ("支付比例", ()),
    ("次均费用", ("门急诊", "住院")),
)
RECEIVABLE_TITLES = ("期初余额", "本月新增", "其中收费业务", "本月收回、核减", "期末余额", "收费应记", "差异")
FOOT = (
    "单位负责人：                医保部门负责人：                审核：                制表：                填报日期："
)
RATIO = 9  # its place among the cells of fees
Cell = Decimal | int | None


def fee_cells(row: Fees) -> list[Cell]:
    """As the sheet shows them."""
    amounts = (row.outpatient, row.inpatient, row.total, row.insured_outpatient, row.insured_inpatient, row.insured)
    return [
        row.visits,
        row.discharges,
        *map(from_fen, amounts),
        from_fen(row.own),
        row.ratio,
        row.fee_per_visit,
        row.fee_per_discharge,
    ]


def receivable_cells(row: Receivable, *, compared: bool) -> list[Cell]:
    """As the sheet shows them; books kept elsewhere are not compared."""
    moved = [from_fen(row.opening), from_fen(row.added), from_fen(row.settled), from_fen(row.closing)]
    if not compared:
        return [*moved[:2], None, *moved[2:], None, None]
    made, expected, off = map(from_fen, (row.from_charges, row.expected, row.difference))
    return [*moved[:2], made, *moved[2:], expected, off]


class _Report(OfficialSheet):
    """Two sheets with groups of columns, counts, ratios and a foot."""

    def __init__(self, title: str, heading: str, columns: int) -> None:
        super().__init__(title, heading, columns)
        for name, style in (("count", "#,##0"), ("ratio", "0.00%")):
            self.formats[name] = self.book.add_format({**BORDER, "num_format": style})
            self.formats[f"strong_{name}"] = self.book.add_format({**BORDER, "num_format": style, "bold": True})
        self.sheet.set_column(0, 1, 18)

    def head(self, column: int, title: str, below: Sequence[str]) -> int:
        """A group of columns from this one on; the next free column."""
        style = self.formats["head"]
        if not below:
            self.sheet.merge_range(2, column, 3, column, title, style)
            return column + 1
        self.sheet.merge_range(2, column, 2, column + len(below) - 1, title, style)
        for place, name in enumerate(below, column):
            self.text(3, place, name, "head")
        return column + len(below)

    def row(self, number: int, payer: Sequence[str], cells: Sequence[Cell], *, strong: bool, ratio: int = -1) -> None:
        """Insurer, scheme and cells; `ratio` is the place of the cell that is one."""
        for column, words in enumerate(payer):
            self.text(number, column, words, "strong" if strong else "text")
        for place, cell in enumerate(cells):
            column = place + len(payer)
            if cell is None:
                self.text(number, column, "—", "strong" if strong else "text")
            elif isinstance(cell, int) or place == ratio:
                kind = "ratio" if place == ratio else "count"
                self.sheet.write_number(number, column, cell, self.formats[f"strong_{kind}" if strong else kind])
            else:
                self.amount(number, column, cell, strong=strong)

    def foot(self, number: int, notes: Sequence[str]) -> None:
        """Notes, and who answers for the report."""
        for place, words in enumerate((*notes, "", FOOT), number):
            self.text(place, 0, words, "note")


def insurer_workbook(name: str, heading: str, report: InsurerReport) -> FileResponse:
    """医保月报, with 应收医保款 as its second sheet."""
    width = 2 + sum(max(len(below), 1) for _title, below in FEE_GROUPS)
    book = _Report("医保月报", heading, width)
    column = book.head(book.head(0, "经办机构", ()), "险种", ())
    for title, below in FEE_GROUPS:
        column = book.head(column, title, below)
    lines = report.fee_lines
    for number, (payer, row, strong) in enumerate(lines, 4):
        book.row(number, payer, fee_cells(row), strong=strong, ratio=RATIO)
    book.foot(len(lines) + 5, DEFINITIONS)
    book.sheet.freeze_panes(4, 2)
    _receivables(book, heading, report)
    return book.response(name)


def _receivables(book: _Report, heading: str, report: InsurerReport) -> None:
    book.add("应收医保款", heading, 2 + len(RECEIVABLE_TITLES))
    book.sheet.set_column(0, 1, 18)
    for column, title in enumerate(("经办机构", "险种", *RECEIVABLE_TITLES)):
        book.head(column, title, ())
    lines = report.receivable_lines
    for number, (payer, row, strong) in enumerate(lines, 4):
        book.row(number, payer, receivable_cells(row, compared=not report.elsewhere), strong=strong)
    book.foot(len(lines) + 5, [*(finding.message for finding in report.findings), *report.notes])
    book.sheet.freeze_panes(4, 2)
