"""Columns of text made from columns of integers, without a Python loop over rows.

A text column is a numpy array of fixed-width bytes. Unused places hold NUL, wherever they stand; the writer drops them
when it joins the columns to lines, so a column may be padded on the left, on the right or in between.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from tools.his_simulator.scale import Calendar

DIGITS_AFTER_POINT = 4


def as_column(places: np.ndarray) -> np.ndarray:
    """A matrix of single bytes (rows × width) as a text column."""
    places = np.ascontiguousarray(places, dtype=np.uint8)
    return places.view(f"S{places.shape[1]}").ravel() if len(places) else np.zeros(0, dtype="S1")


def places_of(column: np.ndarray) -> np.ndarray:
    """A text column as a matrix of single bytes."""
    column = np.ascontiguousarray(column)
    return column.view(np.uint8).reshape(len(column), column.dtype.itemsize)


def packed(column: np.ndarray) -> np.ndarray:
    """The same texts without the NUL places in front and between, so that they compare and print normally."""
    return np.array([value.replace(b"\0", b"") for value in column.tolist()], dtype="S") if len(column) else column


def _digits(values: np.ndarray, width: int) -> np.ndarray:
    """Decimal digits (as ASCII) of non-negative integers, most significant first, leading zeros included."""
    places = np.empty((len(values), width), dtype=np.uint8)
    rest = values.astype(np.int64)
    for place in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, 10)
        places[:, place] = digit + 48
    return places


def _without_leading_zeros(places: np.ndarray, kept: int) -> np.ndarray:
    """Blank the zeros before the first other digit, but never the last `kept` places."""
    leading = np.logical_and.accumulate(places == 48, axis=1)
    leading[:, places.shape[1] - kept :] = False
    places[leading] = 0
    return places


def _signed(values: np.ndarray, *parts: np.ndarray) -> np.ndarray:
    sign = np.where(values < 0, 45, 0).astype(np.uint8)[:, None]
    return as_column(np.hstack([sign, *parts]))


def _width(values: np.ndarray) -> int:
    return len(str(int(np.abs(values).max()))) if len(values) else 1


def integers(values: np.ndarray) -> np.ndarray:
    """Whole numbers as text."""
    return _signed(values, _without_leading_zeros(_digits(np.abs(values), _width(values)), 1))


def serials(prefixes: np.ndarray, values: np.ndarray, width: int) -> np.ndarray:
    """Numbers of fixed width with a text in front, as in O2608000123."""
    return as_column(np.hstack([places_of(prefixes), _digits(values, width)]))


def money(fen: np.ndarray) -> np.ndarray:
    """Amounts in fen as yuan with two decimals."""
    places = _digits(np.abs(fen), max(3, _width(fen)))
    point = np.full((len(fen), 1), 46, dtype=np.uint8)
    return _signed(fen, _without_leading_zeros(places[:, :-2], 1), point, places[:, -2:])


def ten_thousandths(values: np.ndarray) -> np.ndarray:
    """Quantities and prices held as ten-thousandths: no decimals when whole, else two or four."""
    size = np.abs(values)
    places = _digits(size, max(DIGITS_AFTER_POINT + 1, _width(values)))
    decimals = np.hstack([np.full((len(values), 1), 46, dtype=np.uint8), places[:, -DIGITS_AFTER_POINT:]])
    decimals[size % 100 == 0, 3:] = 0
    decimals[size % 10_000 == 0] = 0
    return _signed(values, _without_leading_zeros(places[:, :-DIGITS_AFTER_POINT], 1), decimals)


def dates(calendar: Calendar, day_numbers: np.ndarray) -> np.ndarray:
    """ISO dates of day numbers. Days up to six months after the covered ones may be asked for (planned discharges)."""
    known = np.array(
        [f"{calendar.first_day + timedelta(days=i):%Y-%m-%d}".encode() for i in range(calendar.days + 190)], dtype="S10"
    )
    return known[day_numbers]


def times(calendar: Calendar, minutes: np.ndarray) -> np.ndarray:
    """ISO times of minutes counted from the first covered day."""
    clock = np.array([f"T{m // 60:02d}:{m % 60:02d}:00".encode() for m in range(1440)], dtype="S9")
    return as_column(np.hstack([places_of(dates(calendar, minutes // 1440)), places_of(clock[minutes % 1440])]))
