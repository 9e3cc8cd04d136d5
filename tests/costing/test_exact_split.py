"""The columnar split is the kernel's split, fen for fen, however large the numbers."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from costing.engine.equations import apportion
from costing.engine.exact import AMOUNT_LIMIT, WEIGHT_LIMIT, amount_type, largest, nearest_rows, split_rows, weight_type
from ops_platform.kernel import split

UNIT = 10**12

amount = st.integers(-AMOUNT_LIMIT + 1, AMOUNT_LIMIT - 1) | st.integers(-1000, 1000) | st.integers(-(10**20), 10**20)
weight = st.integers(0, 5) | st.integers(1, 2**40) | st.integers(1, 2**55) | st.integers(1, 2**70)


@st.composite
def divisions(draw: st.DrawFn) -> tuple[list[int], list[list[int]]]:
    """Amounts, each with its own weights, not all of them zero; all rows are equally long."""
    width = draw(st.integers(1, 40))
    rows = st.tuples(amount, st.lists(weight, min_size=width, max_size=width).filter(any))
    drawn = draw(st.lists(rows, max_size=6))
    return [fen for fen, _ in drawn], [row for _, row in drawn]


def amounts_of(fen: list[int]) -> np.ndarray:
    return np.array(fen, dtype=amount_type(max(map(abs, fen), default=0)))


def weights_of(rows: list[list[int]]) -> np.ndarray:
    kind = weight_type(max(map(sum, rows), default=0))
    return np.array(rows or np.empty((0, 1)), dtype=kind)


@settings(max_examples=400, deadline=None)
@given(divisions())
@example(([AMOUNT_LIMIT - 1, 1 - AMOUNT_LIMIT], [[WEIGHT_LIMIT // 32 - 1] * 32, [1] * 31 + [WEIGHT_LIMIT // 2]]))
@example(([7, -7, 0], [[1] * 30, [1, 0] * 15, [0] * 29 + [1]]))
@example(([2**63, -(2**63) + 1], [[3, 3, 1], [2**62, 2**62, 1]]))
def test_split_in_columns_is_the_kernel_split_row_by_row(division: tuple[list[int], list[list[int]]]) -> None:
    fen, rows = division
    parts = split_rows(amounts_of(fen), weights_of(rows))
    assert parts.tolist() == [list(split(one, row)) for one, row in zip(fen, rows, strict=True)]
    assert parts.dtype == amounts_of(fen).dtype


@settings(max_examples=200, deadline=None)
@given(divisions())
def test_split_of_the_negative_is_the_mirror(division: tuple[list[int], list[list[int]]]) -> None:
    fen, rows = division
    parts = split_rows(amounts_of(fen), weights_of(rows))
    assert parts.sum(axis=1).tolist() == fen
    assert (split_rows(-amounts_of(fen), weights_of(rows)) == -parts).all()


def test_one_row_of_weights_serves_many_amounts() -> None:
    fen = np.array([[100, -100, 0], [1, 2, 3]])
    assert split_rows(fen, np.array([1, 1, 1])).tolist() == [
        [list(split(one, [1, 1, 1])) for one in row] for row in fen.tolist()
    ]


def test_weights_that_sum_to_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        split_rows(np.array([5, 0]), np.array([[1, 1], [0, 0]]))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), max_size=5), st.data())
def test_largest_goes_by_value_then_by_place(rows: list[list[int]], data: st.DataObject) -> None:
    counts = [data.draw(st.integers(0, 8)) for _ in rows]
    flags = largest(np.array(rows, dtype=np.int64).reshape(-1, 8), np.array(counts, dtype=np.int64))
    for row, count, chosen in zip(rows, counts, flags.tolist(), strict=True):
        order = sorted(range(8), key=lambda place: (-row[place], place))
        assert [place for place in range(8) if chosen[place]] == sorted(order[:count])


@settings(max_examples=200, deadline=None)
@given(divisions(), st.integers(0, 2**62))
def test_nearest_is_exact_and_mirrors(division: tuple[list[int], list[list[int]]], more: int) -> None:
    fen, rows = division
    wholes = [sum(row) + more for row in rows]
    columns = np.array(wholes, dtype=weight_type(max(wholes, default=0)))[:, None]
    parts = nearest_rows(amounts_of(fen), weights_of(rows), columns).tolist()
    for one, row, whole, got in zip(fen, rows, wholes, parts, strict=True):
        expected = [(2 * abs(one) * weight + whole) // (2 * whole) for weight in row]
        assert got == [-part if one < 0 else part for part in expected]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10**14) | st.integers(0, 10**25),
    st.lists(st.integers(-(10**13), 10**13) | st.sampled_from([0, UNIT // 2, UNIT]), min_size=1, max_size=20),
)
def test_apportioned_fen_sum_to_the_total_and_mirror(scale: int, shares: list[int]) -> None:
    exact = [scale * share for share in shares]
    total = round(sum(exact) / UNIT) if any(exact) and scale < 10**14 else sum(exact) // UNIT
    scales, columns = amounts_of([scale]), np.array([shares], dtype=np.int64)
    if scale * max(map(abs, shares)) // UNIT >= AMOUNT_LIMIT:
        scales = scales.astype(object)  # whoever solves the equations knows the bound of the gross amounts
    parts = apportion(scales, columns, np.array([total], dtype=object)).tolist()[0]
    assert sum(parts) == (total if any(exact) else 0)
    assert all(abs(part * UNIT - one) < 2 * UNIT for part, one in zip(parts, exact, strict=True))
    assert all(one or not part for part, one in zip(parts, exact, strict=True))
    assert apportion(scales, -columns, np.array([-total], dtype=object)).tolist()[0] == [-part for part in parts]
