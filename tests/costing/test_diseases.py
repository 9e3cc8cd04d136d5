"""病种成本: diseases by main diagnosis beside the disease groups, the same cases put together another way."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from costing.engine.diseases import NONE, disease_name, disease_of
from costing.models import CostRun, PatientCost
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import run_allocation
from costing.sheets import Row, Sheet
from insurance_settlement.services import run_grouping
from ops_platform.identity.models import AccessLog, User
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution, Parameter
from tests.costing import test_service_units as units
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
hospital, director, centre = units.hospital, units.director, units.centre
ABSTRACT = {"sex": "1", "age": "67", "stay_days": "10", "leaving_type": "1"}


@pytest.mark.parametrize(
    ("diagnosis", "category", "subcategory"),
    [
        ("J18.900", "J18", "J18.9"),
        ("J18.900x003", "J18", "J18.9"),
        ("i10.x00", "I10", "I10.X"),
        ("I10", "I10", "I10"),
        ("", NONE, NONE),
    ],
)
def test_a_diagnosis_belongs_to_its_category_or_subcategory(diagnosis: str, category: str, subcategory: str) -> None:
    assert (disease_of(diagnosis, 3), disease_of(diagnosis, 4)) == (category, subcategory)


def test_a_disease_is_named_by_the_code_table_or_by_its_most_frequent_diagnosis() -> None:
    names = {"J18.900": "肺炎", "J18.000": "支气管肺炎", "I10": "原发性高血压"}
    assert disease_name("I10", ["I10.x00"], names) == "原发性高血压"
    assert disease_name("J18", ["J18.900", "J18.900"], names) == "肺炎"
    assert disease_name("J18", ["J18.900", "J18.000", "J18.900"], names) == "肺炎等"
    assert disease_name("J18", ["J18.900", "J18.000"], names) == "支气管肺炎等", "the lower code of equals"
    assert disease_name("Q99", ["Q99.900"], names) == ""


@pytest.fixture
def run(hospital: Institution, director: User, centre: User) -> CostRun:
    """The month of the service units: Z1 with pneumonia, Z2 with appendicitis, and a third stay
    of 1,000.00 of nursing whose abstract never came."""
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00", "discharged": "2026-03-12T10:00:00"}
    trade.landed(hospital, "encounters", [trade.visit("Z3", "E", **stay)])
    trade.landed(hospital, "charge-lines", [trade.charge("Z3", 1, "HL", "E", "E", "1000.00")])
    rows = [
        {"encounter_no": number, "total_charges": amount, "diagnoses": [diagnosis], **ABSTRACT}
        for number, amount, diagnosis in (("Z1", "10000.00", "J18.900"), ("Z2", "90000.00", "K35.900"))
    ]
    trade.landed(hospital, "discharge-abstracts", rows)
    made = run_allocation(PLATFORM, institution=hospital, period=units.MARCH).run
    units.in_force(director, centre, hospital, units.ROWS)
    units.costed(hospital)
    run_grouping(PLATFORM, institution=hospital, period=units.MARCH)
    return made


def built(run: CostRun, code: str) -> Sheet:
    return REPORTS[code].build(Scope.of(run, Layer.MEDICAL, ""))


def row(sheet: Sheet, name: str) -> Row:
    return next(one for one in sheet.rows if one.name.startswith(name))


def values(sheet: Sheet, name: str) -> list[object]:
    return [cell.value for cell in row(sheet, name).cells]


def reader(hospital: Institution) -> Client:
    client = Client()
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    return client


def test_diseases_cost_by_three_methods_what_their_cases_cost(run: CostRun) -> None:
    sheet = built(run, "disease-costs")
    assert [one.name.split()[0] for one in sheet.rows] == ["J18", "K35", "有主要诊断的小计", "未填主要诊断", "合计"]
    cases = {one.encounter: one for one in PatientCost.objects.filter(run__is_current=True)}
    stays = [cases[number] for number in sorted(cases)]
    for name, stay in zip(("J18", "K35", "未填主要诊断"), stays, strict=True):
        found = values(sheet, name)
        assert found[:2] == [1, 1]
        assert found[3:6] == [stay.medical_cost, stay.top_down, stay.cost_to_income] == found[6:9]
    # surgery's 42,000.00 by minutes: 3 × 27 of nursing 30,648.65, 2 × 15 of operations 11,351.35; of them 3/31 and 2/20;
    # 2,966.00 + 1,135.14 + 4,000.00 + 600.00
    assert values(sheet, "J18")[5] == Decimal("8701.14")


def test_diseases_sum_to_the_disease_groups_to_the_fen(run: CostRun) -> None:
    sheet = built(run, "disease-costs")
    known, missing, whole = (values(sheet, name) for name in ("有主要诊断", "未填主要诊断", "合计"))
    assert known == values(built(run, "group-costs"), "合计")
    for at in (3, 4, 5):
        assert known[at] + missing[at] == whole[at] == Decimal("88000.00")  # type: ignore[operator]


def test_without_a_missing_abstract_there_is_one_sum(run: CostRun, hospital: Institution) -> None:
    late = {"encounter_no": "Z3", "total_charges": "1000.00", "diagnoses": ["J18.900"], **ABSTRACT}
    trade.landed(hospital, "discharge-abstracts", [late])
    run_grouping(PLATFORM, institution=hospital, period=units.MARCH)
    sheet = built(run, "disease-costs")
    assert [one.name.split()[0] for one in sheet.rows] == ["J18", "K35", "合计"]
    assert values(sheet, "合计") == values(built(run, "group-costs"), "合计")


def test_units_of_diseases_sum_to_those_of_the_groups(run: CostRun) -> None:
    """Income and cost to income; the cases without diagnosis stand in none of the groups."""
    sums = {}
    for code in ("unit-diseases", "unit-groups"):
        sheet = built(run, code)
        heads = [one for one in sheet.rows if one.level == "subtotal"]
        parts = [one for one in sheet.rows if one.level == "department"]
        missing = [one for one in heads if one.name.startswith("未填主要诊断")]
        for at in (0, 2):
            whole = sum(one.cells[at].value for one in heads)  # type: ignore[misc]
            assert sum(one.cells[at].value for one in parts) == whole  # type: ignore[misc]
            sums[code, at] = whole - sum(one.cells[at].value for one in missing)  # type: ignore[misc]
    assert sums["unit-diseases", 0] == sums["unit-groups", 0] == Decimal("100000.00")
    assert sums["unit-diseases", 2] == sums["unit-groups", 2] == Decimal("88000.00") - Decimal("988.67")


def test_the_composition_of_a_disease_sums_to_its_mean_cost(run: CostRun) -> None:
    found = values(built(run, "diseases"), "K35")
    assert sum(found[1:8]) == found[8] == values(built(run, "disease-costs"), "K35")[6]  # type: ignore[arg-type]


def test_the_parameter_cuts_at_the_subcategory(run: CostRun) -> None:
    national = Parameter.objects.get(key="costing.disease_code_length")
    Parameter.objects.create(
        key=national.key,
        name=national.name,
        scope="national",
        effective_from=date(2026, 1, 1),
        value=4,
        unit="位",
        source_mark="default",
        source_text="按亚目归并",
    )
    assert [one.name.split()[0] for one in built(run, "disease-costs").rows][:2] == ["J18.9", "K35.9"]


def test_a_disease_opens_its_cases_and_that_is_noted(run: CostRun) -> None:
    client = reader(run.institution)
    opened = {name: client.get(row(built(run, "disease-costs"), name).url) for name in ("J18", "未填主要诊断")}
    assert [opened[name].status_code for name in opened] == [200, 200]
    page = opened["J18"].content.decode()
    for words in ("J18.900 肺炎", "Z1", "病种成本明细表"):
        assert words in page
    assert "Z2" not in page
    assert opened["未填主要诊断"].context["title"] == "未填主要诊断"
    assert AccessLog.objects.filter(subject_type="disease_costs").count() == 2
    assert client.get("/costing/diseases/A00/?period=2026-03").status_code == 404
    book = client.get(row(built(run, "disease-costs"), "J18").url + "&export=xlsx")
    head, first = book_of(book).get_sheet_by_index(0).to_python()
    assert dict(zip(head, first, strict=True))["主要诊断"] == "J18.900 肺炎"


@pytest.mark.parametrize("code", ["disease-costs", "diseases", "unit-diseases"])
def test_page_workbook_and_api_tell_the_same(run: CostRun, code: str) -> None:
    client = reader(run.institution)
    sheet = client.get(f"/costing/reports/{code}/?period=2026-03").context["sheet"]
    written = book_of(client.get(f"/costing/reports/{code}/?period=2026-03&export=xlsx")).get_sheet_by_index(0)
    told = client.get(f"/api/v1/costing/reports/{code}/", {"institution": "H1", "period": "2026-03"}).json()
    names = [one.name for one in sheet.rows]
    assert names == [one["name"] for one in told["rows"]]
    assert names == [line[0].strip("\u200b") for line in written.to_python()[4 if sheet.groups else 3 :]][: len(names)]
