"""Numbers of dimension combinations: looked up together, made where they are new."""

from collections.abc import Collection

from django.db import connection

from ops_platform.ledger.engine.chart import DIMENSION_TITLES, Dimensions
from ops_platform.ledger.models import Dimension

COLUMNS = ("department_id", "counterparty_id", *[*DIMENSION_TITLES][2:])


def numbers_of(wanted: Collection[Dimensions]) -> dict[Dimensions, int]:
    """The row number of each combination; those that are new are added. Two queries at most, whoever else adds the same."""
    combinations = sorted(set(wanted))
    found = _look_up(combinations)
    missing = [each for each in combinations if each not in found]
    if missing:
        Dimension.objects.bulk_create([Dimension(**_values(each)) for each in missing], ignore_conflicts=True)
        found |= _look_up(missing)
    return found


def _values(combination: Dimensions) -> dict[str, object]:
    told = {name: getattr(combination, name) for name in DIMENSION_TITLES}
    return {
        **{name: told[name] for name in [*DIMENSION_TITLES][2:]},
        "department_id": told["department"] or None,
        "counterparty_id": told["counterparty"] or None,
    }


def _look_up(combinations: Collection[Dimensions]) -> dict[Dimensions, int]:
    """By the unique index, one probe a combination."""
    if not combinations:
        return {}
    rows = [
        (each.department or None, each.counterparty or None, *[getattr(each, name) for name in [*DIMENSION_TITLES][2:]])
        for each in combinations
    ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = ["bigint[]", "bigint[]"] + ["text[]"] * (len(COLUMNS) - 2)
    arrays = ", ".join(f"%s::{kind}" for kind in types)
    same = " AND ".join(
        f"d.{name} IS NOT DISTINCT FROM w.{name}" if name.endswith("_id") else f"d.{name} = w.{name}"
        for name in COLUMNS
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT w.place, d.id FROM unnest({arrays}) WITH ORDINALITY AS w ({', '.join(COLUMNS)}, place)"
            f" JOIN ledger_dimension d ON {same}",
            columns,
        )
        listed = list(combinations)
        return {listed[place - 1]: number for place, number in cursor.fetchall()}


def dimensions_of(row: Dimension) -> Dimensions:
    """The combination that a row stands for."""
    return Dimensions(
        department=row.department_id or 0,
        counterparty=row.counterparty_id or 0,
        **{name: getattr(row, name) for name in [*DIMENSION_TITLES][2:]},
    )
