"""Reports of service items and service units: each sums to what it is made of, and opens to it."""

from decimal import Decimal

import pytest
from django.test import Client

from costing import integrity
from costing.models import CostRun, ItemCost, PatientCost
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import run_allocation
from costing.sheets import Row, Sheet
from insurance_settlement.services import run_grouping
from ops_platform.identity.models import User
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.costing import test_service_units as units
from tests.support import trade

pytestmark = pytest.mark.django_db
hospital, director, centre = units.hospital, units.director, units.centre


@pytest.fixture
def run(hospital: Institution, director: User, centre: User) -> CostRun:
    """The month of the service units, with both stays priced as one disease group."""
    abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": "10", "leaving_type": "1"}
    charged = (("Z1", "10000.00"), ("Z2", "90000.00"))
    rows = [{"encounter_no": number, "total_charges": amount, **abstract} for number, amount in charged]
    trade.landed(hospital, "discharge-abstracts", rows)
    made = run_allocation(PLATFORM, institution=hospital, period=units.MARCH).run
    units.in_force(director, centre, hospital, units.ROWS)
    units.costed(hospital)
    run_grouping(PLATFORM, institution=hospital, period=units.MARCH)
    return made


def built(run: CostRun, code: str) -> Sheet:
    return REPORTS[code].build(Scope.of(run, Layer.MEDICAL, ""))


def row(sheet: Sheet, name: str) -> Row:
    return next(one for one in sheet.rows if one.name.strip().startswith(name))


def values(sheet: Sheet, name: str) -> list[object]:
    return [cell.value for cell in row(sheet, name).cells]


def reader(hospital: Institution) -> Client:
    client = Client()
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    return client


def test_items_are_summed_over_departments_and_open_them(run: CostRun) -> None:
    sheet = built(run, "items")
    nursing = values(sheet, "HL")
    # quantity, income, personnel, the whole, surplus, mean price, unit cost
    assert [nursing[at] for at in (0, 1, 2, 9, 10, 11, 12)] == [2, 30_000, 27_000, 27_000, 3_000, 15_000, 13_500]
    assert values(sheet, "合计")[1:3] == [Decimal("60000.00"), Decimal("48000.00")]
    page = reader(run.institution).get(row(sheet, "HL").url)
    assert [one.item.code for one in page.context["table"].data] == ["HL"]


def test_the_unit_cost_of_an_item_is_made_of_cost_items_and_opens_to_its_page(run: CostRun) -> None:
    sheet = built(run, "item-composition")
    surgery = values(sheet, "SS")
    assert [surgery[at] for at in (0, 1, 8, 9, 10, 11)] == [2, 7_500, 7_500, 15_000, 20_000, 5_000]
    assert values(sheet, "外科")[-3:] == [Decimal("42000.00"), Decimal("50000.00"), Decimal("8000.00")]
    assert sum(one.medical_cost for one in ItemCost.objects.all()) == values(sheet, "合计")[-3]
    page = reader(run.institution).get(row(sheet, "SS").url)
    assert page.context["detail"].row.item.code == "SS"


def test_units_show_their_ratios_and_what_no_patient_bears(run: CostRun) -> None:
    sheet = built(run, "service-units")
    ratios = {one.name: one.cells[4].value for one in sheet.rows}
    assert [ratios[name] for name in ("外科病房", "手术室", "药品", "检验")] == [
        Decimal("0.9"),
        Decimal("0.75"),
        Decimal(1),
        Decimal("0.6"),
    ]
    assert values(sheet, "合计")[-2:] == [Decimal("88000.00"), Decimal("0.00")]


