"""A month through the gate and the allocation: the worked example of domain.md 1.3, versions, drivers, drill-down sums."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules

import pytest
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from costing import integrity, tables
from costing.models import (
    AllocationFlow,
    CostRun,
    DepartmentCost,
    DepartmentDay,
    DepartmentMonth,
    DriverKind,
    DriverRule,
)
from costing.services import run_allocation
from costing.tables import FlowTable
from costing.titles import driver_value
from ops_platform.his_intake.models import CostEntry
from ops_platform.kernel import Conflict, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, SourceMark
from ops_platform.web.tables import Table
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """C-STEP: office, CSSD, laboratory, medicine, surgery."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("A", "administration", "办公室"),
            trade.department("B", "medical_support", "消毒供应室"),
            trade.department("L", "medical_technology", "检验科"),
            trade.department("D", name="内科"),
            trade.department("E", name="外科"),
        ],
    )
    staff = {"A": "10", "B": "5", "L": "10", "D": "30", "E": "35"}
    trade.landed(
        hospital,
        "staff-headcounts",
        [{"department": code, "period": "2026-03", "headcount": count} for code, count in staff.items()],
    )
    direct = {"A": "160000.00", "B": "90000.00", "L": "300000.00", "D": "800000.00", "E": "1000000.00"}
    trade.landed(hospital, "cost-entries", [trade.cost(f"V-{code}", code, fen) for code, fen in direct.items()])
    packs = {"L": "100", "D": "300", "E": "600"}
    trade.landed(
        hospital,
        "workloads",
        [
            {"department": code, "metric": "sterile_packs", "date": "2026-03-31", "quantity": count}
            for code, count in packs.items()
        ],
    )
    trade.landed(hospital, "charge-items", [trade.item("HY", fee_class="laboratory")])
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "E")])
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("M1", 1, "HY", "D", "L", "400000.00"), trade.charge("M2", 1, "HY", "E", "L", "600000.00")],
    )
    DriverRule.objects.create(
        institution=hospital,
        department=Department.objects.get(institution=hospital, code="B"),
        cost_class="medical_support",
        effective_from=date(2026, 1, 1),
        driver=DriverKind.WORKLOAD,
        metric="sterile_packs",
        source_mark=SourceMark.DEFAULT,
    )
    return hospital


def full_costs(run: CostRun) -> dict[str, str]:
    """Full cost by department name, of those that keep one."""
    rows = DepartmentMonth.objects.filter(run=run).exclude(full_cost=0).order_by("department__code")
    return {row.name: str(row.full_cost) for row in rows}


