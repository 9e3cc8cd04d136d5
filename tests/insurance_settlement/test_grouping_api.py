"""Cases that a caller sends, grouped and priced by the rules in force: one with all reasons, many in one request."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from insurance_settlement.models import CaseResult
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.insurance_settlement.test_month_grouping import MARCH, abstract, hospital  # noqa: F401  a fixture
from tests.support import trade

pytestmark = pytest.mark.django_db
GROUP, PRICE = "/api/v1/insurance-settlement/group/", "/api/v1/insurance-settlement/price/"
PNEUMONIA = {"case_no": "A", "sex": "1", "age": 67, "diagnoses": ["J18.900"]}


@pytest.fixture
def vendor(client: Client, hospital: Institution) -> Client:  # noqa: F811
    client.force_login(trade.person("insurance", Role.INSURANCE_OFFICER, hospital))
    return client


def asked(client: Client, address: str, *cases: dict[str, Any], **more: Any) -> Any:
    body = {"institution": "H1", "day": "2026-03-31", "cases": list(cases), **more}
    return client.post(address, body, content_type="application/json")


def test_a_case_comes_back_with_its_group_and_every_decision(vendor: Client) -> None:
    answer = asked(vendor, GROUP, PNEUMONIA).json()
    (case,) = answer["cases"]
    assert (case["case_no"], case["status"], case["factor"]) == ("A", "SUCCESS", "1.000000")
    assert case["group"].startswith(case["adrg"])
    assert case["name"]
    assert any("J18.900" in reason for reason in case["reasons"])
    assert answer["rules"]["day"] == "2026-03-31"
    assert len(answer["rules"]["scheme_digest"]) == 64


def test_the_price_is_that_of_the_nightly_run(vendor: Client, hospital: Institution) -> None:  # noqa: F811
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", "J18.900")])
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    stored = CaseResult.objects.get()
    sent = {**PNEUMONIA, "charges": "2900.30", "stay_days": stored.stay_days, "scheme": "resident"}
    (case,) = asked(vendor, PRICE, sent).json()["cases"]
    assert (case["group"], case["payment"], case["balance"]) == (
        stored.drg, f"{stored.payment}", f"{stored.balance}",
    )  # fmt: skip
    assert Decimal(case["weight"]) == stored.weight
    assert case["kind"] == stored.kind
    assert [line["title"] for line in case["lines"]]


def test_many_come_back_in_order_and_without_reasons_where_none_are_asked_for(vendor: Client) -> None:
    sent = [{**PNEUMONIA, "case_no": f"C{at}", "diagnoses": [code]} for at, code in enumerate(("J18.900", "R99.x00"))]
    cases = asked(vendor, GROUP, *sent, explain=False).json()["cases"]
    assert [(one["case_no"], one["reasons"]) for one in cases] == [("C0", []), ("C1", [])]
    assert cases[1]["group"] == "0000"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"sex": "3"}, "cases.0.sex"),
        ({"age": -1}, "cases.0.age"),
        ({"age": "old"}, "cases.0.age"),
        ({"diagnoses": "J18.900"}, "cases.0.diagnoses"),
        ({"diagnoses": ["J" * 41]}, "cases.0.diagnoses"),
        ({"diagnoses": ["J18.900"] * 42}, "cases.0.diagnoses"),
        ({"charges": "-1"}, "cases.0.charges"),
        ({"charges": "1.005"}, "cases.0.charges"),
        ({"scheme": "moon"}, "cases.0.scheme"),
        ({"stay_days": 0}, "cases.0.stay_days"),
    ],
)
def test_what_is_wrong_is_named_with_the_case(vendor: Client, wrong: dict[str, Any], field: str) -> None:
    answer = asked(vendor, PRICE, {**PNEUMONIA, "charges": "1.00", **wrong})
    assert answer.status_code == 422
    assert any(error["field"].startswith(field) for error in answer.json()["errors"]), answer.json()


def test_too_many_none_and_what_is_no_list_are_refused(vendor: Client) -> None:
    assert asked(vendor, GROUP).status_code == 422
    assert asked(vendor, GROUP, *[PNEUMONIA] * 1001).status_code == 422
    assert vendor.post(GROUP, {"institution": "H1", "cases": "no"}, content_type="application/json").status_code == 422
    assert vendor.post(GROUP, "[]", content_type="application/json").status_code == 422


def test_another_institution_is_as_if_it_did_not_exist(vendor: Client) -> None:
    assert asked(vendor, GROUP, PNEUMONIA, institution="T1").status_code == 422


def test_without_rules_in_force_nothing_is_guessed(vendor: Client) -> None:
    answer = asked(vendor, GROUP, PNEUMONIA, day="1990-01-01")
    assert (answer.status_code, answer.json()["code"]) == (409, "insurance_settlement.no_price_book")


def test_a_slip_in_a_price_request_is_told_and_not_passed_over(vendor: Client) -> None:
    sent = {**PNEUMONIA, "charges": "1000.00", "stay_days": 3}
    assert asked(vendor, PRICE, {**sent, "excluded": "5000.00"}).status_code == 422
    answer = asked(vendor, PRICE, {**sent, "self_payed": "600.00"})
    assert answer.status_code == 422
    assert "self_payed" in answer.content.decode()
