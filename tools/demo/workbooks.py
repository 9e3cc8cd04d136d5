"""Workbooks that pages give to be filled in, and take back."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import python_calamine
import xlsxwriter

Row = Sequence[Any]


def rows_of(body: bytes) -> list[list[Any]]:
    """The cells of the first sheet."""
    return list(python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body)).get_sheet_by_index(0).to_python())


def workbook(rows: Iterable[Row]) -> bytes:
    """One sheet with these rows."""
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, list(row))
    return body.getvalue()
