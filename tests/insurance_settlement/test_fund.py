"""What the fund owes of a month's cases, by both methods, from the settlement lists that came in; and what waits."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from insurance_settlement import integrity, services
from insurance_settlement.discharges import read_discharges
from insurance_settlement.engine.pricing import price
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook
from insurance_settlement.selectors import case_detail
from insurance_settlement.selectors.fund import fund_lines
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.insurance_settlement.rule_books import JINHUA, RATE, book
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.settled import settled

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
OTHER = "2c26b46b68ffc68ff99b453c1d304134"


@pytest.fixture
def hospital() -> Institution:
    """A hospital with nobody in it."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    return hospital


def stay(
    hospital: Institution, number: str, charges: str, *, day: str = "2026-03-02", until: str = "2026-03-09", **more: Any
) -> None:
    """A stay with pneumonia (or another diagnosis), charged and coded."""
    diagnosis = more.pop("diagnosis", "J18.900")
    visit = trade.visit(number, "HX", f"{day}T08:00:00", "inpatient", discharged=f"{until}T10:00:00")
    trade.landed(hospital, "encounters", [visit | more])
    line = trade.charge(number, 1, "CW", "HX", "HX", charges, when=f"{day}T09:00:00")
    trade.landed(hospital, "charge-lines", [line])
    abstract = {"encounter_no": number, "diagnoses": [diagnosis], "sex": "1", "age": "67", "stay_days": "7"}
    trade.landed(hospital, "discharge-abstracts", [abstract | {"leaving_type": "1", "total_charges": charges}])


def priced_by(document: Mapping[str, Any], name: str = "当地规则", **changed: Any) -> None:
    """The rules of the area hold from the first of January on, over the demo's scheme."""
    old = PriceBook.objects.select_related("scheme").order_by("pk")[0]
    content = {**document, "scheme": json.loads(old.content)["scheme"], **changed}
    content.pop("coefficients", None)  # that of an invented hospital is the default's
    if "weights" in content:  # of the invented groups none is in the demo's scheme
        content["weights"] = {"ES35": content["weights"]["ES35"]}
    services.import_price_book(
        PLATFORM,
        content=json.dumps(content, ensure_ascii=False).encode(),
        name=name,
        effective_from=date(2026, 1, 1),
        scheme=old.scheme,
        gaps_checked=True,
    )


def run(hospital: Institution, period: Period = MARCH) -> GroupingRun:
    return services.run_grouping(PLATFORM, institution=hospital, period=period).run


def case(number: str) -> CaseResult:
    return CaseResult.objects.get(run__is_current=True, encounter_no=number)


def path(number: str) -> dict[str, tuple[str, str]]:
    lines = case_detail(case=case(number)).price.explanation.lines
    return {line.label: (line.value, line.note) for line in lines}


def in_points(**changed: Any) -> dict[str, Any]:
    """金华 with its one group as the demo's pneumonia, and an institution of the tests."""
    return {
        **JINHUA,
        "points": {"ES35": "150"},
        "cost_coefficients": {"H1": {"ES35": "1.0555555556"}},
        "mean_charges": {"ES35": "18000"},
        "exceptions": JINHUA["exceptions"][:2],
        "fund": {"method": "B", "negative": "keep"},
        **changed,
    }


def test_by_method_a_the_worked_example_comes_out_of_the_settlement_list(hospital: Institution) -> None:
    """(18,900 − 600 − 400 − 800) × 85 % = 14,535.00 (domain.md 2.3)."""
    priced_by(RATE, default_coefficient="1.05")
    stay(hospital, "Z1", "20000.00")
    parts = {"self_paid": "600.00", "first_self_paid": "400.00", "deductible": "800.00", "reimbursement_ratio": "0.85"}
    trade.landed(hospital, "settlement-lists", [settled("Z1", "20000.00", fund="15470.00", **parts)])
    found = run(hospital)
    one = case("Z1")
    assert (one.payment, one.fund, one.billed) == (Decimal("18900.00"), Decimal("14535.00"), Decimal("15470.00"))
    assert one.fund_difference == Decimal("-935.00")
    assert (found.fund, found.billed, found.without_settlement) == (one.fund, one.billed, 0)
    assert path("Z1")["基金支付"] == (
        "14,535.00 元",
        "(18,900.00 − 自费 600.00 − 先自付 400.00 − 起付线 800.00) × 报销比例 0.85 = 14,535.00",
    )
    assert list(integrity.runs_add_up()) == []


def test_by_method_b_the_fund_pays_what_patient_and_others_did_not(hospital: Institution) -> None:
    """158.33 points × 100 = 15,833.00, less 5,000.00 that cash, account and serious-illness insurance paid."""
    priced_by(in_points())
    stay(hospital, "Z1", "16000.00")
    paid = {"other_paid": "700.00", "account_paid": "300.00"}
    trade.landed(hospital, "settlement-lists", [settled("Z1", "16000.00", fund="11000.00", **paid)])
    run(hospital)
    assert (case("Z1").points, case("Z1").payment) == (Decimal("158.33"), Decimal("15833.00"))
    assert case("Z1").fund == Decimal("10833.00")


