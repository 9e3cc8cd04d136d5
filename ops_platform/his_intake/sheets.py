"""Rows of a dataset as a person reads them: one cell a field, with what is wrong beside it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Choice, Field, Number
from ops_platform.his_intake.formats import OP
from ops_platform.his_intake.models import QuarantinedRow


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as text and the messages of its faults."""

    text: str
    faults: tuple[str, ...] = ()
    is_figure: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """The header of a column."""

    title: str
    is_figure: bool


def heads(dataset: Dataset) -> tuple[Head, ...]:
    """The columns of the dataset; figures stand on the right."""
    return tuple(Head(field.title, isinstance(field, Number)) for field in dataset.fields)


@dataclass(frozen=True, slots=True)
class FaultyRow:
    """A quarantined row: its cells in the order of the fields, the faults that belong to no field, and the quarantined
    rows that it was resubmitted from."""

    row: QuarantinedRow
    cells: tuple[Cell, ...]
    row_faults: tuple[str, ...]
    origins: Sequence[QuarantinedRow] = ()


def field_title(dataset: Dataset, name: str) -> str:
    """A field by the name people know."""
    field = dataset.by_name.get(name)
    return field.title if field else name


def content_of(row: QuarantinedRow) -> Mapping[str, Any]:
    """The fields as they were sent; a row that was no object stands whole in one of its own (services.WHOLE)."""
    return row.content if isinstance(row.content, dict) else {}


def sent_text(value: Any) -> str:
    """A value as it was sent, in one line."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(map(str, value))
    return str(value)


def field_faults(row: QuarantinedRow, name: str) -> tuple[str, ...]:
    """What is wrong in one field."""
    return tuple(fault["message"] for fault in row.faults if fault["field"] == name)


def row_faults(dataset: Dataset, row: QuarantinedRow) -> tuple[str, ...]:
    """What is wrong with the row as a whole."""
    return tuple(fault["message"] for fault in row.faults if fault["field"] not in dataset.by_name)


def faults_in_words(dataset: Dataset, row: QuarantinedRow) -> str:
    """All faults of the row in one line."""
    named = ((field_title(dataset, fault["field"]), fault["message"]) for fault in row.faults)
    return "；".join(f"{title}：{message}" if title else message for title, message in named)


def faulty_row(dataset: Dataset, row: QuarantinedRow, origins: Sequence[QuarantinedRow] = ()) -> FaultyRow:
    """The row for a table whose faulty cells are red."""
    content = content_of(row)
    cells = tuple(
        Cell(sent_text(content.get(field.name)), field_faults(row, field.name), isinstance(field, Number))
        for field in dataset.fields
    )
    return FaultyRow(row, cells, row_faults(dataset, row), origins)


def unknown_names(dataset: Dataset, row: QuarantinedRow) -> list[str]:
    """Fields of the row that the dataset does not have."""
    return [name for name in content_of(row) if name not in dataset.by_name and name != OP]


@dataclass(frozen=True, slots=True)
class LandedRow:
    """A fact: its cells, whether it still holds, and the quarantined rows that came in with it."""

    row_no: int
    cells: tuple[Cell, ...]
    superseded_sequence: int | None
    origins: Sequence[QuarantinedRow]


def landed_rows(
    dataset: Dataset,
    facts: Collection[Any],
    codes: Mapping[str, Mapping[int, str]],
    origins: Mapping[int, Sequence[QuarantinedRow]],
) -> tuple[LandedRow, ...]:
    """Facts for a table, with codes in place of lasting numbers."""
    return tuple(
        LandedRow(
            fact.row_no,
            tuple(_landed_cell(field, getattr(fact, field.target), codes.get(field.name)) for field in dataset.fields),
            fact.superseded_sequence,
            origins.get(fact.row_no, ()),
        )
        for fact in facts
    )


def _landed_cell(field: Field, value: Any, codes: Mapping[int, str] | None) -> Cell:
    if value is None:
        return Cell("")
    if codes is not None:
        return Cell(codes.get(value, f"#{value}"))
    if isinstance(field, Choice):
        return Cell(str(dict(field.choices).get(value, value)))
    return Cell(_landed_text(value), is_figure=isinstance(field, Number))


def _landed_text(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _plain_number(value)
    return sent_text(value)


def _plain_number(value: Decimal) -> str:
    """At least two decimals, and no zeros beyond them."""
    whole, _, decimals = f"{value:,f}".partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
