"""A hospital with a month of facts, for tests of events and rules."""

import pytest

from ops_platform.masterdata.models import Institution
from tests.support import trade


@pytest.fixture
def month_of_facts() -> Institution:
    """March of H1: an outpatient and an inpatient with charges, a cost voucher of two lines, other income."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [trade.department("NK", name="内科"), trade.department("BGS", "administration", "办公室")],
    )
    trade.landed(
        hospital, "charge-items", [trade.item("ZC", fee_class="consultation"), trade.item("CW", fee_class="bed")]
    )
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("MZ1", "NK", insurer="QHX"),
            trade.visit("ZY1", "NK", when="2026-02-27T08:00:00", kind="inpatient", insurer="QHX"),
        ],
    )
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("MZ1", 1, "ZC", "NK", "NK", "20.00", insured_amount="14.00"),
            trade.charge("ZY1", 1, "CW", "NK", "NK", "40.00", insured_amount="30.00"),
        ],
    )
    trade.landed(
        hospital,
        "cost-entries",
        [trade.cost("JZ/1?a=b", "NK", "800.00"), trade.cost("JZ/1?a=b", "BGS", "160.00") | {"line": "2"}],
    )
    income = {"voucher": "SR-1", "line": "1", "department": "BGS", "date": "2026-03-12", "income_kind": "other"}
    trade.landed(hospital, "income-entries", [income | {"amount": "500.00"}])
    return hospital
