"""Items and patients of a month, from the gate to the tables: conservation, methods, stays over two months, refusals."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from costing import integrity
from costing.engine.columns import COLUMNS
from costing.models import ItemBasis, ItemCoefficient, ItemCost, ItemMethod, PatientCost, PatientRun, UnassignedCost
from costing.selectors.patient_detail import access_patient
from costing.services import cost_patients_of, run_allocation
from costing.services.patients import closing_blockers
from ops_platform.kernel import Conflict, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
SERVICES = {"HY": "laboratory", "HL": "nursing", "SS": "surgery"}


@pytest.fixture
def hospital() -> Institution:
    """A laboratory serves medicine and surgery; a visit, a stay that ended, a stay that goes on."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("L", "medical_technology", "检验科"),
            trade.department("D", name="内科"),
            trade.department("E", name="外科"),
        ],
    )
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost("V-L", "L", "3000.00"),
            trade.cost("V-D", "D", "5000.00"),
            trade.cost("V-E", "E", "8000.00"),
            trade.cost("V-Y", "D", "900.00", "drugs"),
            trade.cost("V-C", "E", "1500.00", "materials"),
            {**trade.cost("V-P", "E", "700.00", "depreciation"), "funding_source": "fiscal_project"},
        ],
    )
    trade.landed(
        hospital,
        "charge-items",
        [
            *(trade.item(code, fee_class=fee_class) for code, fee_class in SERVICES.items()),
            trade.item("YP", "drug", "western_drugs"),
            trade.item("CL", "chargeable_material", "materials"),
        ],
    )
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("M1", "D"),
            trade.visit("Z1", "D", kind="inpatient", when="2026-03-02T08:00:00", discharged="2026-03-10T10:00:00"),
            trade.visit("Z2", "E", kind="inpatient", when="2026-02-25T08:00:00"),
        ],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("M1", 1, "HY", "D", "L", "100.00"),
            trade.charge("M1", 2, "YP", "D", "D", "300.00"),
            trade.charge("Z1", 1, "HY", "D", "L", "200.00", quantity="2", price="100.0000"),
            trade.charge("Z1", 2, "HL", "D", "D", "800.00"),
            trade.charge("Z1", 3, "YP", "D", "D", "600.00"),
            trade.charge("Z2", 1, "HY", "E", "L", "300.00", quantity="3", price="100.0000"),
            trade.charge("Z2", 2, "SS", "E", "E", "4000.00"),
            trade.charge("Z2", 3, "CL", "E", "E", "1000.00"),
        ],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    return hospital


def patients(hospital: Institution) -> dict[str, PatientCost]:
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    found = PatientCost.objects.filter(run=run).order_by("encounter")
    return dict(zip(("M1", "Z1", "Z2"), found, strict=True))


def test_every_fen_of_the_hospital_is_with_a_patient(hospital: Institution) -> None:
    found = patients(hospital)
    run = PatientRun.objects.get()
    assert (run.full_cost, run.patient_cost, run.unassigned_cost) == (
        Decimal("19100.00"),
        Decimal("19100.00"),
        Decimal("0.00"),
    )
    assert sum(row.hospital_cost for row in found.values()) == Decimal("19100.00")
    assert sum(row.fiscal_project for row in found.values()) == Decimal("700.00")


def test_a_patient_bears_the_services_drugs_and_materials_of_the_own_lines(hospital: Institution) -> None:
    """Laboratory 3,000 for 1, 2 and 3 tests; drugs 900 by 300 : 600; materials 1,000 of 1,500 are charged, 500 are not
    and stay with the surgery; nursing 5,000 and surgery 8,000 + 500 fall on one patient each."""
    found = patients(hospital)
    assert (found["M1"].personnel, found["M1"].drugs, found["M1"].medical_cost) == (
        Decimal("500.00"),
        Decimal("300.00"),
        Decimal("800.00"),
    )
    assert (found["Z1"].personnel, found["Z1"].drugs) == (Decimal("6000.00"), Decimal("600.00"))
    assert (found["Z2"].personnel, found["Z2"].materials) == (Decimal("9500.00"), Decimal("1500.00"))
    assert found["Z2"].hospital_cost == Decimal("11700.00")


def test_days_of_the_month_and_who_is_still_in(hospital: Institution) -> None:
    found = patients(hospital)
    assert [(row.inpatient, row.days, row.discharged) for row in found.values()] == [
        (False, 0, True),
        (True, 8, True),
        (True, 31, False),
    ]


def test_the_two_other_methods_conserve_the_medical_cost_as_well(hospital: Institution) -> None:
    """Top-down: medicine has 5,000 + 1,500 of the laboratory; its outpatient and inpatient unit share it by income 400 :
    1,600. Cost to income: each department's ratio over the amounts of its services."""
    found = patients(hospital)
    assert sum(row.top_down for row in found.values()) == Decimal("18400.00")
    assert found["M1"].top_down == Decimal("1600.00")  # 6,500 × 400 ÷ 2,000 + 300 of drugs
    assert sum(row.cost_to_income for row in found.values()) == Decimal("18400.00")


