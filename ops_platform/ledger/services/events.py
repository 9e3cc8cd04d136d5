"""Booking business events: each once, as it stands; what was corrected is taken back in red and booked anew.

A month is booked as a whole under its period's lock: read all events as of one intake sequence, make their drafts, compare
with what is booked, book the difference in batches. An event is known by type, key and revision; what would be booked is
compared by digest, so that neither a repeat nor a rule that changes nothing books anything. A day that is not over waits;
closed months are left alone. An event for which the rules find no place is left as it stands, and named.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Actor, Finding, Period, Role
from ops_platform.ledger.engine.entry import EntryInput, red, words
from ops_platform.ledger.engine.voucher_rules import outcome_digest
from ops_platform.ledger.models import Entry, EntryKind, EventBooking, EventMonth
from ops_platform.ledger.selectors.events import (
    DraftedEvent,
    Standing,
    StandingEvent,
    compare,
    current_bookings,
    drafts_of,
    input_digest_of,
    taken_back_by_hand,
    until,
)
from ops_platform.ledger.selectors.modes import kept_elsewhere
from ops_platform.ledger.services.booking import Booking, book_all, lock_books
from ops_platform.ledger.services.contents import input_of, legs_of
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import hold_period, open_missing_periods
from ops_platform.masterdata.services.periods import access_institution

BOOKERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
LEGS_A_BATCH = 20_000
MOST_FINDINGS_KEPT = 200


@dataclass(frozen=True, slots=True)
class EventsBooked:
    """What a booking of a month did. `same_input`: nothing was read anew, since nothing had changed or the month is left
    alone (`skipped` says why, in words); `changed`: something was booked."""

    booked: int
    taken_back: int
    standing: int
    findings: tuple[Finding, ...]
    input_digest: str
    sequence: int
    same_input: bool = False
    skipped: str = ""

    @property
    def changed(self) -> bool:
        """Whether anything was booked."""
        return bool(self.booked or self.taken_back)


@transaction.atomic
def book_events(actor: Actor, *, institution: Institution, period: Period) -> EventsBooked:
    """Bring the books of a month in line with its events. A repeat books nothing. A month that is closed, to come, kept in
    another system, or before the institution's books begin is left alone."""
    access_institution(actor, institution.pk, *BOOKERS)
    known = EventMonth.objects.filter(institution=institution, period=str(period)).first()
    skipped = why_left_alone(institution, period)
    if skipped:
        digest, sequence = (known.input_digest, known.sequence) if known else ("", 0)
        return EventsBooked(0, 0, 0, (), digest, sequence, same_input=True, skipped=skipped)
    lock_books([institution])
    digest, sequence = input_digest_of(institution, period), last_sequence(institution)
    if known and known.input_digest == digest and not known.findings and not taken_back_by_hand(institution, period):
        return EventsBooked(0, 0, known.events, (), digest, known.sequence, same_input=True)
    drafted = list(drafts_of(institution, period, sequence))
    current = current_bookings(institution, period)
    plan = _plan(compare(drafted, current))
    now = timezone.now()
    _book(actor, institution, plan, sequence, now)
    findings = tuple(finding for each in drafted for finding in each.draft.findings)
    outcome = EventsBooked(
        booked=len(plan.fresh),
        taken_back=len(plan.gone),
        standing=len(current) - len(plan.gone),
        findings=findings,
        input_digest=digest,
        sequence=sequence,
    )
    EventMonth.objects.update_or_create(
        institution=institution,
        period=str(period),
        defaults={
            "input_digest": digest,
            "sequence": sequence,
            "until": until(period),
            "events": outcome.standing + outcome.booked,
            "findings": [_kept(finding) for finding in findings[:MOST_FINDINGS_KEPT]],
            "booked_at": now,
        },
    )
    if outcome.changed:
        record(
            actor,
            "ledger.events_booked",
            institution=institution.code,
            subject_type="event_month",
            subject=str(period),
            detail={
                "booked": outcome.booked,
                "taken_back": outcome.taken_back,
                "findings": len(findings),
                "sequence": sequence,
                "input_digest": digest,
            },
        )
    return outcome


