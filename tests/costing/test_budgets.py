"""Cost budgets from the workbook over the approval to the report, to the fen; closed months keep what they were measured
against."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing.models import CostBudget, CostRun
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import run_allocation
from costing.services.budgets import BudgetRow, propose_budget
from costing.sheets import Sheet
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Department, Institution, PeriodState
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.links import dead_links
from tests.support.workbooks import workbook
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
ZERO = Decimal("0.00")
MONTHS = [f"{month}月(元)" for month in range(1, 13)]
SIGNERS = {"director": Role.FINANCE_DIRECTOR, "leader": Role.INSTITUTION_HEAD}
HEAD = ("科室编码", "成本项目", *MONTHS, "全年(元)")


@pytest.fixture
def hospital() -> Institution:
    """January: medicine 500.00 of people, 80.00 of materials. March: 650.00 and none; surgery 40.00, which nobody planned.
    February has no costs."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("NK", name="内科"), trade.department("WK", name="外科")])
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost("V1", "NK", "500.00", day="2026-01-31"),
            trade.cost("V2", "NK", "80.00", "materials", day="2026-01-31"),
            trade.cost("V3", "NK", "650.00", day="2026-03-31"),
            trade.cost("V4", "WK", "40.00", day="2026-03-31"),
        ],
    )
    for month in ("2026-01", "2026-03"):
        run_allocation(PLATFORM, institution=hospital, period=Period.parse(month))
    for name, role in SIGNERS.items():
        trade.person(name, role, hospital)
    return hospital


@pytest.fixture
def planner(hospital: Institution) -> User:
    return trade.person("planner", Role.FINANCE_OFFICER, hospital)


def months(amount: str, **other: str) -> tuple[Decimal, ...]:
    """The same each month, but for those named m3="…"."""
    return tuple(Decimal(other.get(f"m{month}", amount)) for month in range(1, 13))


def rows(people: str = "500.00", **other: str) -> list[BudgetRow]:
    return [BudgetRow("NK", "personnel", months(people, **other)), BudgetRow("NK", "materials", months("100.00"))]


def asked(hospital: Institution, planner: User, wanted: list[BudgetRow] | None = None) -> CostBudget:
    return propose_budget(
        actor_of_user(planner), institution_id=hospital.pk, year=2026, rows=wanted or rows(), source_text="预算批复"
    )[0]


def signed() -> None:
    """Both steps say yes."""
    for name in SIGNERS:
        matter = Matter.objects.latest("pk")
        task = Task.objects.get(matter=matter, state=Task.State.OPEN, person__username=name)
        approve(actor_of_user(User.objects.get(username=name)), matter_id=matter.pk, task=task.number)


def report(hospital: Institution, code: str = "budget", month: str = "2026-03") -> Sheet:
    run = CostRun.objects.get(institution=hospital, period=month, is_current=True)
    return REPORTS[code].build(Scope.of(run, Layer.HOSPITAL, ""))


def line(sheet: Sheet, name: str) -> dict[str, Any]:
    row = next(row for row in sheet.rows if row.name == name)
    return {column.name: cell.value for column, cell in zip(sheet.columns, row.cells, strict=True)}


def test_the_month_and_the_year_to_date_stand_beside_the_budget(hospital: Institution, planner: User) -> None:
    """Medicine has 600.00 a month. March spent 650.00 (+8.3 %); January and March 1,230.00 of 1,200.00 (+2.5 %), February
    was never costed and counts on neither side; 5,970.00 of 7,200.00 are left."""
    asked(hospital, planner)
    signed()
    medicine = line(report(hospital), "内科")
    assert (medicine["本月 预算"], medicine["本月 实际"], medicine["本月 差异"]) == (600, 650, 50)
    assert round(medicine["本月 偏差率"], 6) == Decimal("0.083333")
    assert (medicine["本年累计 预算"], medicine["本年累计 实际"]) == (1_200, 1_230)
    assert medicine["本年累计 偏差率"] == Decimal("0.025")
    assert (medicine["全年 预算"], medicine["全年 余额"]) == (7_200, 5_970)
    assert medicine["提示"] == ""
    surgery = line(report(hospital), "外科")
    assert (surgery["本月 实际"], surgery["本月 偏差率"], surgery["提示"]) == (40, None, "没有预算")
    assert line(report(hospital), "全院合计")["本年累计 实际"] == Decimal("1270.00")
    assert any("2 月没有核算" in note for note in report(hospital).notes)


