"""The official tables as .xlsx in their layout: title, unit, two header lines, basis below. Text cannot become a formula."""

import tempfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse

from costing.models import CostRun
from costing.selectors.tables import Basis, DirectRow, FullRow
from costing.titles import COST_ITEM_TITLES
from ops_platform.web import formats
from ops_platform.web.exports import XLSX, escape_cell

TITLES = tuple(COST_ITEM_TITLES.values())
BORDER = {"border": 1, "border_color": "#b9c4cc", "valign": "vcenter"}
HEAD = {**BORDER, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#eef1f5"}
MONEY = {**BORDER, "num_format": "#,##0.00;[Red]-#,##0.00"}


class _Sheet:
    """One sheet with a heading; amounts are written as numbers, everything else as escaped text."""

    def __init__(self, title: str, run: CostRun, mark: str, columns: int) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
        self.book = xlsxwriter.Workbook(self.file, {"strings_to_formulas": False, "strings_to_urls": False})
        self.sheet = self.book.add_worksheet(title[:31])
        self.formats = {
            "title": self.book.add_format({"bold": True, "font_size": 15, "align": "center"}),
            "note": self.book.add_format({"font_color": "#566573"}),
            "head": self.book.add_format(HEAD),
            "text": self.book.add_format(BORDER),
            "strong": self.book.add_format({**BORDER, "bold": True}),
            "money": self.book.add_format(MONEY),
            "strong_money": self.book.add_format({**MONEY, "bold": True}),
        }
        self.sheet.merge_range(0, 0, 0, columns - 1, title, self.formats["title"])
        heading = (
            f"编制单位：{run.institution.name}    期间：{formats.period_label(run.period)}({mark})    单位：元"
            f"    第 {run.version} 版，读到批次 {run.input_sequence}"
        )
        self.text(1, 0, heading, "note")
        self.sheet.set_column(0, 0, 22)
        self.sheet.set_column(1, columns - 1, 14)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)

    def text(self, row: int, column: int, words: Any, style: str = "text") -> None:
        self.sheet.write_string(row, column, str(escape_cell(str(words))), self.formats[style])

    def line(self, row: int, name: str, amounts: Sequence[Decimal], *, strong: bool) -> None:
        self.text(row, 0, name, "strong" if strong else "text")
        for column, amount in enumerate(amounts, 1):
            self.sheet.write_number(row, column, amount, self.formats["strong_money" if strong else "money"])

    def basis(self, row: int, basis: Sequence[Basis]) -> None:
        self.text(row, 0, "分摊依据", "note")
        for offset, one in enumerate(basis, 1):
            self.text(row + offset, 0, f"{one.sender}:{one.driver}({one.mark_title}；{one.source_text})", "note")

    def response(self, name: str) -> FileResponse:
        self.book.close()
        self.file.seek(0)
        return FileResponse(self.file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def direct_costs(run: CostRun, rows: Sequence[DirectRow], basis: Sequence[Basis], mark: str) -> FileResponse:
    """成本01 医院各科室直接成本表"""
    columns = ["科室名称", *TITLES, "医疗成本合计", "财政项目经费", "医疗全成本合计", "科教经费", "医院全成本合计"]
    sheet = _Sheet("医院各科室直接成本表", run, mark, len(columns))
    for column, title in enumerate(columns):
        sheet.text(2, column, title, "head")
    sheet.sheet.freeze_panes(3, 1)
    for number, row in enumerate(rows, 3):
        amounts = [*row.items, row.medical, row.fiscal_project, row.full_medical, row.research, row.total]
        sheet.line(number, row.name, amounts, strong=row.level != "department")
    sheet.basis(len(rows) + 4, basis)
    return sheet.response(f"各科室直接成本表-{run.institution.code}-{run.period}")


def full_costs(run: CostRun, rows: Sequence[FullRow], basis: Sequence[Basis], mark: str) -> FileResponse:
    """成本02 医院临床服务类科室全成本表"""
    groups = [*TITLES, "合计"]
    sheet = _Sheet("医院临床服务类科室全成本表", run, mark, 1 + 3 * len(groups))
    sheet.sheet.merge_range(2, 0, 3, 0, "科室名称", sheet.formats["head"])
    for index, title in enumerate(groups):
        first = 1 + 3 * index
        sheet.sheet.merge_range(2, first, 2, first + 2, title, sheet.formats["head"])
        for part, words in enumerate(("直接成本", "间接成本", "全成本")):
            sheet.text(3, first + part, words, "head")
    sheet.sheet.freeze_panes(4, 1)
    for number, row in enumerate(rows, 4):
        amounts = [amount for item in (*row.items, row.total) for amount in item]
        sheet.line(number, row.name, amounts, strong=row.department is None)
    sheet.basis(len(rows) + 5, basis)
    return sheet.response(f"临床科室全成本表-{run.institution.code}-{run.period}")
