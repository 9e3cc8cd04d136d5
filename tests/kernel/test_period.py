"""Accounting periods."""

from datetime import date

import pytest

from ops_platform.kernel import Period


def test_a_period_knows_its_days_and_neighbours() -> None:
    march = Period.parse("2026-03")
    assert (march.first_day, march.last_day, march.days) == (date(2026, 3, 1), date(2026, 3, 31), 31)
    assert str(march.shift(-3)) == "2025-12"
    assert str(march.shift(10)) == "2027-01"
    assert date(2026, 3, 31) in march
    assert date(2026, 4, 1) not in march
    assert Period.parse("2024-02").days == 29
    assert Period.parse("2025-12") < march
    assert [month.ends_year for month in (march, march.shift(9))] == [False, True]


@pytest.mark.parametrize("text", ["2026-3", "2026-13", "2026-00", "202603", "2026-03-01", "", "2026-03\n"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="period"):
        Period.parse(text)
