"""直接指定: a driver that names the departments which bear a cost, with their shares, over the worked example C-STEP."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from costing import driver_files, integrity, missing_drivers
from costing.assignments import Share, parse
from costing.missing_drivers import Policy
from costing.models import AllocationFlow, ComputedCost, CostRun, DriverAssignment, DriverProposal, DriverRule, Scenario
from costing.selectors import rules
from costing.selectors.basis import basis_of
from costing.selectors.layers import Layer
from costing.selectors.scenarios import outcome
from costing.selectors.sheets import REPORTS, Scope
from costing.services import run_allocation
from costing.services.driver_rules import Wanted, propose_driver_rule, set_driver_rule
from costing.services.scenarios import WantedChange, add_change, begin_scenario
from costing.titles import driver_title
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.costing.test_month_allocation import full_costs
from tests.costing.test_month_allocation import hospital as c_step
from tests.costing.test_month_of_collection import bill, say
from tests.support import trade
from tests.support.downloads import book_of
from workflows import services as approval
from workflows.models import Matter, Task
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
TO_BOTH = (Share("D", Decimal(60)), Share("E", Decimal(40)))
hospital = c_step


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("director", Role.FINANCE_DIRECTOR, hospital)


def wanted(hospital: Institution, *assigned: Share, code: str = "B", **more: object) -> Wanted:
    """The store's cost, unless another department is named, to those given."""
    department = Department.objects.get(institution=hospital, code=code)
    term = department.terms.get()
    asked = Wanted(
        cost_class=term.cost_class,
        driver="assigned",
        effective_from=date(2026, 3, 1),
        source_text="供应室只为内外科服务",
        institution_id=hospital.pk,
        department_id=department.pk,
        assigned=assigned,
    )
    return replace(asked, **more)  # type: ignore[arg-type]


def run_of(hospital: Institution) -> CostRun:
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


def closed(hospital: Institution, code: str) -> None:
    trade.landed(hospital, "departments", [trade.department(code, name="外科") | {"closed_on": "2026-03-20"}])


def test_a_department_gives_its_cost_to_those_named_to_the_fen(hospital: Institution, director: User) -> None:
    """B holds 90,000 + 10,000 of the office: 60,000 to D, 40,000 to E. L then has 320,000 alone: 128,000 and 192,000."""
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    run = run_of(hospital)
    assert full_costs(run) == {"内科": "1048000.00", "外科": "1302000.00"}
    flow = AllocationFlow.objects.get(run=run, sender__code="B", receiver__code="D")
    assert (flow.weight, flow.weight_total, flow.share, flow.amount) == (60, 100, Decimal("0.6"), Decimal("60000.00"))
    assert driver_title(flow.driver) == "直接指定"
    assert list(integrity.conservation()) == []
    assert "直接指定(内科 60%、外科 40%)" in [one.driver for one in basis_of(run=run)]
    assert run.findings == []


def test_a_shared_bill_is_borne_by_those_named(hospital: Institution, director: User) -> None:
    asked = wanted(hospital, Share("L", Decimal("33.333333")), Share("E", Decimal("66.666667")))
    set_driver_rule(actor_of_user(director), replace(asked, cost_class="", department_id=None, shared_as="water"))
    trade.landed(hospital, "cost-entries", [bill("W", "water", "100.00")])
    borne = ComputedCost.objects.filter(run=run_of(hospital)).values_list("department__code", "driver", "amount")
    assert sorted(borne) == [("E", "assigned", Decimal("66.67")), ("L", "assigned", Decimal("33.33"))]
    assert list(integrity.conservation()) == []
    closed(hospital, "E")
    with pytest.raises(Conflict, match=r"水费 100\.00 元直接指定给外科\(E\)\(已关闭\)"):
        run_of(hospital)


