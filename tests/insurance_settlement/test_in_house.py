"""在院病例预测: the expected group and what remains of its payment, by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from insurance_settlement.engine.forecast import Bounds, Norm, forecast, unfinished
from insurance_settlement.engine.rule_book import (
    CaseException,
    High,
    Kind,
    Measure,
    Outliers,
    Pay,
    RuleBook,
    When,
)
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.selectors.in_house import access_in_house, in_house
from insurance_settlement.services import run_grouping
from ops_platform.his_intake.models import InterimDiagnosis
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade

BOUNDS = Bounds(near_high=Decimal("0.9"), long_stay=60, least_cases=5)
BOOK = RuleBook(
    version="测试",
    scheme="测试",
    source="default",
    weights={"ES35": Decimal("0.62")},
    base_rate=Decimal(7200),
    default_coefficient=Decimal(1),
    outliers=Outliers(Measure.STANDARD, low_below=Decimal("0.4"), high=(High(Decimal(3), Decimal(1)),)),
)


def stay(charges: int, days: int = 3, group: str = "ES35") -> GroupedCase:
    return GroupedCase(case_no="Z1", institution="H1", group=group, charges=charges, stay_days=days)


def test_a_stay_of_three_days_is_no_low_outlier_yet() -> None:
    """0.62 × 7,200 = 4,464.00; 1,000.00 were charged so far, 3,464.00 remain."""
    found = forecast(unfinished(BOOK), stay(100_000), None, BOUNDS)
    assert (found.payment, found.remaining, found.high_limit) == (446_400, 346_400, 1_339_200)
    assert found.used == Fraction(100_000, 446_400)
    assert found.notices == ()


@pytest.mark.parametrize(
    ("charges", "days", "codes"),
    [
        (446_400, 3, []),
        (446_401, 3, ["over_standard"]),
        (1_205_279, 3, ["over_standard"]),
        (1_205_280, 3, ["near_high"]),
        (1_339_200, 3, ["near_high"]),
        (1_339_201, 3, ["high"]),
        (100_000, 8, []),
        (100_000, 9, ["over_mean_days"]),
        (100_000, 61, ["long_stay"]),
    ],
)
def test_notices_begin_at_their_borders(charges: int, days: int, codes: list[str]) -> None:
    norm = Norm(cases=12, days=Decimal("8.50"), charges=450_000)
    found = forecast(unfinished(BOOK), stay(charges, days), norm, BOUNDS)
    assert [one.code for one in found.notices] == codes


def test_above_the_high_multiple_the_book_pays_more() -> None:
    """4,464.00 + (14,392.00 − 13,392.00) = 5,464.00."""
    found = forecast(unfinished(BOOK), stay(1_439_200), None, BOUNDS)
    assert (found.price.kind, found.payment) == (Kind.HIGH, 546_400)


def test_what_only_the_end_can_tell_is_not_asked() -> None:
    short = CaseException("不足3天", Kind.EXCLUDED, When(stay_days_under=3), Pay.CHARGES)
    long = CaseException("超过60天", Kind.EXCLUDED, When(stay_days_over=60), Pay.CHARGES)
    book = unfinished(replace(BOOK, exceptions=(short, long)))
    assert book.exceptions == (long,)
    assert forecast(book, stay(100_000, days=1), None, BOUNDS).payment == 446_400
    assert forecast(book, stay(100_000, days=61), None, BOUNDS).payment == 100_000


def test_without_a_price_nothing_is_said_of_amounts() -> None:
    found = forecast(unfinished(BOOK), stay(9_000_000, group="XX11"), None, BOUNDS)
    assert (found.payment, found.remaining, found.used, found.high_limit, found.notices) == (None, None, None, None, ())


def test_no_notice_says_what_to_do_with_a_patient() -> None:
    told = [
        one.message
        for charges, days in ((446_401, 3), (1_205_280, 61), (1_339_201, 9))
        for one in forecast(unfinished(BOOK), stay(charges, days), Norm(3, Decimal(2), 1), BOUNDS).notices
    ]
    assert not any(word in line for line in told for word in ("停止", "尽快出院", "转院", "控制", "减少"))


MARCH = Period.parse("2026-03")


def interim(number: str, seq: int, diagnoses: list[str], **more: Any) -> dict[str, Any]:
    return {
        "encounter_no": number,
        "seq": str(seq),
        "recorded_at": f"2026-04-0{seq + 1}T09:00:00",
        "diagnoses": diagnoses,
        "sex": "1",
        "age": "67",
        **more,
    }


@pytest.fixture
def hospital() -> Institution:
    """In March one pneumonia of 8 days for 4,000.00 and one of 10 days for 5,000.00 were discharged. Since 1 April P1 is in
    with pneumonia (first taken for bronchitis), 5,000.00 so far; P2 on another ward without diagnoses; P3 in no group."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科"), trade.department("WK")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    past = {"Z1": ("2026-03-02", "4000.00", "8"), "Z2": ("2026-03-01", "5000.00", "9")}
    visits = [
        trade.visit(number, "HX", kind="inpatient", when=f"{day}T08:00:00", discharged="2026-03-10T10:00:00")
        for number, (day, _, _) in past.items()
    ]
    visits += [
        trade.visit("P1", "HX", kind="inpatient", when="2026-04-01T08:00:00"),
        trade.visit("P2", "WK", kind="inpatient", when="2026-04-03T08:00:00"),
        trade.visit("P3", "WK", kind="inpatient", when="2026-04-04T08:00:00"),
    ]
    trade.landed(hospital, "encounters", visits)
    lines = [trade.charge(number, 1, "CW", "HX", "HX", one[1]) for number, one in past.items()]
    lines += [
        trade.charge("P1", 1, "CW", "HX", "HX", "4900.00", when="2026-04-02T09:00:00"),
        trade.charge("P1", 2, "CW", "HX", "HX", "100.00", when="2026-04-07T09:00:00"),
        trade.charge("P3", 1, "CW", "WK", "WK", "300.00", when="2026-04-05T09:00:00"),
    ]
    trade.landed(hospital, "charge-lines", lines)
    codes = [
        {
            "encounter_no": number,
            "diagnoses": ["J18.900"],
            "sex": "1",
            "age": "67",
            "stay_days": days,
            "leaving_type": "1",
            "total_charges": amount,
        }
        for number, (_, amount, days) in past.items()
    ]
    trade.landed(hospital, "discharge-abstracts", codes)
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    told = [interim("P1", 1, ["J20.900"]), interim("P1", 2, ["J18.900", "I10.x00x002"]), interim("P3", 1, ["R99.x00"])]
    trade.landed(hospital, "interim-diagnoses", told)
    return hospital