def why_left_alone(institution: Institution, period: Period) -> str:
    """Why nothing of the month is booked, in words; empty where its events are. Holds the month against closing."""
    latest = Period.of(timezone.localdate())
    if period > latest:
        return f"{period} 还没有到。"
    if str(period) < institution.first_period:
        return f"{institution.name} 的账套从 {institution.first_period} 开始，更早的业务不记账。"
    open_missing_periods(institution, latest)
    if not hold_period(institution, period):
        return f"{period} 已结账，不再生成凭证。如需更正，请先反结账。"
    if kept_elsewhere(institution.pk, period):
        return f"{institution.name} {period} 在外部系统记账，业务不在本平台生成凭证。"
    return ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be booked anew, and which bookings do not stand any more."""

    fresh: tuple[DraftedEvent, ...]
    gone: tuple[EventBooking, ...]


def _plan(listed: Sequence[StandingEvent]) -> _Plan:
    acted = [each for each in listed if each.standing in (Standing.FRESH, Standing.CHANGED, Standing.GONE)]
    fresh = tuple(each.drafted for each in acted if each.drafted and each.drafted.draft.entry)
    gone = [each.booking for each in acted if each.booking]
    return _Plan(fresh, tuple(sorted(gone, key=lambda row: row.entry.number)))


def _book(actor: Actor, institution: Institution, plan: _Plan, sequence: int, now: datetime) -> None:
    _take_back(actor, institution, plan.gone)
    revisions = _revisions(institution, plan.fresh)
    made: list[EventBooking] = []
    for batch in _batches(plan.fresh):
        entries = [_entry(each, revisions.get((each.event.type, each.event.key), 0) + 1) for each in batch]
        rows = book_all(actor, institution=institution, bookings=[Booking(entry) for entry in entries])
        made += [
            EventBooking(
                institution=institution,
                event_type=each.event.type,
                event_key=each.event.key,
                revision=revisions.get((each.event.type, each.event.key), 0) + 1,
                period=str(Period.of(each.event.day)),
                entry=row,
                input_digest=each.event.digest,
                outcome_digest=outcome_digest(entry),
                sequence=sequence,
                rules=each.rules,
                booked_at=now,
            )
            for each, entry, row in zip(batch, entries, rows, strict=True)
        ]
    EventBooking.objects.bulk_create(made, batch_size=2_000)


def _entry(each: DraftedEvent, revision: int) -> EntryInput:
    entry = each.draft.entry
    if entry is None:
        raise TypeError("a draft with an entry")
    return entry if revision == 1 else replace(entry, key=f"{entry.key}/{revision}")


def _batches(drafted: Iterable[DraftedEvent]) -> Iterator[list[DraftedEvent]]:
    batch: list[DraftedEvent] = []
    legs = 0
    for each in drafted:
        count = len(each.draft.entry.legs) if each.draft.entry else 0
        if batch and legs + count > LEGS_A_BATCH:
            yield batch
            batch, legs = [], 0
        batch.append(each)
        legs += count
    if batch:
        yield batch


def _revisions(institution: Institution, fresh: Sequence[DraftedEvent]) -> dict[tuple[str, str], int]:
    """The last revision of each event that was booked before."""
    rows = EventBooking.objects.filter(
        institution=institution,
        event_type__in={each.event.type for each in fresh},
        event_key__in=[each.event.key for each in fresh],
    )
    found = rows.order_by().values_list("event_type", "event_key").annotate(last=Max("revision"))
    return {(event_type, key): last for event_type, key, last in found}


def _take_back(actor: Actor, institution: Institution, gone: Sequence[EventBooking]) -> None:
    """Reverse on the day of each entry, so that the month reads as if only the truth had been booked."""
    if not gone:
        return
    waiting = [row for row in gone if not hasattr(row.entry, "reversed_by")]
    legs = legs_of([row.entry for row in waiting])
    bookings = [
        Booking(
            red(
                input_of(row.entry, legs[row.entry_id]),
                day=row.entry.day,
                summary=words(f"冲销 {row.period} 第 {row.entry.voucher_no} 号：业务数据已更正")[:200],
                key=f"冲销 {row.entry.number}",
            ),
            kind=EntryKind.REVERSAL,
            reverses=row.entry,
        )
        for row in waiting
    ]
    reversals: dict[int, Entry] = {
        booking.reverses.pk: made
        for start in range(0, len(bookings), 500)
        for booking, made in zip(
            bookings[start : start + 500],
            book_all(actor, institution=institution, bookings=bookings[start : start + 500]),
            strict=True,
        )
        if booking.reverses
    }
    for row in gone:
        row.is_current = False
        row.reversal = reversals.get(row.entry_id) or row.entry.reversed_by
    EventBooking.objects.bulk_update(gone, ["is_current", "reversal"], batch_size=500)


def _kept(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "message": finding.message, "subject": finding.subject}
