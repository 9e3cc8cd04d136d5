"""The columnar split is the kernel's split, fen for fen, however large the numbers."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from costing.engine.equations import apportion
from costing.engine.exact import AMOUNT_LIMIT, WEIGHT_LIMIT, amount_type, nearest_rows, split_rows, weight_type
from ops_platform.kernel import split

amounts = st.lists(
    st.integers(-AMOUNT_LIMIT + 1, AMOUNT_LIMIT - 1) | st.integers(-1000, 1000) | st.integers(-(10**20), 10**20),
    max_size=4,
)
weights = st.lists(
    st.integers(1, 5) | st.integers(1, 2**40) | st.integers(1, 2**55) | st.integers(1, 2**70), min_size=1, max_size=40
)


def columns(fen: list[int]) -> np.ndarray:
    return np.array(fen, dtype=amount_type(max(map(abs, fen), default=0)))


@settings(max_examples=300, deadline=None)
@given(amounts, weights)
@example([AMOUNT_LIMIT - 1, 1 - AMOUNT_LIMIT], [WEIGHT_LIMIT // 32 - 1] * 32)
@example([7], [1] * 30)
def test_split_in_columns_is_the_kernel_split(fen: list[int], values: list[int]) -> None:
    given_weights = np.array(values, dtype=weight_type(sum(values)))
    rows = split_rows(columns(fen), given_weights).tolist()
    assert rows == [list(split(amount, values)) for amount in fen]


@settings(max_examples=200, deadline=None)
@given(amounts, weights, st.integers(0, 2**62))
def test_nearest_is_exact_and_mirrors(fen: list[int], values: list[int], more: int) -> None:
    whole = sum(values) + more
    given_weights = np.array(values, dtype=weight_type(sum(values)))
    for amount, row in zip(fen, nearest_rows(columns(fen), given_weights, whole).tolist(), strict=True):
        expected = [(2 * abs(amount) * weight + whole) // (2 * whole) for weight in values]
        assert row == [-part if amount < 0 else part for part in expected]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(10**16), 10**16), min_size=1, max_size=20))
def test_apportioned_fen_sum_to_the_total_and_mirror(shares: list[int]) -> None:
    total = round(sum(shares) / 10**12) if any(shares) else 0
    parts = apportion(shares, total)
    assert sum(parts) == total
    assert all(abs(part * 10**12 - share) < 2 * 10**12 for part, share in zip(parts, shares, strict=True))
    assert apportion([-share for share in shares], -total) == [-part for part in parts]