def test_two_lists_of_one_stay_add_up_and_the_book_says_the_ratio_where_they_differ(hospital: Institution) -> None:
    priced_by(RATE, default_coefficient="1.05")
    stay(hospital, "Z1", "20000.00")
    lists = [
        settled("Z1", "12000.00", number="JS1", fund="5000.00", self_paid="600.00", reimbursement_ratio="0.9"),
        settled("Z1", "8000.00", number="JS2", fund="4000.00", first_self_paid="400.00", reimbursement_ratio="0.8"),
    ]
    trade.landed(hospital, "settlement-lists", lists)
    run(hospital)
    # neither list has a deductible: (18,900 − 600 − 400 − 0) × 0.85 of the book
    assert (case("Z1").fund, case("Z1").billed) == (Decimal("15215.00"), Decimal("9000.00"))


def test_a_case_waits_for_its_list_and_a_patient_who_pays_himself_does_not(hospital: Institution) -> None:
    priced_by(RATE, default_coefficient="1.05")
    stay(hospital, "Z1", "20000.00")
    stay(hospital, "Z2", "20000.00", scheme="self_pay", patient=OTHER)
    found = run(hospital)
    assert (found.fund, found.billed, found.without_settlement) == (0, 0, 1)
    assert [case(number).fund for number in ("Z1", "Z2")] == [None, None]
    assert path("Z1")["基金支付"] == ("", "医保结算清单尚未报送，不能计算基金支付")
    assert path("Z2")["基金支付"] == ("", "自费患者，没有基金支付")
    trade.landed(hospital, "settlement-lists", [settled("Z1", "20000.00", fund="15000.00", deductible="800.00")])
    again = run(hospital)
    assert (again.version, again.without_settlement, again.fund) == (2, 0, Decimal("15385.00"))
    trade.landed(hospital, "settlement-lists", [{"settle_no": "JS-Z1", "op": "retract"}])
    assert (run(hospital).version, run(hospital).without_settlement) == (3, 1)


def test_without_a_rule_for_the_fund_nothing_is_said_of_it(hospital: Institution) -> None:
    document = {name: part for name, part in RATE.items() if name != "fund"}
    priced_by(document)
    stay(hospital, "Z1", "20000.00")
    trade.landed(hospital, "settlement-lists", [settled("Z1", "20000.00", fund="15000.00")])
    found = run(hospital)
    assert (found.fund, found.billed) == (None, None)
    assert (case("Z1").fund, case("Z1").billed) == (None, Decimal("15000.00"))
    assert "基金支付" not in path("Z1")


def test_new_technology_is_paid_as_billed_beside_the_case_and_does_not_make_it_an_outlier(
    hospital: Institution,
) -> None:
    """Charges of 70,000.00, of which 20,000.00 apart: r = 50,000 ÷ 18,900 < 3, so 18,900 + 20,000."""
    priced_by(RATE, default_coefficient="1.05")
    stay(hospital, "Z1", "70000.00")
    trade.landed(hospital, "settlement-lists", [settled("Z1", "70000.00", new_technology="20000.00")])
    run(hospital)
    assert (case("Z1").kind, case("Z1").payment) == ("normal", Decimal("38900.00"))
    assert case("Z1").balance == Decimal("-31100.00")
    assert path("Z1")["新技术除外"][0] == "20,000.00 元"


def test_a_stay_that_was_broken_off_is_worth_its_charges_by_the_mean(hospital: Institution) -> None:
    """5,000 ÷ 18,000 × 150 = 41.67 points (domain.md 2.3)."""
    priced_by(in_points())
    stay(hospital, "Z1", "5000.00")
    trade.landed(hospital, "settlement-lists", [settled("Z1", "5000.00", fund="3000.00", incomplete="1")])
    run(hospital)
    assert (case("Z1").kind, case("Z1").points, case("Z1").payment) == (
        "incomplete",
        Decimal("41.67"),
        Decimal("4167.00"),
    )
    assert case("Z1").fund == Decimal("2167.00")


def test_who_comes_back_within_ten_days_into_the_same_group_halves_the_earlier_stay(hospital: Institution) -> None:
    """158.33 × 0.5 = 79.17 points; the later stay, in April, is worth all of its own."""
    priced_by(in_points())
    stay(hospital, "Z1", "16000.00", until="2026-03-28")
    first = run(hospital)
    assert (case("Z1").kind, run(hospital).pk) == ("normal", first.pk), "nothing new, nothing written"
    stay(hospital, "Z2", "16000.00", day="2026-04-07", until="2026-04-12")
    second = run(hospital)
    assert (second.version, case("Z1").kind, case("Z1").points) == (2, "readmission", Decimal("79.17"))
    assert str(case_detail(case=case("Z1")).price.kind) == "readmission"
    run(hospital, MARCH.shift(1))
    assert (case("Z2").kind, case("Z2").points) == ("normal", Decimal("158.33"))


