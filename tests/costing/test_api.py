"""Costing over the API: the same figures as the pages, to who may read them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from costing.engine.columns import COLUMNS
from costing.models import CostRun, ItemBasis, ItemCoefficient, Scenario, ScenarioChange
from costing.services import cost_patients_of, run_allocation
from ops_platform.identity.models import AccessLog
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from tests.costing.test_month_of_patients import hospital as month_of_patients
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
ASKED = {"institution": "H1", "period": "2026-03"}
hospital = month_of_patients


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    made = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return made


@pytest.fixture
def clerk(client: Client, run: CostRun) -> Client:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    return client


def test_what_all_patients_cost_and_what_none_bears_is_the_full_cost(clerk: Client, run: CostRun) -> None:
    patients = clerk.get("/api/v1/costing/patient-costs/", ASKED).json()["results"]
    borne = sum((Decimal(row[name]) for row in patients for name in COLUMNS), Decimal(0))
    hospital, whole = clerk.get("/api/v1/costing/reconciliation/", {"period": "2026-03"}).json()
    assert (hospital["institution"], hospital["difference"], whole["institution"]) == ("H1", "0.00", "")
    parts = ("visits", "discharged", "staying")
    assert borne == sum(Decimal(hospital[name]) for name in parts)
    left = sum(Decimal(hospital[name]) for name in ("without_services", "idle", "not_allocated"))
    assert borne + left == Decimal(hospital["direct"]) == run.full_cost


def test_reading_patients_is_logged_and_names_them_as_the_hospital_does(clerk: Client) -> None:
    stays = clerk.get("/api/v1/costing/patient-costs/", {**ASKED, "inpatient": "true"}).json()
    assert {row["encounter_no"] for row in stays["results"]} == {"Z1", "Z2"}
    assert [row.subject for row in AccessLog.objects.filter(subject_type="costing.patient_costs")] == ["2026-03"]
    ward = stays["results"][0]["department"]
    of_ward = clerk.get("/api/v1/costing/patient-costs/", {**ASKED, "department": ward}).json()["results"]
    assert {row["department"] for row in of_ward} == {ward}


def test_a_page_of_patients_takes_as_many_queries_as_a_short_one(clerk: Client) -> None:
    counted = []
    for size in (1, 3):
        with CaptureQueriesContext(connection) as queries:
            clerk.get("/api/v1/costing/patient-costs/", {**ASKED, "page_size": size})
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_methods_are_told_with_their_coefficients(clerk: Client, run: CostRun) -> None:
    ward = Department.objects.get(institution=run.institution, code="E")
    begun = {"institution": run.institution, "effective_from": date(2026, 3, 1), "changed_by": "finance"}
    ItemBasis.objects.create(**begun, department=ward, method="equivalent", source_text="外科当量表")
    item = ChargeItem.objects.get(institution=run.institution, code="SS")
    ItemCoefficient.objects.create(**begun, item=item, method="equivalent", value=20)
    (basis,) = clerk.get("/api/v1/costing/item-bases/", {"institution": "H1"}).json()["results"]
    assert (basis["department"], basis["method"], basis["activities"]) == ("E", "equivalent", [])
    (row,) = clerk.get("/api/v1/costing/item-coefficients/", {"item": "SS"}).json()["results"]
    assert (row["item"], row["value"], row["department"]) == ("SS", "20.0000", None)


def test_a_scenario_is_read_beside_its_run(clerk: Client, run: CostRun) -> None:
    planner = trade.person("planner", Role.FINANCE_DIRECTOR, run.institution)
    scenario = Scenario.objects.create(institution=run.institution, run=run, title="降价一成", created_by=planner)
    ScenarioChange.objects.create(scenario=scenario, kind="price", code="surgery", value=-10, created_by=planner)
    (listed,) = clerk.get("/api/v1/costing/scenarios/").json()["results"]
    assert (listed["title"], listed["changes"], listed["period"]) == ("降价一成", 1, "2026-03")
    found = clerk.get(f"/api/v1/costing/scenarios/{scenario.pk}/").json()
    hospital = found["rows"][-1]
    assert Decimal(hospital["income"]) < Decimal(hospital["income_before"]) == run.income
    assert Decimal(hospital["cost"]) == run.full_cost


def test_driver_rules_are_told_with_what_they_divide(clerk: Client) -> None:
    found = clerk.get("/api/v1/costing/driver-rules/", {"page_size": 1000}).json()["results"]
    assert {row["cost_class"] for row in found} >= {"administration", "medical_support", "medical_technology"}
    assert {row["institution"] for row in found} == {None}


def test_two_versions_are_compared_and_their_effects_sum_to_the_difference(clerk: Client, run: CostRun) -> None:
    trade.landed(run.institution, "cost-entries", [trade.cost("LATE", "E", "120.00")])
    later = run_allocation(PLATFORM, institution=run.institution, period=MARCH).run
    found = clerk.get(f"/api/v1/costing/runs/{later.pk}/compare/{run.pk}/").json()
    assert (found["earlier"], found["later"], found["cost_change"]) == (run.pk, later.pk, "120.00")
    assert [effect["causes"][0]["dataset"] for effect in found["effects"]] == ["cost-entries"]
    assert sum(Decimal(effect["cost"]) for effect in found["effects"]) == Decimal("120.00")
    assert {row["department"]: row["cost_change"] for row in found["departments"]}["E"] == "120.00"


def test_other_hospitals_and_unknown_codes_are_not_found(client: Client, run: CostRun) -> None:
    elsewhere = Institution.objects.exclude(pk=run.institution_id).exclude(parent=None).first()
    client.force_login(trade.person("stranger", Role.FINANCE_OFFICER, elsewhere))
    assert client.get("/api/v1/costing/patient-costs/", ASKED).status_code == 404
    asked = {**ASKED, "department": "E"}
    assert client.get("/api/v1/costing/department-groups/", asked).status_code == 404
    assert client.get("/api/v1/costing/item-bases/").json()["results"] == []
    assert client.get("/api/v1/costing/reconciliation/", {"period": "2026-13"}).status_code == 422


def test_a_head_reads_the_groups_of_the_own_department_alone(client: Client, run: CostRun) -> None:
    surgery = Department.objects.get(institution=run.institution, code="E")
    client.force_login(trade.person("head", Role.DEPARTMENT_HEAD, run.institution, surgery))
    assert client.get("/api/v1/costing/department-groups/", {**ASKED, "department": "E"}).status_code == 200
    assert client.get("/api/v1/costing/department-groups/", {**ASKED, "department": "D"}).status_code == 404
    assert client.get("/api/v1/costing/patient-costs/", ASKED).status_code == 403
