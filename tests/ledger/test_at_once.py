"""Many writers at the same moment, each in a session of its own."""

import random
from collections.abc import Callable
from decimal import Decimal

from ops_platform.kernel import Conflict, Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.models import Entry, EventBooking, PendingEntry
from ops_platform.masterdata.models import Institution
from tests.his_intake.test_senders_at_once import at_once
from tests.ledger.books import BANK, booked, floor, paid, received, standing
from tests.support import trade

CROWD = 8


def sound() -> bool:
    return list(integrity.balances()) == list(integrity.chain()) == []


def pays(hospital: Institution, yuan: str, key: str) -> Callable[[], object]:
    return lambda: booked(hospital, paid(yuan, key))


def test_no_two_of_many_payers_take_the_same_money(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00"))
    floor(hospital)
    results = at_once(*(pays(hospital, "30.00", f"k{n}") for n in range(CROWD)))
    assert sum(isinstance(result, Entry) for result in results) == 3, results
    refusals = [result for result in results if isinstance(result, Conflict)]
    assert {refusal.code for refusal in refusals} == {"ledger.overdrawn"}
    assert standing(hospital, BANK) == Decimal("10.00")
    assert sound()


def test_the_same_entry_sent_many_times_at_once_is_booked_once(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    results = at_once(*(lambda: booked(hospital, received("100.00")) for _ in range(CROWD)))
    assert {result.pk for result in results if isinstance(result, Entry)} == {Entry.objects.get().pk}, results
    assert sound()


def test_vouchers_of_many_writers_have_no_gaps(committed_db: str) -> None:
    everybody = list(trade.alliance().values())

    def writes(number: int) -> Callable[[], object]:
        chosen = random.Random(number)

        def write() -> int:
            for turn in range(12):
                booked(chosen.choice(everybody), received("1.00", f"{number}-{turn}"))
            return 12

        return write

    assert at_once(*(writes(number) for number in range(CROWD))) == [12] * CROWD
    for institution in everybody:
        numbers = list(
            Entry.objects.filter(institution=institution).order_by("number").values_list("number", flat=True)
        )
        assert numbers == list(range(1, len(numbers) + 1))
    assert Entry.objects.count() == 12 * CROWD
    assert sound()


def test_a_pending_entry_that_is_posted_and_voided_at_once_ends_one_way(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("1000.00"))
    floor(hospital)
    for turn in range(6):
        pending = services.hold(PLATFORM, institution=hospital, entry=paid("10.00", f"p{turn}"))
        number = pending.pk
        results = at_once(
            lambda n=number: services.post(PLATFORM, pending_id=n),  # type: ignore[misc]
            lambda n=number: services.void(PLATFORM, pending_id=n),  # type: ignore[misc]
            lambda n=number: services.post(PLATFORM, pending_id=n),  # type: ignore[misc]
        )
        pending.refresh_from_db()
        assert pending.state in ("posted", "voided"), results
        assert Entry.objects.filter(key=f"p{turn}").count() == (pending.state == PendingEntry.State.POSTED)
    assert sound()


def test_a_claim_and_its_debt_in_two_books_never_lock_each_other_out(committed_db: str) -> None:
    """Deals in both directions at once: books are locked in the order of institutions."""
    everybody = trade.alliance()
    first, second = everybody["H1"], everybody["T1"]

    def deal(giver: Institution, taker: Institution, key: str) -> Callable[[], object]:
        from django.db import transaction

        def both() -> str:
            with transaction.atomic():
                services.lock_books([giver, taker])
                booked(giver, paid("1.00", key))
                booked(taker, received("1.00", key))
            return key

        return both

    pairs = [(first, second) if n % 2 else (second, first) for n in range(CROWD)]
    results = at_once(*(deal(giver, taker, f"d{n}") for n, (giver, taker) in enumerate(pairs)))
    assert sorted(map(str, results)) == sorted(f"d{n}" for n in range(CROWD)), results
    assert standing(first, BANK) + standing(second, BANK) == 0
    assert sound()


def test_a_month_of_events_booked_by_many_at_once_is_booked_once(committed_db: str) -> None:
    """Also while facts are being corrected: each event ends with one entry that stands, and it says what the facts say."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK")])
    rows = [trade.cost(f"V{number}", "NK", "1.00") for number in range(20)]
    trade.landed(hospital, "cost-entries", rows)
    march = Period(2026, 3)

    def books() -> object:
        return services.book_events(PLATFORM, institution=hospital, period=march)

    def corrects(number: int) -> Callable[[], object]:
        return lambda: trade.landed(hospital, "cost-entries", [trade.cost(f"V{number}", "NK", "3.00")])

    results = at_once(*[books] * 4, *(corrects(number) for number in range(4)))
    assert not [result for result in results if isinstance(result, Exception)], results
    books()
    current = EventBooking.objects.filter(is_current=True)
    assert current.count() == 20
    assert not current.filter(entry__reversed_by__isnull=False).exists()
    assert standing(hospital, "5001") == Decimal("28.00")
    assert sound()
