"""Straight-line depreciation of asset cards, month by month."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.depreciation import CardVersion, charge
from ops_platform.kernel import Period


def card(**given_: object) -> CardVersion:
    """A device of 6,000.00 yuan put to use in January 2026, for 60 months."""
    values: dict[str, object] = {
        "effective_from": date(2026, 1, 10),
        "in_use_from": date(2026, 1, 10),
        "department": 1,
        "funding_source": "basic",
        "original_value": 6_000_00,
        "residual_value": 0,
        "useful_months": 60,
        **given_,
    }
    return CardVersion(**values)  # type: ignore[arg-type]


def amounts(versions: list[CardVersion], first: str, months: int) -> list[int | None]:
    found = [charge(versions, Period.parse(first).shift(number)) for number in range(months)]
    return [None if one is None else one.amount for one in found]


def test_depreciation_begins_in_the_month_of_putting_to_use_and_ends_with_the_useful_life() -> None:
    assert amounts([card(useful_months=3)], "2025-12", 6) == [None, 2_000_00, 2_000_00, 2_000_00, 0, 0]


def test_in_the_month_of_disposal_nothing_is_depreciated_any_more() -> None:
    assert amounts([card(disposed_on=date(2026, 3, 31))], "2026-01", 4) == [100_00, 100_00, None, None]


def test_what_does_not_divide_evenly_is_spread_and_sums_to_the_depreciable_value() -> None:
    found = amounts([card(original_value=100_00, residual_value=5_00, useful_months=7)], "2026-01", 8)
    assert found == [13_57, 13_57, 13_57, 13_58, 13_57, 13_57, 13_57, 0]
    assert sum(each or 0 for each in found) == 95_00


def test_a_move_gives_the_whole_month_to_the_department_that_has_it_on_the_last_day() -> None:
    versions = [card(), card(effective_from=date(2026, 3, 20), department=2)]
    found = [charge(versions, Period.parse(month)) for month in ("2026-02", "2026-03", "2026-04")]
    assert [(one.department, one.amount) for one in found if one] == [(1, 100_00), (2, 100_00), (2, 100_00)]


def test_an_improvement_is_depreciated_over_the_months_that_are_left() -> None:
    versions = [card(), card(effective_from=date(2027, 1, 5), original_value=10_800_00)]
    # a year of 100.00 has gone, 9,600.00 are left for 48 months
    assert amounts(versions, "2026-12", 3) == [100_00, 200_00, 200_00]
    end = charge(versions, Period.parse("2030-12"))
    assert end is not None
    assert (end.accumulated, end.net_value, end.month_no) == (10_800_00, 0, 60)


def test_what_had_been_depreciated_before_the_platform_is_taken_as_reported() -> None:
    versions = [card(in_use_from=date(2022, 1, 10), effective_from=date(2026, 1, 1), accumulated=4_920_00)]
    # 48 of 60 months have gone; 1,080.00 are left for twelve
    found = charge(versions, Period.parse("2026-01"))
    assert found is not None
    assert (found.amount, found.accumulated, found.net_value) == (90_00, 5_010_00, 990_00)


def test_a_card_whose_life_has_ended_when_it_is_shortened_is_charged_at_once() -> None:
    versions = [card(), card(effective_from=date(2026, 7, 1), useful_months=6)]
    assert amounts(versions, "2026-06", 3) == [100_00, 5_400_00, 0]


@given(st.integers(0, 10**12), st.integers(1, 400), st.integers(0, 10**6))
def test_all_months_sum_to_the_depreciable_value_and_none_is_negative(value: int, months: int, residual: int) -> None:
    found = amounts(
        [card(original_value=value + residual, residual_value=residual, useful_months=months)], "2026-01", months
    )
    assert sum(each or 0 for each in found) == value
    assert min(each or 0 for each in found) >= 0
    assert max(each or 0 for each in found) - min(each or 0 for each in found) <= 1
