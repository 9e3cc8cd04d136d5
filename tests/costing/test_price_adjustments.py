"""Plans to adjust prices from the base to the charged price: the workbook, the plan and its figures, approval, following."""

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing import price_files
from costing.models import ItemCost, PriceAdjustment
from costing.price_files import PriceRow
from costing.price_telling import concern_words
from costing.selectors import price_adjustments
from costing.selectors.sheets import price_adjustment as sheets
from costing.services import cost_patients_of, run_allocation
from costing.services.price_adjustments import WantedAdjustment, begin_adjustment, submit_adjustment
from costing.sheets import Sheet
from insurance_settlement.services import run_grouping
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade
from tests.support.downloads import book_of
from tests.support.workbooks import PerCent, workbook
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve, reject

pytestmark = pytest.mark.django_db
MARCH, MAY = Period.parse("2026-03"), Period.parse("2026-05")
STEPS = (date(2026, 5, 1), date(2026, 7, 1))


@pytest.fixture
def hospital() -> Institution:
    """March: ten days of nursing at 20.00 cost 600.00, two scans at 200.00 cost 300.00. Of nursing the insurer is charged
    120.00; of the scan of the stay 100.00, of that of the visit 80.00. Stays are paid by group."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(
        hospital,
        "departments",
        [trade.department("HX", name="呼吸内科"), trade.department("YX", "medical_technology", "影像科")],
    )
    trade.landed(
        hospital,
        "charge-items",
        [
            trade.item("HL", fee_class="nursing", price_cap="32.00"),
            trade.item("CT", fee_class="examination"),
            trade.item("YP", "drug", "western_drugs"),
        ],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V-1", "HX", "600.00"), trade.cost("V-2", "YX", "300.00")])
    stay = {"kind": "inpatient", "when": "2026-03-02T08:00:00", "discharged": "2026-03-12T10:00:00"}
    trade.landed(hospital, "encounters", [trade.visit("Z1", "HX", **stay), trade.visit("M1", "HX")])
    nursing = {"quantity": "10", "price": "20.0000", "insured_amount": "120.00"}
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("Z1", 1, "HL", "HX", "HX", "200.00", **nursing),
            trade.charge("Z1", 2, "CT", "HX", "YX", "200.00", insured_amount="100.00"),
            trade.charge("Z1", 3, "YP", "HX", "HX", "100.00"),
            trade.charge("M1", 1, "CT", "HX", "YX", "200.00", insured_amount="80.00"),
        ],
    )
    costed(hospital, MARCH)
    trade.landed(
        hospital,
        "discharge-abstracts",
        [
            {
                "encounter_no": "Z1",
                "total_charges": "500.00",
                "diagnoses": ["J18.900"],
                "sex": "1",
                "age": "67",
                "stay_days": "10",
                "leaving_type": "1",
            }
        ],
    )
    run_grouping(PLATFORM, institution=hospital, period=MARCH)
    return hospital


def costed(hospital: Institution, period: Period) -> None:
    run_allocation(PLATFORM, institution=hospital, period=period)
    cost_patients_of(PLATFORM, institution=hospital, period=period)


@pytest.fixture
def planner(hospital: Institution) -> User:
    return trade.person("planner", Role.FINANCE_OFFICER, hospital)


def wanted(hospital: Institution, **more: Any) -> WantedAdjustment:
    given: dict[str, Any] = {
        "title": "护理提价、检查降价",
        "source_text": "价格管理委员会纪要",
        "first_month": MARCH,
        "last_month": MARCH,
        "steps": STEPS,
        "rows": [
            PriceRow("HL", (Decimal(25), Decimal(30)), "护理价格低于成本"),
            PriceRow("CT", (Decimal(180), Decimal(160))),
        ],
        "loss": Decimal("1000.00"),
        "loss_text": "取消耗材加成",
        "subsidy": Decimal("100.00"),
        "fund_limit": Decimal("0.00"),
        "decision_on": date(2026, 4, 20),
        "decision_no": "市医保〔2026〕1号",
    }
    return WantedAdjustment(institution_id=hospital.pk, **{**given, **more})


@pytest.fixture
def plan(hospital: Institution, planner: User) -> PriceAdjustment:
    return begin_adjustment(actor_of_user(planner), wanted(hospital))


def figures(found: Sheet, name: str) -> dict[str, Any]:
    row = next(row for row in found.rows if row.name.startswith(name))
    return {column.name: cell.value for column, cell in zip(found.columns, row.cells, strict=True)}


def test_a_plan_says_what_each_step_brings_in_a_year(plan: PriceAdjustment) -> None:
    """Nursing 120 days: 2,400.00 → 3,000.00 → 3,600.00; 24 scans: 4,800.00 → 4,320.00 → 3,840.00."""
    found = sheets.whole_sheet(price_adjustments.outcome(plan))
    first, second = figures(found, "第1步"), figures(found, "第2步")
    assert (first["控总量 提价增加"], first["控总量 降价减少"]) == (Decimal("600.00"), Decimal("-480.00"))
    assert (second["控总量 提价增加"], second["控总量 降价减少"]) == (Decimal("1200.00"), Decimal("-960.00"))
    assert first["控总量 调价前医疗服务收费"] == Decimal("7200.00")
    # of 600.00 the 360.00 of stays are paid by case, of 480.00 the 120.00
    assert (first["腾空间 提价多付"], first["腾空间 降价少付"]) == (Decimal("240.00"), Decimal("360.00"))
    assert first["腾空间 腾出空间"] == Decimal("360.00")
    assert first["腾空间 对多付的覆盖"] == Decimal("1.5")


def test_a_plan_says_who_bears_it_and_what_is_not_paid_for_stays(plan: PriceAdjustment) -> None:
    """Of the first step's 120.00: stays 360.00 − 120.00, which no case is paid more for; visits −96.00; patients −24.00."""
    one = figures(sheets.borne_sheet(price_adjustments.outcome(plan)), "第1步")
    assert one["由谁负担 医保基金"] == Decimal("-96.00")
    assert one["由谁负担 患者"] == Decimal("-24.00")
    assert one["由谁负担 按病组付费支付不变"] == Decimal("240.00")
    assert one["补偿 实际增收"] == Decimal("-120.00")
    assert one["补偿 补偿率"] == Decimal("-0.02")
    assert one["补偿 尚缺(负为有余)"] == Decimal("1020.00")


