"""Two versions side by side say what went in differently, not only what came out."""

from datetime import date
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import CostRun, DriverKind, DriverRule
from costing.selectors.comparison import moved_inputs
from costing.services import run_allocation
from ops_platform.audit.models import AuditEvent
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, SourceMark
from tests.support import trade
from tests.support.downloads import book_of

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """An office and a ward with their people and a cost each, computed once."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital, "departments", [trade.department("A", "administration", "办公室"), trade.department("D", name="内科")]
    )
    staff = [{"department": code, "period": "2026-03", "headcount": "5"} for code in "AD"]
    trade.landed(hospital, "staff-headcounts", staff)
    trade.landed(hospital, "cost-entries", [trade.cost("V-A", "A", "100.00"), trade.cost("V-D", "D", "200.00")])
    computed(hospital)
    return hospital


def computed(hospital: Institution) -> CostRun:
    """The month as it comes out now."""
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


def test_the_batches_that_came_in_between_are_named_by_dataset(hospital: Institution) -> None:
    first = CostRun.objects.get()
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "250.00")], batch_no="correction")
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "250.00")], batch_no="nothing-new")
    trade.send(hospital, "cost-entries", [trade.cost("V-2", "D", "9.00", day="2026-02-28")], batch_no="february")
    trade.send(hospital, "departments", [trade.department("D", name="大内科")], batch_no="renamed")
    inputs = moved_inputs(run=computed(hospital), earlier=first)
    assert [(one.title, [batch.batch_no for batch in one.batches]) for one in inputs.datasets] == [
        ("科室", ["renamed"]),
        ("成本凭证", ["correction"]),
    ]
    assert [(one.landed, one.superseded, one.retracted) for one in inputs.datasets] == [(0, 1, 0), (0, 1, 0)]
    assert (inputs.drivers, inputs.engine) == ((), None)


def test_a_driver_that_took_the_place_of_another_is_shown_with_the_day_it_began(hospital: Institution) -> None:
    first = CostRun.objects.get()
    DriverRule.objects.create(
        institution=None,
        cost_class="administration",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.FLOOR_AREA,
        source_mark=SourceMark.DEFAULT,
    )
    trade.landed(hospital, "floor-areas", [{"department": "D", "period": "2026-03", "area": "80"}])
    inputs = moved_inputs(run=computed(hospital), earlier=first)
    (driver,) = inputs.drivers
    assert driver.whose == "行政后勤类"
    assert driver.before is not None
    assert driver.before.words.startswith("人员数量(医共体的规则，自 ")
    assert driver.now is not None
    assert driver.now.words == "占用面积(医共体的规则，自 2026-03-01)"


def test_a_rule_of_the_hospital_in_place_of_the_alliances_names_both(hospital: Institution) -> None:
    """Their places differ; what matters is which of them divided the office's cost."""
    first = CostRun.objects.get()
    rule = DriverRule.objects.create(
        institution=hospital,
        cost_class="administration",
        effective_from=date(2026, 3, 1),
        driver=DriverKind.ASSIGNED,
        source_mark=SourceMark.DEFAULT,
    )
    rule.assignments.create(department=Department.objects.get(institution=hospital, code="D"), share=100)
    (driver,) = moved_inputs(run=computed(hospital), earlier=first).drivers
    assert driver.before is not None
    assert driver.before.words.startswith("人员数量(医共体的规则，自 ")
    assert driver.now is not None
    assert (driver.now.rule, driver.now.words) == (
        rule.pk,
        f"直接指定(内科 100%)({hospital}的规则，自 2026-03-01)",
    )


def test_the_page_reads_the_same_whichever_version_one_comes_from(hospital: Institution) -> None:
    first = CostRun.objects.get()
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "250.00")], batch_no="correction")
    later = computed(hospital)
    client = Client()
    reader = trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    pages = [
        client.get(reverse("costing:compare", args=pair)).content.decode()
        for pair in ((first.pk, later.pk), (later.pk, first.pk))
    ]
    ward = Department.objects.get(institution=hospital, code="D")
    assert f'href="/departments/{ward.pk}/?period=2026-03"' in pages[0]
    for run in (first, later):
        assert f"/costing/runs/{run.pk}/cost-entries/?department={ward.pk}" in pages[0]
        assert f"/costing/runs/{run.pk}/flows/?receiver={ward.pk}" in pages[0]
    assert all("第 1 版与第 2 版比较" in page and "correction" in page and "50.00" in page for page in pages)