def test_what_lies_far_from_the_budget_is_told(hospital: Institution, planner: User) -> None:
    """Of people 1,150.00 of 1,000.00 to date, +15 %; of materials 80.00 of 200.00, −60 %."""
    asked(hospital, planner)
    signed()
    items = report(hospital, "budget-items")
    assert line(items, "人员经费")["提示"] == "超预算 19.0%", "surgery counts for the hospital: 1,190.00"
    assert line(items, "卫生材料费")["提示"] == "低于预算 60.0%"
    assert line(items, "药品费")["本年累计 预算"] == 0


def test_a_department_has_its_own_page_and_its_head_reads_it(
    hospital: Institution, planner: User, client: Client
) -> None:
    asked(hospital, planner)
    signed()
    medicine = Department.objects.get(institution=hospital, code="NK")
    client.force_login(trade.person("head", Role.DEPARTMENT_HEAD, hospital, medicine))
    page = client.get(reverse("costing:department-budget", args=[medicine.pk]), {"period": "2026-03"})
    people = line(page.context["sheet"], "人员经费")
    assert (people["本年累计 实际"], people["提示"]) == (1_150, "超预算 15.0%")
    opened = page.context["sheet"].rows[0].cells
    for at in (1, 2, 5, 6, 9):
        assert client.get(opened[at].url).status_code == 200
    assert book_of(client.get(page.request["PATH_INFO"], {"period": "2026-03", "export": "xlsx"}))
    assert dead_links(client, page) == {}
    amounts = next(cell.url for cell in opened if "budget-amounts" in cell.url)
    assert dead_links(client, client.get(amounts)) == {}, "the whole budget is not for heads"
    surgery = Department.objects.get(institution=hospital, code="WK")
    assert client.get(reverse("costing:department-budget", args=[surgery.pk])).status_code == 404


def test_nothing_is_compared_before_a_budget_was_approved(hospital: Institution, planner: User) -> None:
    budget = asked(hospital, planner)
    assert report(hospital).rows == ()
    assert "没有已批准的成本预算" in report(hospital).notes[0]
    director = User.objects.get(username="director")
    task = Task.objects.get(person=director)
    reject(actor_of_user(director), matter_id=task.matter_id, task=task.number, comment="与上年不符")
    budget.refresh_from_db()
    assert budget.state == CostBudget.State.REFUSED
    assert asked(hospital, planner).version == 2


def test_an_adjustment_leaves_closed_months_alone(hospital: Institution, planner: User) -> None:
    """January is closed: what it was measured against stays; March may change."""
    asked(hospital, planner)
    signed()
    AccountingPeriod.objects.filter(institution=hospital, period="2026-01").update(state=PeriodState.CLOSED)
    with pytest.raises(Conflict, match=r"2026-01 已结账.*内科 人员经费 1 月应为 500\.00"):
        asked(hospital, planner, rows(m1="400.00"))
    asked(hospital, planner, rows(m3="600.00"))
    signed()
    medicine = line(report(hospital), "内科")
    assert (medicine["本月 预算"], medicine["本年累计 预算"]) == (700, 1_300)


def test_a_month_that_closes_during_the_approval_keeps_its_budget(hospital: Institution, planner: User) -> None:
    asked(hospital, planner)
    signed()
    asked(hospital, planner, rows(m1="400.00"))
    AccountingPeriod.objects.filter(institution=hospital, period="2026-01").update(state=PeriodState.CLOSED)
    with pytest.raises(Conflict, match="2026-01 已结账"):
        signed()
    assert line(report(hospital, month="2026-01"), "内科")["本月 预算"] == Decimal("600.00")


