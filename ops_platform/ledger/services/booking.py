"""Booking entries: checked, numbered, chained and posted in the caller's transaction.

One writer at a time numbers the entries of an institution (advisory lock); writers of different institutions do not wait
for each other. Balances are written by the database as the legs come in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.kernel import Actor, Conflict, Invalid, Period, digest_of, from_fen
from ops_platform.ledger.engine.chart import Account
from ops_platform.ledger.engine.entry import EntryInput, faults_of, words
from ops_platform.ledger.models import Account as AccountRow
from ops_platform.ledger.models import Entry, EntryKind, Leg, PendingEntry
from ops_platform.ledger.refusals import in_words
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.services.dimensions import numbers_of
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services import open_missing_periods
from ops_platform.orm.bulk import copy_rows

GENESIS = "0" * 64
MOST_FAULTS_TOLD = 5
_LOCK = 7_201_010
_SETTLE = """
SET CONSTRAINTS ledger_entry_balanced, ledger_pending_balanced IMMEDIATE;
SET CONSTRAINTS ledger_entry_balanced, ledger_pending_balanced DEFERRED
"""
_LEG_COLUMNS = (
    "entry_id",
    "position",
    "institution_id",
    "period",
    "book",
    "account_id",
    "dimension_id",
    "debit",
    "credit",
    "summary",
)


@dataclass(frozen=True, slots=True)
class Booking:
    """An entry to be booked, with what only the ledger itself may say of it: the pending entry that it was before, whose
    maker stays its maker, while who books is its checker."""

    entry: EntryInput
    kind: EntryKind = EntryKind.ORDINARY
    reverses: Entry | None = None
    pending: PendingEntry | None = None


def book(actor: Actor, *, institution: Institution, entry: EntryInput, booking: Booking | None = None) -> Entry:
    """Post one entry. The same source and key with the same content gives the entry that is there already.

    Raises Invalid for what is wrong in itself, Conflict where the period is closed, an account would be overdrawn, or the
    key stands for other content.
    """
    return book_all(actor, institution=institution, bookings=[booking or Booking(entry)])[0]


@transaction.atomic
def book_all(actor: Actor, *, institution: Institution, bookings: Sequence[Booking]) -> list[Entry]:
    """Post several entries of an institution, all or none; the number of statements does not grow with them."""
    if len({(booking.entry.source, booking.entry.key) for booking in bookings}) < len(bookings):
        raise Invalid("ledger.key_twice", "同一批凭证中有重复的来源编号，请核对。")
    lock_books([institution])
    stand = _standing(institution, bookings)
    known = _already_booked(institution, [booking.entry for booking in bookings]) if stand.any_booked else {}
    fresh = [booking for booking in bookings if (booking.entry.source, booking.entry.key) not in known]
    if stand.any_held:
        _refuse_held(institution, [booking.entry for booking in fresh if booking.pending is None])
    made = _post(actor, institution, fresh, stand) if fresh else []
    posted = known | {(entry.source, entry.key): entry for entry in made}
    return [posted[booking.entry.source, booking.entry.key] for booking in bookings]


@dataclass(frozen=True, slots=True)
class _Standing:
    """How the books stand before entries go in: whether some of their keys are taken (`any_booked`) or held, the last
    number and hash, the last voucher number and the state of each of their months."""

    any_booked: bool
    any_held: bool
    number: int
    hash: str
    vouchers: dict[str, int]
    states: dict[str, str]


_STANDING = """
WITH asked AS MATERIALIZED (SELECT source, key FROM unnest(%(sources)s::text[], %(keys)s::text[]) AS w (source, key))
SELECT EXISTS (SELECT FROM asked a JOIN ledger_entry e
               ON e.institution_id = %(institution)s AND e.source = a.source AND e.key = a.key),
       EXISTS (SELECT FROM asked a JOIN ledger_pendingentry p
               ON p.institution_id = %(institution)s AND p.state = 'pending' AND p.source = a.source AND p.key = a.key),
       coalesce(last.number, 0), coalesce(last.hash, %(genesis)s),
       (SELECT array_agg(ARRAY[m, (SELECT max(voucher_no) FROM ledger_entry
                                   WHERE institution_id = %(institution)s AND period = m)::text])
        FROM unnest(%(months)s::text[]) AS m),
       (SELECT array_agg(ARRAY[period, state]) FROM masterdata_accountingperiod
        WHERE institution_id = %(institution)s AND period = ANY (%(months)s::text[]))
FROM (SELECT) one
LEFT JOIN LATERAL (SELECT number, hash FROM ledger_entry WHERE institution_id = %(institution)s
                   ORDER BY number DESC LIMIT 1) last ON true