def test_a_group_by_unit_sums_to_its_cost_to_income_and_opens_its_cases(run: CostRun) -> None:
    sheet = built(run, "unit-groups")
    (group,) = [one for one in sheet.rows if one.level == "subtotal"]
    assert [cell.value for cell in group.cells][:3] == [100_000, Decimal("0.88"), 88_000]
    assert group.cells[2].value == sum(one.cost_to_income for one in PatientCost.objects.filter(run__is_current=True))
    parts = [one for one in sheet.rows if one.level == "department"]
    assert [one.name.strip() for one in parts] == ["外科病房", "检验", "手术室", "药品"]
    assert sum(one.cells[2].value for one in parts) == group.cells[2].value  # type: ignore[misc]
    cases = reader(run.institution).get(group.url)
    assert cases.context["group"].amounts["cost_to_income"] == Decimal("88000.00")


def test_what_a_pharmacy_hands_out_is_income_of_the_drugs_alone(
    run: CostRun, hospital: Institution, director: User, centre: User
) -> None:
    trade.landed(hospital, "departments", [trade.department("Y", "medical_technology", "药学部")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-YX", "Y", "10.00")])
    trade.landed(hospital, "charge-lines", [trade.charge("Z1", 9, "YP", "E", "Y", "100.00")])
    again = run_allocation(PLATFORM, institution=hospital, period=units.MARCH).run
    units.costed(hospital)
    sheet = built(again, "unit-groups")
    assert values(sheet, "药学部")[:3] == [Decimal("0.00"), Decimal("0.1"), Decimal("10.00")]
    assert values(sheet, "药品")[:3] == [Decimal("40100.00"), Decimal(1), Decimal("40100.00")]
    parts = [one for one in sheet.rows if one.level == "department"]
    (group,) = [one for one in sheet.rows if one.level == "subtotal"]
    for at in (0, 2):
        assert sum(one.cells[at].value for one in parts) == group.cells[at].value  # type: ignore[misc]
    assert "未定义服务单元的月份" not in [one.name.strip() for one in parts]
    assert list(integrity.patients()) == []


def test_a_month_costed_without_units_stands_apart_in_a_group(run: CostRun, hospital: Institution) -> None:
    """Z1's laboratory of February was costed by executing departments."""
    february = units.Period.parse("2026-02")
    trade.landed(hospital, "cost-entries", [trade.cost("V-F", "L", "50.00", day="2026-02-28")])
    line = trade.charge("Z1", 9, "HY", "E", "L", "100.00", when="2026-02-20T09:00:00")
    trade.landed(hospital, "charge-lines", [line])
    run_allocation(PLATFORM, institution=hospital, period=february)
    units.cost_patients_of(PLATFORM, institution=hospital, period=february)
    sheet = built(run, "unit-groups")
    assert values(sheet, "未定义服务单元的月份")[:3] == [Decimal("100.00"), Decimal("0.5"), Decimal("50.00")]


def test_without_units_the_reports_say_how_to_define_them(run: CostRun, hospital: Institution) -> None:
    cost_run = run_allocation(PLATFORM, institution=hospital, period=units.Period.parse("2026-01")).run
    for code in ("service-units", "unit-groups"):
        sheet = built(cost_run, code)
        assert (sheet.rows, len(sheet.notes)) == ((), 1)


def test_groups_cost_by_three_methods_in_all_and_on_the_average(run: CostRun) -> None:
    sheet = built(run, "group-costs")
    whole = values(sheet, "合计")
    assert [whole[at] for at in (0, 1, 3, 5)] == [2, 2, 88_000, 88_000]
    assert whole[8] == Decimal(44_000)


@pytest.mark.parametrize("code", ["items", "item-composition", "service-units", "unit-groups", "group-costs"])
def test_page_workbook_and_api_tell_the_same(run: CostRun, code: str) -> None:
    client = reader(run.institution)
    page = client.get(f"/costing/reports/{code}/?period=2026-03")
    assert page.status_code == 200
    told = client.get(f"/api/v1/costing/reports/{code}/", {"institution": "H1", "period": "2026-03"}).json()
    assert [one["name"] for one in told["rows"]] == [one.name for one in page.context["sheet"].rows]
    assert client.get(f"/costing/reports/{code}/?period=2026-03&export=xlsx").status_code == 200
