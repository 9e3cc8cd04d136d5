"""Journey 2: the head of a department follows a loss from the own page through a disease group to a case and its cost."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import CostDeviation, PatientRun
from costing.selectors import department_groups
from costing.selectors.department_groups import above_norm
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.identity.models import User
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, Parameter
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db

FEBRUARY, MARCH = Period.parse("2026-02"), Period.parse("2026-03")
ABSTRACT = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "leaving_type": "1"}


def _month(
    hospital: Institution, period: Period, cases: dict[str, tuple[str, str]], personnel: str, other: str
) -> None:
    """Stays by number: the ward, and what was charged for the bed."""
    first, last = f"{period}-02T08:00:00", f"{period}-05T10:00:00"
    trade.landed(
        hospital,
        "encounters",
        [trade.visit(no, ward, kind="inpatient", when=first, discharged=last) for no, (ward, _) in cases.items()],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge(no, 1, "CW", ward, ward, f"{days * 500}.00", last, quantity=str(days), price="500.0000")
            for no, (ward, days) in cases.items()
        ],
    )
    day = f"{period}-28"
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost(f"P-{period}", "HX", personnel, day=day),
            trade.cost(f"O-{period}", "HX", other, "other", day=day),
            trade.cost(f"S-{period}", "LN", "100.00", day=day),
        ],
    )
    trade.landed(
        hospital,
        "discharge-abstracts",
        [{"encounter_no": no, "total_charges": f"{days * 500}.00", **ABSTRACT} for no, (_, days) in cases.items()],
    )
    run_allocation(PLATFORM, institution=hospital, period=period)
    cost_patients_of(PLATFORM, institution=hospital, period=period)
    run_grouping(PLATFORM, institution=hospital, period=period)


@pytest.fixture
def hospital() -> Institution:
    """Pneumonia: in February a stay on the ward for 400.00; in March two for 60,600.00, and one with the old people."""
    hospital = trade.alliance()["H1"]
    departments = [trade.department("HX", name="呼吸内科"), trade.department("LN", name="老年科")]
    trade.landed(hospital, "departments", departments)
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    _month(hospital, FEBRUARY, {"A1": ("HX", 2)}, "300.00", "100.00")
    cases = {"Z1": ("HX", 2), "Z2": ("HX", 4), "Z3": ("LN", 3)}
    _month(hospital, MARCH, cases, "60000.00", "600.00")
    return hospital


def ward(code: str) -> Department:
    return Department.objects.get(code=code)


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def head(hospital: Institution, code: str = "HX") -> Client:
    return client_of(trade.person(f"head-{code}", Role.DEPARTMENT_HEAD, hospital, ward(code)))


def page(client: Client, name: str, *given: object) -> str:
    response = client.get(reverse(f"costing:{name}", args=given), {"period": "2026-03"})
    assert response.status_code == 200
    return response.content.decode()


def test_a_group_shows_what_it_cost_above_the_three_months_before(hospital: Institution) -> None:
    (found,) = department_groups.groups_of_department(department=ward("HX"), period="2026-03")
    assert (found.group.cases, found.group.cost, found.norm_cost) == (2, Decimal("60600.00"), Decimal("400.00"))
    assert (found.before.months, found.before.cases) == (("2026-02",), 1)
    # personnel 30,000.00 a case against 300.00, other cost 300.00 against 100.00
    assert found.above == "人员经费 +29,700.00(9,900%)；其他运行费用 +200.00(200%)"
    assert found.mean_surplus is not None
    assert found.mean_surplus * 2 == found.group.surplus


def test_a_case_is_set_against_the_others_of_its_group_in_the_whole_institution(hospital: Institution) -> None:
    run = PatientRun.objects.get(period="2026-03", is_current=True)
    (found,) = department_groups.groups_of_department(department=ward("HX"), period="2026-03")
    first, second = department_groups.cases_of_group(department=ward("HX"), run=run, drg=found.group.drg)
    assert [one.one.case.encounter_no for one in (first, second)] == ["Z2", "Z1"], "the greatest loss first"
    # Z2 bears two thirds of 60,600.00; the others cost 20,200.00 and 100.00
    assert first.norm["personnel"] == (Decimal("20000.00") + Decimal("100.00")) / 2
    assert first.above.startswith("人员经费 +29,950.00")
    assert second.above == "", "below the mean of the others"


def test_the_head_goes_from_the_own_page_to_a_case_and_its_cost(hospital: Institution) -> None:
    client = head(hospital)
    own = client.get(reverse("department", args=[ward("HX").pk]), {"period": "2026-03"}).content.decode()
    assert f"/costing/departments/{ward('HX').pk}/groups/?period=2026-03" in own
    assert "例均费用(元)" in own
    assert "支付合计(元)" in own, "the sum of the cases is no mean beside a mean"
    groups = page(client, "department-groups", ward("HX").pk)
    (found,) = department_groups.groups_of_department(department=ward("HX"), period="2026-03")
    assert f"/costing/departments/{ward('HX').pk}/groups/{found.group.drg}/?period=2026-03" in groups
    assert "人员经费 +29,700.00" in groups
    assert "此前例均取自前三个月中的 1 个月(2026-02)" in groups
    group = page(client, "department-group", ward("HX").pk, found.group.drg)
    assert "前三个月中有病例的 1 个月(2026-02)，共 1 例" in group
    assert "Z3" not in group, "cases of other departments are none of theirs"
    run = PatientRun.objects.get(period="2026-03", is_current=True)
    cases = department_groups.cases_of_group(department=ward("HX"), run=run, drg=found.group.drg)
    case = page(client, "patient", run.pk, cases[0].one.case.encounter)
    assert "患者成本归集表" not in case, "no link that the head may not follow"
    assert "呼吸内科 病组结余" in case


def test_a_loss_leads_to_the_deviations_of_the_department_and_finance_may_open_one(hospital: Institution) -> None:
    least = Parameter.objects.get(key="costing.low_benefit_least_cases")
    least.pk, least.effective_from, least.value = None, date(2025, 1, 1), Decimal(1)
    least.save(force_insert=True)
    listed = f"/costing/deviations/?department={ward('HX').pk}"
    (found,) = department_groups.groups_of_department(department=ward("HX"), period="2026-03")
    drg = found.group.drg
    own = head(hospital)
    shown = own.get(reverse("department", args=[ward("HX").pk]), {"period": "2026-03"}).content.decode()
    group = page(own, "department-group", ward("HX").pk, drg)
    run = PatientRun.objects.get(period="2026-03", is_current=True)
    case = department_groups.cases_of_group(department=ward("HX"), run=run, drg=drg)[0].one.case
    for one in (shown, group, page(own, "patient", run.pk, case.encounter)):
        assert listed in one
    assert "没有符合条件的记录" in own.get(listed).content.decode(), "a department without deviations is understood"
    assert "发起整改" not in group, "the head answers, finance asks"
    finance = client_of(trade.person("finance", Role.FINANCE_OFFICER, hospital))
    assert "发起整改" in page(finance, "department-group", ward("HX").pk, drg)
    assert "发起整改" in page(finance, "group", drg)
    sent = {"run": run.pk, "kind": "group", "department": ward("HX").pk, "object": drg}
    assert finance.post(reverse("costing:open-low-benefit"), sent).status_code == 302
    assert "发起整改</button>" not in page(finance, "department-group", ward("HX").pk, drg)
    (deviation,) = CostDeviation.objects.all()
    assert f"/costing/deviations/{deviation.pk}/" in page(own, "department-group", ward("HX").pk, drg)
    assert deviation.title in own.get(listed).content.decode()


def test_a_head_sees_no_other_department(hospital: Institution) -> None:
    client = head(hospital, "LN")
    assert client.get(reverse("costing:department-groups", args=[ward("HX").pk])).status_code == 404
    assert client.get(reverse("costing:department-group", args=[ward("HX").pk, "ES19"])).status_code == 404
    assert client.get(reverse("costing:department-groups", args=[99999])).status_code == 404


def test_the_workbooks_hold_what_the_pages_show(hospital: Institution) -> None:
    client = head(hospital)
    address = reverse("costing:department-groups", args=[ward("HX").pk])
    response = client.get(address, {"period": "2026-03", "export": "xlsx"})
    titles, row = book_of(response).get_sheet_by_index(0).to_python()
    assert row[titles.index("例均成本(元)")] == 30_300.0
    response = client.get(f"{address}{row[0]}/", {"period": "2026-03", "export": "xlsx"})
    assert len(book_of(response).get_sheet_by_index(0).to_python()) == 3


def test_a_month_without_discharges_says_so(hospital: Institution) -> None:
    trade.landed(hospital, "departments", [trade.department("KF", name="康复科")])
    assert "本月没有出院病例" in page(head(hospital, "KF"), "department-groups", ward("KF").pk)


def test_only_what_lies_above_the_norm_is_named() -> None:
    norm = {"personnel": Decimal("100"), "drugs": Decimal("50"), "other": Decimal("0")}
    own = {"personnel": Decimal("90"), "drugs": Decimal("60"), "other": Decimal("5")}
    assert above_norm(own, norm) == "药品费 +10.00(20%)；其他运行费用 +5.00"
    assert above_norm(own, {}) == ""
    little = {"personnel": Decimal("10049.99"), "drugs": Decimal("10050.00")}
    norm = {"personnel": Decimal("10000"), "drugs": Decimal("10000")}
    assert above_norm(little, norm) == "药品费 +50.00(1%)", "what rounds to 0 % is nothing to explain"
