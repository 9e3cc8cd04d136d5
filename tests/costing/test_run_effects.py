"""How many fen each changed input moved between two versions of a month."""

from datetime import date
from decimal import Decimal

import pytest

from costing import missing_drivers
from costing.models import CostRun, DepartmentMonth, DriverKind, DriverRule
from costing.selectors.comparison import compare
from costing.selectors.explaining import Effect, effects
from ops_platform.masterdata.models import Department, Institution, Parameter, Scope, SourceMark
from tests.costing.test_run_comparison import computed
from tests.costing.test_run_comparison import hospital as office_and_ward
from tests.support import trade

pytestmark = pytest.mark.django_db
hospital = office_and_ward


def told(effect: Effect) -> tuple[str, str, str, str]:
    return effect.title, str(effect.cost), str(effect.income), str(effect.between)


def whole(run: CostRun, earlier: CostRun) -> dict[str, tuple[Decimal, Decimal]]:
    """What moved in all, by department."""
    rows = compare(run=run, earlier=earlier)
    return {row.name: (row.cost_change, row.income_change) for row in rows if row.moved}


def summed(found: list[Effect]) -> dict[str, tuple[Decimal, Decimal]]:
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for effect in found:
        for one in effect.departments:
            cost, income = sums.get(one.name, (Decimal(0), Decimal(0)))
            sums[one.name] = (cost + one.cost, income + one.income)
    return {name: moved for name, moved in sums.items() if any(moved)}


def test_each_dataset_is_told_with_what_it_moved_and_all_sum_to_the_difference(hospital: Institution) -> None:
    trade.landed(hospital, "departments", [trade.department("E", name="外科")])
    trade.landed(hospital, "charge-items", [trade.item("ZC", fee_class="consultation")])
    trade.landed(hospital, "encounters", [trade.visit("M1", "D")])
    first = computed(hospital)
    trade.landed(hospital, "cost-entries", [trade.cost("V-E", "E", "40.00")])
    trade.landed(hospital, "staff-headcounts", [{"department": "E", "period": "2026-03", "headcount": "15"}])
    trade.landed(hospital, "charge-lines", [trade.charge("M1", 1, "ZC", "D", "D", "500.00")])
    later = computed(hospital)
    found = effects(run=later, earlier=first)
    assert [told(one) for one in found] == [
        # the office's 100.00 went to the ward alone, now 15 of 20 heads are surgery's
        ("科室人数", "0.00", "0.00", "75.00"),
        ("成本凭证", "40.00", "0.00", "0.00"),
        ("收费明细", "0.00", "500.00", "0.00"),
    ]
    assert summed(found) == whole(later, first)


def test_a_rule_and_the_data_it_needs_are_told_apart_where_each_can_be_computed(hospital: Institution) -> None:
    trade.landed(hospital, "departments", [trade.department("E", name="外科")])
    first = computed(hospital)
    DriverRule.objects.create(
        cost_class="administration",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.FLOOR_AREA,
        source_mark=SourceMark.DEFAULT,
    )
    areas = [{"department": code, "period": "2026-03", "area": area} for code, area in (("D", "80"), ("E", "20"))]
    trade.landed(hospital, "floor-areas", areas)
    later = computed(hospital)
    found = effects(run=later, earlier=first)
    assert [told(one) for one in found] == [
        ("科室面积", "0.00", "0.00", "0.00"),
        ("分摊动因：行政后勤类按占用面积", "0.00", "0.00", "20.00"),
    ]
    assert summed(found) == whole(later, first)


def test_what_moved_between_departments_that_send_is_told_by_their_class(hospital: Institution) -> None:
    """Five heads of a store come: of the office's 100.00 it gets half, and sends it on. The ward has no other way to it."""
    trade.landed(hospital, "departments", [trade.department("B", "medical_support", "供应室")])
    DriverRule.objects.create(
        institution=hospital,
        cost_class="medical_support",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.ASSIGNED,
        source_mark=SourceMark.DEFAULT,
    ).assignments.create(department=Department.objects.get(institution=hospital, code="D"), share=100)
    first = computed(hospital)
    trade.landed(hospital, "staff-headcounts", [{"department": "B", "period": "2026-03", "headcount": "5"}])
    (effect,) = effects(run=computed(hospital), earlier=first)
    assert [(one.title, str(one.gained), str(one.lost)) for one in effect.tiers] == [("医疗辅助类", "50.00", "0.00")]
    assert str(effect.between) == "0.00"
    assert [one.name for one in effect.departments] == ["供应室"]


def test_a_policy_that_changed_is_told(hospital: Institution) -> None:
    DriverRule.objects.create(
        institution=hospital,
        cost_class="administration",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.FLOOR_AREA,
        source_mark=SourceMark.DEFAULT,
    )
    say(hospital, missing_drivers.Policy.HEADCOUNT, date(2026, 1, 1))
    first = computed(hospital)
    say(hospital, missing_drivers.Policy.HOLD, date(2026, 3, 2))
    later = computed(hospital)
    found = effects(run=later, earlier=first)
    words = "参数：分摊动因合计为零时的处理 改用人员数量 → 暂不分摊"
    assert [told(one) for one in found] == [(words, "0.00", "0.00", "100.00")]
    assert found[0].causes[0].parameters == ((missing_drivers.PARAMETER, "分摊动因合计为零时的处理"),)
    assert summed(found) == whole(later, first)


def say(hospital: Institution, policy: missing_drivers.Policy, since: date) -> None:
    Parameter.objects.create(
        key=missing_drivers.PARAMETER,
        name="分摊动因合计为零时的处理",
        scope=Scope.INSTITUTION,
        institution=hospital,
        effective_from=since,
        value=Decimal(policy),
        unit="0 停止 1 改用人员数量 2 暂不分摊",
        source_mark=SourceMark.DEFAULT,
    )


def test_what_an_earlier_way_of_computing_made_is_no_ones_input(hospital: Institution) -> None:
    """The first version says 10.00 of a department that today's way gives nothing: the voucher moved its 40.00 alone."""
    first = computed(hospital)
    elsewhere = Department.objects.create(institution=Institution.objects.get(code="T1"), code="X", name="旧口径")
    nothing = dict.fromkeys(
        ("income", "executed_income", "other_income", "drug_income", "material_income", "insured_income"), 0
    )
    cost = {"direct_cost": "10.00", "received_cost": 0, "full_cost": "10.00", "surplus": "-10.00"}
    work = {"visits": 0, "discharges": 0, "bed_days": 0}
    DepartmentMonth.objects.create(
        run=first, department=elsewhere, name="旧口径", cost_class="clinical", **nothing, **cost, **work
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-E", "D", "40.00")])
    found = effects(run=computed(hospital), earlier=first)
    assert [(one.title, str(one.cost)) for one in found] == [("计算方法", "-10.00"), ("成本凭证", "40.00")]
