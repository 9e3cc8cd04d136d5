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
from tests.insurance_settlement.test_fund import in_points, priced_by
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
        ({"paid": "-1"}, "cases.0.paid"),
        ({"reimbursement_ratio": "85"}, "cases.0.reimbursement_ratio"),
        ({"mean_charges": "0"}, "cases.0.mean_charges"),
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


def test_an_unknown_flag_is_refused_with_those_that_there_are(vendor: Client) -> None:
    answer = asked(vendor, PRICE, {**PNEUMONIA, "charges": "1000.00", "flags": ["incomplete", "vip"]})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], error["message"]) == ("cases.0.flags.1", "没有标志「vip」，可用 incomplete、readmitted。")
    assert asked(vendor, PRICE, {**PNEUMONIA, "charges": "1000.00", "flags": ["readmitted"]}).status_code == 200


def test_ratio_and_what_was_paid_may_be_said_of_each_case(vendor: Client) -> None:
    """By the demo's book the fund has 70 % of what lies above the deductible of 600; its method A asks not for `paid`."""
    sent = {**PNEUMONIA, "charges": "7000.00", "stay_days": 7, "scheme": "resident"}
    plain, other = asked(
        vendor, PRICE, sent, {**sent, "reimbursement_ratio": "0.85", "paid": "900.00", "mean_charges": "6800.00"}
    ).json()["cases"]
    above = Decimal(plain["payment"]) - 600
    assert Decimal(plain["fund"]) == (above * Decimal("0.70")).quantize(Decimal("0.01"))
    assert Decimal(other["fund"]) == (above * Decimal("0.85")).quantize(Decimal("0.01"))


def test_what_was_paid_and_the_mean_of_the_group_count_where_the_area_asks_for_them(
    vendor: Client,
    hospital: Institution,  # noqa: F811
) -> None:
    """158.33 points × 100 less 5,000; 16,000 is no outlier of 18,000 but a high one of 5,000."""
    outliers = {"measured_by": "mean_charges", "high": [{"above": "3", "share": "1"}]}
    priced_by(in_points(outliers=outliers))
    sent = {**PNEUMONIA, "charges": "16000.00", "stay_days": 7, "scheme": "resident", "paid": "5000.00"}
    case, high = asked(vendor, PRICE, sent, {**sent, "mean_charges": "5000.00"}).json()["cases"]
    assert (case["kind"], case["payment"], case["fund"]) == ("normal", "15833.00", "10833.00")
    assert high["kind"] == "high"
