"""The cash summary: receipts and payments are the cash legs, each told apart by the other side of its entry."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Period, Role, from_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import NO_DIMENSIONS
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.engine.statements import CASH_SUMMARY
from ops_platform.ledger.selectors.cash import CASH, cash_flows
from ops_platform.ledger.selectors.consolidation import statement as consolidated
from ops_platform.ledger.selectors.statements import statement
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import Institution
from tests.ledger.books import PERSONNEL, booked, entry
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH, JANUARY = Period(2026, 3), Period(2026, 1)
INSURER, WARD, PREPAID, VISITS = "12120201", "121201", "230502", "4101010103"

# vouchers → what is received and paid in the month by counter account, in yuan, worked out by hand
CASES = {
    "an insurer pays part: the receivable is no payment": (
        [[("借", INSURER, "14.00"), ("借", "1002", "6.00"), ("贷", VISITS, "20.00")]],
        {"in:410101": "6.00"},
    ),
    "each side by itself: 200 topped up and 50 given back on one day": (
        [
            [
                ("借", "1002", "200.00"),
                ("借", "2302", "600.00"),
                ("借", INSURER, "250.00"),
                ("贷", "4101010103", "900.00"),
                ("贷", "4609", "100.00"),
                ("贷", "1002", "50.00"),
            ]
        ],
        # 200 × 900/1000 and 100/1000; 50 × 600/850 = 35.294 and 250/850 = 14.706
        {"in:410101": "180.00", "in:4609": "20.00", "out:2302": "35.29", "out:121202": "14.71"},
    ),
    "the odd fen go to the largest remainders, then to the first account": (
        [
            [
                ("借", "1002", "0.02"),
                ("借", INSURER, "0.01"),
                ("贷", "4609", "0.01"),
                ("贷", "4101010103", "0.01"),
                ("贷", "2302", "0.01"),
            ]
        ],
        # two thirds of a fen each
        {"in:2302": "0.01", "in:410101": "0.01"},
    ),
    "a transfer is neither received nor paid, its fee is paid": (
        [[("借", "1001", "100.00"), ("借", "5001", "2.00"), ("贷", "1002", "102.00")]],
        {"out:5001": "2.00"},
    ),
    "a transfer in red": ([[("借", "1001", "-7.00"), ("贷", "1002", "-7.00")]], {}),
    "a refund in red takes receipts back": (
        [[("借", "1002", "-10.00"), ("借", INSURER, "50.00"), ("贷", VISITS, "40.00")]],
        {"in:410101": "-10.00"},
    ),
    "cost in red beside income: both brought the cash": (
        [[("借", "1002", "10.00"), ("借", "5001", "-4.00"), ("贷", "4609", "6.00")]],
        {"in:4609": "6.00", "in:5001": "4.00"},
    ),
    "nothing but cost in red": ([[("借", "1002", "10.00"), ("借", "5001", "-10.00")]], {"in:5001": "10.00"}),
}


@pytest.fixture
def hospital() -> Institution:
    return trade.alliance()["H1"]


def flows(institution: Institution, period: Period = MARCH) -> dict[str, str]:
    """What the month received and paid, in yuan."""
    found: dict[str, int] = defaultdict(int)
    for each in cash_flows({institution.pk: Period(period.year, 1)}, period):
        found[f"in:{each.account}"] += each.received_month
        found[f"out:{each.account}"] += each.paid_month
    return {key: str(from_fen(fen)) for key, fen in found.items() if fen}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_cash_by_hand(hospital: Institution, case: str) -> None:
    vouchers, expected = CASES[case]
    for number, pairs in enumerate(vouchers):
        booked(hospital, entry(*pairs, key=str(number)))
    assert flows(hospital) == expected


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_reversal_takes_every_share_back(hospital: Institution, case: str) -> None:
    row = booked(hospital, entry(*CASES[case][0][0]))
    services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 3, 9), reason="记错")
    assert flows(hospital) == {}


def test_the_summary_says_receipts_payments_and_what_the_books_hold(hospital: Institution) -> None:
    booked(hospital, entry(*CASES["an insurer pays part: the receivable is no payment"][0][0], key="a"))
    booked(hospital, entry(("借", "5001", "2.50"), ("贷", "1002", "2.50"), key="b"))
    said = statement(institution=hospital, period=MARCH, code=CASH_SUMMARY)
    assert [said.value(key, "month") for key in ("receipts", "in_medical", "payments", "elsewhere", "closing")] == [
        600,
        600,
        250,
        0,
        350,
    ]


ACCOUNTS = ("1001", "1002", INSURER, WARD, VISITS, "4609", "2302", "5001")
AMOUNTS = st.integers(-300, 3_000).filter(bool)


@st.composite
def vouchers(draw: st.DrawFn) -> tuple[Leg, ...]:
    """Balanced, in black and red, on any accounts."""

    def leg(account: str, debit: int, credit: int) -> Leg:
        return Leg(account, debit, credit, PERSONNEL if account == "5001" else NO_DIMENSIONS)

    legs, left = [], 0
    for _ in range(draw(st.integers(1, 6))):
        amount, on_the_left = draw(AMOUNTS), draw(st.booleans())
        left += amount if on_the_left else -amount
        legs.append(leg(draw(st.sampled_from(ACCOUNTS)), amount if on_the_left else 0, 0 if on_the_left else amount))
    if left or len(legs) < 2:
        legs.append(leg(draw(st.sampled_from(ACCOUNTS)), 0, left or 1))
        if not left:
            legs.append(leg(draw(st.sampled_from(ACCOUNTS)), 1, 0))
    return tuple(legs)


def transfer_of(legs: tuple[Leg, ...]) -> int:
    """What of an entry's cash went from one cash account to another: no other leg explains it."""
    received = sum(leg.debit for leg in legs if leg.account in CASH)
    paid = sum(leg.credit for leg in legs if leg.account in CASH)
    others = sum(leg.credit for leg in legs if leg.account not in CASH)
    if received * paid <= 0:
        return 0
    sign = 1 if received > 0 else -1
    return sign * min(max(sign * (received - others), 0), abs(received), abs(paid))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=st.lists(vouchers(), min_size=1, max_size=4))
