"""Figures of a month: what stood before it, what it moved, what the year moved so far."""

import pytest

from ops_platform.kernel import Period
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.selectors.figures import figures_of
from tests.ledger.books import BANK, COST, OTHER_INCOME, booked, paid, received
from tests.support import trade


@pytest.mark.django_db
def test_figures_tell_opening_month_and_year_apart() -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a", "2026-01-10"))
    booked(hospital, received("20.00", "b", "2026-02-10"))
    booked(hospital, paid("5.55", "c", "2026-02-11"))
    booked(hospital, received("1.00", "d", "2026-03-10"))
    assert figures_of([hospital.pk], Period(2026, 2)) == [
        Figure(hospital.pk, BANK, 10_000, 2_000, 555, 12_000, 555),
        Figure(hospital.pk, OTHER_INCOME, -10_000, 0, 2_000, 0, 12_000),
        Figure(hospital.pk, COST, 0, 555, 0, 555, 0, cost_item="personnel"),
    ]
