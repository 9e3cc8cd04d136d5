"""Hours by post: personnel cost to the hours of one's own people, posts against those approved, teams of several wards."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.posts import Roster, spread
from costing.models import CostRun
from costing.selectors.layers import Layer
from costing.selectors.sheets.catalogue import REPORTS
from costing.selectors.sheets.scope import Scope
from costing.services import run_allocation
from costing.sheets import Row, Sheet
from ops_platform.his_intake.models import PostHours, QuarantinedRow
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade

MARCH = Period.parse("2026-03")


def record(number: str, department: str, hours: str, **more: str) -> dict[str, Any]:
    return {
        "roster": number, "period": "2026-03", "department": department, "post": "责任护士岗", "category": "nurse",
        "people": "10", "hours": hours, **more,
    }  # fmt: skip


@pytest.fixture
def hospital(db: None) -> Institution:
    """March. 内科 spends 1,000.00 on its people, 外科 300.00. 内科's people work 200 hours at home and 100 in 外科; those of
    外科 50 at home, of which 20 flexible, and 10 in the team that meets in 内科."""
    found = trade.alliance()["H1"]
    trade.landed(found, "departments", [trade.department("N", name="内科"), trade.department("W", name="外科")])
    trade.landed(found, "cost-entries", [trade.cost("V1", "N", "1000.00"), trade.cost("V2", "W", "300.00")])
    trade.landed(
        found,
        "post-hours",
        [
            record("R1", "N", "200", established="12"),
            record("R2", "W", "100", home="N", flexible="100"),
            record("R3", "W", "50", flexible="20", established="8"),
            record("R4", "N", "10", home="W", post="会诊医师岗", category="physician", people="1", team="疑难病例团队"),
        ],
    )
    return found


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


def built(run: CostRun, code: str) -> Sheet:
    return REPORTS[code].build(Scope.of(run, Layer.MEDICAL, ""))


def row(sheet: Sheet, name: str, nth: int = 0) -> Row:
    return [one for one in sheet.rows if one.name.strip().startswith(name)][nth]


def values(line: Row) -> list[object]:
    return [cell.value for cell in line.cells]


def test_personnel_cost_goes_to_the_hours_of_ones_own_people_wherever_they_worked(run: CostRun) -> None:
    """Of 内科's 1,000.00: 666.67 at home, 333.33 to 外科; of 外科's 300.00: 250.00 at home, 50.00 to the team in 内科."""
    sheet = built(run, "posts")
    medicine, surgery, whole = row(sheet, "内科"), row(sheet, "外科"), row(sheet, "合计")
    assert (medicine.cells[7].value, surgery.cells[7].value) == (Decimal("716.67"), Decimal("583.33"))
    assert whole.cells[7].value == Decimal("1300.00")
    assert values(surgery)[3:7] == [Decimal(150), Decimal(120), Decimal("0.8"), Decimal(100)]
    for line in sheet.rows:
        for cell in line.cells:
            assert cell.made is None or cell.made.value == cell.value, "every figure is what its parts come to"
    of_medicine = max(surgery.cells[7].made.parts, key=lambda part: part.amount)  # type: ignore[union-attr]
    spent = of_medicine.made.parts[0].made.parts[0]
    assert spent.amount in (Decimal("1000.00"), Decimal("300.00"))
    assert spent.url, "and opens the vouchers"


def test_a_post_shows_who_is_missing_and_what_an_hour_costs(run: CostRun) -> None:
    sheet = built(run, "posts")
    nurses = row(sheet, "责任护士岗(护士)")
    assert values(nurses)[:3] == [Decimal(12), Decimal(10), Decimal(2)]
    assert nurses.cells[8].value == Decimal("666.67") / 200


def test_a_team_costs_what_its_members_cost_at_home(run: CostRun) -> None:
    sheet = built(run, "teams")
    assert [one.name.strip() for one in sheet.rows] == ["外科 会诊医师岗(医师)", "疑难病例团队"]
    assert values(row(sheet, "疑难病例团队"))[:4] == [Decimal(1), Decimal(10), Decimal(0), Decimal("50.00")]


def test_without_hours_the_report_says_what_is_missing(db: None) -> None:
    found = trade.alliance()["H1"]
    trade.landed(found, "departments", [trade.department("N", name="内科")])
    trade.landed(found, "cost-entries", [trade.cost("V1", "N", "1000.00")])
    made = run_allocation(PLATFORM, institution=found, period=MARCH).run
    for code in ("posts", "teams"):
        sheet = built(made, code)
        assert sheet.rows == ()
        assert "post-hours" in sheet.notes[0]


def test_a_record_is_corrected_withdrawn_and_refused(hospital: Institution) -> None:
    trade.landed(hospital, "post-hours", [record("R1", "N", "180")])
    assert PostHours.objects.current().get(roster="R1").hours == 180
    assert PostHours.objects.filter(roster="R1").count() == 2
    trade.landed(hospital, "post-hours", [{"roster": "R4", "op": "retract"}])
    assert not PostHours.objects.current().filter(roster="R4").exists()
    receipt = trade.send(
        hospital,
        "post-hours",
        [
            record("R8", "N", "8", flexible="9"),
            record("R9", "N", "745", people="1"),
            record("RA", "N", "8", category="robot"),
            record("RB", "N", "8", home="XX"),
        ],
    )
    assert receipt.batch.quarantined == 4
    found = QuarantinedRow.objects.filter(batch=receipt.batch).order_by("row_no").values_list("faults", flat=True)
    assert [faults[0]["code"].removeprefix("his_intake.") for faults in found] == [
        "flexible_hours", "hours_of_a_month", "unknown_code", "unknown_department",
    ]  # fmt: skip


HOURS = st.decimals(min_value=0, max_value=744, places=2)


@given(st.lists(st.tuples(st.integers(1, 3), HOURS), min_size=1, max_size=8), st.integers(-(10**9), 10**9))
def test_the_records_of_a_department_sum_to_what_it_spends(records: list[tuple[int, Decimal]], fen: int) -> None:
    rosters = [
        Roster(str(at), 9, home, "岗", "other", Decimal(1), hours, Decimal(0))
        for at, (home, hours) in enumerate(records)
    ]
    found = spread(rosters, {1: fen})
    ones = [found[one.number] for one in rosters if one.home == 1]
    worked = any(one.hours for one in rosters if one.home == 1)
    assert sum(ones) == (fen if worked else 0)
    assert sum(found.values()) == sum(ones)
