"""Cost targets by hand-worked examples (domain.md 5.4, 6.2) and by laws."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.targets import Metric, Verdict, bonus, excess, growth, is_low_benefit, judge, saved

FEN = st.integers(min_value=0, max_value=10**14)
SHARE = st.fractions(min_value=0, max_value=1, max_denominator=1000)


def test_a_department_that_saved_half_a_million_may_ask_for_fifteen_per_cent() -> None:
    """Target 2,000,000, actual 1,500,000, 15 % → 75,000 (domain.md 6.2)."""
    year = saved([(200_000_000, 150_000_000)])
    assert year.amount == 50_000_000
    assert bonus(year.amount, Fraction(15, 100)) == 7_500_000
    assert bonus(year.amount, Fraction(15, 100), gate_open=False) == 0


def test_a_group_paid_3200_is_to_cost_2800_at_most() -> None:
    """Just reached is kept; a fen more is missed, though still below what is paid (checklist 004-53)."""
    limit = Decimal("2800")
    assert judge(Metric.DRG_COST, limit, Decimal("2800.00")) is Verdict.KEPT
    assert judge(Metric.DRG_COST, limit, Decimal("2800.01")) is Verdict.MISSED
    assert Decimal("3200") - Decimal("2800") == 400


@pytest.mark.parametrize(
    ("metric", "limit", "actual", "verdict"),
    [
        (Metric.DRUG_RATIO, "0.40", "0.400000", Verdict.KEPT),
        (Metric.DRUG_RATIO, "0.40", "0.400001", Verdict.MISSED),
        (Metric.VISIT_COST_GROWTH, "0.08", "0.08", Verdict.KEPT),
        (Metric.SERVICE_RATIO, "0.35", "0.349999", Verdict.MISSED),
        (Metric.SERVICE_RATIO, "0.35", "0.35", Verdict.KEPT),
        (Metric.FULL_COST, "1000", None, Verdict.UNKNOWN),
    ],
)
def test_a_limit_that_is_just_reached_is_kept(metric: Metric, limit: str, actual: str | None, verdict: Verdict) -> None:
    assert judge(metric, Decimal(limit), None if actual is None else Decimal(actual)) is verdict


def test_growth_is_measured_upon_the_same_month_of_last_year() -> None:
    assert growth(Decimal("540"), Decimal("500")) == Fraction(8, 100)
    assert growth(Decimal("540"), Decimal("0")) is None


def test_beyond_the_limit_is_a_share_of_it_whichever_way_the_metric_looks() -> None:
    assert excess(Metric.DRUG_RATIO, Decimal("0.40"), Decimal("0.50")) == Fraction(1, 4)
    assert excess(Metric.SERVICE_RATIO, Decimal("0.40"), Decimal("0.30")) == Fraction(1, 4)
    assert excess(Metric.VISIT_COST_GROWTH, Decimal(0), Decimal("0.1")) is None


def test_high_cost_and_low_benefit_need_both() -> None:
    limits = {"least_cost": 1_000_000, "ratio": Fraction(4, 5)}
    assert is_low_benefit(1_000_000, 800_000, **limits)  # type: ignore[arg-type]
    assert not is_low_benefit(1_000_000, 800_001, **limits)  # type: ignore[arg-type]
    assert not is_low_benefit(999_999, 0, **limits)  # type: ignore[arg-type]
    assert not is_low_benefit(0, 0, least_cost=0, ratio=Fraction(1))


@given(st.lists(st.tuples(FEN, st.none() | FEN), max_size=12))
def test_a_years_saving_is_the_sum_of_the_savings_of_its_known_months(months: list[tuple[int, int | None]]) -> None:
    known = [(limit, actual) for limit, actual in months if actual is not None]
    year = saved(months)
    assert year.amount == sum(limit - actual for limit, actual in known)
    assert year.months == len(known)


@given(st.integers(min_value=-(10**14), max_value=10**14), SHARE)
def test_a_bonus_is_never_negative_and_off_by_half_a_fen_at_most(amount: int, share: Fraction) -> None:
    found = bonus(amount, share)
    assert 0 <= found <= max(amount, 0)
    assert abs(found - share * max(amount, 0)) <= Fraction(1, 2)


@given(st.sampled_from(list(Metric)), st.decimals("-5", "5", places=6), st.decimals("-5", "5", places=6))
def test_missed_is_exactly_what_is_beyond_the_limit(metric: Metric, limit: Decimal, actual: Decimal) -> None:
    beyond = excess(metric, limit, actual)
    assert beyond is None or (beyond > 0) == (judge(metric, limit, actual) is Verdict.MISSED)