def test_where_stays_are_not_paid_by_case_the_fund_bears_them(hospital: Institution, planner: User) -> None:
    """April was never grouped."""
    charged_again(hospital, "2026-04", "M2", "200.00", "200.00")
    costed(hospital, Period.parse("2026-04"))
    april = Period.parse("2026-04")
    plan = begin_adjustment(actor_of_user(planner), wanted(hospital, first_month=april, last_month=april))
    assert not plan.by_case
    one = figures(sheets.borne_sheet(price_adjustments.outcome(plan)), "第1步")
    assert one["由谁负担 按病组付费支付不变"] == 0


def test_prices_come_nearer_to_costs(plan: PriceAdjustment) -> None:
    """All services earn 600 of 900. Nursing a third: half of that; scans 4/3: twice that. After the second step all earn
    7,440 of 10,800, nursing a half, scans 16/15."""
    found = price_adjustments.outcome(plan)
    rows = sheets.items_sheet(found)
    nursing, scan = figures(rows, "HL"), figures(rows, "CT")
    assert (nursing["调价前 单位成本"], nursing["调价前 均价"]) == (Decimal(60), Decimal(20))
    assert (nursing["调价前 比价偏离"], scan["调价前 比价偏离"]) == (Decimal("-0.5"), Decimal(1))
    of_all = Decimal(7440) / 10800
    assert nursing["第2步(2026-07-01) 成本回收率"] == Decimal("0.5")
    assert nursing["第2步(2026-07-01) 比价偏离"] == pytest.approx(Decimal("0.5") / of_all - 1)
    before, after = found.mean_departure(), found.mean_departure(1)
    assert before is not None
    assert after is not None
    assert after < before


