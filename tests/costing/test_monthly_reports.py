"""The monthly cost report of the clinical departments, and who gets it."""

from decimal import Decimal

import pytest

from costing.models import CostRun
from costing.selectors.monthly import department_reports
from costing.selectors.patients import current_run
from costing.services import cost_patients_of, run_allocation
from costing.telling import KIND, tell_departments
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from ops_platform.notifications.models import Message
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """A ward with two visits: consultation, a drug and a material."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("D", name="内科"), trade.department("E", name="外科")])
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("ZC", fee_class="consultation"),
            trade.item("YP", item_class="drug", fee_class="western_drugs"),
            trade.item("CL", item_class="chargeable_material", fee_class="materials"),
        ],
    )
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "D")])
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("M1", 1, "ZC", "D", "D", "300.00"),
            trade.charge("M1", 2, "YP", "D", "D", "400.00"),
            trade.charge("M2", 1, "CL", "D", "D", "300.00"),
        ],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-D", "D", "800.00"), trade.cost("V-E", "E", "50.00")])
    return hospital


def computed(hospital: Institution) -> CostRun:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return run


def test_a_department_answers_for_its_ratios_and_means(hospital: Institution) -> None:
    run = computed(hospital)
    ward, surgery = department_reports(run=run, patients=current_run(institution=hospital.pk, period="2026-03"))
    assert (ward.name, ward.income, ward.cost, ward.surplus) == ("内科", 1000, 800, 200)
    # 400 of 1,000 are drugs; 300 of the other 600 are materials
    assert (ward.drug_ratio, ward.material_ratio, ward.service_ratio) == (
        Decimal("0.4"),
        Decimal("0.5"),
        Decimal("0.3"),
    )
    assert (ward.visits, ward.per_visit, ward.cost_per_visit) == (2, 500, 400)
    assert (surgery.income, surgery.drug_ratio, surgery.visits, surgery.per_visit) == (0, None, 0, None)


def test_the_head_gets_the_own_department_once_and_again_when_it_changes(hospital: Institution) -> None:
    ward = Department.objects.get(institution=hospital, code="D")
    head = trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward)
    trade.person("clerk", Role.FINANCE_OFFICER, hospital)
    run = computed(hospital)
    assert (tell_departments(run), tell_departments(run)) == (1, 0)
    message = Message.objects.get(kind=KIND)
    assert (message.recipient, message.title) == (head, "内科 2026年3月成本月报")
    assert "全成本 800.00 元，结余 200.00 元；药占比 40.0%，耗占比 50.0%" in message.body
    assert message.url == f"/departments/{ward.pk}/?period=2026-03"
    trade.landed(hospital, "cost-entries", [trade.cost("V-2", "D", "100.00")])
    assert tell_departments(computed(hospital)) == 1
    assert "结余 100.00 元" in Message.objects.get(kind=KIND).body