def test_one_version_at_a_time_is_asked_for(hospital: Institution, planner: User) -> None:
    asked(hospital, planner)
    with pytest.raises(Conflict, match="在审批中"):
        asked(hospital, planner)


def test_who_does_not_plan_or_belongs_elsewhere_asks_for_nothing(hospital: Institution) -> None:
    with pytest.raises(Forbidden):
        asked(hospital, trade.person("reviewer", Role.ACCOUNTING_REVIEWER, hospital))
    with pytest.raises(NotFound):
        asked(
            hospital,
            trade.person("elsewhere", Role.FINANCE_OFFICER, Institution.objects.get(code="T1")),
        )


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        ([BudgetRow("XX", "personnel", months("1.00"))], "没有科室 XX"),
        ([BudgetRow("NK", "rent", months("1.00"))], "没有成本项目"),
        ([BudgetRow("NK", "drugs", months("1.00"))] * 2, "重复"),
        ([BudgetRow("NK", "drugs", months("-1.00"))], "0 或以上"),
        ([BudgetRow("NK", "drugs", months("0.001"))], "两位小数"),
        ([BudgetRow("NK", "drugs", months("0.00"))], "没有金额"),
    ],
)
def test_a_row_that_cannot_be_is_refused(
    hospital: Institution, planner: User, wanted: list[BudgetRow], told: str
) -> None:
    with pytest.raises(Invalid, match=told):
        asked(hospital, planner, wanted)


def uploaded(client: Client, hospital: Institution, *lines: tuple[object, ...]) -> Any:
    file = SimpleUploadedFile("成本预算.xlsx", workbook(HEAD, *lines))
    given = {"institution": hospital.pk, "year": 2026, "source_text": "预算批复", "file": file}
    return client.post(reverse("costing:new-budget"), given)


def test_the_workbook_goes_out_with_what_was_spent_and_comes_back(
    hospital: Institution, planner: User, client: Client
) -> None:
    client.force_login(planner)
    page = {"institution": hospital.pk, "year": 2026}
    table = book_of(client.get(reverse("costing:budget-file"), page)).get_sheet_by_index(0).to_python()
    assert table[1][:5] == ["NK", "内科", "人员经费", "", 575.0], "1,150.00 in two costed months"
    for filled, row in zip(("600", "120.01", "30"), table[1:], strict=True):
        row[-1] = filled
    answer = client.post(
        reverse("costing:new-budget"),
        {**page, "source_text": "预算批复", "file": SimpleUploadedFile("b.xlsx", workbook(*map(tuple, table)))},
    )
    budget = CostBudget.objects.get()
    assert answer.headers["Location"] == reverse("costing:budget", args=[budget.pk])
    assert budget.total == Decimal("750.01")
    materials = budget.amounts.filter(cost_item="materials").order_by("month")
    assert [row.amount for row in materials] == [Decimal("10.01"), *[Decimal("10.00")] * 11]
    shown = client.get(answer.headers["Location"])
    assert shown.status_code == 200
    assert "审批过程" in shown.content.decode()


def test_everything_that_is_wrong_with_a_workbook_is_told_at_once(
    hospital: Institution, planner: User, client: Client
) -> None:
    client.force_login(planner)
    blank = [""] * 12
    page = uploaded(
        client,
        hospital,
        ("NK", "人员经费", "abc", *[""] * 11, ""),
        ("NK", "药品费", "5", *[""] * 11, "6"),
        ("NOBODY", "药品费", *blank, "6"),
        ("NK", "房租", *blank, "6"),
    ).content.decode()
    for told in ("abc 应为 0 或以上的金额", "各月合计 5.00 与全年 6 不一致", "没有科室 NOBODY", "房租"):
        assert told in page, told
    assert not CostBudget.objects.exists()