def test_the_structure_of_income_moves_to_services(plan: PriceAdjustment) -> None:
    """Of 8,400.00 services were 2,400.00; of 8,640.00 they are 3,600.00."""
    found = sheets.structure_sheet(price_adjustments.outcome(plan))
    services, whole = figures(found, "医疗服务收入"), figures(found, "医疗收入合计")
    assert (services["调价前 收入"], services["调价后 收入"]) == (Decimal("2400.00"), Decimal("3600.00"))
    assert (whole["调价前 收入"], whole["调价后 收入"]) == (Decimal("8400.00"), Decimal("8640.00"))


def test_each_department_has_its_part_of_an_item_and_all_have_the_whole(plan: PriceAdjustment) -> None:
    found = sheets.departments_sheet(price_adjustments.outcome(plan))
    assert figures(found, "呼吸内科")["第2步(2026-07-01) 年收费变动"] == Decimal("1200.00")
    assert figures(found, "影像科")["第2步(2026-07-01) 年收费变动"] == Decimal("-960.00")
    assert figures(found, "合计")["第2步(2026-07-01) 年收费变动"] == Decimal("240.00")


def test_every_figure_of_a_plan_opens_and_comes_out(plan: PriceAdjustment, planner: User, client: Client) -> None:
    client.force_login(planner)
    page = client.get(reverse("costing:price-adjustment", args=[plan.pk]))
    assert page.status_code == 200
    words = page.content.decode()
    addresses = set(re.findall(rf'"(/costing/price-adjustments/{plan.pk}/figure/[^"]+)"', words))
    assert len(addresses) > 60
    for address in addresses:
        opened = client.get(address.replace("&amp;", "&"))
        assert opened.status_code == 200, address
        assert opened.context["agrees"], address
    assert client.get(reverse("costing:price-figure", args=[plan.pk, "nothing"])).status_code == 404
    assert client.get(reverse("costing:price-figure", args=[plan.pk, "whole"]) + "?row=0&column=99").status_code == 404


