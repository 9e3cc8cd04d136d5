"""Laws of the books under any sequence of bookings: against real PostgreSQL, as the web's role."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ops_platform.kernel import DomainError, from_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.engine.entry import EntryInput, Leg
from ops_platform.ledger.models import Entry, PendingEntry
from ops_platform.masterdata.models import Institution
from tests.ledger.books import BANK, OTHER_INCOME, PAYABLE, floor, standing
from tests.support import trade

ACCOUNTS = (BANK, OTHER_INCOME, PAYABLE, "130201")
KEYS = st.sampled_from([f"k{n}" for n in range(6)])
FEN = st.integers(-500, 5_000)


@st.composite
def entries(draw: st.DrawFn) -> EntryInput:
    """Mostly balanced, sometimes not; keys come again, with the same content or other."""
    fen = draw(st.lists(FEN.filter(bool), min_size=1, max_size=3))
    made = [Leg(draw(st.sampled_from(ACCOUNTS)), debit=each) for each in fen]
    total = sum(fen) + draw(st.sampled_from([0, 0, 0, 0, 1]))
    made.append(Leg(draw(st.sampled_from(ACCOUNTS)), credit=total))
    day = trade.day(draw(st.sampled_from(["2026-01-31", "2026-02-01", "2026-03-15"])))
    return EntryInput(day=day, summary="定律", source="laws", key=draw(KEYS), legs=tuple(made))


class AnyBookings(RuleBasedStateMachine):
    """Books, holds, posts, voids and reverses; a plain dictionary says what must stand where."""

    @initialize()
    def begin(self) -> None:
        self.hospital = Institution.objects.get(code="H1")
        self.books: dict[str, int] = defaultdict(int)
        self.keys: dict[str, str] = {}
        self.taken_back: set[int] = set()

    def put(self, legs: tuple[Leg, ...], sign: int = 1) -> None:
        for leg in legs:
            self.books[leg.account] += sign * (leg.debit - leg.credit)

    @rule(entry=entries())
    def book(self, entry: EntryInput) -> None:
        before = Entry.objects.count()
        try:
            row = services.book(PLATFORM, institution=self.hospital, entry=entry)
        except DomainError:
            assert Entry.objects.count() == before
            return
        if row.key in self.keys:
            assert self.keys[row.key] == entry.digest, "a key stands for one content"
            assert Entry.objects.count() == before
            return
        self.keys[row.key] = entry.digest
        self.put(entry.legs)

    @rule(entry=entries())
    def hold(self, entry: EntryInput) -> None:
        try:
            services.hold(PLATFORM, institution=self.hospital, entry=entry)
        except DomainError:
            return

    @rule(pick=st.integers(0, 20), posts=st.booleans())
    def resolve(self, pick: int, posts: bool) -> None:
        waiting = list(PendingEntry.objects.filter(state="pending").order_by("id"))
        if not waiting:
            return
        pending = waiting[pick % len(waiting)]
        entry = services.contents.content_of(pending)
        try:
            if not posts:
                services.void(PLATFORM, pending_id=pending.pk)
                return
            services.post(PLATFORM, pending_id=pending.pk)
        except DomainError:
            return
        if entry.key in self.keys:
            return
        self.keys[entry.key] = entry.digest
        self.put(entry.legs)

    @rule(pick=st.integers(0, 20))
    def reverse(self, pick: int) -> None:
        rows = list(Entry.objects.filter(kind="ordinary").order_by("number"))
        if not rows:
            return
        row = rows[pick % len(rows)]
        legs = services.contents.content_of(row).legs
        try:
            services.reverse(PLATFORM, entry_id=row.pk, day=trade.day("2026-03-31"), reason="定律")
        except DomainError:
            return
        if row.pk not in self.taken_back:
            self.taken_back.add(row.pk)
            self.put(legs, -1)

    @invariant()
    def the_books_say_what_was_booked(self) -> None:
        if not hasattr(self, "hospital"):
            return
        for account in ACCOUNTS:
            assert standing(self.hospital, account) == from_fen(self.books[account]), account
        assert sum(self.books.values()) == 0
        assert standing(self.hospital, BANK) >= Decimal(0), "the floor holds"

    def teardown(self) -> None:
        assert list(integrity.balances()) == list(integrity.chain()) == []


@pytest.mark.django_db(transaction=False)
def test_any_sequence_of_bookings_keeps_the_laws() -> None:
    from django.db import transaction

    trade.alliance()
    floor(Institution.objects.get(code="H1"))

    class Apart(AnyBookings):
        """Each sequence begins with empty books."""

        def __init__(self) -> None:
            super().__init__()
            self.savepoint = transaction.savepoint()

        def teardown(self) -> None:
            super().teardown()
            transaction.savepoint_rollback(self.savepoint)

    run_state_machine_as_test(
        Apart,
        settings=settings(
            max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
