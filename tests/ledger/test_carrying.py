"""Carrying a year forward, account by account, in fen."""

from collections import defaultdict
from datetime import date

import pytest

from ops_platform.ledger.engine.carrying import Standing, carry_forward
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Account, Dimensions
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from tests.support import trade

pytestmark = pytest.mark.django_db

BASIC = Dimensions(cost_item="personnel", funding_source="basic")
PROJECT = Dimensions(cost_item="other", funding_source="fiscal_project")


@pytest.fixture
def chart() -> dict[str, Account]:
    return dict(chart_at(accounts_of(trade.alliance()["H1"]), date(2026, 12, 31)))


def left(chart: dict[str, Account], *standings: tuple[str, Dimensions, int]) -> dict[str, int]:
    """Debits less credits of each account afterwards, with what stood there before; only those that are not nothing."""
    found: dict[str, int] = defaultdict(int)
    for account, _dimensions, net in standings:
        found[account] += net
    for leg in carry_forward([Standing(*each) for each in standings], chart):
        found[leg.account] += leg.debit - leg.credit
    return {account: net for account, net in found.items() if net}


def test_basic_grants_that_were_spent_leave_nothing_on_the_fiscal_balance(chart: dict[str, Account]) -> None:
    assert (
        left(
            chart,
            ("400101", NO_DIMENSIONS, -10_000),
            ("5001", BASIC, 10_000),
            ("6001", NO_DIMENSIONS, -10_000),
            ("7201", BASIC, 10_000),
        )
        == {}
    )


def test_spending_beyond_the_basic_grants_is_own_money(chart: dict[str, Account]) -> None:
    assert left(
        chart,
        ("400101", NO_DIMENSIONS, -10_000),
        ("6001", NO_DIMENSIONS, -10_000),
        ("6101", NO_DIMENSIONS, -50_000),
        ("7201", BASIC, 45_000),
    ) == {"3001": -10_000, "8202": -15_000}


def test_what_is_not_spent_of_grants_stays_fiscal(chart: dict[str, Account]) -> None:
    assert left(
        chart,
        ("400101", NO_DIMENSIONS, -10_000),
        ("400102", NO_DIMENSIONS, -7_000),
        ("6001", NO_DIMENSIONS, -17_000),
        ("7201", BASIC, 4_000),
        ("7201", PROJECT, 5_000),
    ) == {"3001": -17_000, "8101": -8_000}


def test_adjustments_of_former_years_and_free_transfers_go_straight_to_the_accumulated_surplus(
    chart: dict[str, Account],
) -> None:
    assert left(chart, ("3501", NO_DIMENSIONS, 300), ("3401", NO_DIMENSIONS, -1_000)) == {"3001": -700}