def test_the_worked_example_comes_out_to_the_fen(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    assert full_costs(run) == {"内科": "1022000.00", "外科": "1328000.00"}
    assert run.direct_cost == run.full_cost == Decimal("2350000.00")


def test_every_step_is_stored_with_its_driver_and_share(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    flow = AllocationFlow.objects.get(run=run, sender__code="B", receiver__code="E")
    assert (flow.step, flow.driver, flow.weight, flow.weight_total) == (2, "workload:sterile_packs", 600, 1000)
    assert (flow.share, flow.amount) == (Decimal("0.6"), Decimal("60000.00"))
    into_surgery = AllocationFlow.objects.filter(run=run, receiver__code="E").aggregate(total=Sum("amount"))["total"]
    surgery = DepartmentCost.objects.get(run=run, department__code="E")
    assert surgery.direct + into_surgery == surgery.full


def test_the_workbook_of_the_steps_holds_figures_as_numbers(hospital: Institution) -> None:
    """So that a spreadsheet can work the amount out again: amount of the sender × value ÷ sum of values."""
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    browser = Client()
    person = trade.person("centre", Role.OPERATION_CENTRE)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    sender = Department.objects.get(institution=hospital, code="B").pk
    answer = browser.get(reverse("costing:flows", args=[run.pk]), {"sender": sender, "export": "xlsx"})
    titles, *rows = book_of(answer).get_sheet_by_index(0).to_python()
    surgery = next(dict(zip(titles, row, strict=True)) for row in rows if "外科" in str(row))
    assert (surgery["动因值"], surgery["动因合计"], surgery["比例"], surgery["金额(元)"]) == (600, 1000, 0.6, 60000)


def test_a_figure_that_a_list_writes_in_its_own_way_goes_out_as_a_number() -> None:
    """A column that says how it is shown says what it is worth, too; else words of the page stand in the workbook."""
    modules = [import_module(f"{tables.__name__}.{one.name}") for one in iter_modules(tables.__path__)]
    lists = {
        one for module in modules for one in vars(module).values() if isinstance(one, type) and issubclass(one, Table)
    }
    wordy = [
        f"{one.__name__}.{name}"
        for one in lists
        for name, column in one.base_columns.items()
        if "text-end" in str(column.attrs) and hasattr(one, f"render_{name}") and not hasattr(one, f"value_{name}")
    ]
    assert FlowTable in lists
    assert wordy == []


def test_surplus_is_ordered_income_minus_full_cost(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    medicine = DepartmentMonth.objects.get(run=run, department__code="D")
    assert (medicine.income, medicine.surplus) == (Decimal("400000.00"), Decimal("-622000.00"))
    laboratory = DepartmentMonth.objects.get(run=run, department__code="L")
    assert (laboratory.income, laboratory.executed_income, laboratory.full_cost) == (0, Decimal("1000000.00"), 0)


def test_the_same_input_makes_no_second_run_and_new_input_a_new_version(hospital: Institution) -> None:
    first = run_allocation(PLATFORM, institution=hospital, period=MARCH)
    again = run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert (first.created, again.created, again.run) == (True, False, first.run)
    trade.landed(hospital, "cost-entries", [trade.cost("V-D", "D", "799999.99")])
    later = run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert (later.created, later.run.version, later.run.full_cost) == (True, 2, Decimal("2349999.99"))
    as_then = CostEntry.objects.filter(institution=hospital).as_of(first.run.input_sequence)
    assert as_then.aggregate(total=Sum("amount"))["total"] == first.run.direct_cost


def test_a_changed_driver_rule_makes_a_new_version(hospital: Institution) -> None:
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    DriverRule.objects.create(
        institution=hospital,
        cost_class="administration",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.INCOME,
        source_mark=SourceMark.DEFAULT,
    )
    later = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    assert later.version == 2
    assert full_costs(later) != {"内科": "1022000.00", "外科": "1328000.00"}
    assert later.full_cost == Decimal("2350000.00")


def test_a_department_without_driver_is_named_and_nothing_is_stored(hospital: Institution) -> None:
    trade.landed(
        hospital,
        "workloads",
        [{"department": c, "metric": "sterile_packs", "date": "2026-03-31", "op": "retract"} for c in "LDE"],
    )
    with pytest.raises(Conflict) as refusal:
        run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert refusal.value.code == "costing.blocked"
    assert "消毒供应室" in refusal.value.message
    assert not CostRun.objects.exists()


def test_a_cost_of_a_department_that_has_not_begun_is_not_lost_in_silence(hospital: Institution) -> None:
    trade.landed(hospital, "departments", [trade.department("N", name="新科", since="2026-05-01")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-N", "N", "1.00")])
    with pytest.raises(Conflict) as refusal:
        run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert refusal.value.code == "costing.department_not_begun"


def test_negative_entries_are_allocated_as_the_mirror(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [trade.cost("V-cancel", "A", "-160000.00")])
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    assert run.full_cost == Decimal("2190000.00")
    assert list(integrity.conservation()) == []


def test_a_finding_names_the_cost_item_and_its_source_in_words(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [trade.cost("V-cancel", "A", "-200000.00")])
    (finding,) = run_allocation(PLATFORM, institution=hospital, period=MARCH).run.findings
    assert finding["code"] == "costing.negative_cost"
    assert "成本项目 人员经费(" in finding["message"]
    assert "personnel" not in finding["message"]


def test_integrity_holds_for_every_run(hospital: Institution) -> None:
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert list(integrity.conservation()) == []


def test_a_charge_item_dated_after_its_first_charge_keeps_its_class(hospital: Institution) -> None:
    trade.landed(hospital, "charge-items", [trade.item("YP", "drug", "western_drugs", effective_from="2026-06-01")])
    trade.landed(hospital, "charge-lines", [trade.charge("M1", 9, "YP", "D", "D", "50.00")])
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    assert DepartmentMonth.objects.get(run=run, department__code="D").drug_income == Decimal("50.00")


def test_a_charge_of_a_withdrawn_item_is_not_counted_in_some_other_class(hospital: Institution) -> None:
    trade.landed(hospital, "charge-items", [{"code": "HY", "effective_from": "2026-01-01", "op": "retract"}])
    with pytest.raises(Conflict) as refusal:
        run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert refusal.value.code == "costing.item_without_term"
    assert "HY" in refusal.value.message


def test_every_day_has_its_own_row_and_the_days_add_up_to_the_month(hospital: Institution) -> None:
    stay = {"kind": "inpatient", "when": "2026-03-09T08:00:00", "discharged": "2026-03-12T00:10:00"}
    trade.landed(hospital, "encounters", [trade.visit("Z1", "D", **stay)])
    trade.landed(hospital, "charge-items", [trade.item("YP", "drug", "western_drugs")])
    late, early = {"when": "2026-03-11T23:59:00"}, {"when": "2026-03-12T00:01:00"}
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("Z1", 1, "YP", "D", "D", "30.00", **late, insured_amount="20.00"),
            trade.charge("Z1", 2, "YP", "D", "D", "-10.00", **early, refund_of="1"),
        ],
    )
    beds = {"department": "D", "metric": "occupied_bed_days", "quantity": "1"}
    trade.landed(hospital, "workloads", [{**beds, "date": f"2026-03-{day}"} for day in ("09", "10", "11")])
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    days = DepartmentDay.objects.filter(run=run, department__code="D").order_by("day")
    assert [(row.day.day, row.income, row.drug_income, row.insured_income) for row in days] == [
        (5, Decimal("400000.00"), 0, 0),
        (9, 0, 0, 0),
        (10, 0, 0, 0),
        (11, Decimal("30.00"), Decimal("30.00"), Decimal("20.00")),
        (12, Decimal("-10.00"), Decimal("-10.00"), 0),
    ]
    assert [(row.day.day, row.discharges, row.bed_days) for row in days if row.discharges or row.bed_days] == [
        (9, 0, 1),
        (10, 0, 1),
        (11, 0, 1),
        (12, 1, 0),
    ]
    laboratory = DepartmentDay.objects.get(run=run, department__code="L")
    assert (laboratory.day.day, laboratory.executed_income) == (5, Decimal("1000000.00"))
    assert list(integrity.conservation()) == []


def test_days_that_do_not_add_up_to_the_month_are_found(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    medicine = Department.objects.get(institution=hospital, code="D")
    nothing = dict.fromkeys(("executed_income", "other_income", "drug_income", "material_income", "insured_income"), 0)
    DepartmentDay.objects.create(
        run=run, department=medicine, day=date(2026, 3, 6), income=1, visits=0, discharges=0, bed_days=0, **nothing
    )
    faults = list(integrity.conservation())
    assert [fault.code for fault in faults] == ["costing.not_conserved"]
    assert "内科 收入" in faults[0].message


def test_a_driver_measured_in_yuan_is_read_with_its_two_decimals_and_people_as_they_are_counted() -> None:
    assert driver_value("ordered_income", Decimal("22992.7000")) == "22,992.70"
    assert driver_value("headcount", Decimal("1207.5000")) == "1,207.5"
    assert driver_value("workload:sterile_packs", Decimal("1000.0000")) == "1,000"


def test_by_income_technology_bears_its_part_of_medical_support(hospital: Institution) -> None:
    """domain.md 1.3, step 2: the denominator is the income of technology and clinical departments. All of it is the
    laboratory's, which carried the tests out: it bears the supply room's 100,000.00, and hands on what it holds."""
    DriverRule.objects.create(
        institution=hospital,
        department=Department.objects.get(institution=hospital, code="B"),
        cost_class="medical_support",
        effective_from=date(2026, 2, 1),
        driver=DriverKind.INCOME,
        source_mark=SourceMark.DEFAULT,
    )
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    flows = AllocationFlow.objects.filter(run=run, sender__code="B").values_list("receiver__code", "amount")
    assert dict(flows) == {"L": Decimal("100000.00")}
