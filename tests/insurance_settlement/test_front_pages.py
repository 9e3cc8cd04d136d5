"""The coder's work list: found at night, closed by what comes back from the HIS, marked as right by a person."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from insurance_settlement.models import FrontPageFinding, FrontPageRun
from insurance_settlement.selectors.front_pages import (
    access_front_page,
    front_page_findings,
    scores,
)
from insurance_settlement.services import run_grouping
from insurance_settlement.services.front_pages import Examination, examine_front_pages, mark_right
from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
STAYS = {"Z1": "3000.00", "Z2": "9000.00", "Z3": "8000.00", "Z4": "500.00"}


def abstract(number: str, diagnoses: list[str], **more: Any) -> dict[str, Any]:
    return {
        "encounter_no": number,
        "diagnoses": diagnoses,
        "sex": "1",
        "age": "67",
        "stay_days": "9",
        "leaving_type": "1",
        "total_charges": STAYS[number],
        **more,
    }


@pytest.fixture
def hospital() -> Institution:
    """Z1 a man with a fibroid of the uterus, 3,000.00. Z2 pneumonia with insulin and no diabetes, 9,000.00. Z3 in no group,
    8,000.00. Z4 nothing to say, 500.00."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科"), trade.department("WK")])
    items = [
        trade.item("CW", fee_class="bed"),
        {**trade.item("YDS", "drug", "western_drugs"), "name": "胰岛素注射液"},
    ]
    trade.landed(hospital, "charge-items", items)
    visits = [
        trade.visit(
            number,
            "WK" if number == "Z4" else "HX",
            kind="inpatient",
            when="2026-03-01T08:00:00",
            discharged="2026-03-10T10:00:00",
        )
        for number in STAYS
    ]
    trade.landed(hospital, "encounters", visits)
    lines = [trade.charge(number, 1, "CW", "HX", "HX", amount) for number, amount in STAYS.items()]
    lines[1] = trade.charge("Z2", 1, "CW", "HX", "HX", "8900.00")
    lines += [
        trade.charge("Z2", 2, "YDS", "HX", "HX", "100.00"),
        trade.charge("Z4", 2, "YDS", "HX", "HX", "80.00"),
        trade.charge("Z4", 3, "YDS", "HX", "HX", "-80.00", refund_of="2"),
    ]
    trade.landed(hospital, "charge-lines", lines)
    main = {
        "Z1": ["J18.900", "D25.900"],
        "Z2": ["J18.900", "I10.x00x002"],
        "Z3": ["R99.x00"],
        "Z4": ["J18.900"],
    }
    codes = [abstract(number, listed) for number, listed in main.items()]
    trade.landed(hospital, "discharge-abstracts", codes)
    examined(hospital)
    return hospital


def examined(hospital: Institution) -> Examination:
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return examine_front_pages(PLATFORM, institution=hospital, period=MARCH)


@pytest.fixture
def people(hospital: Institution) -> dict[str, User]:
    ward, other = (Department.objects.get(institution=hospital, code=code) for code in ("HX", "WK"))
    return {
        "officer": trade.person("officer", Role.INSURANCE_OFFICER, hospital),
        "ward": trade.person("ward", Role.DEPARTMENT_HEAD, hospital, ward),
        "other": trade.person("other", Role.DEPARTMENT_HEAD, hospital, other),
        "director": trade.person("director", Role.FINANCE_DIRECTOR, hospital),
    }


def listed(person: User) -> list[tuple[str, str]]:
    rows = front_page_findings(actor=actor_of_user(person)).filter(closed_run=None, mark=None)
    return [(row.encounter_no, row.rule) for row in rows]


def finding(number: str, rule: str) -> FrontPageFinding:
    return FrontPageFinding.objects.get(encounter_no=number, rule=rule, closed_run=None)


def test_the_work_list_begins_with_the_dearest_stay_and_not_with_the_greatest_gain(
    hospital: Institution, people: dict[str, User]
) -> None:
    """What was given back does not count as charged, so that Z4 is clean."""
    assert listed(people["officer"]) == [
        ("Z2", "diagnosis_not_seen"),
        ("Z3", "ungrouped"),
        ("Z3", "unknown_code"),
        ("Z1", "sex_conflict"),
    ]
    run = FrontPageRun.objects.get()
    assert (run.version, run.abstracts, run.without_findings, run.findings) == (1, 4, 1, 4)
    assert "胰岛素注射液" in finding("Z2", "diagnosis_not_seen").message
    assert "不在任何 MDC" in finding("Z3", "ungrouped").message


def test_the_head_of_a_department_sees_its_own(hospital: Institution, people: dict[str, User]) -> None:
    assert len(listed(people["ward"])) == 4
    assert listed(people["other"]) == []
    with pytest.raises(NotFound):
        mark_right(actor_of_user(people["other"]), finding_id=finding("Z2", "diagnosis_not_seen").pk, reason="无误")


