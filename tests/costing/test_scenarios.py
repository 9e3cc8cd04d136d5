"""What a month would have come to otherwise, over the worked example of domain.md 1.3 (C-STEP)."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from costing.models import CostRun, DepartmentCost, DepartmentMonth, Scenario
from costing.selectors.scenarios import access_scenario, outcome
from costing.services import run_allocation
from costing.services.scenarios import WantedChange, add_change, archive_scenario, begin_scenario, remove_change
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.costing.test_month_allocation import hospital as c_step
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
hospital = c_step


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


@pytest.fixture
def planner(run: CostRun) -> Actor:
    return actor_of_user(trade.person("planner", Role.FINANCE_OFFICER, run.institution))


@pytest.fixture
def scenario(run: CostRun, planner: Actor) -> Scenario:
    return begin_scenario(planner, run_id=run.pk, title="如果")


def number(scenario: Scenario, code: str) -> int:
    return Department.objects.get(institution=scenario.institution, code=code).pk


def with_changes(planner: Actor, scenario: Scenario, *changes: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Income, full cost and change of surplus by department."""
    for change in changes:
        add_change(planner, scenario_id=scenario.pk, wanted=WantedChange(**change))
    found = outcome(scenario)
    assert found.refusal == ""
    return {row.name: (str(row.income), str(row.cost), str(row.change)) for row in found.rows}


def test_without_changes_it_is_the_month_itself(planner: Actor, scenario: Scenario) -> None:
    assert with_changes(planner, scenario) == {
        "内科": ("400000.00", "1022000.00", "0.00"),
        "外科": ("600000.00", "1328000.00", "0.00"),
        "全院": ("1000000.00", "2350000.00", "0.00"),
    }


def test_more_people_draw_more_of_what_goes_by_headcount(planner: Actor, scenario: Scenario) -> None:
    """Medicine with 110 heads: 160,000 ÷ 160 is 1,000 a head; B 95,000, L 310,000 + 9,500 = 319,500."""
    found = with_changes(
        planner, scenario, {"kind": "headcount", "department": number(scenario, "D"), "value": Decimal(110)}
    )
    assert found["内科"][1] == "1066300.00"  # 800,000 + 110,000 + 28,500 + 127,800
    assert found["全院"] == ("1000000.00", "2350000.00", "0.00")


@pytest.mark.parametrize(("kind", "value"), [("headcount", 100_001), ("area", -1), ("area", 10_000_001)])
def test_people_and_areas_beyond_any_hospital_are_refused(
    planner: Actor, scenario: Scenario, kind: str, value: int
) -> None:
    with pytest.raises(Invalid, match="请核对单位") as refused:
        with_changes(planner, scenario, {"kind": kind, "department": number(scenario, "D"), "value": Decimal(value)})
    assert refused.value.code == "costing.change_out_of_range"


def test_a_lower_price_moves_income_and_the_shares_that_go_by_it(planner: Actor, scenario: Scenario) -> None:
    found = with_changes(planner, scenario, {"kind": "price", "code": "laboratory", "value": Decimal(-10)})
    assert found["全院"] == ("900000.00", "2350000.00", "-100000.00")
    assert found["内科"] == ("360000.00", "1022000.00", "-40000.00")


def test_volume_moves_income_and_the_variable_part_of_cost(planner: Actor, scenario: Scenario) -> None:
    """Personnel varies by a fifth: half the volume takes a tenth of medicine's 800,000, and of the laboratory's 300,000,
    40 % of which works for medicine, 4 %: 80,000 + 12,000."""
    found = with_changes(
        planner, scenario, {"kind": "volume", "department": number(scenario, "D"), "value": Decimal(-50)}
    )
    assert found["全院"] == ("800000.00", "2258000.00", "-108000.00")


def test_price_and_volume_of_the_laboratory_are_of_what_it_carries_out(planner: Actor, scenario: Scenario) -> None:
    """It orders nothing itself: a tenth off takes 100,000 from those that ordered; a tenth more brings 100,000 and costs a
    fiftieth of its 300,000."""
    of_laboratory = {"department": number(scenario, "L"), "value": Decimal(-10)}
    dearer = with_changes(planner, scenario, {"kind": "price", **of_laboratory})
    assert dearer["全院"] == ("900000.00", "2350000.00", "-100000.00")
    more = begin_scenario(planner, run_id=scenario.run_id, title="更多检验")
    found = with_changes(planner, more, {"kind": "volume", **of_laboratory, "value": Decimal(10)})
    assert found["全院"] == ("1100000.00", "2356000.00", "94000.00")