def test_what_is_odd_is_said(hospital: Institution, planner: User) -> None:
    rows = [PriceRow("HL", (Decimal(30), Decimal(33))), PriceRow("CT", (Decimal(140), Decimal(140)))]
    plan = begin_adjustment(actor_of_user(planner), wanted(hospital, rows=rows))
    told = "\n".join(concern_words(price_adjustments.outcome(plan)))
    assert "HL 项目HL 第2步的价格高于现行最高限价 3.1%" in told
    assert "HL 项目HL 第1步提价 50.0%，超过每步提示线 30.0%" in told
    assert "CT 项目CT 第1步降价后收入只有成本的 93.3%" in told
    assert "没有补偿" in told


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"first_month": Period.parse("2026-02")}, "costing.price_base_not_costed"),
        ({"first_month": Period.parse("2025-11")}, "costing.price_base_months"),
        ({"last_month": Period.parse("2026-02")}, "costing.price_base_months"),
        ({"steps": (date(2026, 3, 31), date(2026, 7, 1))}, "costing.price_steps"),
        ({"steps": (date(2026, 7, 1), date(2026, 5, 1))}, "costing.price_steps"),
        ({"steps": (date(2026, 7, 1), date(9999, 12, 31))}, "costing.day_of_no_year"),
        ({"decision_on": date(2026, 5, 2)}, "costing.price_decision"),
        ({"decision_no": ""}, "costing.price_decision"),
        ({"decision_on": None}, "costing.price_decision"),
        ({"rows": []}, "costing.price_rows"),
        ({"rows": [PriceRow("HL", (Decimal(1),))]}, "costing.price_rows"),
        ({"rows": [PriceRow("YP", (Decimal(1), Decimal(1)))]}, "costing.unknown_item"),
        ({"rows": [PriceRow("XX", (Decimal(1), Decimal(1)))]}, "costing.unknown_item"),
        ({"rows": [PriceRow("HL", (Decimal(1), Decimal(1)))] * 2}, "costing.item_twice"),
    ],
)
def test_a_plan_that_cannot_be_measured_is_refused(
    hospital: Institution, planner: User, more: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        begin_adjustment(actor_of_user(planner), wanted(hospital, **more))
    assert refusal.value.code == code
    assert not PriceAdjustment.objects.exists()


def test_a_price_in_a_per_cent_cell_is_refused_as_it_is_seen() -> None:
    body = workbook((price_files.CODE, price_files.STEPS[0]), ("HL", PerCent(25)))
    with pytest.raises(Invalid, match=r"第 2 行「第1步价格.元.」：2500% 应为不小于 0"):
        price_files.read(body, {"HL"}, 1)


def test_who_may_plan_and_where(hospital: Institution) -> None:
    auditor = trade.person("auditor", Role.AUDITOR, hospital)
    with pytest.raises(Forbidden):
        begin_adjustment(actor_of_user(auditor), wanted(hospital))
    elsewhere = trade.person("elsewhere", Role.FINANCE_OFFICER, Institution.objects.get(code="T1"))
    with pytest.raises(NotFound):
        begin_adjustment(actor_of_user(elsewhere), wanted(hospital))


def signed(matter: Matter, person: User) -> None:
    task = Task.objects.get(matter=matter, person=person, state=Task.State.OPEN).number
    approve(actor_of_user(person), matter_id=matter.pk, task=task)


def approved(plan: PriceAdjustment, planner: User) -> None:
    hospital = plan.institution
    director = trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    head = trade.person("head", Role.INSTITUTION_HEAD, hospital)
    matter = Matter.objects.get(pk=submit_adjustment(actor_of_user(planner), adjustment_id=plan.pk))
    signed(matter, director)
    signed(matter, head)
    plan.refresh_from_db()


def test_a_plan_is_approved_by_two_others_and_signed_with_its_prices(plan: PriceAdjustment, planner: User) -> None:
    approved(plan, planner)
    assert plan.state == PriceAdjustment.State.APPROVED
    with pytest.raises(Conflict):
        submit_adjustment(actor_of_user(planner), adjustment_id=plan.pk)


def test_a_plan_that_nobody_decided_on_does_not_begin_in_the_past(hospital: Institution, planner: User) -> None:
    plan = begin_adjustment(actor_of_user(planner), wanted(hospital, decision_on=None, decision_no=""))
    with pytest.raises(Conflict) as refusal:
        submit_adjustment(actor_of_user(planner), adjustment_id=plan.pk)
    assert refusal.value.code == "costing.price_step_passed"
    plan.refresh_from_db()
    assert plan.state == PriceAdjustment.State.DRAFT


def test_prices_are_followed_from_the_decision_on(hospital: Institution, planner: User) -> None:
    """Decided on 2 May for a step from 3 May on: May held two prices; a plan of ours alone counts from its approval on."""
    charged_again(hospital, "2026-05", "M5", "180.00", "200.00")
    costed(hospital, MAY)
    begun = begin_adjustment(actor_of_user(planner), wanted(hospital))
    assert [one.run.period for one in price_adjustments.followed(price_adjustments.outcome(begun))] == ["2026-05"]
    begun.decision_on, begun.approved_on = None, date(2026, 5, 20)
    assert price_adjustments.followed(price_adjustments.outcome(begun)) == []
    begun.approved_on = None
    assert price_adjustments.followed(price_adjustments.outcome(begun)) == []


def test_a_refused_plan_is_a_draft_again(plan: PriceAdjustment, planner: User, hospital: Institution) -> None:
    director = trade.person("director", Role.FINANCE_DIRECTOR, hospital)
    trade.person("head", Role.INSTITUTION_HEAD, hospital)
    matter = Matter.objects.get(pk=submit_adjustment(actor_of_user(planner), adjustment_id=plan.pk))
    task = Task.objects.get(matter=matter, person=director).number
    reject(actor_of_user(director), matter_id=matter.pk, task=task, comment="幅度过大")
    plan.refresh_from_db()
    assert plan.state == PriceAdjustment.State.DRAFT


def charged_again(hospital: Institution, month: str, number: str, scan: str, second: str) -> None:
    """Two scans of a visit in another month."""
    when = {"when": f"{month}-05T08:00:00"}
    trade.landed(
        hospital,
        "cost-entries",
        [
            trade.cost(f"{number}-1", "HX", "60.00", day=f"{month}-28"),
            trade.cost(f"{number}-2", "YX", "300.00", day=f"{month}-28"),
        ],
    )
    trade.landed(hospital, "encounters", [trade.visit(number, "HX", **when)])
    at = f"{month}-05T09:00:00"
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge(number, 1, "HL", "HX", "HX", "25.00", when=at),
            trade.charge(number, 2, "CT", "HX", "YX", scan, when=at),
            trade.charge(number, 3, "CT", "HX", "YX", second, when=at),
        ],
    )