"""


def _standing(institution: Institution, bookings: Sequence[Booking]) -> _Standing:
    """One statement, sent under the books' lock, so that it sees all that was numbered before."""
    asked: dict[str, Any] = {
        "institution": institution.pk,
        "genesis": GENESIS,
        "sources": [booking.entry.source for booking in bookings],
        "keys": [booking.entry.key for booking in bookings],
        "months": sorted({str(Period.of(booking.entry.day)) for booking in bookings}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, asked)
        any_booked, any_held, number, last_hash, vouchers, states = cursor.fetchone()
    return _Standing(
        any_booked,
        any_held,
        number,
        last_hash,
        {month: int(last) for month, last in vouchers or () if last is not None},
        dict(states or ()),
    )


def _post(actor: Actor, institution: Institution, bookings: Sequence[Booking], stand: _Standing) -> list[Entry]:
    rows = accounts_of(institution, {leg.account for booking in bookings for leg in booking.entry.legs})
    charts = {day: chart_at(rows, day) for day in {booking.entry.day for booking in bookings}}
    for booking in bookings:
        check(booking.entry, charts[booking.entry.day], mirror=booking.kind is EntryKind.REVERSAL)
    refuse_closed(institution, {booking.entry.day for booking in bookings if not _before_books(booking)}, stand.states)
    dimensions = numbers_of({leg.dimensions for booking in bookings for leg in booking.entry.legs})
    with in_words(institution):
        made = _number_and_chain(actor, institution, bookings, stand)
        Entry.objects.bulk_create(made)
        _let_go(actor, made, bookings)
        _copy_legs(made, bookings, rows, dimensions)
        settle_deferred()
    return made


def settle_deferred() -> None:
    """Let the deferred checks speak now, while the refusal can still be put into words."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE)


def check(entry: EntryInput, chart: Mapping[str, Account], *, mirror: bool = False) -> None:
    """Raises Invalid with what is wrong with an entry, the first faults in words and all of them as context."""
    faults = faults_of(entry, chart, mirror=mirror)
    if faults:
        raise Invalid(
            faults[0].code,
            " ".join(fault.message for fault in faults[:MOST_FAULTS_TOLD]),
            faults=[{"code": fault.code, "message": fault.message, "line": fault.subject} for fault in faults],
        )


def lock_books(institutions: Iterable[Institution]) -> None:
    """Be the only one who numbers entries of these institutions until the transaction ends; taken in their order."""
    with connection.cursor() as cursor:
        for number in sorted({institution.pk for institution in institutions}):
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, number])


def refuse_closed(institution: Institution, days: set[date], known: Mapping[str, str] | None = None) -> None:
    """A month that is closed, or before the books begin, refuses in words; the database refuses once more. `known`: the
    states of these months, where they were just read."""
    months = sorted({str(Period.of(day)) for day in days})
    if not months:
        return
    if months[0] < institution.first_period:
        raise Conflict(
            "ledger.before_books",
            f"{institution.name} 的账套从 {institution.first_period} 开始，{months[0]} 只能录入期初余额。",
            period=months[0],
        )
    latest = Period.of(timezone.localdate())
    if months[-1] > str(latest):
        raise Conflict(
            "ledger.in_the_future", f"{months[-1]} 还没有到，请核对日期(当前期间 {latest})。", period=months[-1]
        )
    states = (
        _states(institution, months) if known is None else {month: known[month] for month in months if month in known}
    )
    if len(states) < len(months):
        open_missing_periods(institution, latest)
    month = next((month for month, state in states.items() if state == PeriodState.CLOSED), None)
    if month:
        raise Conflict(
            "ledger.period_closed",
            f"{month} 期间已结账，不能再记账。请由财务负责人反结账，或记到未结账的期间。",
            period=month,
        )


def _states(institution: Institution, months: Sequence[str]) -> dict[str, str]:
    rows = AccountingPeriod.objects.filter(institution=institution, period__in=months)
    return dict(rows.order_by("period").values_list("period", "state"))


def _before_books(booking: Booking) -> bool:
    return booking.kind is EntryKind.OPENING or (
        booking.reverses is not None and booking.reverses.kind == EntryKind.OPENING
    )


def _already_booked(institution: Institution, entries: Sequence[EntryInput]) -> dict[tuple[str, str], Entry]:
    """Entries that stand under these keys. Raises Conflict where one has other content."""
    wanted = {(entry.source, entry.key): entry for entry in entries}
    by_key: dict[str, Any] = {"source__in": {source for source, _ in wanted}, "key__in": [key for _, key in wanted]}
    known = {}
    for row in Entry.objects.filter(institution=institution, **by_key):
        entry = wanted.get((row.source, row.key))
        if entry is None:
            continue
        if row.digest != entry.digest:
            raise Conflict(
                "ledger.key_reused",
                f"来源编号 {row.key} 已记为 {row.period} 第 {row.voucher_no} 号凭证，内容不同。请冲销原凭证后以新编号记账。",
                key=row.key,
                entry=row.pk,
            )
        known[row.source, row.key] = row
    return known


def _refuse_held(institution: Institution, entries: Sequence[EntryInput]) -> None:
    """What waits as a pending entry is posted there, not booked beside it."""
    keys = {(entry.source, entry.key) for entry in entries}
    waiting = PendingEntry.objects.filter(
        institution=institution, state=PendingEntry.State.PENDING, key__in=[key for _, key in keys]
    )
    for source, key in waiting.order_by("id").values_list("source", "key"):
        if (source, key) in keys:
            raise Conflict("ledger.key_pending", f"来源编号 {key} 的凭证正在待记账，请先审核或作废它。", key=key)


def _number_and_chain(
    actor: Actor, institution: Institution, bookings: Sequence[Booking], stand: _Standing
) -> list[Entry]:
    number, previous, vouchers = stand.number, stand.hash, dict(stand.vouchers)
    now, made = timezone.now(), []
    for booking in bookings:
        entry = booking.entry
        period = str(Period.of(entry.day))
        vouchers[period] = vouchers.get(period, 0) + 1
        number += 1
        pending = booking.pending
        row = Entry(
            institution=institution,
            number=number,
            period=period,
            day=entry.day,
            voucher_no=vouchers[period],
            kind=booking.kind,
            summary=words(entry.summary),
            source=entry.source,
            key=entry.key,
            digest=entry.digest,
            document=entry.document,
            leg_count=len(entry.legs),
            reverses=booking.reverses,
            made_by=pending.made_by if pending else actor.name,
            maker_id=pending.maker_id if pending else actor.user,
            checked_by=actor.name if pending else "",
            checker_id=actor.user if pending else None,
            posted_at=now,
            previous_hash=previous,
        )
        row.hash = previous = hash_of(row)
        made.append(row)
    return made


def hash_of(row: Entry) -> str:
    """The hash that an entry must carry; `digest` stands for its legs."""
    persons = {"institution": row.institution_id, "maker": row.maker_id or 0, "checker": row.checker_id or 0}
    return digest_of(_told(row) | persons)


def earlier_hash_of(row: Entry) -> str:
    """The hash of entries from before it covered the institution and the numbers of maker and checker: as good for all it
    covers, so their chains stay."""
    return digest_of(_told(row))


def _told(row: Entry) -> dict[str, Any]:
    return {
        "number": row.number,
        "period": row.period,
        "day": row.day,
        "voucher_no": row.voucher_no,
        "kind": str(row.kind),
        "summary": row.summary,
        "source": row.source,
        "key": row.key,
        "document": row.document,
        "digest": row.digest,
        "reverses": row.reverses_id or 0,
        "made_by": row.made_by,
        "checked_by": row.checked_by,
        "posted_at": _instant(row.posted_at),
        "previous_hash": row.previous_hash,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _let_go(actor: Actor, made: Sequence[Entry], bookings: Sequence[Booking]) -> None:
    """Pending entries that are posted hold nothing any more; before the legs come, which take what was held."""
    for row, booking in zip(made, bookings, strict=True):
        if booking.pending:
            booking.pending.state, booking.pending.entry = PendingEntry.State.POSTED, row
            booking.pending.resolved_at, booking.pending.resolved_by = row.posted_at, actor.name
            booking.pending.save(update_fields=["state", "entry", "resolved_at", "resolved_by"])


def _copy_legs(
    made: Sequence[Entry],
    bookings: Sequence[Booking],
    accounts: Mapping[str, AccountRow],
    dimensions: Mapping[Any, int],
) -> None:
    copy_rows(
        Leg,
        _LEG_COLUMNS,
        (
            (
                row.pk,
                position,
                row.institution_id,
                row.period,
                accounts[leg.account].book,
                accounts[leg.account].pk,
                dimensions[leg.dimensions],
                from_fen(leg.debit),
                from_fen(leg.credit),
                words(leg.summary),
            )
            for row, booking in zip(made, bookings, strict=True)
            for position, leg in enumerate(booking.entry.legs, start=1)
        ),
    )
