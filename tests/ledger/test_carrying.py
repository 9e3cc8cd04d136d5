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


def test_restricted_money_stays_with_its_project(chart: dict[str, Account]) -> None:
    grant = Dimensions(project="P1", funding_source="research")
    legs = carry_forward(
        [
            Standing("6101", grant, -9_000),
            Standing("7201", grant, 2_500),
            Standing("7901", Dimensions(project="P2", funding_source="research"), 100),
        ],
        chart,
    )
    kept = [(leg.dimensions.project, leg.credit - leg.debit) for leg in legs if leg.account == "8201"]
    assert kept == [("P1", 6_500), ("P2", -100)]


def test_only_medical_surplus_is_distributed(chart: dict[str, Account]) -> None:
    legs = carry_forward(
        [
            Standing("4609", NO_DIMENSIONS, -1_000),
            Standing("400102", NO_DIMENSIONS, -700),
            Standing("410102", NO_DIMENSIONS, -50),
        ],
        chart,
    )
    assert [(leg.debit, leg.credit) for leg in legs if leg.account == "3302"] == [(0, 1_000), (1_000, 0)]
    onto = {leg.dimensions.funding_source: leg.credit for leg in legs if leg.account == "3001"}
    assert onto == {"": 1_000, "fiscal_project": 700, "research": 50}


@pytest.mark.parametrize(
    ("earned", "loss", "rate", "welfare"),
    [
        (1_000, 0, 400_000, 400),
        (1_000, 999, 500_000, 1),
        (1_000, 2_000, 400_000, 0),
        (-1_000, 0, 400_000, 0),
        (3, 0, 500_000, 2),
        (1_000, 0, 3_000_000, 1_000),
    ],
)
def test_the_welfare_fund_is_taken_alike_in_both_books(
    chart: dict[str, Account], earned: int, loss: int, rate: int, welfare: int
) -> None:
    standings = [Standing("4401", NO_DIMENSIONS, -earned), Standing("6401", NO_DIMENSIONS, -earned)]
    legs = carry_forward(standings, chart, operating_loss=loss, welfare_rate=rate)
    taken = {code: sum(leg.credit - leg.debit for leg in legs if leg.account == code) for code in ("310102", "8301")}
    assert taken == {"310102": welfare, "8301": welfare}
    assert sum(leg.debit - leg.credit for leg in legs) == 0


def test_adjustments_of_former_years_and_free_transfers_go_straight_to_the_accumulated_surplus(
    chart: dict[str, Account],
) -> None:
    assert left(chart, ("3501", NO_DIMENSIONS, 300), ("3401", NO_DIMENSIONS, -1_000)) == {"3001": -700}
