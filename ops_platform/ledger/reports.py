"""Statements and sheets as .xlsx: title, who and when, unit, header, lines. Text cannot become a formula."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.statements import Statement
from ops_platform.web.exports import XLSX, escape_cell

BORDER = {"border": 1, "border_color": "#b9c4cc", "valign": "vcenter"}
HEAD = {**BORDER, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#eef1f5"}
MONEY = {**BORDER, "num_format": "#,##0.00;[Red]-#,##0.00"}
LONGEST_NAME = 31
MARKS = {"seed": "文件依据", "web": "公开网页", "recall": "格式待核对", "default": "系统默认格式"}
Row = tuple[Sequence[Any], bool]  # cells, strong


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; `note` stands below."""

    title: str
    heading: str
    columns: Sequence[str]
    rows: Sequence[Row]
    note: str = ""


def statement_sheet(statement: Statement, heading: str) -> Sheet:
    """A statement in its layout."""
    layout = statement.layout
    rows: list[Row] = []
    for each in statement.lines:
        line = each.line
        heads = not (line.accounts or line.sum)
        amounts = [None for _ in each.values] if heads else [from_fen(value) for value in each.values]
        rows.append(([f"{'　' * line.level}{line.title}", line.number, *amounts], line.level == 0))
    columns = ["项目", "行次", *(column.title for column in layout.columns)]
    return Sheet(layout.title, heading, columns, rows, f"{MARKS[layout.mark]}：{layout.source}")


def workbook(name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """The sheets as a download."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    formats = {
        "title": book.add_format({"bold": True, "font_size": 15, "align": "center"}),
        "note": book.add_format({"font_color": "#566573"}),
        "head": book.add_format(HEAD),
        "text": book.add_format(BORDER),
        "strong": book.add_format({**BORDER, "bold": True}),
        "money": book.add_format(MONEY),
        "strong_money": book.add_format({**MONEY, "bold": True}),
    }
    for each in sheets:
        _write(book.add_worksheet(each.title[:LONGEST_NAME]), each, formats)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _write(sheet: Any, content: Sheet, formats: dict[str, Any]) -> None:
    width = len(content.columns)
    sheet.merge_range(0, 0, 0, max(width - 1, 1), content.title, formats["title"])
    sheet.write_string(1, 0, str(escape_cell(content.heading)), formats["note"])
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, width - 1, 18)
    for column, title in enumerate(content.columns):
        sheet.write_string(2, column, str(escape_cell(title)), formats["head"])
    for number, (cells, strong) in enumerate(content.rows, start=3):
        for column, cell in enumerate(cells):
            if isinstance(cell, Decimal):
                sheet.write_number(number, column, cell, formats["strong_money" if strong else "money"])
            else:
                text = "" if cell is None else str(escape_cell(str(cell)))
                sheet.write_string(number, column, text, formats["strong" if strong else "text"])
    if content.note:
        sheet.write_string(len(content.rows) + 4, 0, str(escape_cell(content.note)), formats["note"])
    sheet.freeze_panes(3, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