def test_a_month_after_a_step_shows_which_items_are_charged_at_another_price(
    plan: PriceAdjustment, planner: User, hospital: Institution, client: Client
) -> None:
    """In May nursing is charged at its new 25.00, one of two scans still at 200.00 instead of 180.00."""
    approved(plan, planner)
    charged_again(hospital, "2026-05", "M5", "180.00", "200.00")
    costed(hospital, MAY)
    (month,) = price_adjustments.followed(price_adjustments.outcome(plan))
    assert (month.run.period, month.step) == ("2026-05", 0)
    assert {row.item.row.item.code: row.difference for row in month.rows} == {
        "HL": Decimal("0.00"),
        "CT": Decimal("20.00"),
    }
    client.force_login(planner)
    page = client.get(reverse("costing:price-following", args=[plan.pk])).content.decode()
    assert "CT 项目CT" in page
    assert "HL 项目HL" not in page


def test_a_month_in_which_a_step_begins_late_is_not_judged(hospital: Institution, planner: User) -> None:
    plan = begin_adjustment(actor_of_user(planner), wanted(hospital, steps=(date(2026, 5, 2), date(2026, 7, 1))))
    charged_again(hospital, "2026-05", "M5", "180.00", "180.00")
    costed(hospital, MAY)
    assert price_adjustments.followed(price_adjustments.outcome(plan)) == []


def test_a_base_that_was_costed_anew_is_told(
    plan: PriceAdjustment, planner: User, hospital: Institution, client: Client
) -> None:
    trade.landed(hospital, "cost-entries", [trade.cost("V-9", "HX", "60.00")])
    costed(hospital, MARCH)
    client.force_login(planner)
    page = client.get(reverse("costing:price-adjustment", args=[plan.pk])).content.decode()
    assert "基期 2026-03 在编制后重新核算过成本" in page
    cost = {one.row.item.code: one.cost for one in price_adjustments.outcome(plan).items}
    assert cost["HL"] == 60_000 * 12


def filled(rows: list[list[Any]], steps: int = 1) -> bytes:
    """A workbook with the headers of the export and these rows."""
    file = BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, [price_files.CODE, *price_files.STEPS[:steps], price_files.NOTE])
    for number, row in enumerate(rows, 1):
        sheet.write_row(number, 0, row)
    book.close()
    return file.getvalue()


def test_the_workbook_lists_items_with_cost_and_recovery(hospital: Institution, planner: User, client: Client) -> None:
    client.force_login(planner)
    asked = {"institution": hospital.pk, "first_month": "2026-03", "last_month": "2026-03"}
    book = book_of(client.get(reverse("costing:price-file"), asked))
    head, *rows = book.get_sheet_by_index(0).to_python()
    listed = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(listed) == ["HL", "CT"]  # 400.00 below cost, 100.00 above
    assert listed["HL"]["单位成本(元)"] == 60
    assert listed["HL"]["成本回收率(%)"] == pytest.approx(33.33)
    assert listed["HL"]["按全院回收率的参考价(元)"] == 40
    assert listed["HL"]["最高限价(元)"] == 32


