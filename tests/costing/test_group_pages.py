"""Disease groups on their pages and as workbooks: from the month down to the case."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import PatientCost
from costing.services import cost_patients_of, run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """Two stays of pneumonia on one ward; both discharged in March and costed."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="bed")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-1", "HX", "900.00")])
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00"}
    numbers = ("Z1", "Z2")
    trade.landed(
        hospital, "encounters", [trade.visit(one, "HX", **stay, discharged="2026-03-05T10:00:00") for one in numbers]
    )
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("Z1", 1, "CW", "HX", "HX", "1000.00"), trade.charge("Z2", 1, "CW", "HX", "HX", "2000.00")],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return hospital


def priced(hospital: Institution) -> None:
    abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "3", "leaving_type": "1"}
    trade.landed(
        hospital,
        "discharge-abstracts",
        [
            {"encounter_no": "Z1", "total_charges": "1000.00", **abstract},
            {"encounter_no": "Z2", "total_charges": "2000.00", **abstract},
        ],
    )
    run_grouping(PLATFORM, institution=hospital, period=MARCH)


def reader(hospital: Institution) -> Client:
    client = Client()
    person = trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def sheet(client: Client, url: str, hospital: Institution) -> list[list[object]]:
    response = client.get(url, {"institution": hospital.pk, "period": "2026-03", "export": "xlsx"})
    return book_of(response).get_sheet_by_index(0).to_python()


def test_costed_but_not_yet_priced_the_page_says_what_is_missing(hospital: Institution) -> None:
    page = reader(hospital).get(reverse("costing:group-costs"), {"institution": hospital.pk, "period": "2026-03"})
    assert "还没有分组定价的出院病例" in page.content.decode()
    assert "还没有患者成本" not in page.content.decode()


def test_the_workbook_of_a_group_holds_the_cases_of_its_page(hospital: Institution) -> None:
    priced(hospital)
    client = reader(hospital)
    (title, *groups) = sheet(client, reverse("costing:group-costs"), hospital)
    ((drg, _, cases, *_),) = groups
    assert (title[0], cases) == ("病组", 2)
    head, *rows = sheet(client, reverse("costing:group", args=[drg]), hospital)
    assert sorted(row[head.index("就诊号")] for row in rows) == ["Z1", "Z2"]
    costs = sum(Decimal(str(row[head.index("医疗成本(元)")])) for row in rows)
    assert costs == sum(row.medical_cost for row in PatientCost.objects.all()) == Decimal("900.00")


def report(client: Client, code: str, hospital: Institution) -> dict[str, list[object]]:
    """The rows of a report's workbook by their name."""
    rows = sheet(client, reverse("costing:report", args=[code]), hospital)
    return {str(row[0]): row[1:] for row in rows[2:]}


def test_discharges_are_summed_by_who_treats_and_who_pays(hospital: Institution) -> None:
    """Each stay is costed by its income of the ward's 900.00; what is paid for both is one and the same."""
    priced(hospital)
    client = reader(hospital)
    page = client.get(reverse("costing:group-costs"), {"institution": hospital.pk, "period": "2026-03"})
    (group,) = page.context["found"].groups
    expected = [2, 3.0, 2, float(group.payment), 900.0, float(group.payment - 900)]
    whose = {"cases": "呼吸内科", "insurers": "居民医保 YB", "doctors": "呼吸内科 未注明", "group-surplus": "ES"}
    for code, name in whose.items():
        found = report(client, code, hospital)
        named = next(row for key, row in found.items() if key.startswith(name.split()[0]))
        assert [named[0], named[1], named[4], named[5], named[6], named[7]] == expected, code
        assert found["合计"][:8] == named[:8]


def test_a_case_that_loses_is_set_against_the_other_cases_of_its_group(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [trade.cost("V-2", "HX", "90000.00")])
    trade.landed(hospital, "charge-lines", [trade.charge("Z2", 2, "CW", "HX", "HX", "2000.00")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    priced(hospital)
    found = report(reader(hospital), "losses", hospital)
    assert list(found)[:3] == ["就诊号", "Z2", "Z1"]
    # 90,900.00 for three days in bed, two of them Z2's; the other case cost 30,300.00
    assert found["Z2"][4] == 60_600.0
    assert found["Z2"][6] == 30_300.0
    assert found["Z2"][8] == "人员经费 +30,300.00(100%)"
    assert found["Z1"][8] == ""


def test_the_composition_of_a_group_sums_to_its_mean_cost(hospital: Institution) -> None:
    priced(hospital)
    found = report(reader(hospital), "groups", hospital)
    (row,) = [values for name, values in found.items() if name.startswith("ES") or "肺炎" in name]
    assert row[0] == 2
    assert sum(row[1:8]) == row[8] == 450.0


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"period": "2026-04"}, "2026-04 没有可显示的数据(月份未结束、没有报送或没有核算)，显示的是 2026年3月。"),
        ({"period": "2026-13"}, "「2026-13」不是月份，显示的是 2026年3月。"),
        ({"institution": "999999"}, "没有您可以查看的这个机构，显示的是 测试县人民医院。"),
    ],
)
def test_a_page_that_shows_something_else_than_asked_for_says_so(
    hospital: Institution, client: Client, asked: dict[str, str], told: str
) -> None:
    client.force_login(trade.person("finance", Role.FINANCE_OFFICER, hospital))
    assert told in client.get(reverse("costing:group-costs"), asked).content.decode()
    assert "显示的是" not in client.get(reverse("costing:group-costs"), {"period": "2026-03"}).content.decode()
