"""The door of the ledger for the apps above it.

They hand in entries (`EntryInput` of `debit` and `credit` legs in fen) in the transaction of their own deed and get numbers
back. What happens in an app and is booked by the voucher rules is an event: the app registers its type in `apps.ready()`
with `register_event_type`, and the night books it. Money that is promised but not yet gone is held (`hold`) until it is
posted, voided or expires. Who books in the books of two institutions at once locks both first (`lock_books`), so that
nobody waits for each other.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q, Sum

from ops_platform.kernel import Actor, Period, to_fen
from ops_platform.ledger import services
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, Dimensions
from ops_platform.ledger.engine.entry import EntryInput, Leg, credit, debit
from ops_platform.ledger.engine.voucher_rules import Attribute, BusinessEvent, EventForm, EventLine
from ops_platform.ledger.events import register_event_type
from ops_platform.ledger.models import Account, Entry, RunningBalance
from ops_platform.ledger.services import lock_books
from ops_platform.ledger.services.events import book_events
from ops_platform.ledger.sources import register_source
from ops_platform.masterdata.models import Institution

__all__ = [
    "NO_DIMENSIONS",
    "Attribute",
    "Balance",
    "Booked",
    "BookedMonth",
    "BusinessEvent",
    "Dimensions",
    "EntryInput",
    "EventForm",
    "EventLine",
    "IncomeAccount",
    "Leg",
    "balance",
    "book",
    "book_month",
    "credit",
    "debit",
    "forbid_overdraft",
    "hold",
    "income_accounts",
    "lock_books",
    "post",
    "register_event_type",
    "register_source",
    "reverse",
    "void",
]


@dataclass(frozen=True, slots=True)
class Booked:
    """A posted entry: its number in the database, its month and voucher number, its hash."""

    entry: int
    period: str
    voucher_no: int
    hash: str


@dataclass(frozen=True, slots=True)
class IncomeAccount:
    """An account that takes legs below some account of income; `closed_on` is the first day on which it no longer does."""

    code: str
    name: str
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Fen on an account's debit side less its credit side now, and what pending entries would add to each side."""

    net: int
    held_debit: int
    held_credit: int


def book(actor: Actor, *, institution: Institution, entry: EntryInput) -> Booked:
    """Post an entry. The same source and key with the same content gives the entry that is there.

    Raises Invalid (what is wrong with it), Conflict (period closed, overdrawn, key used for other content).
    """
    return _booked(services.book(actor, institution=institution, entry=entry))


def hold(actor: Actor, *, institution: Institution, entry: EntryInput, expires_at: datetime | None = None) -> int:
    """Make a pending entry and hold its amounts; returns its number. Raises as `book`."""
    return services.hold(actor, institution=institution, entry=entry, expires_at=expires_at).pk


def post(actor: Actor, pending: int) -> Booked:
    """Post a pending entry; not by the person who made it. A repeat gives the same entry."""
    return _booked(services.post(actor, pending_id=pending))


def void(actor: Actor, pending: int, remark: str = "") -> None:
    """Give a pending entry up. A repeat changes nothing."""
    services.void(actor, pending_id=pending, remark=remark)


def reverse(actor: Actor, entry: int, *, day: date, reason: str) -> Booked:
    """Take an entry back in red. A repeat gives the same reversal."""
    return _booked(services.reverse(actor, entry_id=entry, day=day, reason=reason))


def balance(institution: Institution, account: str, dimensions: Dimensions | None = None) -> Balance:
    """What stands on an account now, over all dimensions or on one combination; fen."""
    rows = RunningBalance.objects.filter(institution=institution, account__code=account)
    if dimensions is not None:
        rows = rows.filter(dimension=services.dimensions.numbers_of({dimensions})[dimensions])
    sums = rows.aggregate(net=Sum(F("debit") - F("credit")), debit=Sum("held_debit"), credit=Sum("held_credit"))
    return Balance(to_fen(sums["net"] or 0), to_fen(sums["debit"] or 0), to_fen(sums["credit"] or 0))


@dataclass(frozen=True, slots=True)
class BookedMonth:
    """What bringing a month in line with its events did; `skipped` says in words why it was left alone."""

    booked: int
    taken_back: int
    skipped: str


def book_month(actor: Actor, *, institution: Institution, period: Period) -> BookedMonth:
    """Book what the events of a month say now, as each night does; for an app whose step runs after that of the ledger.
    It reads the month's facts: no work for a request."""
    outcome = book_events(actor, institution=institution, period=period)
    return BookedMonth(outcome.booked, outcome.taken_back, outcome.skipped)


def forbid_overdraft(actor: Actor, *, institution: Institution, account: str) -> None:
    """From now on the unified account of the institution may not be overdrawn, whoever books. A repeat changes nothing."""
    services.forbid_overdraft(
        actor, institution=institution, account=Account.objects.get(code=account, institution=None)
    )


def _booked(row: Entry) -> Booked:
    return Booked(entry=row.pk, period=row.period, voucher_no=row.voucher_no, hash=row.hash)


def income_accounts(*, below: str, institution: int | None = None) -> list[IncomeAccount]:
    """The leaves of the unified chart below an account, and those that the institution keeps of its own; by code."""
    rows = Account.objects.filter(code__startswith=below, leaf=True).exclude(code=below)
    own = rows.filter(Q(institution=None) | Q(institution=institution))
    return [IncomeAccount(*row) for row in own.order_by("code", "pk").values_list("code", "name", "closed_on")]
