"""Reading uploaded workbooks: the first sheet as rows of what a person sees in its cells."""

import io
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import python_calamine

from ops_platform.web.workbook_parts import NotAWorkbook, UnpacksTooLarge, unpack

__all__ = ["NotAWorkbook", "ReadSheet", "UnpacksTooLarge", "first_sheet", "read_sheet"]

MOST_COVERED = 100_000  # cells of merged ranges that are told one by one


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """The first sheet: its name, those of the others, its rows (as many cells in each as the widest has), and the cells
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
    unpacked = unpack(body, most_bytes=most_bytes)
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(unpacked.body))
        sheet = workbook.get_sheet_by_index(0)
        table = sheet.to_python(skip_empty_area=False)
        merged = list(sheet.merged_cell_ranges or ())
    except Exception as error:
        raise NotAWorkbook from error
    return ReadSheet(
        name=sheet.name,
        others=tuple(workbook.sheet_names[1:]),
        rows=_shown(table, unpacked.first.per_cents),
        errors=unpacked.first.errors,
        uncomputed=unpacked.first.uncomputed,
        covered=_covered(merged, len(table), len(table[0]) if table else 0),
    )


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
