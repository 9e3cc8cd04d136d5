"""Cost–volume–profit and factors of a change: their borders and laws. Amounts in fen."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.break_even import BreakEven, factors

fen = st.integers(-(10**14), 10**14)
volumes = st.integers(0, 10**6)


def test_where_each_yuan_earned_costs_a_yuan_there_is_no_break_even() -> None:
    one = BreakEven(300, 300, 10, Fraction(1))
    assert (one.break_even_volume, one.break_even_income, one.safety_margin) == (None, None, None)


def test_a_broken_case_counts_as_a_whole_one() -> None:
    assert BreakEven(300, 0, 101, Fraction(3)).break_even_volume == 2


def test_what_began_or_ended_counts_as_volume() -> None:
    assert factors(0, 0, 50, 5).volume == 50
    assert factors(50, 5, 0, 0).volume == -50


@given(fen, volumes, fen, volumes)
def test_volume_and_rate_sum_to_the_change(before: int, base: int, now: int, volume: int) -> None:
    assert factors(before, base, now, volume).change == now - before
