"""What booking a month would do (待生成预览): made by a worker, which reads the month's facts, kept with its errand, shown
with its age. No page and no request reads a month's facts for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import Period, Severity
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.engine.entry import Leg
from ops_platform.ledger.models import Errand
from ops_platform.ledger.selectors import errands
from ops_platform.ledger.selectors.events import (
    EventMonthState,
    Standing,
    StandingEvent,
    compare,
    current_bookings,
    drafts_of,
    input_digest_of,
    month_state,
)
from ops_platform.ledger.selectors.words import Legs, leg_words
from ops_platform.masterdata.models import Institution

MOST_KEPT = 2_000  # events that are kept in words; nobody reads more, and all are counted


@dataclass(frozen=True, slots=True)
class WaitingEvent:
    """An event that booking would book, book anew or take back, or that has no place. `amount` in fen, None where the facts
    tell it no more; `entry` and `voucher` name what is booked of it; `legs` what it would get."""

    standing: Standing
    type: str
    key: str
    day: str
    summary: str
    amount: int | None
    entry: int | None
    voucher: tuple[str, int] | None
    rules: int | None
    rules_words: str
    legs: tuple[Mapping[str, Any], ...]
    leg_words: tuple[str, ...]
    findings: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What booking would do, as of a moment; `current`: nothing has changed since. `total` events, of which `events` are the
    first ones."""

    events: tuple[WaitingEvent, ...]
    total: int
    made_at: datetime | None
    current: bool

    def of(self, event_type: str, standings: Sequence[Standing]) -> list[WaitingEvent]:
        """Those of a type ("" for all) that stand so."""
        return [each for each in self.events if each.standing in standings and event_type in ("", each.type)]


NOTHING = Outlook((), 0, None, current=True)


def outlook(institution: Institution, period: Period, state: EventMonthState | None = None) -> Outlook:
    """What is known of it: nothing waits in a month that is booked as it stands, and what has no place was kept by the
    booking; else what the last errand found, if there was one."""
    state = state or month_state(institution, period)
    if state.elsewhere:
        return NOTHING
    if not state.behind:
        known = state.known
        listed = [_kept_finding(each) for each in known.findings] if known else []
        return Outlook(tuple(listed), len(listed), known.booked_at if known else None, current=True)
    errand = errands.latest_done(Errand.Kind.OUTLOOK, institution, period)
    if errand is None:
        return Outlook((), 0, None, current=False)
    told = errand.result
    return Outlook(
        tuple(_read(each) for each in told["listed"]),
        told["events"],
        errand.finished_at,
        current=told["input"] == input_digest_of(institution, period),
    )


def told_outlook(institution: Institution, period: Period) -> dict[str, Any]:
    """What a worker keeps: counts, and the events in words. Reads the facts of the month."""
    told = input_digest_of(institution, period)
    drafted = drafts_of(institution, period, last_sequence(institution))
    found = compare(drafted, current_bookings(institution, period))
    listed = [each for each in found if each.standing is not Standing.STANDS]
    unplaced = sum(each.standing is Standing.UNPLACED for each in listed)
    kept = listed[:MOST_KEPT]
    known = Legs.of(leg for each in kept for leg in _legs(each))
    return {
        "input": told,
        "events": len(listed),
        "unplaced": unplaced,
        "listed": [_told(each, known) for each in kept],
    }


def _legs(each: StandingEvent) -> Sequence[Leg]:
    entry = each.drafted.draft.entry if each.drafted else None
    return entry.legs if entry else ()


def _told(each: StandingEvent, known: Legs) -> dict[str, Any]:
    drafted, booking = each.drafted, each.booking
    entry = booking.entry if booking else None
    rules = drafted.rules if drafted else None
    if drafted:
        event = drafted.event
        named = {"type": event.type, "key": event.key, "day": str(event.day), "summary": event.summary}
    elif booking:
        day = str(booking.entry.day)
        named = {"type": booking.event_type, "key": booking.event_key, "day": day, "summary": booking.entry.summary}
    else:
        raise TypeError("neither told nor booked")
    return named | {
        "standing": each.standing.value,
        "amount": drafted.event.total if drafted else None,
        "entry": entry.pk if entry else None,
        "voucher": [entry.period, entry.voucher_no] if entry else None,
        "rules": rules.version if rules else None,
        "rules_words": str(rules or ""),
        "legs": [_leg_told(leg) for leg in _legs(each)],
        "leg_words": [leg_words(leg, known) for leg in _legs(each)],
        "findings": [
            {"code": one.code, "severity": str(one.severity), "subject": one.subject, "message": one.message}
            for one in (drafted.draft.findings if drafted else ())
        ],
    }


def _leg_told(leg: Leg) -> dict[str, Any]:
    kept = leg.dimensions
    dimensions = {name: getattr(kept, name) for name in DIMENSION_TITLES if name in kept.given}
    return {"account": leg.account, "debit": leg.debit, "credit": leg.credit, "dimensions": dimensions}


def _read(told: Mapping[str, Any]) -> WaitingEvent:
    period_and_number = told["voucher"]
    return WaitingEvent(
        standing=Standing(told["standing"]),
        type=told["type"],
        key=told["key"],
        day=told["day"],
        summary=told["summary"],
        amount=told["amount"],
        entry=told["entry"],
        voucher=(period_and_number[0], period_and_number[1]) if period_and_number else None,
        rules=told["rules"],
        rules_words=told["rules_words"],
        legs=tuple(told["legs"]),
        leg_words=tuple(told["leg_words"]),
        findings=tuple(told["findings"]),
    )


def _kept_finding(finding: Mapping[str, str]) -> WaitingEvent:
    """What a booking found no place for; its type and key stand in the subject. It keeps the month from closing."""
    finding = {**finding, "severity": str(Severity.BLOCKING)}
    kind, _space, key = finding["subject"].partition(" ")
    return WaitingEvent(Standing.UNPLACED, kind, key, "", "", None, None, None, None, "", (), (), (finding,))


def findings_in_words(events: Iterable[WaitingEvent]) -> list[tuple[WaitingEvent, Mapping[str, str]]]:
    """Each reason why an event has no place, beside the event."""
    return [(each, finding) for each in events for finding in each.findings]