@pytest.mark.parametrize(("header", "told"), [("1月", "「1月」应为「1月(元)」"), ("责任人", "「责任人」")])
def test_a_column_that_means_nothing_is_told_instead_of_lost(
    hospital: Institution, planner: User, client: Client, header: str, told: str
) -> None:
    client.force_login(planner)
    head = tuple(header if title == HEAD[2] else title for title in HEAD)
    rows = workbook(head, ("NK", "人员经费", "600", *[""] * (len(HEAD) - 3)))
    given = {"institution": hospital.pk, "year": 2026, "source_text": "预算批复"}
    page = client.post(reverse("costing:new-budget"), {**given, "file": SimpleUploadedFile("b.xlsx", rows)})
    assert f"不认识的列：{told}" in page.content.decode()
    assert not CostBudget.objects.exists()


def test_the_trend_says_how_the_month_lies_to_its_budget(hospital: Institution, planner: User) -> None:
    assert all(column.title != "比预算" for column in report(hospital, "trend").columns)
    asked(hospital, planner)
    signed()
    found = report(hospital, "trend")
    assert line(found, "人员经费")["比预算"] == Decimal("0.38"), "690.00 against 500.00"
    assert line(found, "成本合计")["比预算"] == Decimal("0.15")
    assert line(found, "结余")["比预算"] is None


def test_programs_ask_for_a_budget_and_read_it(hospital: Institution, planner: User, client: Client) -> None:
    client.force_login(planner)
    given = {
        "type": "costing.budget",
        "institution": "H1",
        "year": 2026,
        "source_text": "预算批复",
        "rows": [{"department": "NK", "cost_item": "personnel", "months": ["500.00"] * 12}],
    }
    answer = client.post("/api/v1/workflows/matters/", given, content_type="application/json")
    assert answer.status_code == 201, answer.content
    signed()
    listed = client.get("/api/v1/costing/budgets/", {"institution": "H1"}).json()["results"]
    assert [(row["year"], row["total"], row["state"]) for row in listed] == [(2026, "6000.00", "in_force")]
    amounts = client.get("/api/v1/costing/budget-amounts/", {"budget": listed[0]["id"]}).json()["results"]
    assert (len(amounts), amounts[0]["amount"]) == (12, "500.00")


def test_approvers_see_what_an_adjustment_moves(hospital: Institution, planner: User, client: Client) -> None:
    asked(hospital, planner)
    signed()
    asked(hospital, planner, rows(m12="900.00"))
    client.force_login(User.objects.get(username="director"))
    matter = Matter.objects.latest("pk")
    page = client.get(reverse("workflows:matter", args=[matter.pk])).content.decode()
    assert "比第 1 版增加 400.00 元" in page
    assert "内科 人员经费：全年 6,000.00 → 6,400.00 元(12 月)" in page
    version = client.get(reverse("costing:budget", args=[CostBudget.objects.latest("pk").pk]))
    heading, moves = version.context["sheets"][0]
    assert (str(heading), line(moves, "内科 人员经费")["增减"]) == ("与上一版相比的变动", 400)


def test_what_moves_between_items_and_months_is_told_although_the_whole_stays(
    hospital: Institution, planner: User, client: Client
) -> None:
    asked(hospital, planner)
    signed()
    later = [
        BudgetRow("NK", "personnel", months("500.00", m4="600.00", m5="400.00")),
        BudgetRow("NK", "materials", months("100.00", m6="0.00")),
        BudgetRow("NK", "drugs", months("0.00", m6="100.00")),
    ]
    asked(hospital, planner, later)
    client.force_login(User.objects.get(username="director"))
    page = client.get(reverse("workflows:matter", args=[Matter.objects.latest("pk").pk])).content.decode()
    assert "内科 人员经费：全年 6,000.00 → 6,000.00 元(4 至 5 月)" in page
    assert "内科 药品费：全年 0.00 → 100.00 元(6 月)" in page


def test_one_version_holds_and_the_former_says_that_it_was_replaced(hospital: Institution, planner: User) -> None:
    asked(hospital, planner)
    signed()
    with pytest.raises(Conflict, match="完全相同"):
        asked(hospital, planner)
    asked(hospital, planner, rows(m12="900.00"))
    signed()
    assert list(CostBudget.objects.order_by("version").values_list("state", flat=True)) == ["replaced", "in_force"]
