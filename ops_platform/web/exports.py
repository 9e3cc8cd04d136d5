"""Tables as .xlsx, written row by row; what could run as a formula in a spreadsheet is escaped."""

import tempfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.http import FileResponse
from django.utils import timezone

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ROWS_PER_SHEET = 1_000_000
LONGEST_TAB, NO_TAB = 31, "[]:*?/\\"


def escape_cell(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula gets a leading apostrophe; numbers and dates stay."""
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write(sheet: Any, formats: dict[str, Any], row: int, column: int, value: Any) -> None:
    value = escape_cell(value)
    if value is None or value == "":
        sheet.write_blank(row, column, None)
    elif isinstance(value, bool):
        sheet.write_string(row, column, "是" if value else "否")
    elif isinstance(value, int | float | Decimal):
        decimals = isinstance(value, Decimal) and value.as_tuple().exponent == -2
        sheet.write_number(row, column, value, formats["money"] if decimals else None)
    elif isinstance(value, datetime):
        local = timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
        sheet.write_datetime(row, column, local, formats["time"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, formats["date"])
    else:
        sheet.write_string(row, column, value)


def xlsx_response(name: str, columns: Sequence[Any], rows: Iterable[Sequence[Any]], *, title: str = "") -> FileResponse:
    """A download `name`.xlsx with a header line of our own words (what comes from outside the caller escapes), below a
    `title` where what the figures are is not to be seen from their header. Rows are taken one by one; beyond a million
    another sheet begins."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    formats = {
        "title": book.add_format({"bold": True}),
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#eef1f5"}),
        "money": book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    }
    sheet = None
    for index, row in enumerate(rows):
        position = index % ROWS_PER_SHEET
        if position == 0:
            sheet = _sheet(book, _tab(name, index // ROWS_PER_SHEET), columns, formats, title)
        for column, value in enumerate(row):
            _write(sheet, formats, position + (2 if title else 1), column, value)
    if sheet is None:
        _sheet(book, _tab(name, 0), columns, formats, title)
    book.close()
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)


def _tab(name: str, number: int) -> str:
    """The name of the file as that of a sheet, which is shorter and knows fewer signs; counted from the second sheet on."""
    mark = f"({number + 1})" if number else ""
    plain = "".join("-" if sign in NO_TAB else sign for sign in name).strip("'")
    return f"{plain[: LONGEST_TAB - len(mark)]}{mark}" or "1"


def _sheet(book: Any, tab: str, columns: Sequence[Any], formats: dict[str, Any], title: str) -> Any:
    sheet = book.add_worksheet(tab)
    head = 1 if title else 0
    sheet.freeze_panes(head + 1, 0)
    sheet.set_column(0, max(len(columns) - 1, 0), 16)
    if title:
        sheet.write_string(0, 0, title, formats["title"])
    for column, name in enumerate(columns):
        sheet.write_string(head, column, str(name), formats["head"])
    return sheet
