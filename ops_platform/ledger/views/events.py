"""Business events of a month: what is booked, what booking would do, what has no place; one event and its rows."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.db.models import Count, DecimalField, OuterRef, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.access import log_patient_list
from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger import events, services
from ops_platform.ledger.event_facts import EventFacts, facts_of
from ops_platform.ledger.models import Book, Errand, EventBooking, Leg
from ops_platform.ledger.selectors import access, errands
from ops_platform.ledger.selectors.event_detail import EventAt, event_at
from ops_platform.ledger.selectors.events import (
    EventMonthState,
    Standing,
    month_state,
)
from ops_platform.ledger.selectors.outlook import NOTHING, Outlook, findings_in_words, outlook
from ops_platform.ledger.selectors.words import Legs, leg_words
from ops_platform.ledger.services.events import BOOKERS
from ops_platform.ledger.tables.events import (
    STANDING_TONES,
    BookedTable,
    ChargedLineTable,
    UnplacedTable,
    VoucherLineTable,
    WaitingTable,
    event_address,
    type_title,
)
from ops_platform.ledger.views.books import BooksPage, month_of
from ops_platform.ledger.views.errands import card_of
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.exports import xlsx_response
from ops_platform.web.numbers import number_of
from ops_platform.web.pages import ActionPage, ListPage, TemplatePage

ROWS_A_PAGE = 50
BOOKED, WAITING, UNPLACED, TAKEN_BACK = "booked", "waiting", "unplaced", "taken-back"
ACTED = (Standing.FRESH, Standing.CHANGED, Standing.GONE)
TABS = (
    (BOOKED, _("已生成凭证")),
    (WAITING, _("待生成(预览)")),
    (UNPLACED, _("无法记账")),
    (TAKEN_BACK, _("已冲销")),
)
EMPTY = {
    BOOKED: (
        _("这个月还没有由业务生成的凭证"),
        _("夜间运行会自动生成；急用时打开「待生成(预览)」查看，再点「生成凭证」。"),
    ),
    WAITING: (
        _("没有待生成的业务"),
        _("已结束各日的业务都已按现行凭证规则记账。当天的业务在当天结束后生成。"),
    ),
    UNPLACED: (_("没有无法记账的业务"), _("每件业务都有适用的凭证规则和科目。")),
    TAKEN_BACK: (_("没有冲销过的业务"), _("业务数据更正后，原凭证红字冲销并重新生成，冲销过的列在这里。")),
}
CLOSED = (
    _("这个月已结账，不再生成凭证"),
    _("凭证规则以后的变化不影响已结账的月份。业务数据有误时，请先反结账，更正后重新生成。"),
)
UNKNOWN = (
    _("上次生成凭证之后有变化，还没有核对"),
    _("点「核对待生成业务」，后台读取本月业务数据，完成后这里列出将要生成、更正、冲销和无法记账的业务。"),
)
ELSEWHERE = (
    _("本机构在外部系统记账"),
    _(
        "这个月的正式数据取自报送的科目余额表，业务不在本平台生成凭证。要改为在本平台记账，请在「科目对应」中设置记账方式。"
    ),
)
ADVICE = {
    "ledger.no_posting": _("请运营管理中心在「凭证规则」中补充规则，或由报送方更正数据。"),
    "ledger.no_account": _("请运营管理中心在「凭证规则」中为这一项补充科目，或由报送方更正数据。"),
}
OTHER_ADVICE = _("请运营管理中心核对凭证规则与会计科目。")


def with_amounts(rows: QuerySet[EventBooking]) -> QuerySet[EventBooking]:
    """Bookings with `amount`: yuan on the debit side of their entry's financial book."""
    debits = Leg.objects.filter(entry=OuterRef("entry"), book=Book.FINANCIAL).order_by()
    amount = Subquery(debits.values("entry").annotate(total=Sum("debit")).values("total"))
    return rows.annotate(amount=amount)


