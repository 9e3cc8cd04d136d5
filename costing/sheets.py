"""A report as columns and rows, whatever it is of: one template shows it, one writer makes the .xlsx."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costing.derivations import Derivation, Formula, Kind, Part, Value

__all__ = ["Cell", "Column", "Kind", "Row", "Sheet", "Stream", "Value", "cells", "opened", "share", "summed"]


@dataclass(frozen=True, slots=True)
class Column:
    """`group` stands above neighbouring columns that have it in common. Money in yuan, percent as a ratio; a decimal has two
    places, words may be long. `made` says from which columns of its row it follows."""

    title: str
    kind: Kind = "money"
    group: str = ""
    made: Formula | None = None

    @property
    def name(self) -> str:
        """The title with that of its group."""
        return f"{self.group} {self.title}" if self.group else self.title


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure; `url` opens what it was made from, `made` says it."""

    value: Value
    url: str = ""
    made: Derivation | None = None


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
    """The report: what stands in its first column, its columns, its rows, and what has to be said of it. `drawn` names the
    two columns of a picture beside it (across, up), `streams` are drawn as such, where a picture helps. `lined`: the
    first so many columns are moments, and the totals and subtotals are drawn as lines over them."""

    first: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    drawn: tuple[int, int] | None = None
    streams: tuple[Stream, ...] = ()
    lined: int = 0

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
    def kinds(self) -> tuple[Kind, ...]:
        """How the cells of each column are written."""
        return tuple(column.kind for column in self.columns)

    @property
    def begins(self) -> tuple[bool, ...]:
        """Which columns begin a group."""
        groups = [column.group for column in self.columns]
        return tuple(bool(group) and (at == 0 or groups[at - 1] != group) for at, group in enumerate(groups))

    def lines(self) -> list[tuple[Row, list[tuple[Cell, Kind, bool]]]]:
        """Each row with its cells, how each is written, and whether it begins a group."""
        return [(row, list(zip(row.cells, self.kinds, self.begins, strict=True))) for row in self.rows]

    def derivation(self, row: int, column: int) -> Derivation | None:
        """What a figure was made from: as it says itself, else by the ratio of its column, by its row, by its column. None
        of words, of nothing, and of what only opens facts."""
        cell, by_row, by_column = self.rows[row].cells[column], self.rows[row].made, self.columns[column].made
        if cell.made is not None or cell.url or not isinstance(cell.value, Decimal | int):
            return cell.made
        across = by_column is not None and (by_row is None or by_column.way != "sum")
        if across and by_column is not None:
            return self._made(
                by_column, [(row, at) for at in by_column.of], [self.columns[at].name for at in by_column.of]
            )
        if by_row is not None:
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


def summed(values: Sequence[Decimal]) -> Decimal:
    """A sum of yuan that is 0.00 where there is nothing."""
    return sum(values, Decimal("0.00"))
