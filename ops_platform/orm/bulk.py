"""Writing many rows at once by COPY: an order of magnitude quicker than bulk_create (docs/performance.md)."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """COPY rows into the model's table, in the caller's transaction. None becomes NULL; returns the number of rows.

    What the database refuses comes as Django's own errors, as with any other statement. Values are numbers, Decimals, dates
    and text without control characters; text is escaped.
    """
    lines = ["\t".join(map(_cell, row)) for row in rows]
    if lines:
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(
                f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN", io.StringIO("\n".join(lines))
            )
    return len(lines)


def _cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\").replace("\t", " ").replace("\n", " ").replace("\r", " ")
    return str(value)
