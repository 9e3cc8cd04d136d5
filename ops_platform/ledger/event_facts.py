"""From an event of the intake to the rows that it was made from, as they held at a sequence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import (
    COST_ITEMS,
    ENCOUNTER_KINDS,
    INCOME_KINDS,
    FactPage,
    charge_lines,
    cost_entries,
    income_entries,
)
from ops_platform.kernel import Period
from ops_platform.ledger.intake_events import CHARGE_INCOME, COST_VOUCHER, INCOME_VOUCHER, SETTINGS
from ops_platform.masterdata.models import Institution

INPATIENT = "inpatient"
KINDS = {
    SETTINGS["inpatient"]: (INPATIENT,),
    SETTINGS["outpatient"]: tuple(kind for kind, _title in ENCOUNTER_KINDS if kind != INPATIENT),
}


@dataclass(frozen=True, slots=True)
class EventFacts:
    """The rows of one event. `charges`: they are charge lines, which name encounters, so that opening them is logged;
    else lines of vouchers, whose `kinds` have these titles. `fetch(institution, sequence, offset, limit)` gives some."""

    title: str | Promise
    day: date
    fetch: Callable[[int, int, int, int | None], FactPage[Any]]
    charges: bool = False
    kinds: Any = None


def facts_of(event_type: str, key: str) -> EventFacts | None:
    """The rows of an event that the intake told; None for events of other apps, and for a key that is none."""
    if event_type == CHARGE_INCOME:
        day_text, _space, setting = key.partition(" ")
        day = _day(day_text)
        return _charges(day, KINDS[setting]) if day and setting in KINDS else None
    voucher, _space, day_text = key.rpartition(" ")
    day = _day(day_text)
    if not voucher or not day:
        return None
    if event_type == COST_VOUCHER:
        return _vouchers(_("成本凭证"), cost_entries, voucher, day, COST_ITEMS)
    if event_type == INCOME_VOUCHER:
        return _vouchers(_("其他收入凭证"), income_entries, voucher, day, INCOME_KINDS)
    return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _charges(day: date, kinds: tuple[str, ...]) -> EventFacts:
    def fetch(institution: int, sequence: int, offset: int, limit: int | None) -> FactPage[Any]:
        return charge_lines(
            institution=institution,
            period=Period.of(day),
            sequence=sequence,
            day=day,
            kinds=kinds,
            offset=offset,
            limit=limit,
        )

    return EventFacts(_("收费明细"), day, fetch, charges=True)


def _vouchers(
    title: str | Promise, read: Callable[..., FactPage[Any]], voucher: str, day: date, kinds: Any
) -> EventFacts:
    def fetch(institution: int, sequence: int, offset: int, limit: int | None) -> FactPage[Any]:
        return read(
            institution=institution,
            period=Period.of(day),
            sequence=sequence,
            voucher=voucher,
            day=day,
            offset=offset,
            limit=limit,
        )

    return EventFacts(title, day, fetch, kinds=kinds)


def link_of(event_type: str) -> Callable[[Institution, str], str]:
    """How events of a type lead to their rows."""

    def link(institution: Institution, key: str) -> str:
        query = urlencode({"type": event_type, "event": key})
        return f"{reverse('ledger:event-facts', args=[institution.pk])}?{query}"

    return link
