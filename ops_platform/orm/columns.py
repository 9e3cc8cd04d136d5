"""Writing columns of numbers into a table by binary COPY: no Python object for a row or a cell.

The format is PostgreSQL's own (COPY … FORMAT binary): for every row the number of its fields, for every field its length
and its bytes, big-endian. Every field here has a fixed length, so that all rows together are one numpy array. A NUMERIC is
sent as four digits to the base of 10,000 before the point and as many after it as its scale needs; PostgreSQL drops
leading and trailing zeros by itself (numeric_recv).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from django.db import connection, models

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
BASE = 10_000
DIGITS_BEFORE = 4
LARGEST = BASE**DIGITS_BEFORE
NEGATIVE = 0x4000


@dataclass(frozen=True, slots=True)
class Whole:
    """A column of whole numbers; `size` is 2, 4 or 8 bytes as smallint, integer or bigint have."""

    size: int = 8


@dataclass(frozen=True, slots=True)
class Flag:
    """A column of booleans."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A NUMERIC column from integers in units of 10^-scale: fen are `Exact(2)`. At most 16 digits before the point."""

    scale: int = 2


Kind = Whole | Flag | Exact
FEN = Exact(2)


def copy_columns(model: type[models.Model], kinds: Mapping[str, Kind], columns: Mapping[str, Any], rows: int) -> int:
    """COPY `columns` (one array, or one value for all rows, for each of `kinds`) in the caller's transaction; gives `rows`.

    Raises ValueError for an amount with more digits than its column holds; what the database refuses comes as Django's
    own errors.
    """
    if not rows:
        return 0
    fields: list[tuple[Any, ...]] = [("count", ">i2")]
    for name, kind in kinds.items():
        fields += _layout(name, kind)
    table = np.zeros(rows, dtype=np.dtype(fields))
    table["count"] = len(kinds)
    for name, kind in kinds.items():
        _fill(table, name, kind, columns[name])
    names = ", ".join(connection.ops.quote_name(name) for name in kinds)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(
            f"COPY {model._meta.db_table} ({names}) FROM STDIN (FORMAT binary)",
            BytesIO(HEADER + table.tobytes() + TRAILER),
        )
    return rows


def _layout(name: str, kind: Kind) -> Sequence[tuple[Any, ...]]:
    size = (f"size_{name}", ">i4")
    match kind:
        case Whole(width):
            return size, (name, f">i{width}")
        case Flag():
            return size, (name, "u1")
        case Exact(scale):
            return size, (f"head_{name}", ">i2", 4), (name, ">i2", DIGITS_BEFORE + _digits_after(scale))


def _digits_after(scale: int) -> int:
    return -(-scale // 4)


def _fill(table: Any, name: str, kind: Kind, values: Any) -> None:
    match kind:
        case Whole(width):
            table[f"size_{name}"], table[name] = width, values
        case Flag():
            table[f"size_{name}"], table[name] = 1, values
        case Exact(scale):
            _fill_exact(table, name, scale, np.asarray(values, dtype=np.int64))


def _fill_exact(table: Any, name: str, scale: int, values: Any) -> None:
    after = _digits_after(scale)
    count = DIGITS_BEFORE + after
    magnitudes = np.abs(values)
    whole, rest = magnitudes // 10**scale, magnitudes % 10**scale
    if (whole >= LARGEST).any():
        raise ValueError(f"{name}: an amount has more than {4 * DIGITS_BEFORE} digits")
    rest = rest * 10 ** (4 * after - scale)
    table[f"size_{name}"] = 2 * (4 + count)
    head = table[f"head_{name}"]
    head[:, 0], head[:, 1], head[:, 3] = count, DIGITS_BEFORE - 1, scale
    head[:, 2] = np.where(values < 0, NEGATIVE, 0)
    digits = table[name]
    for place in range(count - 1, DIGITS_BEFORE - 1, -1):
        digits[..., place] = rest % BASE
        rest = rest // BASE
    for place in range(DIGITS_BEFORE - 1, -1, -1):
        digits[..., place] = whole % BASE
        whole = whole // BASE
