"""Workbooks as people fill them in."""

from io import BytesIO

import xlsxwriter


class PerCent(float):
    """A number in a cell that is formatted as per cent: 0.4 is seen as 40%."""


def workbook(*rows: tuple[object, ...]) -> bytes:
    """One sheet with these rows."""
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet, per_cent = book.add_worksheet(), book.add_format({"num_format": "0.00%"})
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(number, place, value, per_cent if isinstance(value, PerCent) else None)
    return body.getvalue()
