"""The mean of the alliance as standard length of stay: of how many institutions and cases, and never of one's own alone."""

from decimal import Decimal

import pytest

from costing.models import CostRun
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import cost_patients_of, run_allocation
from costing.sheets import Value
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


def _stays(member: Institution, number: int, days: int) -> CostRun:
    """So many stays of pneumonia, each of so many days."""
    trade.landed(member, "departments", [trade.department("HX", name="呼吸内科")])
    trade.landed(member, "charge-items", [trade.item("CW", fee_class="bed")])
    names = [f"{member.code}-{at}" for at in range(number)]
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00", "discharged": f"2026-03-{2 + days:02}T10:00:00"}
    trade.landed(member, "encounters", [trade.visit(name, "HX", **stay) for name in names])
    trade.landed(member, "charge-lines", [trade.charge(name, 1, "CW", "HX", "HX", "1000.00") for name in names])
    trade.landed(member, "cost-entries", [trade.cost("V-1", "HX", "900.00")])
    abstract = {"diagnoses": ["J18.900"], "sex": "1", "age": "67", "stay_days": str(days), "leaving_type": "1"}
    rows = [{"encounter_no": name, "total_charges": "1000.00", **abstract} for name in names]
    trade.landed(member, "discharge-abstracts", rows)
    made = run_allocation(PLATFORM, institution=member, period=MARCH).run
    cost_patients_of(PLATFORM, institution=member, period=MARCH)
    run_grouping(PLATFORM, institution=member, period=MARCH)
    return made


def _standard(run: CostRun) -> list[Value]:
    """Standard days, and where they come from."""
    sheet = REPORTS["stay-effect"].build(Scope.of(run, Layer.MEDICAL, ""))
    return [cell.value for cell in sheet.rows[0].cells[2:4]]


def test_the_mean_of_the_alliance_names_its_institutions_and_cases_and_is_none_of_own_cases() -> None:
    members = trade.alliance()
    run = _stays(members["H1"], 5, 3)
    assert _standard(run) == [None, ""], "five cases, all of them its own"
    _stays(members["T1"], 2, 10)
    assert _standard(run) == [Decimal(5), "医共体均值(2 家 7 例)"]  # (5 × 3 + 2 × 10) ÷ 7
