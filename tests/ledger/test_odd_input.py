"""Odd months, years and numbers at every address of the ledger: refused in words or ignored, never a fault of the server."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Period, Role
from ops_platform.ledger import api_urls, urls
from ops_platform.ledger.models import ConsolidationRun, Entry
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_members import include_everybody
from tests.ledger.books import booked, received
from tests.support import trade

pytestmark = pytest.mark.django_db

ODD = ["0000-01", "9999-12", "2999-12", "1900-01", "2026-13", "a\0", "9" * 400]
ODD_YEARS = ["0", "0000", "9999", "999999999999", "1899", "3000", "x"]
PLACES = re.compile(r"<(?:\w+:)?(\w+)>")
ROUTES = [f"/ledger/{each.pattern}" for each in urls.urlpatterns]
ROUTES += [f"/api/v1/ledger/{each.pattern}" for each in api_urls.urlpatterns]
GIVEN = {"code": "1002", "layout": "balance_sheet", "line": "assets", "event_type": "cost", "year": "2025"}


@pytest.fixture
def client() -> Client:
    """Somebody who may open nearly everything, where something is booked and consolidated."""
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00"))
    person = trade.person("centre", Role.OPERATION_CENTRE)
    include_everybody(actor_of_user(person))
    consolidate(actor_of_user(person), period=Period(2026, 3))
    found = Client(raise_request_exception=False)
    found.force_login(person)
    return found


def address(route: str, **numbers: str) -> str:
    """The route with something that is there in each of its places."""
    first = ConsolidationRun if "consolidation" in route else Entry
    known = GIVEN | {"institution": str(Entry.objects.values_list("institution", flat=True)[0]), "version": "1"}
    known |= {"pk": str(first.objects.values_list("pk", flat=True)[0])} | numbers
    return PLACES.sub(lambda place: known.get(place[1], "1"), route)


def asked(client: Client, method: str, url: str, given: dict[str, Any]) -> int:
    """The status of the answer; what the request wrote is taken back."""
    with transaction.atomic():
        if method == "post" and url.startswith("/api/"):
            answer = client.post(url, given, content_type="application/json")
        else:
            answer = getattr(client, method)(url, given)
        transaction.set_rollback(True)
    return int(answer.status_code)


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_month_is_a_fault_of_the_server_nowhere(client: Client, odd: str) -> None:
    institution = str(Entry.objects.values_list("institution", flat=True)[0])
    faulty = []
    for route in ROUTES:
        url = address(route)
        scope = {"institution": "H1" if url.startswith("/api/") else institution}
        months = dict.fromkeys(("period", "month", "since", "until", "through", "quarter", "day", "from"), odd)
        for method in ("get", "post"):
            for more in ("", "xlsx") if method == "get" else ("",):
                status = asked(client, method, url, scope | months | {"span": "year", "export": more})
                if status >= 500:
                    faulty.append((method, url, more, status))
    assert faulty == []


@pytest.mark.parametrize("odd", ODD_YEARS)
def test_an_odd_year_or_number_is_no_address(client: Client, odd: str) -> None:
    for route in ROUTES:
        for place in PLACES.findall(route):
            for method in ("get", "post"):
                status = asked(client, method, address(route, **{place: odd}), {"period": "2026-03"})
                assert status < 500, (method, route, place)
                assert place != "year" or status == 404, route


def test_json_that_is_nested_without_end_is_refused_in_words(client: Client) -> None:
    for body in ("[" * 100_000, '{"lines": ' + "[" * 100_000 + "]" * 100_000 + "}", '{"a":' * 50_000):
        answer = client.post("/api/v1/ledger/vouchers/", body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["detail"]


@pytest.mark.parametrize("odd", ["9" * 30, "9" * 5_000, "²", "a\0"])
def test_odd_choices_are_a_fault_of_the_server_nowhere(client: Client, odd: str) -> None:
    names = "institution pair lines kind rules version template file_format event_type event_key like book measure page code"
    faulty = []
    for route in ROUTES:
        for method in ("get", "post"):
            given = dict.fromkeys(names.split(), odd) | {"period": "2026-03"}
            status = asked(client, method, address(route), given)
            if status >= 500:
                faulty.append((method, route, status))
    assert faulty == []