def test_items_show_volume_income_cost_and_basis(hospital: Institution) -> None:
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    laboratory = ItemCost.objects.get(run=run, item__code="HY")
    assert (laboratory.quantity, laboratory.income, laboratory.weight) == (
        Decimal("6.0000"),
        Decimal("600.00"),
        Decimal("600.0000"),
    )
    assert laboratory.medical_cost == Decimal("3000.00")


def test_a_department_with_cost_and_without_services_keeps_it_by_name(hospital: Institution) -> None:
    trade.landed(hospital, "departments", [trade.department("K", name="康复科")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-K", "K", "250.00")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    left = UnassignedCost.objects.get(run=run)
    assert (left.department.code, left.personnel, run.unassigned_cost) == ("K", Decimal("250.00"), Decimal("250.00"))
    assert run.full_cost == run.patient_cost + run.unassigned_cost == Decimal("19350.00")


def test_a_pharmacy_follows_the_drugs_that_it_hands_out(hospital: Institution) -> None:
    """It carries out no service: its 300 go 1 : 2 with drugs of 100 and 200, by every method."""
    before = {number: row.hospital_cost for number, row in patients(hospital).items()}
    trade.landed(hospital, "departments", [trade.department("Y", "medical_technology", "药学部")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-YX", "Y", "300.00")])
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("M1", 7, "YP", "D", "Y", "100.00"), trade.charge("Z1", 7, "YP", "D", "Y", "200.00")],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    found = patients(hospital)
    run = found["M1"].run
    assert run.unassigned_cost == Decimal("0.00")
    after = {number: row.hospital_cost - row.drug_cost for number, row in found.items()}
    given = {number: after[number] - before[number] for number in ("M1", "Z1")}
    assert given == {
        "M1": Decimal("100.00") - 300,
        "Z1": Decimal("200.00") - 600,
    }  # drugs of 300 and 600 were in before
    handing_out = ItemCost.objects.get(run=run, item=None)
    assert (handing_out.department.code, handing_out.quantity) == ("Y", Decimal("300.0000"))
    assert sum(row.cost_to_income for row in found.values()) == sum(row.medical_cost for row in found.values())
    assert list(integrity.patients()) == []


def test_equivalents_divide_a_department_that_has_them(hospital: Institution) -> None:
    """Surgery also changes dressings: 1 operation of 20 equivalents, 5 dressings of 1; by income 4,000 : 1,000."""
    trade.landed(hospital, "charge-items", [trade.item("HY2", fee_class="treatment")])
    trade.landed(
        hospital, "charge-lines", [trade.charge("Z1", 9, "HY2", "D", "E", "1000.00", quantity="5", price="200.0000")]
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    surgery = Department.objects.get(institution=hospital, code="E")
    ItemBasis.objects.create(
        institution=hospital,
        department=surgery,
        method=ItemMethod.EQUIVALENT,
        effective_from=date(2026, 3, 1),
        source_text="外科当量表",
        changed_by="finance",
    )
    for code, value in (("SS", 20), ("HY2", 1)):
        ItemCoefficient.objects.create(
            institution=hospital,
            item=ChargeItem.objects.get(institution=hospital, code=code),
            method=ItemMethod.EQUIVALENT,
            value=value,
            effective_from=date(2026, 3, 1),
            changed_by="finance",
        )
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    costs = {
        row.item.code: (row.medical_cost, row.weight) for row in ItemCost.objects.filter(run=run, department=surgery)
    }
    assert costs == {
        "SS": (Decimal("6800.00"), Decimal("20.0000")),
        "HY2": (Decimal("1700.00"), Decimal("5.0000")),
    }
    assert run.bases == {str(surgery.pk): "equivalent"}


def test_the_checks_find_nothing_and_would_find_a_fen_too_many(hospital: Institution) -> None:
    run = patients(hospital)["M1"].run
    assert list(integrity.patients()) == []
    nothing = dict.fromkeys(COLUMNS, Decimal("0.00"))
    ward = Department.objects.get(institution=hospital, code="D")
    UnassignedCost.objects.create(
        run=run, department=ward, reason="no_services", **{**nothing, "drugs": Decimal("0.01")}
    )
    words = [finding.message for finding in integrity.patients("2026-03")]
    assert len(words) == 2
    assert any("drugs" in each and "900.01" in each for each in words)
    assert list(integrity.patients("2026-02")) == []


def test_costs_of_an_item_that_does_not_exist_are_found(hospital: Institution) -> None:
    """The database holds no foreign keys of them."""
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    nothing = dict.fromkeys(COLUMNS, Decimal("0.00"))
    ward = Department.objects.get(institution=hospital, code="D")
    ItemCost.objects.create(run=run, department=ward, item_id=2**40, quantity=1, income=0, weight=0, **nothing)
    assert [each.message.count("项目成本的运行、科室和项目都在") for each in integrity.patients()] == [1]


def test_the_same_inputs_make_no_new_run_and_another_cost_run_does(hospital: Institution) -> None:
    first = cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    assert first.created
    assert not cost_patients_of(PLATFORM, institution=hospital, period=MARCH).created
    trade.landed(hospital, "cost-entries", [trade.cost("V-X", "D", "1.00")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    again = cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    assert (again.created, again.run.version) == (True, 2)
    first.run.refresh_from_db()
    assert not first.run.is_current


def test_without_department_costs_there_are_no_patient_costs(hospital: Institution) -> None:
    with pytest.raises(Conflict) as refused:
        cost_patients_of(PLATFORM, institution=hospital, period=Period.parse("2026-02"))
    assert refused.value.code == "costing.no_cost_run"


def test_columns_sum_to_the_departments_costs(hospital: Institution) -> None:
    patients(hospital)
    summed = PatientCost.objects.aggregate(**{name: Sum(name) for name in COLUMNS})
    assert summed["depreciation"] == Decimal("0.00")
    assert (summed["drugs"], summed["materials"], summed["personnel"]) == (
        Decimal("900.00"),
        Decimal("1500.00"),
        Decimal("16000.00"),
    )


def test_a_month_closes_only_with_the_cost_of_its_patients(hospital: Institution) -> None:
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert [one.code for one in closing_blockers(hospital, MARCH)] == ["costing.patients_not_up_to_date"]
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    assert list(closing_blockers(hospital, MARCH)) == []


def test_a_charge_of_the_first_morning_belongs_to_its_month_in_the_patients_page_as_in_the_cost(
    hospital: Institution,
) -> None:
    """07:30 in Shanghai on 1 March is February in UTC."""
    early = trade.charge("Z2", 9, "HL", "E", "E", "500.00", "2026-03-01T07:30:00")
    trade.landed(hospital, "charge-lines", [early])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    row = patients(hospital)["Z2"]
    reader = trade.actor(Role.FINANCE_DIRECTOR, hospital)
    detail = access_patient(actor=reader, run_id=row.run_id, encounter=row.encounter)
    assert detail.explained == row.hospital_cost
    assert sum(one.amount for one in detail.contributions) == row.income
    assert detail.is_explained


def test_a_stay_over_two_months_opens_from_either_to_the_other(hospital: Institution) -> None:
    february = Period.parse("2026-02")
    trade.landed(hospital, "departments", [trade.department("E", name="外科", since="2026-02-01")])
    items = [{**trade.item("SS", fee_class="surgery"), "effective_from": "2026-02-01"}]
    trade.landed(hospital, "charge-items", items)
    trade.landed(hospital, "cost-entries", [trade.cost("V-2", "E", "600.00", day="2026-02-28")])
    trade.landed(hospital, "charge-lines", [trade.charge("Z2", 8, "SS", "E", "E", "50.00", "2026-02-26T09:00:00")])
    run_allocation(PLATFORM, institution=hospital, period=february)
    earlier = cost_patients_of(PLATFORM, institution=hospital, period=february).run
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    row = patients(hospital)["Z2"]
    reader = trade.actor(Role.FINANCE_DIRECTOR, hospital)
    detail = access_patient(actor=reader, run_id=row.run_id, encounter=row.encounter)
    assert [(one.run_id, one.medical_cost) for one in detail.others] == [(earlier.pk, Decimal("600.00"))]
    assert detail.whole_stay == row.medical_cost + Decimal("600.00")
    back = access_patient(actor=reader, run_id=earlier.pk, encounter=row.encounter)
    assert [one.run_id for one in back.others] == [row.run_id]


def test_an_encounters_items_open_their_cost_and_drugs_its_charge_lines(hospital: Institution, client: Client) -> None:
    row = patients(hospital)["Z1"]
    page = reverse("costing:patient", args=[row.run_id, row.encounter])
    client.force_login(trade.person("finance", Role.FINANCE_OFFICER, hospital))
    shown = client.get(page).content.decode()
    tests = ItemCost.objects.get(run=row.run_id, item__code="HY")
    assert f'href="{reverse("costing:item-cost", args=[tests.pk])}"' in shown
    bill = reverse("insurance_settlement:encounter", args=[hospital.pk, row.encounter])
    drugs = f"{bill}?as_of={row.run.cost_run.input_sequence}&month=2026-03&item_class=drug"
    assert f'<a href="{escape(drugs)}">药品</a>' in shown
    listed = client.get(drugs).content.decode()
    assert '下面是其中 <span class="num">1</span> 行' in listed
    assert "600.00" in listed
    assert "800.00" not in listed


def test_a_head_who_may_not_read_items_gets_to_the_charge_lines(hospital: Institution, client: Client) -> None:
    row = patients(hospital)["Z1"]
    client.force_login(trade.person("head", Role.DEPARTMENT_HEAD, hospital, row.department))
    shown = client.get(reverse("costing:patient", args=[row.run_id, row.encounter])).content.decode()
    assert "/costing/item-costs/" not in shown
    laboratory = Department.objects.get(institution=hospital, code="L")
    assert f"item=HY&amp;executing={laboratory.pk}" in shown