def test_receipts_and_payments_are_the_cash_legs(hospital: Institution, made: list[tuple[Leg, ...]]) -> None:
    savepoint = transaction.savepoint()
    rows = [
        services.book(
            PLATFORM,
            institution=hospital,
            entry=EntryInput(day=date(2026, 3, 5), summary="定律", source="laws", key=str(number), legs=legs),
        )
        for number, legs in enumerate(made)
    ]
    found = cash_flows({hospital.pk: JANUARY}, MARCH)
    transfers = sum(map(transfer_of, made))
    legs = [leg for each in made for leg in each if leg.account in CASH]
    assert sum(each.received_month for each in found) == sum(leg.debit for leg in legs) - transfers
    assert sum(each.paid_year for each in found) == sum(leg.credit for leg in legs) - transfers
    unexplained = statement(institution=hospital, period=MARCH, code=CASH_SUMMARY).value("elsewhere", "year")
    assert unexplained == 0, "receipts less payments are what cash moved by"
    for row in rows:
        services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 3, 31), reason="定律")
    assert [each for each in cash_flows({hospital.pk: JANUARY}, MARCH) if each.received_month or each.paid_month] == []
    transaction.savepoint_rollback(savepoint)


def test_the_year_of_the_whole_is_the_sum_of_its_members(hospital: Institution) -> None:
    """What they paid each other is in both sums, and taken off as far as both say it."""
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    include_everybody(centre)
    members = list(Institution.objects.order_by("code"))
    township = members[1]
    for number, each in enumerate(members):
        booked(each, entry(("借", INSURER, "14.00"), ("借", "1002", "6.00"), ("贷", VISITS, "20.00"), key=f"a{number}"))
        booked(each, entry(("借", "5001", "1.00"), ("贷", "1002", "1.00"), key=f"b{number}", day="2026-02-03"))
    for one, other, pairs in (
        (hospital, township, (("借", "1002", "2.00"), ("贷", VISITS, "2.00"))),
        (township, hospital, (("借", "5001", "2.00"), ("贷", "1002", "2.00"))),
    ):
        made = entry(*pairs, key="between")
        legs = tuple(
            leg if leg.account == "1002" else replace(leg, dimensions=replace(leg.dimensions, counterparty=other.pk))
            for leg in made.legs
        )
        booked(one, replace(made, legs=legs))
    run = consolidate(centre, period=MARCH).run
    whole = consolidated(run=run, code=CASH_SUMMARY)
    for measure in ("month", "year"):
        own = [statement(institution=each, period=MARCH, code=CASH_SUMMARY) for each in members]
        for key, between in (("receipts", 200), ("payments", 200), ("opening", 0), ("closing", 0)):
            assert whole.value(key, measure) == sum(each.value(key, measure) for each in own) - between, (key, measure)
        assert whole.value("elsewhere", measure) == 0
    assert (whole.value("receipts", "year"), whole.value("payments", "year")) == (1_800, 300)
