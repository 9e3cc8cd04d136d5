"""A report as columns and rows, whatever it is of: one template shows it, one writer makes the .xlsx."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from costing.derivations import Derivation, Formula, Kind, Part, Value
from ops_platform.web import formats

__all__ = [
    "Cell",
    "Column",
    "Good",
    "Kind",
    "Pages",
    "Row",
    "Sheet",
    "Stream",
    "Value",
    "cells",
    "opened",
    "share",
    "summed",
]

Good = Literal["", "up", "down", "none"]
Pages = tuple[tuple[str, tuple[int, ...]], ...]
DIRECTIONS = "绿色为有利，红色为不利：按指标的含义(成本、药占比下降为有利)，不按正负号。"
HUNDRED = 100
ADDED = ("money", "quantity")  # what a total adds; other figures of its row say themselves what they are


@dataclass(frozen=True, slots=True)
class Column:
    """`group` stands above neighbouring columns that have it in common. Money in yuan, percent as a ratio, points (百分点)
    as what they count; a decimal has two places, words may be long. `good` says of a difference which way is favourable
    (有利): up, down, or none of them; "" of what is no difference, which is red below zero. `made` says from which columns
    of its row it follows."""

    title: str
    kind: Kind = "money"
    group: str = ""
    good: Good = ""
    made: Formula | None = None

    @property
    def name(self) -> str:
        """The title with that of its group."""
        return f"{self.group} {self.title}" if self.group else self.title


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure; `url` opens what it was made from, `made` says it; `good` where the row knows better than the column which
    way is good."""

    value: Value
    url: str = ""
    made: Derivation | None = None
    good: Good = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A line: a department, a group, an item; `level` is department, subtotal or total. `made` says from which rows it
    follows, where a column does not say more."""

    name: str
    cells: tuple[Cell, ...]
    url: str = ""
    level: str = "department"
    made: Formula | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """What went from one to the other, for a picture of streams (Sankey); names as the rows have them, in yuan."""

    sender: str
    receiver: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """The report: what stands in its first column, its columns, its rows, and what has to be said of it. `pages` are the
    pages of the official form, each a title and the columns on it (none: one page with all of them); `drawn` names the two
    columns of a picture beside it (across, up), `streams` are drawn as such, where a picture helps. `lined`: the first so
    many columns are moments, and the totals and subtotals are drawn as lines over them."""

    first: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    drawn: tuple[int, int] | None = None
    streams: tuple[Stream, ...] = ()
    lined: int = 0
    pages: Pages = ()

    def page(self, columns: Sequence[int]) -> "Sheet":
        """The same rows with some of the columns; without groups where their titles tell them apart."""
        rows = tuple(replace(row, cells=tuple(row.cells[at] for at in columns)) for row in self.rows)
        own = tuple(self.columns[at] for at in columns)
        if len({column.title for column in own}) == len(own):
            own = tuple(replace(column, group="") for column in own)
        return replace(self, columns=own, rows=rows, pages=())

    @property
    def groups(self) -> list[tuple[str, int]]:
        """Neighbouring columns by group, with their number; empty where no column has one."""
        if not any(column.group for column in self.columns):
            return []
        found: list[tuple[str, int]] = []
        for column in self.columns:
            if found and found[-1][0] == column.group and column.group:
                found[-1] = (column.group, found[-1][1] + 1)
            else:
                found.append((column.group, 1))
        return found

    @property
    def heads(self) -> list[tuple[str, tuple[Column, ...]]]:
        """The columns by group, of which "" has none."""
        found, at = [], 0
        for group, width in self.groups:
            found.append((group, self.columns[at : at + width]))
            at += width
        return found

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """How the cells of each column are written."""
        return tuple(column.kind for column in self.columns)

    @property
    def begins(self) -> tuple[bool, ...]:
        """Which columns begin a group."""
        groups = [column.group for column in self.columns]
        return tuple(bool(group) and (at == 0 or groups[at - 1] != group) for at, group in enumerate(groups))

    def tones(self, row: Row) -> list[str]:
        """Of each cell of a row: good, bad or none of a difference, "" of what is none."""
        return [
            formats.tone(cell.value, cell.good or one.good) for cell, one in zip(row.cells, self.columns, strict=True)
        ]

    def lines(self) -> list[tuple[Row, list[tuple[Cell, Kind, bool, str]]]]:
        """Each row with its cells, how each is written, whether it begins a group, and its tone."""
        return [(row, list(zip(row.cells, self.kinds, self.begins, self.tones(row), strict=True))) for row in self.rows]

    @property
    def said(self) -> tuple[str, ...]:
        """The notes, with what the colours mean where some figure has one."""
        toned = any(tone in ("good", "bad") for row in self.rows for tone in self.tones(row))
        return (*self.notes, DIRECTIONS) if toned else self.notes

    def derivation(self, row: int, column: int) -> Derivation | None:
        """What a figure was made from: as it says itself, else by the ratio of its column, by its row, by its column. None
        of words, of nothing, and of what only opens facts."""
        cell, by_row, by_column = self.rows[row].cells[column], self.rows[row].made, self.columns[column].made
        if not isinstance(cell.value, Decimal | int):
            return None
        if cell.made is not None or cell.url:
            return cell.made
        across = by_column is not None and (by_row is None or by_column.way != "sum")
        if across and by_column is not None:
            return self._made(
                by_column, [(row, at) for at in by_column.of], [self.columns[at].name for at in by_column.of]
            )
        if by_row is not None and (by_row.way != "sum" or self.columns[column].kind in ADDED):
            return self._made(by_row, [(at, column) for at in by_row.of], [self.rows[at].name for at in by_row.of])
        return None

    def _made(self, formula: Formula, places: list[tuple[int, int]], names: list[str]) -> Derivation | None:
        parts = []
        for (row, column), name, sign in zip(places, names, formula.signs, strict=True):
            value = self.rows[row].cells[column].value
            if isinstance(value, Decimal | int):
                parts.append(Part(name.strip(), value, self.columns[column].kind, sign, at=(row, column)))
            elif formula.way != "sum":
                return None
        return Derivation(formula.way, tuple(parts)) if parts else None


def opened(found: Sheet, address: Callable[[int, int], str]) -> Sheet:
    """The report with an address in every figure that is made of others."""
    rows = []
    for at, row in enumerate(found.rows):
        listed = tuple(
            cell if cell.url or found.derivation(at, place) is None else replace(cell, url=address(at, place))
            for place, cell in enumerate(row.cells)
        )
        rows.append(replace(row, cells=listed))
    return replace(found, rows=tuple(rows))


def cells(*values: Value) -> tuple[Cell, ...]:
    """Figures that open nothing."""
    return tuple(Cell(value) for value in values)


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """A ratio; None of nothing."""
    return Decimal(part) / Decimal(whole) if whole else None


def points(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    """The difference of two ratios in percentage points (百分点); None where one is unknown."""
    return None if now is None or before is None else (now - before) * HUNDRED


def summed(values: Sequence[Decimal]) -> Decimal:
    """A sum of yuan that is 0.00 where there is nothing."""
    return sum(values, Decimal("0.00"))