def test_the_same_facts_are_examined_once(hospital: Institution) -> None:
    again = examined(hospital)
    assert (again.created, FrontPageRun.objects.count()) == (False, 1)


def test_a_correction_from_the_his_closes_a_finding_and_shows_before_and_after(
    hospital: Institution, people: dict[str, User]
) -> None:
    trade.landed(hospital, "discharge-abstracts", [abstract("Z3", ["J18.900"])])
    after = examined(hospital)
    assert (after.created, after.found, after.closed) == (True, 0, 2)
    assert listed(people["officer"]) == [("Z2", "diagnosis_not_seen"), ("Z1", "sex_conflict")]
    closed = FrontPageFinding.objects.get(encounter_no="Z3", rule="ungrouped")
    assert (closed.closing, closed.case.drg, closed.closed_case.drg) == ("corrected", "0000", "ES35")  # type: ignore[union-attr]
    page = access_front_page(
        actor=actor_of_user(people["officer"]), institution_id=hospital.pk, encounter=closed.encounter
    )
    told = [(one.version.diagnoses, one.group.code, one.version.holds) for one in page.versions]
    assert told == [(("R99.x00",), "0000", False), (("J18.900",), "ES35", True)]
    assert (page.open, len(page.closed)) == ((), 2)
    still = finding("Z1", "sex_conflict")
    assert still.case.run.version == 2
    assert still.found_run.version == 1


def test_a_correction_that_does_not_help_opens_the_finding_anew(hospital: Institution, people: dict[str, User]) -> None:
    """What was marked as right was another abstract."""
    officer = actor_of_user(people["officer"])
    before = finding("Z1", "sex_conflict")
    mark_right(officer, finding_id=before.pk, reason="已与病历核对，性别登记待更正。")
    assert ("Z1", "sex_conflict") not in listed(people["officer"])
    examined(hospital)
    assert ("Z1", "sex_conflict") not in listed(people["officer"])
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", ["J18.900", "D25.900", "I10.x00x002"])])
    examined(hospital)
    assert ("Z1", "sex_conflict") in listed(people["officer"])
    before.refresh_from_db()
    assert before.closing == "replaced"


def test_a_charge_given_back_resolves_a_finding_without_a_correction(hospital: Institution) -> None:
    back = trade.charge("Z2", 3, "YDS", "HX", "HX", "-100.00", refund_of="2")
    trade.landed(hospital, "charge-lines", [back])
    examined(hospital)
    closed = FrontPageFinding.objects.get(rule="diagnosis_not_seen")
    assert closed.closing == "resolved"
    assert finding("Z2", "charges_differ").message.startswith("首页总费用 9,000.00 元，收费明细合计 8,900.00 元")


def test_a_stay_that_is_withdrawn_takes_its_findings_along(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [{"encounter_no": "Z1", "op": "retract"}])
    examined(hospital)
    closed = FrontPageFinding.objects.get(rule="sex_conflict")
    assert (closed.closing, closed.closed_case, closed.closed_abstract) == ("withdrawn", None, None)


def test_a_closed_month_keeps_its_findings(hospital: Institution) -> None:
    trade.landed(hospital, "charge-items", [trade.item("XM")])
    AccountingPeriod.objects.filter(institution=hospital, period="2026-03").update(state="closed")
    assert not examine_front_pages(PLATFORM, institution=hospital, period=MARCH).created
    AccountingPeriod.objects.filter(institution=hospital, period="2026-03").update(state="open")
    assert examine_front_pages(PLATFORM, institution=hospital, period=MARCH).created


def test_what_is_marked_as_right_is_audited_and_said_once(hospital: Institution, people: dict[str, User]) -> None:
    officer = actor_of_user(people["officer"])
    number = finding("Z2", "diagnosis_not_seen").pk
    mark = mark_right(officer, finding_id=number, reason=" 高钾血症的处理，非糖尿病。 ")
    assert (mark.reason, mark.by) == ("高钾血症的处理，非糖尿病。", people["officer"])
    event = AuditEvent.objects.filter(action="insurance_settlement.front_page_marked").get()
    assert event.detail["encounter_no"] == "Z2"
    with pytest.raises(Conflict) as refusal:
        mark_right(officer, finding_id=number, reason="再次标记")
    assert refusal.value.code == "insurance_settlement.finding_marked"