@pytest.mark.parametrize(
    "later",
    [
        {"day": "2026-04-08"},  # the eleventh day
        {"day": "2026-04-07", "diagnosis": "J44.100"},
        {"day": "2026-04-07", "patient": OTHER},
    ],
)
def test_a_later_stay_another_group_or_another_patient_is_no_readmission(
    hospital: Institution, later: dict[str, str]
) -> None:
    priced_by(in_points())
    stay(hospital, "Z1", "16000.00", until="2026-03-28")
    stay(hospital, "Z2", "16000.00", until="2026-04-12", **later)
    run(hospital)
    assert case("Z1").kind == "normal"


def test_a_closed_month_keeps_its_prices_when_somebody_comes_back(hospital: Institution) -> None:
    priced_by(in_points())
    stay(hospital, "Z1", "16000.00", until="2026-03-28")
    first = run(hospital)
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": "closed"})
    stay(hospital, "Z2", "16000.00", day="2026-04-07", until="2026-04-12")
    assert run(hospital).pk == first.pk


def test_a_book_that_does_not_ask_looks_for_no_readmission(
    hospital: Institution, django_assert_num_queries: Any
) -> None:
    stay(hospital, "Z1", "16000.00")
    stay(hospital, "Z2", "16000.00", day="2026-03-10", until="2026-03-12")
    with django_assert_num_queries(1):
        plain = read_discharges(hospital, MARCH, 2**40)
    with django_assert_num_queries(1):
        asked = read_discharges(hospital, MARCH, 2**40, readmission_days=10)
    assert [len(one.followed_by) for one in plain] == [0, 0]
    assert [len(one.followed_by) for one in asked] == [1, 0]


def test_the_fund_by_file_and_over_the_api_needs_no_list() -> None:
    found = price(book(RATE), GroupedCase("1", "H001", "ES35", 20_000_00, self_paid=600_00, first_self_paid=400_00))
    assert found.fund == 14_535_00
    assert price(book(RATE), GroupedCase("1", "H001", "ES35", 20_000_00, scheme="self_pay")).fund is None


def test_by_department_and_group_what_is_owed_stands_beside_what_was_billed(
    hospital: Institution, client: Client
) -> None:
    """ES35 owes 14,535.00 and was billed 15,470.00; the other group waits for its list."""
    priced_by(RATE, default_coefficient="1.05", weights={"ES35": "1.5", "ET25": "1"})
    trade.landed(hospital, "departments", [trade.department("NK", name="内科")])
    stay(hospital, "Z1", "20000.00")
    stay(hospital, "Z2", "9000.00", diagnosis="J44.100", patient=OTHER, department="NK")
    parts = {"self_paid": "600.00", "first_self_paid": "400.00", "deductible": "800.00", "reimbursement_ratio": "0.85"}
    trade.landed(hospital, "settlement-lists", [settled("Z1", "20000.00", fund="15470.00", **parts)])
    found = run(hospital)
    lines = {line.code: line for line in fund_lines(runs=[found], by="drg")}
    assert (lines["ES35"].payable, lines["ES35"].billed) == (Decimal("14535.00"), Decimal("15470.00"))
    assert (lines["ES35"].difference, lines["ES35"].waiting) == (Decimal("-935.00"), 0)
    assert (lines["ET25"].told, lines["ET25"].waiting, lines["ET25"].difference) == (0, 1, 0)
    wards = fund_lines(runs=[found], by="department")
    assert [(line.name, line.difference) for line in wards] == [("呼吸内科", Decimal("-935.00")), ("内科", 0)]

    officer = trade.person("officer", Role.INSURANCE_OFFICER, hospital)
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    scope = {"institution": hospital.pk, "period": "2026-03"}
    page = client.get(reverse("insurance_settlement:fund"), scope).content.decode()
    assert "-935.00" in page
    assert f"by=drg&amp;department={wards[0].key}" in page or f"by=drg&department={wards[0].key}" in page
    narrowed = client.get(reverse("insurance_settlement:fund"), {**scope, "by": "drg", "department": wards[0].key})
    assert "ES35" in narrowed.content.decode()
    assert "ET25" not in narrowed.content.decode()
    sheet = book_of(client.get(reverse("insurance_settlement:fund"), {**scope, "by": "drg", "export": "xlsx"}))
    rows = sheet.get_sheet_by_index(0).to_python()
    assert ["ES35", lines["ES35"].name, 1, 1, 0, 14535, 15470, -935] in rows
    month = client.get(reverse("insurance_settlement:month"), scope).content.decode()
    assert "例参保病例的医保结算清单尚未报送" in month
    shown = client.get(reverse("insurance_settlement:case", args=[case("Z1").pk])).content.decode()
    assert "应付 − 记账" in shown
    assert "-935.00" in shown
    answer = client.get(reverse("settlement-cases"), {"period": "2026-03", "drg": "ES35"}).json()
    assert [(one["fund"], one["billed"]) for one in answer["results"]] == [("14535.00", "15470.00")]
