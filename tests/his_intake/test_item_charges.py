"""What each item was charged in some months, to stays and to everybody else, as of a sequence."""

from decimal import Decimal

import pytest

from ops_platform.his_intake.public import ItemMonths, charged_months, charges_of_items, last_sequence
from ops_platform.kernel import Period
from ops_platform.masterdata.models import ChargeItem
from tests.support import trade

pytestmark = pytest.mark.django_db


def test_refunds_are_taken_off_and_a_later_correction_is_not_yet_seen() -> None:
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK", name="内科")])
    trade.landed(hospital, "charge-items", [trade.item("A"), trade.item("B")])
    stay = trade.visit("S1", "NK", kind="inpatient", when="2026-02-01T08:00:00", discharged="2026-03-09T10:00:00")
    trade.landed(hospital, "encounters", [stay, trade.visit("V1", "NK", when="2026-03-03T08:00:00")])
    lines = [
        trade.charge("S1", 1, "A", "NK", "NK", "100.00", when="2026-02-03T09:00:00"),
        trade.charge("S1", 2, "A", "NK", "NK", "40.00", when="2026-03-03T09:00:00"),
        trade.charge("S1", 3, "A", "NK", "NK", "-40.00", when="2026-03-04T09:00:00", refund_of="2"),
        trade.charge("V1", 1, "A", "NK", "NK", "7.00", when="2026-03-03T09:00:00"),
        trade.charge("V1", 2, "B", "NK", "NK", "5.00", when="2026-03-03T09:00:00"),
    ]
    trade.landed(hospital, "charge-lines", lines)
    before = last_sequence(hospital)
    trade.landed(hospital, "charge-lines", [trade.charge("V1", 2, "B", "NK", "NK", "6.00", when="2026-03-03T09:00:00")])
    numbers = dict(ChargeItem.objects.values_list("code", "pk"))

    def charged(first: str, sequence: int) -> list[ItemMonths]:
        return charges_of_items(
            institution=hospital.pk, first=Period.parse(first), last=Period.parse("2026-03"), sequence=sequence
        )

    nothing = Decimal("0.00")
    assert charged("2026-02", before) == [
        ItemMonths(numbers["A"], "A", "项目A", Decimal("7.00"), Decimal("100.00")),
        ItemMonths(numbers["B"], "B", "项目B", Decimal("5.00"), nothing),
    ]
    assert [(one.outpatient, one.inpatient) for one in charged("2026-03", last_sequence(hospital))] == [
        (Decimal("7.00"), nothing),
        (Decimal("6.00"), nothing),
    ]
    assert charged_months(hospital.pk) == ["2026-03", "2026-02"]