class Events(BooksPage, ListPage):
    """A month's events by how they stand: from the books, and from what a worker found; no fact is read here."""

    title = _("业务事项")
    template_name = "ledger/events.html"
    tables: ClassVar[dict[str, Any]] = {
        BOOKED: BookedTable,
        WAITING: WaitingTable,
        UNPLACED: UnplacedTable,
        TAKEN_BACK: BookedTable,
    }

    @cached_property
    def shown(self) -> str:
        asked = self.request.GET.get("state", "")
        return asked if asked in self.tables else BOOKED

    @cached_property
    def kind(self) -> str:
        asked = self.request.GET.get("type", "")
        return asked if events.event_type(asked) else ""

    @cached_property
    def state(self) -> EventMonthState | None:
        return month_state(self.institution, self.period) if self.institution and self.period else None

    @property
    def closed(self) -> bool:
        """The month takes no vouchers any more, whatever its events say."""
        return self.month is not None and self.month.is_closed

    @cached_property
    def outlook(self) -> Outlook:
        if self.institution is None or self.period is None or self.closed:
            return NOTHING
        return outlook(self.institution, self.period, self.state)

    def bookings(self) -> QuerySet[EventBooking]:
        """Of the month, current ones and others."""
        if self.institution is None or self.period is None:
            return EventBooking.objects.none()
        return EventBooking.objects.filter(institution=self.institution, period=str(self.period))

    def get_queryset(self) -> Any:
        if self.shown == WAITING:
            return self.outlook.of(self.kind, ACTED)
        if self.shown == UNPLACED:
            return self._unplaced()
        rows = self.bookings().filter(is_current=self.shown == BOOKED)
        if self.kind:
            rows = rows.filter(event_type=self.kind)
        return with_amounts(rows.select_related("entry", "reversal", "rules")).order_by("-entry__day", "-id")

    def _unplaced(self) -> list[dict[str, Any]]:
        if self.institution is None or self.period is None:
            return []
        return [
            {
                "event": each.key,
                "url": event_address(self.institution.pk, each.type, each.key, str(self.period)),
                "kind": type_title(each.type),
                "message": finding["message"],
                "advice": ADVICE.get(finding["code"], OTHER_ADVICE),
            }
            for each, finding in findings_in_words(self.outlook.of(self.kind, (Standing.UNPLACED,)))
        ]

    def get_table(self, rows: Any) -> Any:
        made = self.tables[self.shown]
        if self.shown == WAITING:
            institution = self.institution.pk if self.institution else 0
            return made(rows, request=self.request, period=str(self.period), institution=institution)
        exclude = ("reversal",) if self.shown == BOOKED else ()
        return made(rows, request=self.request, exclude=exclude)

    def totals(self) -> list[dict[str, Any]]:
        """Number and amount of what is booked, by type; two queries."""
        counted = self.bookings().order_by().values_list("event_type")
        counts = {
            code: (current, gone)
            for code, current, gone in counted.annotate(
                current=Count("id", filter=Q(is_current=True)), gone=Count("id", filter=Q(is_current=False))
            )
        }
        legs = Leg.objects.filter(entry__event__in=self.bookings().filter(is_current=True), book=Book.FINANCIAL)
        sums = dict(
            legs.order_by()
            .values_list("entry__event__event_type")
            .annotate(total=Sum("debit", output_field=DecimalField(max_digits=18, decimal_places=2)))
        )
        codes = sorted({kind.form.code for kind in events.event_types()} | set(counts))
        return [
            {
                "code": code,
                "title": type_title(code),
                "count": counts.get(code, (0, 0))[0],
                "taken_back": counts.get(code, (0, 0))[1],
                "amount": sums.get(code, 0),
            }
            for code in codes
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state, institution = self.state, self.institution
        totals = self.totals()
        booking, looking = (self._errand(kind) for kind in (Errand.Kind.BOOKING, Errand.Kind.OUTLOOK))
        looks = self.shown in (WAITING, UNPLACED) and looking and looking.state != Errand.State.SUCCEEDED
        card = card_of(self.actor, looking if looks else booking)
        may_book = institution is not None and self.actor.may(institution.pk, *BOOKERS)
        context = super().get_context_data(**kwargs)
        elsewhere = state is not None and state.elsewhere
        empty = ELSEWHERE if elsewhere else EMPTY[self.shown]
        if self.closed and self.shown == WAITING:
            empty = CLOSED
        elif self.unknown:
            empty = UNKNOWN
        return {
            **context,
            **self.scope,
            "empty_title": empty[0],
            "empty_hint": empty[1],
            "has_rows": bool(context["table"].rows),
            "state": state,
            "behind": state is not None and state.behind and not self.closed,
            "last_day": state.known.until - timedelta(days=1) if state and state.known else None,
            "tabs": TABS,
            "shown": self.shown,
            "kind": self.kind,
            "kind_title": type_title(self.kind) if self.kind else "",
            "totals": totals,
            "total": {name: sum(row[name] for row in totals) for name in ("count", "taken_back", "amount")},
            "kept": {"state": self.shown, "type": self.kind} if self.kind else {"state": self.shown},
            "card": card,
            "outlook": self.outlook
            if self.shown in (WAITING, UNPLACED) and not self.closed and not elsewhere
            else None,
            "looking": bool(looking and looking.under_way),
            "may_book": may_book
            and not elsewhere
            and self.month is not None
            and not self.closed
            and not (booking and booking.under_way),
        }

    @property
    def unknown(self) -> bool:
        """Something changed since the last booking, and nobody has looked yet what."""
        return self.shown in (WAITING, UNPLACED) and not self.outlook.current and self.outlook.made_at is None

    def _errand(self, kind: str) -> Errand | None:
        return errands.latest(kind, self.institution, self.period) if self.institution and self.period else None


class BookEvents(ActionPage):
    """Have a month's vouchers brought in line with its events now, in the background."""

    roles = BOOKERS
    success_message = _("已在后台开始生成凭证，完成后本页显示结果。")
    success_url_name = "ledger:events"

    def act(self) -> None:
        institution = access.access_institution(self.actor, self.kwargs["institution"])
        services.ask_booking(self.actor, institution=institution, period=month_of(self.request.POST.get("period", "")))


class LookAhead(ActionPage):
    """Have it worked out what booking a month would do, in the background."""

    roles = access.READERS
    success_message = _("已在后台开始核对，完成后本页显示结果。")
    success_url_name = "ledger:events"

    def act(self) -> None:
        institution = access.access_institution(self.actor, self.kwargs["institution"])
        services.ask_outlook(self.actor, institution=institution, period=month_of(self.request.POST.get("period", "")))


class _OfEvent(TemplatePage):
    """A page of the event that the address names."""

    roles = access.READERS

    @cached_property
    def institution(self) -> Institution:
        return access.access_institution(self.actor, self.kwargs["institution"])

    def asked(self, name: str) -> str:
        """A word of the address, fit for the database."""
        return self.request.GET.get(name, "")[:200].replace("\0", "")

    @cached_property
    def event(self) -> EventAt:
        facts = facts_of(self.asked("type"), self.asked("event"))
        period = Period.of(facts.day) if facts else None
        with suppress(ValueError):
            period = Period.parse(self.asked("period"))
        return event_at(self.institution, self.asked("type"), self.asked("event"), period)

    def list_address(self) -> str:
        """The list that the event stands in."""
        query = urlencode({"institution": str(self.institution.pk), "period": str(self.event.period)})
        return f"{reverse('ledger:events')}?{query}"


class EventPage(_OfEvent):
    """One event: its amounts and the rules that took them, its entry, earlier revisions, and where it came from."""

    template_name = "ledger/event.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event = self.event
        drafted, current = event.drafted, event.current
        legs = drafted.draft.entry.legs if drafted and drafted.draft.entry else ()
        known = Legs.of(legs)
        latest = event.bookings[0] if event.bookings else None
        return super().get_context_data(**kwargs) | {
            "event": event,
            "institution": self.institution,
            "told": drafted.event if drafted else None,
            "summary": drafted.event.summary if drafted else latest.entry.summary if latest else "",
            "day": drafted.event.day if drafted else latest.entry.day if latest else None,
            "attributes": [attribute.title for attribute in event.kind.form.attributes.values()],
            "amounts": [{"row": row, "amount": from_fen(row.fen)} for row in event.amounts],
            "total": from_fen(drafted.event.total) if drafted else None,
            "findings": drafted.draft.findings if drafted else (),
            "legs": [leg_words(leg, known) for leg in legs],
            "rules": current.rules if current else drafted.rules if drafted else None,
            "tone": STANDING_TONES.get(event.standing, "neutral") if event.standing else "neutral",
            "facts_url": event.kind.link(self.institution, event.key),
            "back": self.list_address(),
            "title": f"{event.kind.form.title} {event.key}",
        }


class EventFactsPage(_OfEvent):
    """The rows that an event was made from, as they held when it was booked; their sum is that of the event."""

    template_name = "ledger/event_facts.html"

    @cached_property
    def facts(self) -> EventFacts:
        found = facts_of(self.asked("type"), self.asked("event"))
        if found is None:
            raise NotFound("ledger.no_event", _now("没有这件业务事项的明细。请从「业务事项」列表重新打开。"))
        return found

    def make_table(self, rows: Any) -> Any:
        """The table over some rows; they are already one page, so that the table must not cut them again."""
        if self.facts.charges:
            table: Any = ChargedLineTable(rows)
        else:
            numbers = {row.department for row in rows}
            names = dict(Department.objects.filter(pk__in=numbers).values_list("pk", "name"))
            exclude = () if any(row.funding_source for row in rows) else ("funding_source",)
            table = VoucherLineTable(rows, departments=names, kinds=self.facts.kinds, exclude=exclude)
        table.request = self.request
        return table

    def log_access(self) -> None:
        """Lists of single encounters say who looked."""
        if self.facts.charges:
            log_patient_list(self.request, "charge_lines", {self.institution: self.asked("event")})

    def fetch(self, offset: int, limit: int | None) -> Any:
        """Rows from `offset` on, and count and sum of all."""
        return self.facts.fetch(self.institution.pk, self.event.sequence, offset, limit)

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.GET.get("export") == "xlsx":
            found = self.fetch(0, None)
            self.log_access()
            values = iter(self.make_table(found.rows).as_values())
            name = f"{self.facts.title}-{self.institution.code}-{self.event.key}"
            return xlsx_response(name, next(values), values)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        event = self.event
        number = max(number_of(self.request.GET.get("page", ""), 1), 1)
        found = self.fetch((number - 1) * ROWS_A_PAGE, ROWS_A_PAGE)
        page = Paginator(range(found.count), ROWS_A_PAGE).get_page(number)
        if page.number != number:
            found = self.fetch((page.number - 1) * ROWS_A_PAGE, ROWS_A_PAGE)
        self.log_access()
        expected = from_fen(event.drafted.event.total) if event.drafted else None
        return super().get_context_data(**kwargs) | {
            "event": event,
            "institution": self.institution,
            "table": self.make_table(found.rows),
            "page": page,
            "found": found,
            "expected": expected,
            "agrees": found.total == expected,
            "patient_level": self.facts.charges,
            "event_url": event_address(self.institution.pk, event.kind.form.code, event.key, str(event.period)),
            "back": self.list_address(),
            "title": self.facts.title,
        }
