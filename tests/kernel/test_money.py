"""Money is divided without losing or making a fen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import from_fen, quantise_shares, split, split_shares, to_fen

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


def test_the_missing_fen_go_to_the_largest_remainders_then_to_the_first() -> None:
    assert split(100, [1, 1, 1]) == (34, 33, 33)
    assert split(101, [1, 1, 1]) == (34, 34, 33)
    assert split(10, [5, 3, 3]) == (4, 3, 3)  # 4.55, 2.73, 2.73: the two larger remainders go up
    assert split(1, [1, 2]) == (0, 1)


def test_surplus_of_the_county_community_is_shared_as_the_worked_example_says() -> None:
    """domain.md 4.2: S 10,000,000 by w × score 0.46, 0.308, 0.1425."""
    assert [str(from_fen(part)) for part in split(1_000_000_000, [4600, 3080, 1425])] == [
        "5052169.14",
        "3382756.73",
        "1565074.13",
    ]


@given(amounts, weights)
def test_parts_sum_to_the_whole(total: int, shares: list[int]) -> None:
    assert sum(split(total, shares)) == total


@given(amounts, weights)
def test_a_reversal_cancels_to_the_fen(total: int, shares: list[int]) -> None:
    assert split(-total, shares) == tuple(-part for part in split(total, shares))


@given(amounts, weights, st.integers(1, 1000))
def test_only_the_proportion_of_the_weights_counts(total: int, shares: list[int], factor: int) -> None:
    assert split(total, [share * factor for share in shares]) == split(total, shares)


@given(amounts, weights)
def test_nobody_is_more_than_a_fen_away_from_the_exact_share(total: int, shares: list[int]) -> None:
    whole = sum(shares)
    for part, share in zip(split(total, shares), shares, strict=True):
        assert abs(part * whole - total * share) < whole


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_fen_and_yuan_are_the_same_amount(fen: int) -> None:
    assert to_fen(from_fen(fen)) == fen
    assert to_fen(str(from_fen(fen))) == fen


@pytest.mark.parametrize("text", ["1.234", "NaN", "Infinity", "", "一元", "1e400"])
def test_what_is_no_exact_number_of_fen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        to_fen(text)


def test_no_driver_is_an_error_and_never_an_equal_split() -> None:
    with pytest.raises(ValueError, match="sum to zero"):
        split(100, [0, 0])
    with pytest.raises(ValueError, match="negative"):
        split(100, [1, -1])


def test_float_shares_are_quantised_before_the_exact_split() -> None:
    assert quantise_shares([0.1 + 0.2]) == (300_000_000_000,)
    assert split_shares(100, [0.1 + 0.2, 0.7]) == (30, 70)
