"""The registry of business events that become vouchers. Apps add their types in `apps.ready()`.

The ledger knows of an event only what its form says. Who loads it gives all events of an institution's month as of an
intake sequence; the rules (`VoucherRules`) say what is booked of them, and where they say nothing of a type, the postings
that the type ships with.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops_platform.kernel import Period
from ops_platform.ledger.engine.rule_books import read_rule_book
from ops_platform.ledger.engine.voucher_rules import (
    BusinessEvent,
    EventForm,
    Posting,
    RuleBook,
)
from ops_platform.ledger.sources import register_source
from ops_platform.masterdata.models import Institution


def _nowhere(_institution: Institution, _key: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of business event.

    `load(institution, period, sequence)` gives the month's events in a fixed order, each day inside the month; `one` the
    one of a key as `load` would, without reading the others (None where there is none); `stamp` changes whenever what
    `load` would give may have changed; `link(institution, key)` leads to what an event was made from, facts or the deed of
    another app ("" where there is no such page).
    """

    form: EventForm
    load: Callable[[Institution, Period, int], Iterable[BusinessEvent]]
    one: Callable[[Institution, Period, int, str], BusinessEvent | None]
    stamp: Callable[[Institution, Period], str]
    link: Callable[[Institution, str], str] = _nowhere
    shipped: tuple[Posting, ...] = ()


_types: dict[str, EventType] = {}


def register_event_type(
    form: EventForm,
    *,
    load: Callable[[Institution, Period, int], Iterable[BusinessEvent]],
    one: Callable[[Institution, Period, int, str], BusinessEvent | None],
    stamp: Callable[[Institution, Period], str],
    link: Callable[[Institution, str], str] = _nowhere,
    postings: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Add a type of events, which is also named as a source of entries. `postings` as in a rule book: what holds until the
    rule book says something of the type. Raises ValueError for postings that could not be read."""
    book, faults = read_rule_book({form.code: list(postings)}) if postings else ({}, ())
    if faults:
        raise ValueError(f"{form.code}: {faults[0].message}")
    _types[form.code] = EventType(form, load, one, stamp, link, book.get(form.code, ()))
    register_source(form.code, form.title)


def event_types() -> tuple[EventType, ...]:
    """All types, in the order of their codes."""
    return tuple(_types[code] for code in sorted(_types))


def event_type(code: str) -> EventType | None:
    """The type of that code; None for one that no app contributes any more."""
    return _types.get(code)


def forms() -> dict[str, EventForm]:
    """What events of each type tell, by code."""
    return {kind.form.code: kind.form for kind in event_types()}


def postings_of(kind: EventType, book: RuleBook) -> tuple[Posting, ...]:
    """The postings for a type: the rule book's, else those that it ships with."""
    return book.get(kind.form.code) or kind.shipped
