"""What is asked for in an address and not understood is refused: who misspells a filter must not take everything for what
was asked."""

import pytest
from django.test import Client

from ops_platform.kernel import Role
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk(client: Client) -> Client:
    hospital = trade.alliance()["H1"]
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    return client


@pytest.mark.parametrize(
    "asked",
    [
        {"perod": "2026-03"},
        {"period": "2026-13"},
        {"period": "March"},
        {"is_current": "maybe"},
    ],
)
@pytest.mark.parametrize(
    "address", ["/api/v1/costing/runs/", "/api/v1/insurance-settlement/runs/", "/api/v1/ledger/events/"]
)
def test_a_list_refuses_what_it_does_not_understand(clerk: Client, address: str, asked: dict[str, str]) -> None:
    answer = clerk.get(address, asked)
    assert answer.status_code == 422
    assert answer.json()["code"] in ("web.unknown_parameter", "web.invalid")


def test_it_names_what_can_be_asked(clerk: Client) -> None:
    told = clerk.get("/api/v1/costing/unit-costs/", {"department": "D"}).json()
    assert told["code"] == "web.unknown_parameter"
    assert "institution、kind、period、run" in told["detail"]


@pytest.mark.parametrize(
    "address", ["/api/v1/costing/driver-rules/", "/api/v1/costing/scenarios/", "/api/v1/costing/deviations/"]
)
def test_every_list_of_institutions_is_narrowed_to_one(clerk: Client, address: str) -> None:
    found = clerk.get(address, {"institution": "nowhere"}).json()
    assert found["count"] == 0


@pytest.mark.parametrize(
    "address", ["/api/v1/costing/agreements/", "/api/v1/costing/scenarios/1/", "/api/v1/costing/price-adjustments/1/"]
)
def test_what_is_one_thing_takes_no_parameter(clerk: Client, address: str) -> None:
    assert clerk.get(address, {"period": "2026-03"}).json()["code"] == "web.unknown_parameter"


def test_a_page_is_asked_for_as_everywhere(clerk: Client) -> None:
    assert clerk.get("/api/v1/costing/runs/", {"page": "1", "page_size": "5", "is_current": "true"}).status_code == 200