def test_a_change_of_cost_is_of_bills_and_depreciation_too(planner: Actor, scenario: Scenario) -> None:
    """No voucher of depreciation was sent: it is computed from a card, 12,000 over 10 months; the water bill is shared."""
    hospital = scenario.institution
    trade.landed(
        hospital,
        "assets",
        [
            {
                "card": "K1",
                "effective_from": "2026-01-01",
                "name": "监护仪",
                "category": "special_equipment",
                "department": "D",
                "funding_source": "basic",
                "original_value": "12000.00",
                "useful_months": "10",
                "in_use_from": "2026-01-15",
            }
        ],
    )
    trade.landed(hospital, "cost-entries", [{**trade.cost("W-1", "D", "9000.00", "other"), "shared_as": "water"}])
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    before = run.full_cost
    for item, more in (("depreciation", "1200.00"), ("other", "9000.00")):
        asked = begin_scenario(planner, run_id=run.pk, title=item)
        found = with_changes(planner, asked, {"kind": "cost", "code": item, "value": Decimal(100)})
        assert found["全院"][1] == f"{before + Decimal(more)}"


def test_a_closed_ward_keeps_its_fixed_cost_and_its_shares_go_to_the_others(planner: Actor, scenario: Scenario) -> None:
    found = with_changes(planner, scenario, {"kind": "close", "department": number(scenario, "D")})
    # a fifth of its 800,000 goes with it; nothing is allocated to it any more
    assert (found["内科"][:2], found["外科"][:2]) == (("0.00", "640000.00"), ("600000.00", "1550000.00"))
    assert found["全院"][:2] == ("600000.00", "2190000.00")


def test_what_stays_of_a_closed_department_is_said(planner: Actor, scenario: Scenario) -> None:
    """A ward keeps four fifths of its personnel cost; a store's is borne by the others."""
    for code in "DB":
        with_changes(planner, scenario, {"kind": "close", "department": number(scenario, code)})
    ward, store = outcome(scenario).remains
    assert (ward.name, str(ward.before), str(ward.stays)) == ("内科", "800000.00", "640000.00")
    assert (ward.items, str(ward.passed_on)) == ((("人员经费", Decimal("640000.00")),), "0.00")
    assert (store.name, str(store.stays), str(store.passed_on)) == ("消毒供应室", "72000.00", "72000.00")


def test_another_driver_of_one_department(planner: Actor, scenario: Scenario) -> None:
    """The store by headcount in place of packs: 100,000 over 10, 30 and 35 heads."""
    found = with_changes(
        planner, scenario, {"kind": "driver", "department": number(scenario, "B"), "code": "headcount"}
    )
    # the store's 100,000 over 75 heads: L 13,333.33, D 40,000.00, E 46,666.67; then L's 333,333.33 by 0.4 and 0.6
    assert (found["内科"][1], found["外科"][1]) == ("1033333.33", "1316666.67")


def test_a_ward_has_no_driver_to_be_changed(planner: Actor, scenario: Scenario) -> None:
    add_change(
        planner,
        scenario_id=scenario.pk,
        wanted=WantedChange("driver", department=number(scenario, "D"), code="headcount"),
    )
    assert "内科的成本不再分摊" in outcome(scenario).refusal


def test_another_class_of_a_department(planner: Actor, scenario: Scenario) -> None:
    """A laboratory that treats patients itself keeps its 330,000."""
    found = with_changes(
        planner, scenario, {"kind": "cost_class", "department": number(scenario, "L"), "code": "clinical"}
    )
    assert (found["检验科"][1], found["内科"][1]) == ("330000.00", "890000.00")


def test_what_cannot_be_computed_says_why_and_stays_a_scenario(planner: Actor, scenario: Scenario) -> None:
    add_change(
        planner,
        scenario_id=scenario.pk,
        wanted=WantedChange("driver", target="administration", code="floor_area"),
    )
    assert "办公室" in outcome(scenario).refusal


