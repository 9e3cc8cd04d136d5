"""Statements and sheets as .xlsx: title, who and when, unit, header, lines. Text cannot become a formula."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import FileResponse

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.statements import Statement
from ops_platform.web.official_sheets import OfficialSheet

MARKS = {"seed": "文件依据", "web": "格式据公开资料", "recall": "格式待核对", "default": "系统默认格式"}
Row = tuple[Sequence[Any], bool]  # cells, strong


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; `notes` stand below."""

    title: str
    heading: str
    columns: Sequence[str]
    rows: Sequence[Row]
    notes: Sequence[str] = ()


def statement_sheet(statement: Statement, heading: str, notes: Sequence[str] = ()) -> Sheet:
    """A statement in its layout, with what a reader must know of its figures below."""
    layout = statement.layout
    rows: list[Row] = []
    for each in statement.lines:
        line = each.line
        heads = not (line.accounts or line.sum)
        amounts = [None for _ in each.values] if heads else [from_fen(value) for value in each.values]
        rows.append(([f"{'　' * line.level}{line.title}", line.number, *amounts], line.level == 0))
    columns = ["项目", "行次", *(column.title for column in layout.columns)]
    return Sheet(layout.title, heading, columns, rows, (*notes, f"{MARKS[layout.mark]}：{layout.source}"))


def workbook(name: str, sheets: Iterable[Sheet]) -> FileResponse:
    """The sheets as a download."""
    book: OfficialSheet | None = None
    for each in sheets:
        width = max(len(each.columns), 2)
        if book is None:
            book = OfficialSheet(each.title, each.heading, width)
        else:
            book.add(each.title, each.heading, width)
        _write(book, each)
    if book is None:
        raise ValueError("a workbook without sheets")
    return book.response(name)


def _write(book: OfficialSheet, content: Sheet) -> None:
    book.sheet.set_column(0, 0, 34)
    book.sheet.set_column(1, max(len(content.columns) - 1, 1), 18)
    for column, title in enumerate(content.columns):
        book.text(2, column, title, "head")
    for number, (cells, strong) in enumerate(content.rows, start=3):
        for column, cell in enumerate(cells):
            if isinstance(cell, Decimal):
                book.amount(number, column, cell, strong=strong)
            else:
                book.text(number, column, "" if cell is None else cell, "strong" if strong else "text")
    for number, note in enumerate(content.notes, start=len(content.rows) + 4):
        book.text(number, 0, note, "note")
    book.sheet.freeze_panes(3, 1)
