"""Business events as they stand against the books: what the facts tell now, what is booked, what booking would do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Period, digest_of
from ops_platform.ledger import events
from ops_platform.ledger.engine.chart import Account
from ops_platform.ledger.engine.entry import faults_of
from ops_platform.ledger.engine.voucher_rules import BusinessEvent, Draft, entry_of
from ops_platform.ledger.models import EventBooking, EventMonth, VoucherRules
from ops_platform.ledger.selectors.chart import accounts_of, chart_at
from ops_platform.ledger.selectors.modes import kept_elsewhere
from ops_platform.ledger.selectors.voucher_rules import RulesAt, rules_of_month, rules_on
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class DraftedEvent:
    """An event, what the rules make of it, and by which version."""

    event: BusinessEvent
    draft: Draft
    rules: VoucherRules | None


class Standing(TextChoices):
    """How an event stands against what is booked of it."""

    FRESH = "fresh", _("待生成")
    CHANGED = "changed", _("待更正")
    GONE = "gone", _("待冲销")
    STANDS = "stands", _("已生成")
    UNPLACED = "unplaced", _("无法记账")


@dataclass(frozen=True, slots=True)
class StandingEvent:
    """An event as the facts tell it (`drafted`, None where they tell it no more), what is booked of it, and how the two
    stand. Booking acts upon FRESH, CHANGED and GONE; UNPLACED is left as it is, and named."""

    standing: Standing
    drafted: DraftedEvent | None
    booking: EventBooking | None


@dataclass(frozen=True, slots=True)
class EventMonthState:
    """How far the events of a month are booked. `behind`: facts, rules or the calendar moved on since, or somebody reversed
    an entry by hand; only then booking would do anything. `elsewhere`: the books of the month are kept in another system,
    so that nothing is booked here."""

    known: EventMonth | None
    behind: bool
    elsewhere: bool


def until(period: Period) -> date:
    """The first day of which nothing is booked yet: days that are not over wait."""
    return min(timezone.localdate(), period.shift(1).first_day)


def input_digest_of(institution: Institution, period: Period) -> str:
    """Changes whenever booking the month again might book something: facts, rules, types, or another day that is over."""
    return digest_of(
        {
            "types": {kind.form.code: kind.stamp(institution, period) for kind in events.event_types()},
            "rules": [version.row.version if version.row else 0 for version in rules_of_month(period)],
            "until": until(period),
        }
    )


def month_state(institution: Institution, period: Period) -> EventMonthState:
    """How far a month is booked; a handful of queries, no fact is read."""
    known = EventMonth.objects.filter(institution=institution, period=str(period)).first()
    if kept_elsewhere(institution.pk, period):
        return EventMonthState(known, behind=False, elsewhere=True)
    behind = (
        known is None
        or known.input_digest != input_digest_of(institution, period)
        or taken_back_by_hand(institution, period)
    )
    return EventMonthState(known, behind=behind, elsewhere=False)


def taken_back_by_hand(institution: Institution, period: Period) -> bool:
    """Somebody reversed an entry of an event: what the facts say is not in the books any more."""
    return EventBooking.objects.filter(
        institution=institution, period=str(period), is_current=True, entry__reversed_by__isnull=False
    ).exists()


def events_of(
    institution: Institution, period: Period, sequence: int
) -> Iterator[tuple[events.EventType, BusinessEvent]]:
    """The month's events of days that are over, as of a sequence, in the order of types."""
    last = until(period)
    for kind in events.event_types():
        for event in kind.load(institution, period, sequence):
            if event.day < last:
                yield kind, event


class Drafting:
    """Makes drafts of an institution's events by some versions of the rules; charts are made once a day."""

    def __init__(self, institution: Institution, versions: tuple[RulesAt, ...]) -> None:
        self.versions = versions
        self._accounts = accounts_of(institution)
        self._charts: dict[date, Mapping[str, Account]] = {}

    def draft(self, kind: events.EventType, event: BusinessEvent) -> DraftedEvent:
        """What the rules of the event's day make of it."""
        version = rules_on(event.day, self.versions)
        draft = entry_of(event, kind.form, events.postings_of(kind, version.book))
        if event.day not in self._charts:
            self._charts[event.day] = chart_at(self._accounts, event.day)
        return DraftedEvent(event, _checked(event, draft, self._charts[event.day]), version.row)


def drafts_of(institution: Institution, period: Period, sequence: int) -> Iterator[DraftedEvent]:
    """What would be booked of the month's events, as of a sequence: the preview, and what booking goes by."""
    drafting = Drafting(institution, rules_of_month(period))
    for kind, event in events_of(institution, period, sequence):
        yield drafting.draft(kind, event)


def _checked(event: BusinessEvent, draft: Draft, chart: Mapping[str, Account]) -> Draft:
    """A draft whose entry could not be booked says so instead, in the words of the books."""
    faults = faults_of(draft.entry, chart) if draft.entry else ()
    if not faults:
        return draft
    told = replace(
        faults[0], message=f"{event.summary}({event.key})：{faults[0].message}", subject=f"{event.type} {event.key}"
    )
    return replace(draft, entry=None, findings=(told,))


def current_bookings(institution: Institution, period: Period) -> dict[tuple[str, str], EventBooking]:
    """What is booked of the month's events, by type and key."""
    rows = EventBooking.objects.filter(institution=institution, period=str(period), is_current=True)
    return {
        (row.event_type, row.event_key): row
        for row in rows.select_related("entry__reversed_by", "entry__institution", "rules").order_by(
            "event_type", "event_key"
        )
    }


def compare(
    drafted: Iterable[DraftedEvent], current: Mapping[tuple[str, str], EventBooking]
) -> tuple[StandingEvent, ...]:
    """Each event that the facts tell or that is booked, and how it stands, in the order in which it would be booked."""
    found, seen = [], set()
    for each in drafted:
        name = each.event.type, each.event.key
        if name in seen:
            raise TypeError(f"event given twice: {name}")
        seen.add(name)
        row = current.get(name)
        standing = _standing(each, row)
        if standing:
            found.append(StandingEvent(standing, each, row))
    found += [StandingEvent(Standing.GONE, None, row) for name, row in current.items() if name not in seen]
    return tuple(sorted(found, key=_order))


def _standing(each: DraftedEvent, row: EventBooking | None) -> Standing | None:
    """None for an event of nothing: neither booked nor to be booked."""
    if each.draft.findings:
        return Standing.UNPLACED
    if row is None:
        return Standing.FRESH if each.draft.entry else None
    if not hasattr(row.entry, "reversed_by") and row.outcome_digest == each.draft.digest:
        return Standing.STANDS
    return Standing.CHANGED if each.draft.entry else Standing.GONE


def _order(each: StandingEvent) -> tuple[date, str, str]:
    if each.drafted:
        event = each.drafted.event
        return event.day, event.type, event.key
    if each.booking is None:
        raise TypeError("neither told nor booked")
    return each.booking.entry.day, each.booking.event_type, each.booking.event_key