def test_a_closed_department_stops_the_month_and_is_named(hospital: Institution, director: User) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    closed(hospital, "E")
    with pytest.raises(Conflict) as refusal:
        run_of(hospital)
    assert "消毒供应室(B) 的成本直接指定给外科(E)(已关闭)，100,000.00 元不能分摊" in refusal.value.message
    assert refusal.value.context["findings"] == ["costing.assignment_refused"]


def test_by_policy_headcount_stands_in_for_it(hospital: Institution, director: User) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    closed(hospital, "E")
    say(missing_drivers.PARAMETER, Policy.HEADCOUNT, hospital)
    run = run_of(hospital)
    (finding,) = run.findings
    assert finding["code"] == "costing.fallback_driver"
    assert "外科(E)(已关闭)" in finding["message"]
    flows = AllocationFlow.objects.filter(run=run, sender__code="B").values_list("receiver__code", "driver", "amount")
    assert set(flows) == {  # 100,000.00 over 10, 30 and 35 heads
        ("L", "headcount", Decimal("13333.33")),
        ("D", "headcount", Decimal("40000.00")),
        ("E", "headcount", Decimal("46666.67")),
    }


def test_by_policy_its_cost_is_held_back(hospital: Institution, director: User) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    closed(hospital, "E")
    say(missing_drivers.PARAMETER, Policy.HOLD, hospital)
    run = run_of(hospital)
    assert full_costs(run)["消毒供应室"] == "100000.00"
    assert [(one["code"], "外科(E)(已关闭)" in one["message"]) for one in run.findings] == [("costing.held_back", True)]
    assert list(integrity.conservation()) == []


def test_a_department_that_became_an_earlier_tier_or_has_not_begun_is_named(
    hospital: Institution, director: User
) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, Share("L", Decimal(100))))
    trade.landed(hospital, "departments", [trade.department("L", "administration", "检验科", since="2026-03-15")])
    with pytest.raises(Conflict, match=r"检验科\(L\)\(是行政后勤类，不在其后分摊\)"):
        run_of(hospital)
    rule = DriverRule.objects.get(driver="assigned")
    later = Department.objects.create(institution=hospital, code="N", name="新科")
    DriverAssignment.objects.create(rule=rule, department=later, share=1)
    with pytest.raises(Conflict, match=r"新科\(N\)\(当月尚未生效\)"):
        run_of(hospital)


def test_who_is_named_is_never_changed(hospital: Institution, director: User) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    with pytest.raises(DatabaseError), transaction.atomic():
        DriverAssignment.objects.update(share=1)


@pytest.mark.parametrize(
    ("assigned", "words"),
    [
        ((), "直接指定须写明"),
        ((Share("D", Decimal(60)),), "现合计 60%"),
        ((Share("D", Decimal(60)), Share("E", Decimal("40.5"))), "现合计 100.5%"),
        ((Share("D", Decimal(100)), Share("E", Decimal(0))), "应大于 0"),
        ((Share("D", Decimal(120)), Share("E", Decimal(-20))), "应大于 0"),
        ((Share("D", Decimal("50.0000001")), Share("E", Decimal("49.9999999"))), "最多六位小数"),
        ((Share("D", Decimal("NaN")),), "应大于 0"),
        ((Share("D", Decimal(50)), Share("内科", Decimal(50))), "写了两次"),
        ((Share("X", Decimal(100)),), "没有科室「X」"),
        ((Share("B", Decimal(100)),), "不能指定给它自己"),
        ((Share("A", Decimal(100)),), "不在医疗辅助类之后"),
    ],
)
def test_what_could_not_be_allocated_is_refused_when_it_is_asked_for(
    hospital: Institution, director: User, assigned: tuple[Share, ...], words: str
) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        set_driver_rule(actor_of_user(director), wanted(hospital, *assigned))
    assert refusal.value.code == "costing.assignment"