def test_a_change_is_taken_back_and_the_official_run_never_moved(
    planner: Actor, scenario: Scenario, run: CostRun
) -> None:
    before = list(DepartmentCost.objects.filter(run=run).order_by("pk").values_list())
    change = add_change(planner, scenario_id=scenario.pk, wanted=WantedChange("price", value=Decimal(50)))
    assert str(outcome(scenario).rows[-1].income) == "1500000.00"
    remove_change(planner, scenario_id=scenario.pk, change_id=change.pk)
    assert str(outcome(scenario).rows[-1].income) == "1000000.00"
    assert list(DepartmentCost.objects.filter(run=run).order_by("pk").values_list()) == before
    assert CostRun.objects.count() == 1
    assert DepartmentMonth.objects.filter(run=run).count() == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "headcount", "value": Decimal(1)}, "costing.change_needs_department"),
        ({"kind": "price"}, "costing.change_needs_value"),
        ({"kind": "price", "value": Decimal(-101)}, "costing.change_out_of_range"),
        ({"kind": "price", "value": Decimal(1), "code": "drugs"}, "costing.change_needs_code"),
        ({"kind": "driver", "code": "headcount"}, "costing.change_needs_target"),
        ({"kind": "driver", "code": "workload", "target": "administration"}, "costing.metric_needed"),
        ({"kind": "driver", "code": "ordered_income", "target": "water"}, "costing.nobody_orders_a_bill"),
        ({"kind": "volume", "value": Decimal(1), "code": "surgery"}, "costing.change_needs_code"),
        ({"kind": "driver", "target": "administration"}, "costing.unknown_driver"),
        ({"kind": "moon"}, "costing.unknown_change"),
    ],
)
def test_a_change_that_means_nothing_is_refused(
    planner: Actor, scenario: Scenario, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        add_change(planner, scenario_id=scenario.pk, wanted=WantedChange(**change))
    assert refused.value.code == code


def test_another_institution_sees_no_scenario_and_an_auditor_changes_none(planner: Actor, scenario: Scenario) -> None:
    stranger = actor_of_user(trade.person("stranger", Role.FINANCE_OFFICER, Institution.objects.get(code="T1")))
    with pytest.raises(NotFound):
        access_scenario(actor=stranger, scenario_id=scenario.pk)
    with pytest.raises(NotFound):
        add_change(stranger, scenario_id=scenario.pk, wanted=WantedChange("price", value=Decimal(1)))
    auditor = actor_of_user(trade.person("auditor", Role.AUDITOR))
    assert access_scenario(actor=auditor, scenario_id=scenario.pk) == scenario
    with pytest.raises(Forbidden):
        add_change(auditor, scenario_id=scenario.pk, wanted=WantedChange("price", value=Decimal(1)))


def test_a_scenario_is_made_and_changed_on_its_page(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, run.institution))
    answer = client.post("/costing/scenarios/new/", {"title": "检查费下调", "run": run.pk, "note": ""})
    page = answer["Location"]
    assert client.post(page, {"kind": "price", "code": "price:laboratory", "value": "-10"}).status_code == 302
    shown = client.get(page)
    assert "全院化验费的价格变动 -10%" in shown.content.decode()
    assert str(shown.context["whole"].change) == "-100000.00"
    assert client.post(page, {"kind": "price"}).status_code == 422
    assert client.get(f"{page}?export=xlsx").status_code == 200
    assert "检查费下调" in client.get("/costing/scenarios/").content.decode()


def test_an_archived_scenario_is_not_changed_any_more(planner: Actor, scenario: Scenario) -> None:
    with_changes(planner, scenario, {"kind": "close", "department": number(scenario, "D")})
    archive_scenario(planner, scenario_id=scenario.pk)
    with pytest.raises(Conflict, match="已归档"):
        with_changes(planner, scenario, {"kind": "close", "department": number(scenario, "E")})
    with pytest.raises(Conflict, match="已归档"):
        remove_change(planner, scenario_id=scenario.pk, change_id=scenario.changes.get().pk)