def test_the_workbook_carries_amounts_and_an_address_that_asks_for_nothing_is_none(
    hospital: Institution, client: Client
) -> None:
    first = CostRun.objects.get()
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "250.00")])
    second = computed(hospital)
    client.force_login(trade.person("reader", Role.FINANCE_OFFICER, hospital))
    answer = client.get(reverse("costing:compare", args=(second.pk, first.pk)), {"export": "xlsx"})
    assert "成本运行比较-H1-2026-03-第1版与第2版.xlsx" in unquote(answer["Content-Disposition"])
    (title, *_blank), header, *rows = book_of(answer).get_sheet_by_index(0).to_python()
    assert title == "测试县人民医院 2026-03 成本运行：第 1 版与第 2 版比较"
    ward = dict(zip(header, next(row for row in rows if row[0] == "内科"), strict=True))
    assert (ward["原直接成本(元)"], ward["新直接成本(元)"], ward["新分入(元)"]) == (200, 250, 100)
    assert not any(isinstance(cell, str) and "<" in cell for row in rows for cell in row)
    listed = reverse("costing:cost-entries", args=[second.pk])
    assert client.get(listed, {"department": "abc"}).status_code == 404
    office = Department.objects.get(institution=hospital, code="A")
    assert "办公室" in client.get(listed, {"department": office.pk}).content.decode()


def test_a_cost_that_fell_is_shown_as_favourable_and_not_in_the_red_of_a_loss(
    hospital: Institution, client: Client
) -> None:
    first = CostRun.objects.get()
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "150.00")])
    second = computed(hospital)
    client.force_login(trade.person("reader", Role.FINANCE_OFFICER, hospital))
    shown = client.get(reverse("costing:compare", args=(first.pk, second.pk))).content.decode()
    assert '<span class="num neg">-50.00' not in shown
    # of the whole (above and as a total), of the batch's effect, of the department in both tables
    assert shown.count('<span class="num change-good">-50.00') == 5


def test_the_other_versions_of_a_month_stack_on_a_telephone(hospital: Institution, client: Client) -> None:
    first = CostRun.objects.get()
    trade.send(hospital, "cost-entries", [trade.cost("V-D", "D", "150.00")])
    computed(hospital)
    client.force_login(trade.person("reader", Role.FINANCE_OFFICER, hospital))
    shown = client.get(reverse("costing:run", args=[first.pk])).content.decode()
    assert "table-stack" in shown
    assert 'data-label="成本(元)"' in shown


def test_a_run_leads_to_the_rules_it_was_divided_by_and_to_its_audit_event(
    hospital: Institution, client: Client
) -> None:
    run = CostRun.objects.get()
    client.force_login(trade.person("auditor", Role.AUDITOR))
    shown = client.get(reverse("costing:run", args=[run.pk])).content.decode()
    assert run.rules
    rules = client.get(reverse("costing:driver-rules")).content.decode()
    for rule in run.rules:
        assert f'href="/costing/driver-rules/#rule-{rule}"' in shown
        assert f'id="rule-{rule}"' in rules
    event = AuditEvent.objects.get(action="costing.run_created")
    assert f'href="{reverse("audit:event", args=[event.number])}"' in shown


def test_a_filtered_list_is_named_by_its_institution_and_month(hospital: Institution, client: Client) -> None:
    client.force_login(trade.person("reader", Role.FINANCE_OFFICER, hospital))
    asked = {"institution": hospital.pk, "period": "2026-03", "export": "xlsx"}
    named = unquote(client.get(reverse("costing:runs"), asked)["Content-Disposition"])
    assert "成本运行-H1-2026-03.xlsx" in named
    assert "成本运行.xlsx" in unquote(client.get(reverse("costing:runs"), {"export": "xlsx"})["Content-Disposition"])
