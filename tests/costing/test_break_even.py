"""Cost–volume–profit and factors of a change: the worked examples of domain.md 1.8. Amounts in fen."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.break_even import BreakEven, factors

fen = st.integers(-(10**14), 10**14)
volumes = st.integers(0, 10**6)


def test_break_even_of_the_worked_example() -> None:
    """F 600,000, p 500, v 300, Q 4,000: Q* 3,000, R* 1,500,000, safety margin 25 %."""
    one = BreakEven(2_000_000_00, 1_200_000_00, 600_000_00, Fraction(4_000))
    assert (one.break_even_volume, one.break_even_income) == (3_000, 1_500_000_00)
    assert (one.safety_margin, one.contribution_ratio) == (Fraction(1, 4), Fraction(2, 5))


def test_where_each_yuan_earned_costs_a_yuan_there_is_no_break_even() -> None:
    one = BreakEven(300, 300, 10, Fraction(1))
    assert (one.break_even_volume, one.break_even_income, one.safety_margin) == (None, None, None)


def test_a_broken_case_counts_as_a_whole_one() -> None:
    assert BreakEven(300, 0, 101, Fraction(3)).break_even_volume == 2


def test_factors_of_the_worked_example() -> None:
    """Q 1,000 → 1,100, c 700 → 720: volume +70,000, rate +22,000."""
    found = factors(700_000_00, 1_000, 792_000_00, 1_100)
    assert (found.volume, found.rate, found.change) == (70_000_00, 22_000_00, 92_000_00)


def test_what_began_or_ended_counts_as_volume() -> None:
    assert factors(0, 0, 50, 5).volume == 50
    assert factors(50, 5, 0, 0).volume == -50


@given(fen, volumes, fen, volumes)
def test_volume_and_rate_sum_to_the_change(before: int, base: int, now: int, volume: int) -> None:
    assert factors(before, base, now, volume).change == now - before
