"""What a dataset is: one declaration, one table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from ops_platform.his_intake.datasets.fields import Field
from ops_platform.masterdata.models import Institution

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A rule across the fields of a row, run in SQL over the staged batch.

    `condition` is true for a faulty row; `s` is the staging table. `joins` may add tables. `seen` is SQL for the values that
    the message goes on to name.
    """

    code: str
    field: str
    message: str
    condition: str
    joins: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Projection:
    """What follows in the same transaction when rows of a dataset land: master data is kept in step."""

    put: Callable[[Institution, list[Row]], None]
    withdraw: Callable[[Institution, list[tuple[Any, ...]]], None]


@dataclass(frozen=True, slots=True)
class MonthRule:
    """Which accounting month a row belongs to.

    `of_rows(institution, columns)` gives the month of each staged row from its parsed columns; `of_held` is SQL over the
    fact table (alias f) for a row that would be superseded: NULL when it is bound to no month yet.
    """

    of_rows: Callable[[Institution, Mapping[str, list[str | None]]], list[str | None]]
    of_held: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset of the contract.

    `key` names the fields of the natural key (the institution always leads it). `month` is None for a dataset that
    belongs to no month. `entity` datasets give each key a lasting number that its versions share. An `optional` one is sent
    by some institutions only: nobody waits for it.
    """

    code: str
    title: str
    hint: str
    model: type[models.Model]
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    month: MonthRule | None = None
    checks: tuple[Check, ...] = ()
    projection: Projection | None = None
    partitioned: bool = False
    entity: bool = False
    optional: bool = False

    @property
    def table(self) -> str:
        """The fact table."""
        return self.model._meta.db_table

    @property
    def by_name(self) -> dict[str, Field]:
        """The fields by the name the sender uses."""
        return {field.name: field for field in self.fields}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the fact table, in the order of the fields."""
        return tuple(field.target for field in self.fields)

    @property
    def key_columns(self) -> tuple[str, ...]:
        """The columns of the natural key without the institution."""
        return tuple(self.by_name[name].target for name in self.key)

    @property
    def value_columns(self) -> tuple[str, ...]:
        """The columns beside the key."""
        return tuple(column for column in self.columns if column not in self.key_columns)
