"""One event: what it told when it was booked, which rules took its amounts, which entries it became."""

from dataclasses import dataclass
from datetime import date

from ops_platform.his_intake.public import last_sequence
from ops_platform.kernel import NotFound, Period
from ops_platform.ledger import events
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.engine.voucher_rules import RuleBook, taken_by
from ops_platform.ledger.models import EventBooking, VoucherRules
from ops_platform.ledger.selectors.events import DraftedEvent, Drafting, Standing, compare, month_state
from ops_platform.ledger.selectors.voucher_rules import RulesAt, rules_of_month
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class AmountTaken:
    """An amount of the event by what the rules can tell apart: attributes in words, title of the amount, fen, and the rule
    that took it ("" where none does)."""

    attributes: tuple[str, ...]
    amount: str
    fen: int
    posting: str


@dataclass(frozen=True, slots=True)
class EventAt:
    """An event as of a sequence: that of its current booking, else the last one. `drafted` is None where the facts told
    nothing of it then. `bookings`: all revisions, the newest first. `standing`: how it stands now; None where it is not
    told any more and nothing of it is booked. `as_booked`: the facts still give what was booked from them."""

    kind: events.EventType
    institution: Institution
    period: Period
    key: str
    sequence: int
    drafted: DraftedEvent | None
    bookings: tuple[EventBooking, ...]
    standing: Standing | None
    as_booked: bool
    elsewhere: bool

    @property
    def current(self) -> EventBooking | None:
        """The booking that stands."""
        return next((row for row in self.bookings if row.is_current), None)

    @property
    def amounts(self) -> tuple[AmountTaken, ...]:
        """Its amounts, added up over departments and whatever else no rule tells apart."""
        if self.drafted is None:
            return ()
        form, sums = self.kind.form, dict[tuple[tuple[str, ...], str, str], int]()
        postings = events.postings_of(self.kind, _book(self.drafted.rules))
        for line, name, fen, posting in taken_by(self.drafted.event, postings):
            told = tuple(attribute.words(line.attributes.get(code, "")) for code, attribute in form.attributes.items())
            place = told, form.amounts.get(name, name), posting.title if posting else ""
            sums[place] = sums.get(place, 0) + fen
        return tuple(AmountTaken(told, amount, fen, posting) for (told, amount, posting), fen in sums.items() if fen)


def event_at(institution: Institution, event_type: str, key: str, period: Period | None) -> EventAt:
    """The event of this type and key. An event that is not booked is looked for in `period`. Raises NotFound."""
    kind = events.event_type(event_type)
    bookings = tuple(
        EventBooking.objects.filter(institution=institution, event_type=event_type, event_key=key)
        .select_related("entry", "reversal", "rules")
        .order_by("-revision")
    )
    if bookings:
        period = Period.parse(bookings[0].period)
    if kind is None or period is None:
        raise _unknown()
    current = next((row for row in bookings if row.is_current), None)
    state, last = month_state(institution, period), last_sequence(institution)
    sequence = current.sequence if current else last
    versions = (RulesAt(date.min, current.rules, _book(current.rules)),) if current else rules_of_month(period)
    event = kind.one(institution, period, sequence, key)
    if event is None and not bookings:
        raise _unknown()
    now = event
    if current and state.behind:
        now = kind.one(institution, period, last, key)
    drafted_now = Drafting(institution, rules_of_month(period)).draft(kind, now) if now else None
    rows = {(event_type, key): current} if current else {}
    standing = next((each.standing for each in compare([drafted_now] if drafted_now else [], rows)), None)
    return EventAt(
        kind=kind,
        institution=institution,
        period=period,
        key=key,
        sequence=sequence,
        drafted=Drafting(institution, versions).draft(kind, event) if event else None,
        bookings=bookings,
        standing=standing,
        as_booked=bool(event and current and event.digest == current.input_digest),
        elsewhere=state.elsewhere,
    )


def _book(rules: VoucherRules | None) -> RuleBook:
    return read_rule_book(rules.body)[0] if rules else {}


def _unknown() -> NotFound:
    return NotFound("ledger.no_event", "没有这件业务事项，或业务数据已不再包含它。请从「业务事项」列表重新打开。")
