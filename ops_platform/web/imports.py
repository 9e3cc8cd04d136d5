"""Reading uploaded workbooks: the first sheet, or all, as rows of what a person sees in its cells."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine

from ops_platform.web.workbook_parts import MOST_CELLS, NotAWorkbook, UnpacksTooLarge, unpack

__all__ = ["NotAWorkbook", "ReadSheet", "UnpacksTooLarge", "first_sheet", "read_sheet", "read_sheets"]

MOST_COVERED = 100_000  # cells of merged ranges that are told one by one


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet: its name, those of the others, its rows (as many cells in each as the widest has), and the cells
    (row, column from 0) that show no value though something is there: errors, formulas not computed, covered by a merge."""

    name: str
    others: tuple[str, ...]
    rows: list[list[Any]]
    errors: Collection[tuple[int, int]]
    uncomputed: Collection[tuple[int, int]]
    covered: Collection[tuple[int, int]]


def first_sheet(body: bytes, *, most_bytes: int) -> list[list[Any]]:
    """The rows of the first sheet, as many cells in each as the widest has. Raises NotAWorkbook or UnpacksTooLarge."""
    return read_sheet(body, most_bytes=most_bytes).rows


def read_sheet(body: bytes, *, most_bytes: int) -> ReadSheet:
    """The first sheet with what cannot be read of it. Raises NotAWorkbook or UnpacksTooLarge."""
    return _read(body, most_bytes=most_bytes, most_sheets=1)[0]


def read_sheets(body: bytes, *, most_bytes: int, most_sheets: int) -> list[ReadSheet]:
    """The sheets in their order, as many as `most_sheets`. Raises NotAWorkbook or UnpacksTooLarge."""
    return _read(body, most_bytes=most_bytes, most_sheets=most_sheets)


def _read(body: bytes, *, most_bytes: int, most_sheets: int) -> list[ReadSheet]:
    unpacked = unpack(body, most_bytes=most_bytes)
    if sum(part.rows * part.columns for part in unpacked.sheets[:most_sheets]) > MOST_CELLS:
        raise UnpacksTooLarge
    found = []
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(unpacked.body))
        names = list(workbook.sheet_names)
        for position, part in enumerate(unpacked.sheets[:most_sheets] or (unpacked.first,)):
            sheet = workbook.get_sheet_by_index(position)
            table = sheet.to_python(skip_empty_area=False)
            merged = list(sheet.merged_cell_ranges or ())
            found.append(
                ReadSheet(
                    name=sheet.name,
                    others=tuple(names[:position] + names[position + 1 :]),
                    rows=_shown(table, part.per_cents),
                    errors=part.errors,
                    uncomputed=part.uncomputed,
                    covered=_covered(merged, len(table), len(table[0]) if table else 0),
                )
            )
    except Exception as error:
        raise NotAWorkbook from error
    return found


def _covered(merged: list[tuple[tuple[int, int], tuple[int, int]]], rows: int, columns: int) -> set[tuple[int, int]]:
    """The cells that merged ranges hide within the table: all but the first of each."""
    found: set[tuple[int, int]] = set()
    for (top, left), (bottom, right) in merged:
        for row in range(top, min(bottom + 1, rows)):
            found.update(
                (row, column) for column in range(left, min(right + 1, columns)) if (row, column) != (top, left)
            )
            if len(found) > MOST_COVERED:
                return found
    return found


def _shown(table: list[list[Any]], per_cents: Collection[tuple[int, int]]) -> list[list[Any]]:
    """The cells as a person sees them: 0.4 of a cell that is formatted as per cent is 40%."""
    rows = [[_cell(value) for value in row] for row in table]
    for row, column in per_cents:
        if 0 <= row < len(table) and column < len(table[row]) and isinstance(table[row][column], float):
            rows[row][column] = f"{Decimal(rows[row][column]).scaleb(2).normalize():f}%"
    return rows


def _cell(value: Any) -> Any:
    """A cell as the text a person sees: numbers without the noise of binary fractions, dates in ISO form."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(Decimal(format(value or 0.0, ".15g")), "f")
    if isinstance(value, datetime):
        is_day = value.time() == datetime.min.time()
        return value.date().isoformat() if is_day else value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else value