def test_what_cannot_be_right_is_not_marked(hospital: Institution, people: dict[str, User]) -> None:
    officer = actor_of_user(people["officer"])
    with pytest.raises(Conflict) as refusal:
        mark_right(officer, finding_id=finding("Z3", "ungrouped").pk, reason="核对无误")
    assert refusal.value.code == "insurance_settlement.finding_blocks"
    with pytest.raises(Invalid) as short:
        mark_right(officer, finding_id=finding("Z1", "sex_conflict").pk, reason=" ")
    assert short.value.code == "insurance_settlement.mark_reason"
    with pytest.raises(Forbidden):
        mark_right(actor_of_user(people["director"]), finding_id=finding("Z1", "sex_conflict").pk, reason="核对无误")
    gone = finding("Z1", "sex_conflict").pk
    trade.landed(hospital, "discharge-abstracts", [abstract("Z1", ["J18.900"])])
    examined(hospital)
    with pytest.raises(Conflict) as closed:
        mark_right(officer, finding_id=gone, reason="核对无误")
    assert closed.value.code == "insurance_settlement.finding_closed"


def test_a_department_is_told_its_share_of_clean_abstracts(hospital: Institution, people: dict[str, User]) -> None:
    officer = actor_of_user(people["officer"])
    mark_right(officer, finding_id=finding("Z1", "sex_conflict").pk, reason="已与病历核对。")
    trade.landed(hospital, "discharge-abstracts", [abstract("Z3", ["J18.900"])])
    examined(hospital)
    ward, surgery = scores(actor=officer, first="2026-03", last="2026-03")
    assert (ward.department.code, ward.abstracts, ward.clean, ward.open, ward.marked, ward.corrected) == (
        "HX", 3, 2, 1, 1, 2,
    )  # fmt: skip
    assert ward.share == Decimal("0.666667")
    assert (surgery.department.code, surgery.share) == ("WK", Decimal(1))
    assert [
        one.department.code for one in scores(actor=actor_of_user(people["ward"]), first="2026-01", last="2026-12")
    ] == ["HX"]


def test_the_group_without_a_contradictory_code_is_told_without_its_price(
    hospital: Institution, people: dict[str, User]
) -> None:
    row = finding("Z1", "sex_conflict")
    page = access_front_page(actor=actor_of_user(people["ward"]), institution_id=hospital.pk, encounter=row.encounter)
    assert [(line.title, line.group_without) for line in page.open] == [("性别与编码不符", "ES35")]
    assert page.present is not None
    with pytest.raises(NotFound):
        access_front_page(actor=actor_of_user(people["other"]), institution_id=hospital.pk, encounter=row.encounter)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_the_coder_works_the_list_off_by_its_pages(hospital: Institution, people: dict[str, User]) -> None:
    client = signed_in(people["officer"])
    address = reverse("insurance_settlement:front-pages")
    page = client.get(address).content.decode()
    assert page.index("胰岛素注射液") < page.index("不在任何 MDC") < page.index("性别为男")
    row = finding("Z1", "sex_conflict")
    front = reverse("insurance_settlement:front-page", args=[hospital.pk, row.encounter])
    shown = client.get(front).content.decode()
    assert "不计这一处 D25.900 时归入 ES35" in shown
    assert "更正前的首页" not in shown
    form = reverse("insurance_settlement:mark-front-page", args=[row.pk])
    assert client.get(form).status_code == 200
    assert client.post(form, {"reason": " "}).status_code == 422
    assert client.post(form, {"reason": "性别登记待更正，编码与病历一致。"}).status_code == 302
    assert "性别为男" not in client.get(address).content.decode()
    assert "性别为男" in client.get(address, {"state": "marked"}).content.decode()
    assert "编码与病历一致" in client.get(front).content.decode()
    trade.landed(hospital, "discharge-abstracts", [abstract("Z3", ["J18.900"])])
    examined(hospital)
    corrected = client.get(address, {"state": "corrected"}).content.decode()
    assert "HIS 已更正" in corrected
    after = client.get(
        reverse("insurance_settlement:front-page", args=[hospital.pk, encounter_of("Z3")])
    ).content.decode()
    assert "更正前 0000，更正后 ES35" in after
    assert after.index("更正前的首页") < after.index("更正后的首页")
    case = client.get(reverse("insurance_settlement:case", args=[row.case_id])).content.decode()
    assert "首页需要核对" in case


def encounter_of(number: str) -> int:
    return FrontPageFinding.objects.filter(encounter_no=number).values_list("encounter", flat=True)[0]


def test_findings_go_out_by_api_and_workbook(hospital: Institution, people: dict[str, User]) -> None:
    client = signed_in(people["officer"])
    rows = client.get(reverse("settlement-front-pages"), {"state": "open"}).json()["results"]
    assert [(row["encounter_no"], row["rule"], row["charges"]) for row in rows][:2] == [
        ("Z2", "diagnosis_not_seen", "9000.00"),
        ("Z3", "ungrouped", "8000.00"),
    ]
    assert rows[0]["drg_after"] is None
    assert client.get(reverse("settlement-front-pages"), {"rule": "unheard"}).status_code == 422
    sheet = client.get(reverse("insurance_settlement:front-pages"), {"export": "xlsx"})
    assert sheet.status_code == 200
    seen = AccessLog.objects.filter(user=people["officer"], subject_type="front_page_list")
    assert seen.count() == 2
