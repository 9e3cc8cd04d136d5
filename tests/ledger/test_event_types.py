"""Another app registers a type of events through the door, as costing would, and the night books it."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.kernel import Period, Role, to_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import events, public, services
from ops_platform.ledger.models import EventBooking
from ops_platform.masterdata.models import Institution
from tests.ledger.books import standing
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period(2026, 3)
CODE = "costing.depreciation"
FORM = public.EventForm(
    code=CODE,
    title="折旧",
    attributes={"place": public.Attribute("地点")},
    amounts={"amount": "折旧额"},
    dimensions=frozenset({"cost_item", "funding_source"}),
)
POSTING = {
    "title": "计提折旧",
    "amounts": ["amount"],
    "debit": "5001",
    "debit_dimensions": ["cost_item", "funding_source"],
    "credit": {"by": "place", "accounts": {"ward": "1602"}},
}


@pytest.fixture
def told() -> Iterator[dict[str, str]]:
    """What the other app tells: fen by key; registered as in its `apps.ready()`, forgotten after the test."""
    amounts: dict[str, str] = {}

    def load(_institution: Institution, period: Period, _sequence: int) -> Iterator[public.BusinessEvent]:
        for key, yuan in sorted(amounts.items()):
            if period == MARCH:
                yield public.BusinessEvent(
                    type=CODE,
                    key=key,
                    day=date(2026, 3, 31),
                    summary="三月折旧",
                    lines=(
                        public.EventLine(
                            {"place": "ward"},
                            {"amount": to_fen(yuan)},
                            public.Dimensions(cost_item="depreciation", funding_source="basic"),
                        ),
                    ),
                )

    public.register_event_type(
        FORM,
        load=load,
        one=lambda institution, period, sequence, key: next(
            (event for event in load(institution, period, sequence) if event.key == key), None
        ),
        stamp=lambda _institution, _period: str(sorted(amounts.items())),
        link=lambda _institution, key: f"/costing/depreciation/{key}/",
        postings=[POSTING],
    )
    yield amounts
    del events._types[CODE]


def test_its_events_are_booked_by_the_postings_that_it_ships(told: dict[str, str]) -> None:
    hospital = trade.alliance()["H1"]
    told["2026-03"] = "1234.56"
    assert services.book_events(PLATFORM, institution=hospital, period=MARCH).booked == 1
    assert not services.book_events(PLATFORM, institution=hospital, period=MARCH).changed
    assert standing(hospital, "5001") == Decimal("1234.56")
    told["2026-03"] = "1000.00"
    again = services.book_events(PLATFORM, institution=hospital, period=MARCH)
    assert (again.booked, again.taken_back, standing(hospital, "1602")) == (1, 1, Decimal("-1000.00"))
    assert {row.rules_id for row in EventBooking.objects.all()} <= {None, 1}


def test_its_entry_leads_to_the_event_and_the_event_to_the_apps_own_page(told: dict[str, str], client: Client) -> None:
    hospital = trade.alliance()["H1"]
    told["2026-03"] = "10.00"
    services.book_events(PLATFORM, institution=hospital, period=MARCH)
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    entry = client.get(reverse("ledger:entry", args=[EventBooking.objects.get().entry_id]))
    event = client.get(entry.context["event_url"])
    assert event.context["facts_url"] == "/costing/depreciation/2026-03/"
    assert "折旧" in client.get(reverse("ledger:events"), {"period": "2026-03"}).content.decode()


def test_postings_that_cannot_be_read_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="debit"):
        public.register_event_type(
            FORM, load=lambda *_: (), one=lambda *_: None, stamp=lambda *_: "", postings=[{**POSTING, "debit": 5001}]
        )
    assert events.event_type(CODE) is None