def test_a_filled_workbook_becomes_a_plan(hospital: Institution, planner: User, client: Client) -> None:
    client.force_login(planner)
    file = SimpleUploadedFile("调价.xlsx", filled([["HL", 25, "", "护理"], ["CT", 180, 160, ""]], steps=2))
    given = {
        "institution": hospital.pk,
        "title": "护理",
        "source_text": "纪要",
        "first_month": "2026-03",
        "last_month": "2026-03",
        "step_1": "2026-05-01",
        "step_2": "2026-07-01",
        "file": file,
    }
    answer = client.post(reverse("costing:new-price-adjustment"), given)
    plan = PriceAdjustment.objects.get()
    assert answer.url == reverse("costing:price-adjustment", args=[plan.pk])
    assert {one.item.code: one.prices for one in plan.items.select_related("item")} == {
        "HL": [Decimal(25), Decimal(25)],
        "CT": [Decimal(180), Decimal(160)],
    }
    assert "护理" in client.get(reverse("costing:price-adjustments")).content.decode()


def test_every_fault_of_a_workbook_is_told_by_row_and_column(
    hospital: Institution, planner: User, client: Client
) -> None:
    client.force_login(planner)
    rows = [["HL", "二十五", ""], ["XX", 10, ""], ["CT", "", "无"], ["YP", 1, ""], ["CT", -5, ""], ["CT", 5, ""]]
    given = {
        "institution": hospital.pk,
        "title": "护理",
        "source_text": "纪要",
        "first_month": "2026-03",
        "last_month": "2026-03",
        "step_1": "2026-05-01",
        "file": SimpleUploadedFile("调价.xlsx", filled(rows)),
    }
    page = client.post(reverse("costing:new-price-adjustment"), given)
    told = page.content.decode()
    assert page.status_code == 422
    assert "第 2 行「第1步价格(元)」" in told
    assert "第 3 行「项目编码」" in told
    assert "第 5 行「项目编码」" in told
    assert "第 6 行「第1步价格(元)」" in told
    assert "第 7 行「项目编码」：项目 CT 重复" in told
    assert not PriceAdjustment.objects.exists()


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"institution": "999999", "first_month": "2026-03", "last_month": "2026-03"},
        {"first_month": "2026-13", "last_month": "2026-03"},
        {"first_month": "2026-03\x00", "last_month": "2026-03"},
        {"first_month": "2026-01", "last_month": "2026-03"},
    ],
)
def test_a_base_that_does_not_stand_is_refused_with_words(
    hospital: Institution, planner: User, client: Client, asked: dict[str, str]
) -> None:
    client.force_login(planner)
    answer = client.get(reverse("costing:price-file"), {"institution": hospital.pk, **asked})
    assert answer.status_code == 422


def test_a_plan_as_a_workbook_has_a_sheet_for_each_report(plan: PriceAdjustment, planner: User, client: Client) -> None:
    client.force_login(planner)
    book = book_of(client.get(reverse("costing:price-adjustment", args=[plan.pk]), {"export": "xlsx"}))
    assert book.sheet_names == ["总量与空间", "负担与补偿", "收入结构", "项目", "执行科室", "提示"]


def test_plans_of_others_are_not_seen(plan: PriceAdjustment, client: Client) -> None:
    client.force_login(trade.person("elsewhere", Role.FINANCE_OFFICER, Institution.objects.get(code="T1")))
    for name in ("price-adjustment", "price-following"):
        assert client.get(reverse(f"costing:{name}", args=[plan.pk])).status_code == 404
    assert client.post(reverse("costing:submit-price-adjustment", args=[plan.pk])).status_code == 404


def test_a_draft_is_put_away_and_an_asked_one_is_not(plan: PriceAdjustment, planner: User, client: Client) -> None:
    client.force_login(planner)
    client.post(reverse("costing:archive-price-adjustment", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.state == PriceAdjustment.State.ARCHIVED
    client.post(reverse("costing:submit-price-adjustment", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.state == PriceAdjustment.State.ARCHIVED


def test_costs_of_the_plan_are_those_of_the_runs(plan: PriceAdjustment) -> None:
    stored = ItemCost.objects.filter(item__code="HL").get()
    (one,) = [one for one in price_adjustments.outcome(plan).items if one.row.item.code == "HL"]
    assert one.priced.cost == int(stored.medical_cost * 100)
