"""Entries are booked once, in order, and never changed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from ops_platform.kernel import Conflict, Invalid
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput, credit, debit
from ops_platform.ledger.models import Dimension, Entry, Leg, PeriodBalance
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from tests.ledger.books import BANK, COST, OTHER_INCOME, booked, entry, paid, received, standing
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    return trade.alliance()["H1"]


def sound() -> bool:
    return list(integrity.balances()) == list(integrity.chain()) == []


def test_entries_are_numbered_without_gaps_and_vouchers_within_their_month(hospital: Institution) -> None:
    rows = [
        booked(hospital, received("100.00", "a", "2026-03-05")),
        booked(hospital, received("200.00", "b", "2026-04-01")),
        booked(hospital, paid("30.00", "c", "2026-03-31")),
    ]
    assert [row.number for row in rows] == [1, 2, 3]
    assert [(row.period, row.voucher_no) for row in rows] == [("2026-03", 1), ("2026-04", 1), ("2026-03", 2)]
    assert [row.previous_hash for row in rows[1:]] == [row.hash for row in rows[:-1]]
    assert standing(hospital, BANK) == Decimal("270.00")
    assert sound()


def test_the_same_again_gives_the_first_and_books_nothing(hospital: Institution) -> None:
    first = booked(hospital, received("100.00"))
    assert booked(hospital, received("100.00")).pk == first.pk
    assert Entry.objects.count() == 1
    assert standing(hospital, BANK) == Decimal("100.00")


def test_other_content_under_the_same_key_is_refused(hospital: Institution) -> None:
    booked(hospital, received("100.00"))
    with pytest.raises(Conflict) as refusal:
        booked(hospital, received("100.01"))
    assert refusal.value.code == "ledger.key_reused"
    assert "2026-03 第 1 号凭证" in refusal.value.message


def test_two_institutions_may_use_the_same_key(hospital: Institution) -> None:
    booked(hospital, received("100.00"))
    booked(Institution.objects.get(code="T1"), received("7.00"))
    assert Entry.objects.filter(number=1).count() == 2


def test_a_batch_is_booked_as_a_whole_or_not_at_all(hospital: Institution) -> None:
    good, bad = received("100.00", "a"), entry(("借", BANK, "5.00"), ("贷", "9999", "5.00"), key="b")
    with pytest.raises(Invalid):
        services.book_all(PLATFORM, institution=hospital, bookings=[services.Booking(good), services.Booking(bad)])
    assert not Entry.objects.exists()
    rows = services.book_all(
        PLATFORM, institution=hospital, bookings=[services.Booking(received(f"{n}.00", f"{n}")) for n in range(1, 40)]
    )
    assert [row.voucher_no for row in rows] == list(range(1, 40))
    assert standing(hospital, OTHER_INCOME) == Decimal(-sum(range(1, 40)))
    assert sound()


def test_a_batch_needs_no_statement_an_entry(hospital: Institution, django_assert_max_num_queries: object) -> None:
    def bookings(prefix: str, count: int) -> list[services.Booking]:
        return [services.Booking(received("1.00", f"{prefix}{n}")) for n in range(count)]

    from django.test.utils import CaptureQueriesContext

    services.book_all(PLATFORM, institution=hospital, bookings=bookings("warm", 1))
    with CaptureQueriesContext(connection) as few:
        services.book_all(PLATFORM, institution=hospital, bookings=bookings("few", 2))
    with CaptureQueriesContext(connection) as many:
        services.book_all(PLATFORM, institution=hospital, bookings=bookings("many", 200))
    assert len(many) == len(few)


def test_one_entry_is_booked_in_seven_statements(hospital: Institution, django_assert_num_queries: Any) -> None:
    """Two savepoints and their release apart: lock, how the books stand, accounts, dimensions, entry, legs, balance."""
    booked(hospital, received("1.00", "first"))
    with django_assert_num_queries(11):
        booked(hospital, received("1.00", "second"))


def test_a_key_twice_in_a_batch_is_refused_in_words_also_when_it_is_new(hospital: Institution) -> None:
    bookings = [services.Booking(received("1.00", "k")), services.Booking(received("1.00", "k"))]
    with pytest.raises(Invalid) as refusal:
        services.book_all(PLATFORM, institution=hospital, bookings=bookings)
    assert refusal.value.code == "ledger.key_twice"
    assert not Entry.objects.exists()


def test_a_closed_month_takes_no_entry(hospital: Institution) -> None:
    booked(hospital, received("100.00", "a"))
    AccountingPeriod.objects.filter(institution=hospital, period="2026-03").update(state=PeriodState.CLOSED)
    with pytest.raises(Conflict) as refusal:
        booked(hospital, received("100.00", "b"))
    assert refusal.value.code == "ledger.period_closed"
    assert booked(hospital, received("100.00", "a")).voucher_no == 1, (
        "what is booked already is not refused when repeated"
    )


def test_before_the_books_begin_only_the_opening_is_booked(hospital: Institution) -> None:
    with pytest.raises(Conflict) as refusal:
        booked(hospital, received("1.00", day="2025-12-31"))
    assert refusal.value.code == "ledger.before_books"
    row = services.book_opening(
        PLATFORM,
        institution=hospital,
        key="1",
        legs=[debit(BANK, 5_000_000), credit("3001", 5_000_000)],
    )
    assert (row.period, row.kind) == ("2025-12", "opening")


def test_a_month_that_has_not_come_takes_no_entry(hospital: Institution) -> None:
    with pytest.raises(Conflict) as refusal:
        booked(hospital, received("1.00", day="2099-01-01"))
    assert refusal.value.code == "ledger.in_the_future"


def test_what_was_wrong_is_taken_back_in_red_and_the_turnover_stays_true(hospital: Institution) -> None:
    row = booked(hospital, received("100.00"))
    taken_back = services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 3, 9), reason="金额有误")
    assert taken_back.kind == "reversal"
    assert standing(hospital, BANK) == 0
    moved = PeriodBalance.objects.get(institution=hospital, account__code=BANK, period="2026-03")
    assert (moved.debit, moved.credit) == (0, 0), "red figures take back on the same side"
    assert services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 3, 10), reason="再次").pk == taken_back.pk
    with pytest.raises(Conflict) as refusal:
        services.reverse(PLATFORM, entry_id=taken_back.pk, day=date(2026, 3, 10), reason="反悔")
    assert refusal.value.code == "ledger.reversal_of_reversal"
    assert sound()


def test_an_entry_of_a_closed_month_is_taken_back_in_an_open_one(hospital: Institution) -> None:
    row = booked(hospital, received("100.00"))
    AccountingPeriod.objects.filter(institution=hospital, period="2026-03").update(state=PeriodState.CLOSED)
    taken_back = services.reverse(PLATFORM, entry_id=row.pk, day=date(2026, 4, 1), reason="重复入账")
    assert taken_back.period == "2026-04"


def test_balances_are_kept_for_each_combination_of_dimensions(hospital: Institution) -> None:
    other = Institution.objects.get(code="T1")
    claim = Dimensions(counterparty=other.pk)
    for number, dimensions in enumerate((claim, claim, Dimensions(counterparty=other.pk, purpose="loan"))):
        wanted = EntryInput(
            day=trade.day("2026-03-05"),
            summary="内部往来",
            source="test",
            key=str(number),
            legs=(debit("121890", 10_000, dimensions), credit(BANK, 10_000)),
        )
        booked(hospital, wanted)
    kept = PeriodBalance.objects.filter(account__code="121890").order_by("dimension").values_list("debit", flat=True)
    assert list(kept) == [Decimal("200.00"), Decimal("100.00")]
    assert Dimension.objects.filter(counterparty=other).count() == 2


def test_a_leg_on_an_account_with_accounts_below_it_is_refused(hospital: Institution) -> None:
    with pytest.raises(Invalid) as refusal:
        booked(hospital, entry(("借", "1218", "1.00"), ("贷", OTHER_INCOME, "1.00")))
    assert refusal.value.code == "ledger.not_a_leaf"


def test_a_year_is_carried_forward_to_the_fen_and_begins_at_nothing(hospital: Institution) -> None:
    booked(hospital, received("1000.00", "a", "2026-01-10"))
    booked(hospital, paid("400.10", "b", "2026-02-10"))
    project = Dimensions(cost_item="other", funding_source="fiscal_project")
    booked(
        hospital,
        EntryInput(
            day=date(2026, 3, 1),
            summary="项目支出",
            source="test",
            key="c",
            legs=(debit(COST, 5_000, project), credit(BANK, 5_000)),
        ),
    )
    AccountingPeriod.objects.filter(institution=hospital, period__lt="2026-12").update(state=PeriodState.CLOSED)
    legs = services.years.carry_forward(
        services.years._standings(hospital, 2026),
        services.years.chart_at(services.years.accounts_of(hospital), date(2026, 12, 31)),
    )
    told = [(leg.account, leg.debit, leg.credit) for leg in legs]
    assert told == [
        (OTHER_INCOME, 100_000, 0),
        (COST, 0, 40_010),
        (COST, 0, 5_000),
        ("330101", 5_000, 0),
        ("330102", 0, 59_990),
        ("330101", 0, 5_000),
        ("3001", 5_000, 0),
        ("330102", 59_990, 0),
        ("3302", 0, 59_990),
        ("3302", 59_990, 0),
        ("3001", 0, 59_990),
    ]


def test_legs_are_never_read_back_otherwise_than_they_were_booked(hospital: Institution) -> None:
    row = booked(hospital, entry(("借", BANK, "0.01"), ("贷", OTHER_INCOME, "0.01"), summary="  一\t行\n字 "))
    assert row.summary == "一 行 字"
    assert Leg.objects.filter(entry=row).count() == 2
    assert sound()