def test_a_department_closed_by_then_and_a_rule_of_the_whole_alliance_are_refused(
    hospital: Institution, director: User
) -> None:
    closed(hospital, "E")
    with pytest.raises(Invalid, match="已关闭"):
        set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH, effective_from=date(2026, 4, 1)))
    everywhere = wanted(hospital, *TO_BOTH, institution_id=None, department_id=None)
    with pytest.raises(Forbidden):
        set_driver_rule(actor_of_user(director), everywhere)
    with pytest.raises(Invalid, match="先选择机构"):
        set_driver_rule(actor_of_user(trade.person("centre", Role.OPERATION_CENTRE)), everywhere)


def test_people_write_a_department_a_line_and_one_alone_bears_everything() -> None:
    assert parse("D02 60\n骨科一病区: 40%") == (Share("D02", Decimal(60)), Share("骨科一病区", Decimal(40)))
    assert parse("D02 12.5；D03 87.5") == (Share("D02", Decimal("12.5")), Share("D03", Decimal("87.5")))
    assert parse(" D02 ") == (Share("D02", Decimal(100)),)
    assert parse("") == ()
    for text in ("D02\nD03 40", "D02 60\nD03 四十"):
        with pytest.raises(Invalid, match="看不出比例"):
            parse(text)


def test_the_second_person_sees_who_bears_it_with_the_sum_and_puts_it_in_force(
    hospital: Institution, director: User
) -> None:
    load_flows()
    second = trade.person("second", Role.OPERATION_CENTRE)
    propose_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    assert not DriverAssignment.objects.exists()
    task = Task.objects.get(person=second, state=Task.State.OPEN)
    browser = Client()
    browser.force_login(second, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("workflows:matter", args=[task.matter_id])).content.decode()
    assert "内科(D) 60%、外科(E) 40%，合计 100%" in page
    approval.approve(actor_of_user(second), matter_id=task.matter_id, task=task.number)
    named = DriverAssignment.objects.values_list("rule__department__code", "department__code", "share")
    assert list(named) == [("B", "D", Decimal(60)), ("B", "E", Decimal(40))]


def test_the_form_takes_names_and_tells_the_sum(hospital: Institution, director: User) -> None:
    load_flows()
    trade.person("second", Role.OPERATION_CENTRE)
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    given = {
        "institution": hospital.pk,
        "divides": "medical_support",
        "driver": "assigned",
        "assigned": "内科 60\n外科 30",
        "effective_from": "2026-03-01",
        "source_text": "会议纪要",
    }
    page = browser.post(reverse("costing:new-driver-rule"), given)
    assert "现合计 90%" in page.content.decode()
    forgotten = given | {"assigned": "内科 60\n外科 40", "driver": "headcount"}
    page = browser.post(reverse("costing:new-driver-rule"), forgotten)
    assert "分摊动因不是「直接指定」" in page.content.decode()
    assert browser.post(reverse("costing:new-driver-rule"), forgotten | {"driver": "assigned"}).status_code == 302
    assert DriverProposal.objects.get().assigned == [["D", "60"], ["E", "40"]]


def workbook(*rows: tuple[object, ...]) -> bytes:
    body = BytesIO()
    with xlsxwriter.Workbook(body) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([(*driver_files.HEADERS, driver_files.ASSIGNED), *rows]):
            sheet.write_row(number, 0, row)
    return body.getvalue()