@pytest.fixture
def people(hospital: Institution) -> dict[str, User]:
    ward = Department.objects.get(institution=hospital, code="WK")
    return {
        "officer": trade.person("officer", Role.INSURANCE_OFFICER, hospital),
        "ward": trade.person("ward", Role.DEPARTMENT_HEAD, hospital, ward),
        "elsewhere": trade.person("elsewhere", Role.INSURANCE_OFFICER, Institution.objects.get(code="T1")),
    }


@pytest.mark.django_db
def test_the_latest_diagnoses_lead_to_the_expected_group(hospital: Institution, people: dict[str, User]) -> None:
    """On 7 April P1 has been in for 6 days: ES35, 4,464.00 − 5,000.00 = −536.00; mean of the group 8.5 days, 4,500.00."""
    found = in_house(actor=actor_of_user(people["officer"]), institution=hospital)
    assert str(found.as_of) == "2026-04-07"
    first, *others = found.lines
    assert (first.encounter_no, first.days, first.drg, first.charges) == ("P1", 6, "ES35", Decimal("5000.00"))
    assert (first.payment, first.remaining, first.used) == (Decimal("4464.00"), Decimal("-536.00"), Decimal("1.1201"))
    assert (first.mean_days, first.mean_charges) == (Decimal("8.50"), Decimal("4500.00"))
    assert (first.days_to_norm, first.charges_to_norm) == (Decimal("0.7059"), Decimal("1.1111"))
    assert first.notices == ("目前费用 5,000.00 元，已高于支付标准 4,464.00 元。",)
    assert [(one.encounter_no, one.drg, one.payment, one.notices) for one in others] == [
        ("P3", "", None, ()),
        ("P2", "", None, ()),
    ]


