"""Budget against actual cost: the worked example, its borders, and the division of a year."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.budget import Execution, Verdict, spread

TENTH = Fraction(1, 10)
FEN = st.integers(0, 10**14)


def test_575_of_500_is_15_percent_over() -> None:
    """domain.md 5.3."""
    found = Execution(budget=500_00, actual=575_00, year=6_000_00)
    assert found.deviation == Fraction(15, 100)
    assert found.verdict(TENTH) is Verdict.OVER


@pytest.mark.parametrize(
    ("actual", "verdict"),
    [
        (550_00, Verdict.WITHIN),
        (550_01, Verdict.OVER),
        (450_00, Verdict.WITHIN),
        (449_99, Verdict.UNDER),
        (6_000_00, Verdict.OVER),
        (6_000_01, Verdict.EXHAUSTED),
    ],
)
def test_exactly_ten_percent_does_not_stand_out_and_more_than_the_year_is_the_gravest(
    actual: int, verdict: Verdict
) -> None:
    assert Execution(budget=500_00, actual=actual, year=6_000_00).verdict(TENTH) is verdict


def test_cost_that_nobody_planned_stands_out_by_itself() -> None:
    assert Execution(0, 1, 0).verdict(TENTH) is Verdict.UNPLANNED
    assert Execution(0, 0, 0).verdict(TENTH) is Verdict.WITHIN
    assert Execution(0, -5, 0).verdict(TENTH) is Verdict.WITHIN, "a correction of last year is no cost"
    before_its_time = Execution(0, 1, 100)
    assert before_its_time.deviation is None
    assert before_its_time.verdict(TENTH) is Verdict.OVER


@given(FEN)
def test_a_year_over_its_months_stays_the_year(year: int) -> None:
    months = spread(year)
    assert sum(months) == year
    assert max(months) - min(months) <= 1


@given(FEN, FEN, FEN, st.integers(1, 1000))
def test_a_verdict_does_not_depend_on_the_unit(budget: int, actual: int, more: int, times: int) -> None:
    year = budget + more
    one, many = Execution(budget, actual, year), Execution(budget * times, actual * times, year * times)
    assert one.verdict(TENTH) is many.verdict(TENTH)