def test_a_workbook_brings_it_in_with_row_errors_and_out_as_it_came(hospital: Institution, director: User) -> None:
    load_flows()
    trade.person("second", Role.OPERATION_CENTRE)
    actor = actor_of_user(director)
    support = next(title for title, code in driver_files.CLASSES.items() if code == "medical_support")
    row = ("H1", support, "B", "直接指定", "", "2026-03-01", "会议纪要")
    known = rules.in_force(actor=actor, day=date(2026, 3, 1))
    with pytest.raises(Invalid) as refused:
        driver_files.propose(actor, workbook((*row, "D 60；E 30"), (*row, "A 100"), (*row, "")), known)
    for part in (
        "第 2 行「指定科室(%)」：指定科室的比例合计应为 100%，现合计 90%",
        "第 3 行「指定科室(%)」：办公室(A)",
        "第 4 行「指定科室(%)」：直接指定须写明",
    ):
        assert part in refused.value.message
    assert not Matter.objects.exists()
    assert len(driver_files.propose(actor, workbook((*row, "D 60；E 40")), known).matters) == 1

    set_driver_rule(actor, wanted(hospital, Share("D", Decimal("12.5")), Share("E", Decimal("87.5"))))
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    header, *lines = book_of(browser.get(reverse("costing:driver-file"))).get_sheet_by_index(0).to_python()
    told = {line[header.index("科室编码")]: line[header.index(driver_files.ASSIGNED)] for line in lines}
    assert told["B"] == "D 12.5；E 87.5"
    known = rules.in_force(actor=actor, day=date(2026, 3, 1))
    with pytest.raises(Invalid, match="没有需要审批的变更"):
        driver_files.propose(actor, workbook((*row, "E 87.5；D 12.50")), known)


def test_the_approval_api_starts_it(hospital: Institution, director: User) -> None:
    load_flows()
    trade.person("second", Role.OPERATION_CENTRE)
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    sent = {
        "type": "costing.driver",
        "institution": "H1",
        "department": "B",
        "cost_class": "medical_support",
        "driver": "assigned",
        "assigned": [{"department": "D", "share": "60"}, {"department": "E", "share": "40"}],
        "effective_from": "2026-03-01",
        "source_text": "会议纪要",
    }
    answer = browser.post("/api/v1/workflows/matters/", sent, content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    assert DriverProposal.objects.get().assigned == [["D", "60"], ["E", "40"]]
    sent |= {"assigned": [], "effective_from": "2026-04-01"}
    wrong = browser.post("/api/v1/workflows/matters/", sent, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "costing.assignment")


def scenario_of(hospital: Institution, director: User) -> Scenario:
    return begin_scenario(actor_of_user(director), run_id=run_of(hospital).pk, title="直接指定")


def test_a_scenario_tries_it_first(hospital: Institution, director: User) -> None:
    scenario = scenario_of(hospital, director)
    store = Department.objects.get(institution=hospital, code="B")
    change = WantedChange("driver", department=store.pk, code="assigned", assigned=TO_BOTH)
    add_change(actor_of_user(director), scenario_id=scenario.pk, wanted=change)
    found = {row.name: str(row.cost) for row in outcome(scenario).rows}
    assert found == {"内科": "1048000.00", "外科": "1302000.00", "全院": "2350000.00"}
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("costing:scenario", args=[scenario.pk])).content.decode()
    assert "消毒供应室直接指定给 内科 60%、外科 40%" in page


def test_a_scenario_that_closes_who_is_named_says_so(hospital: Institution, director: User) -> None:
    set_driver_rule(actor_of_user(director), wanted(hospital, *TO_BOTH))
    scenario = scenario_of(hospital, director)
    surgery = Department.objects.get(institution=hospital, code="E")
    add_change(actor_of_user(director), scenario_id=scenario.pk, wanted=WantedChange("close", department=surgery.pk))
    assert "外科(E)(已关闭)" in outcome(scenario).refusal


def test_the_comparison_of_methods_never_spreads_what_is_assigned(hospital: Institution, director: User) -> None:
    """In an order in which the laboratory comes first it is closed when the store's turn comes."""
    set_driver_rule(actor_of_user(director), wanted(hospital, Share("L", Decimal(100))))
    run = run_of(hospital)
    build = REPORTS["methods"].build
    as_official = build(Scope.of(run, Layer.HOSPITAL, "", ""))
    assert not any("不能计算" in note for note in as_official.notes)
    (note,) = (note for note in build(Scope.of(run, Layer.HOSPITAL, "", "L,B,A")).notes if "不能计算" in note)
    assert note.startswith("顺序分摊不能计算")
    assert "消毒供应室(B)" in note