@pytest.mark.django_db
def test_who_is_discharged_is_no_longer_in(hospital: Institution, people: dict[str, User]) -> None:
    gone = trade.visit("P1", "HX", kind="inpatient", when="2026-04-01T08:00:00", discharged="2026-04-08T10:00:00")
    number = in_house(actor=PLATFORM, institution=hospital).lines[0].stay.encounter
    trade.landed(hospital, "encounters", [gone])
    officer = actor_of_user(people["officer"])
    assert [one.encounter_no for one in in_house(actor=officer, institution=hospital).lines] == ["P3", "P2"]
    with pytest.raises(NotFound):
        access_in_house(actor=officer, institution_id=hospital.pk, encounter=number)


@pytest.mark.django_db
def test_the_head_of_a_ward_sees_its_patients_only(hospital: Institution, people: dict[str, User]) -> None:
    found = in_house(actor=actor_of_user(people["ward"]), institution=hospital)
    assert [one.encounter_no for one in found.lines] == ["P3", "P2"]
    assert str(found.as_of) == "2026-04-07"
    other = in_house(actor=PLATFORM, institution=hospital).lines[0].stay.encounter
    with pytest.raises(NotFound):
        access_in_house(actor=actor_of_user(people["ward"]), institution_id=hospital.pk, encounter=other)
    with pytest.raises(NotFound):
        access_in_house(actor=actor_of_user(people["elsewhere"]), institution_id=hospital.pk, encounter=other)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.django_db
def test_the_pages_say_that_it_is_an_estimate(
    hospital: Institution, people: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    client = signed_in(people["officer"])
    page = client.get(reverse("insurance_settlement:in-house")).content.decode()
    assert "按目前诊断估算，不是结算" in page
    assert "-536.00" in page
    assert "尚无法判断" in page
    number = in_house(actor=PLATFORM, institution=hospital).lines[0].stay.encounter
    one = client.get(reverse("insurance_settlement:in-house-stay", args=[hospital.pk, number])).content.decode()
    assert "诊疗以病情需要为准" in one
    assert "权重 0.62" in one
    assert "J18.900" in one
    for line in in_house(actor=PLATFORM, institution=hospital).lines:
        address = reverse("insurance_settlement:in-house-stay", args=[hospital.pk, line.stay.encounter])
        assert client.get(address).status_code == 200
    (row, *_) = client.get(reverse("settlement-in-house"), {"institution": "H1", "department": "HX"}).json()
    assert (row["drg"], row["remaining"], row["used"]) == ("ES35", "-536.00", "1.1201")
    assert client.get(reverse("settlement-in-house"), {"institution": "T1"}).status_code == 404
    assert client.get(reverse("insurance_settlement:in-house"), {"export": "xlsx"}).status_code == 200
    assert AccessLog.objects.filter(subject_type="in_house_list").count() == 3
    with django_assert_max_num_queries(9):
        in_house(actor=PLATFORM, institution=hospital)


@pytest.mark.django_db
def test_a_diagnosis_may_be_corrected_taken_back_and_is_refused_for_an_outpatient(hospital: Institution) -> None:
    trade.landed(hospital, "interim-diagnoses", [interim("P1", 2, ["J18.000"])])
    assert InterimDiagnosis.objects.current().get(seq=2, diagnoses=["J18.000"]).age == 67
    trade.landed(hospital, "interim-diagnoses", [{"encounter_no": "P1", "seq": "2", "op": "retract"}])
    assert in_house(actor=PLATFORM, institution=hospital).lines[0].stay.diagnoses == ("J20.900",)
    trade.landed(hospital, "encounters", [trade.visit("M1", "HX", when="2026-04-01T08:00:00")])
    faults = trade.send(
        hospital, "interim-diagnoses", [interim("M1", 1, ["J18.900"]), interim("P3", 3, ["J18.900"], age="131")]
    )
    assert [one.code for one in faults.errors] == ["his_intake.interim_not_inpatient", "his_intake.age_out_of_range"]
