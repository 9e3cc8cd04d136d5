"""Items by activity (作业成本法), from the proposal of one person to what an item costs: domain.md 1.5, example 1."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from costing import activity_files, integrity
from costing.activities import WantedActivity
from costing.engine.columns import COLUMNS
from costing.models import Activity, ActivityCost, ItemBasis, ItemBasisProposal, ItemCost, PatientRun, UnassignedCost
from costing.services import cost_patients_of, run_allocation
from costing.services.item_bases import WantedBasis, propose_item_basis
from costing.services.patients import is_up_to_date
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade
from tests.support.downloads import book_of
from workflows.models import Matter, Task
from workflows.reference import load_flows
from workflows.services import approve

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
FROM = date(2026, 3, 1)
# 100 procedures use 30 % of the preparation and 50 % of the operation, one examination the rest
PREPARE = WantedActivity("准备", {"": "12"}, {"CZ": "0.3", "JC": "70"})
OPERATE = WantedActivity("操作", {"": "8"}, {"CZ": "0.5", "JC": "50"})


@pytest.fixture
def hospital() -> Institution:
    """A department of 20,000.00, of which activities make 12,000.00 and 8,000.00."""
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("E", name="内镜中心"), trade.department("D", name="内科")])
    trade.landed(hospital, "charge-items", [trade.item(code) for code in ("CZ", "JC", "HL", "KZ")])
    trade.landed(hospital, "cost-entries", [trade.cost("V-E", "E", "20000.00"), trade.cost("V-D", "D", "500.00")])
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "D")])
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("M1", 1, "CZ", "D", "E", "4000.00", quantity="40", price="100.0000"),
            trade.charge("M2", 1, "CZ", "D", "E", "6000.00", quantity="60", price="100.0000"),
            trade.charge("M2", 2, "JC", "D", "E", "300.00"),
            trade.charge("M1", 2, "HL", "D", "D", "200.00"),
        ],
    )
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    return hospital


@pytest.fixture
def director(hospital: Institution) -> User:
    return trade.person("finance-director", Role.FINANCE_DIRECTOR, hospital)


@pytest.fixture
def centre(hospital: Institution) -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


def wanted(hospital: Institution, *activities: WantedActivity, **more: object) -> WantedBasis:
    given = {
        "method": "activity",
        "effective_from": FROM,
        "source_text": "内镜中心作业调查",
        "department_id": Department.objects.get(institution=hospital, code="E").pk,
        "activities": activities or (PREPARE, OPERATE),
    }
    return WantedBasis(institution_id=hospital.pk, **{**given, **more})  # type: ignore[arg-type]


def in_force(hospital: Institution, director: User, centre: User, *activities: WantedActivity) -> ItemBasis:
    """Asked for by one, approved by the other."""
    _proposal, matter = propose_item_basis(actor_of_user(director), wanted(hospital, *activities))
    approve(actor_of_user(centre), matter_id=matter, task=Task.objects.get(matter=matter, person=centre).number)
    return ItemBasis.objects.get()


def costed(hospital: Institution) -> tuple[PatientRun, dict[str, ItemCost]]:
    run = cost_patients_of(PLATFORM, institution=hospital, period=MARCH).run
    rows = ItemCost.objects.filter(run=run).select_related("item")
    return run, {row.item.code: row for row in rows if row.item}


def test_activities_of_12000_and_8000_make_a_procedure_cost_76(
    hospital: Institution, director: User, centre: User
) -> None:
    in_force(hospital, director, centre)
    run, items = costed(hospital)
    assert items["CZ"].medical_cost / items["CZ"].quantity == Decimal("76.00")
    assert (items["CZ"].personnel, items["JC"].personnel) == (Decimal("7600.00"), Decimal("12400.00"))
    assert (run.bases, run.findings, run.unassigned_cost) == (
        {str(items["CZ"].department_id): "activity"},
        [],
        Decimal("0.00"),
    )
    parts = ActivityCost.objects.filter(run=run, item=items["CZ"].item).order_by("activity__number")
    assert [(row.activity.name, row.volume, row.personnel) for row in parts] == [
        ("准备", Decimal("30.0000"), Decimal("3600.00")),
        ("操作", Decimal("50.0000"), Decimal("4000.00")),
    ]
    assert list(integrity.patients()) == []


def test_a_cost_item_may_have_resource_drivers_of_its_own(hospital: Institution, director: User, centre: User) -> None:
    """Depreciation of 1,000.00 falls on the operation alone; the rest as before."""
    trade.landed(hospital, "cost-entries", [trade.cost("V-P", "E", "1000.00", "depreciation")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    operate = WantedActivity("操作", {"": "8", "depreciation": "1"}, OPERATE.uses)
    in_force(hospital, director, centre, PREPARE, operate)
    run, items = costed(hospital)
    assert (items["CZ"].personnel, items["CZ"].depreciation) == (Decimal("7600.00"), Decimal("500.00"))
    prepared = ActivityCost.objects.filter(run=run, activity__name="准备").aggregate(whole=Sum("depreciation"))
    assert prepared["whole"] == Decimal("0.00")


def test_an_activity_that_no_item_used_keeps_its_cost_by_name(
    hospital: Institution, director: User, centre: User
) -> None:
    """Emergencies (快诊) did not happen this month: their 5 of 25 parts stand idle, and no patient bears them."""
    emergency = WantedActivity("急诊备勤", {"": "5"}, {"KZ": "1"})
    in_force(hospital, director, centre, PREPARE, OPERATE, emergency)
    run, items = costed(hospital)
    idle = UnassignedCost.objects.get(run=run)
    assert (idle.reason, idle.personnel, run.unassigned_cost) == (
        "idle_activity",
        Decimal("4000.00"),
        Decimal("4000.00"),
    )
    assert items["CZ"].personnel + items["JC"].personnel == Decimal("16000.00")
    assert run.full_cost == run.patient_cost + run.unassigned_cost == Decimal("20500.00")
    assert [code for code, _message in run.findings] == ["costing.activity_unused"]
    assert "内镜中心 的作业「急诊备勤」" in run.findings[0][1]
    assert "4,000.00 元" in run.findings[0][1]
    assert ActivityCost.objects.get(run=run, item=None).activity.name == "急诊备勤"
    assert list(integrity.patients()) == []


def test_an_item_without_use_bears_nothing_and_is_named(hospital: Institution, director: User, centre: User) -> None:
    in_force(hospital, director, centre, WantedActivity("操作", {"": "1"}, {"CZ": "1"}))
    run, items = costed(hospital)
    assert (items["CZ"].personnel, items["JC"].personnel) == (Decimal("20000.00"), Decimal("0.00"))
    assert run.findings == [
        [
            "costing.item_without_activity",
            "内镜中心 当月开展的 项目JC(JC) 没有作业动因量，未分配成本。请补录作业动因量。",
        ]
    ]


def test_a_department_of_which_no_item_uses_any_activity_falls_back_on_income_and_says_so(
    hospital: Institution, director: User, centre: User
) -> None:
    in_force(hospital, director, centre, WantedActivity("急诊备勤", {"": "1"}, {"KZ": "1"}))
    run, items = costed(hospital)
    assert items["CZ"].personnel == Decimal("19417.48")  # 20,000 × 10,000 ÷ 10,300
    assert (run.bases, run.unassigned_cost) == ({}, Decimal("0.00"))
    assert [code for code, _message in run.findings] == ["costing.activities_fell_back"]


def test_other_activities_make_another_run(hospital: Institution, director: User, centre: User) -> None:
    run, items = costed(hospital)
    assert items["CZ"].weight == Decimal("10000.0000"), "by income"
    in_force(hospital, director, centre)
    assert not is_up_to_date(hospital, MARCH)
    again, _items = costed(hospital)
    assert again.version == run.version + 1
    assert not cost_patients_of(PLATFORM, institution=hospital, period=MARCH).created


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"department_id": None}, "请选择一个执行科室"),
        ({"activities": ()}, "请上传作业表"),
        ({"rows": [["CZ", "1"]]}, "不需要系数表"),
        ({"activities": [PREPARE, PREPARE]}, "「准备」重复"),
        ({"activities": [WantedActivity("", {"": "1"}, {"CZ": "1"})]}, "名称不能为空"),
        ({"activities": [WantedActivity("操作", {}, {"CZ": "1"})]}, "「操作」没有资源动因"),
        ({"activities": [WantedActivity("操作", {"": "1"}, {"CZ": "0"})]}, "「操作」没有项目使用"),
        ({"activities": [WantedActivity("操作", {"": "1"}, {"NO": "1"})]}, "没有编码为 NO 的收费项目"),
        ({"activities": [WantedActivity("操作", {"": "-1"}, {"CZ": "1"})]}, "应为不小于 0"),
        ({"activities": [WantedActivity("操作", {"wages": "1"}, {"CZ": "1"})]}, "没有成本项目 wages"),
        ({"activities": [WantedActivity("操作", {"": "1"}, {"CZ": "0.00001"})]}, "最多 4 位小数"),
        ({"activities": [WantedActivity("操作", {"personnel": "1"}, {"CZ": "1"})]}, "「全部成本项目」的资源动因都为空"),
        ({"method": "equivalent", "rows": [["CZ", "1"]]}, "只有作业成本法需要作业表"),
    ],
)
def test_what_could_not_divide_a_department_is_refused(
    hospital: Institution, director: User, more: dict[str, object], words: str
) -> None:
    asked = wanted(hospital, **more)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match=words):
        propose_item_basis(actor_of_user(director), asked)
    assert not ItemBasisProposal.objects.exists()


def test_the_second_person_reads_every_activity(hospital: Institution, director: User, centre: User) -> None:
    propose_item_basis(actor_of_user(director), wanted(hospital))
    browser = Client()
    browser.force_login(centre, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("workflows:matter", args=[Matter.objects.get().pk])).content.decode()
    for words in ("作业成本法", "作业：准备", "资源动因 全部成本项目 12", "CZ：0.3"):
        assert words in page


def workbook(rows: list[list[object]]) -> bytes:
    body = BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return body.getvalue()


def test_the_page_gives_the_departments_items_and_takes_the_filled_workbook_back(
    hospital: Institution, director: User, centre: User
) -> None:
    department = Department.objects.get(institution=hospital, code="E")
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    asked = {"method": "activity", "department": department.pk}
    sheet = book_of(browser.get(reverse("costing:coefficient-file"), asked)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet if row[0] not in (activity_files.RESOURCE, activity_files.OWNER)] == [
        activity_files.CODE,
        "CZ",
        "JC",
    ], (  # fmt: skip
        "what others carried out is not asked for"
    )
    filled = [["项目编码", "项目名称", "准备", "操作", ""]]
    values = {"全部成本项目": [12, 8], "CZ": [0.3, 0.5], "JC": [70, 50]}
    filled += [[*row[:2], *values.get(row[1] if row[0] == "资源动因" else row[0], ["", ""]), ""] for row in sheet[1:]]
    given = {
        "institution": hospital.pk,
        "department": department.pk,
        "method": "activity",
        "effective_from": "2026-03-01",
        "source_text": "作业调查",
        "file": SimpleUploadedFile("activities.xlsx", workbook(filled)),
    }
    assert browser.post(reverse("costing:new-item-basis"), given).status_code == 302
    approve(actor_of_user(centre), matter_id=Matter.objects.get().pk, task=Task.objects.get(person=centre).number)
    assert list(Activity.objects.values_list("name", flat=True)) == ["准备", "操作"]
    _run, items = costed(hospital)
    assert items["CZ"].personnel == Decimal("7600.00")
    out = book_of(browser.get(reverse("costing:coefficient-file"), asked)).get_sheet_by_index(0).to_python()
    assert out[0] == ["项目编码", "项目名称", "准备", "操作"]
    assert out[-2][2:] == [0.3, 0.5]
    basis = browser.get(reverse("costing:item-basis", args=[ItemBasis.objects.get().pk])).content.decode()
    assert "资源动因：全部成本项目" in basis


def test_faults_of_the_workbook_are_named_by_row_and_column(hospital: Institution) -> None:
    department = Department.objects.get(institution=hospital, code="E")
    head: list[object] = ["项目编码", "项目名称", "准备", "操作"]
    owner: list[object] = ["执行科室", "H1 E 外科"]
    body = workbook(
        [
            head,
            owner,
            ["资源动因", "工资", 1],
            ["资源动因", "人员经费", "很多"],
            ["NO", "", 1],
            ["CZ", "", 1],
            ["CZ", "", 2],
            ["JC", "", -1, 3],
        ]
    )
    with pytest.raises(Invalid) as refused:
        activity_files.read(body, {"CZ", "JC"}, department)
    for words in (
        "第 3 行「项目名称」：工资 不在可选之中",
        "第 4 行「准备」：很多 不是数",
        "第 5 行「项目编码」：本机构没有编码为 NO",
        "第 7 行「项目编码」：CZ 重复",
        "第 8 行「准备」：-1 应为",
    ):
        assert words in refused.value.message
    for bad in (b"no workbook", workbook([["项目编码", "系数"]]), workbook([["项目编码", "项目名称"], owner])):
        with pytest.raises(Invalid) as refused:
            activity_files.read(bad, set(), department)
        assert refused.value.code == "costing.file"


def test_a_column_that_is_filled_below_no_header_is_told(hospital: Institution) -> None:
    department = Department.objects.get(institution=hospital, code="E")
    owner = ["执行科室", activity_files.owner_of(department)]
    body = workbook([["项目编码", "项目名称", "准备", "", "操作"], owner, ["资源动因", "全部成本项目", 1, 2, 3]])
    with pytest.raises(Invalid, match="第 1 行「D 列」：没有表头，但第 3 行填写了内容。请补写表头，或清空这一列"):
        activity_files.read(body, {"CZ"}, department)
    unused = workbook([["项目编码", "项目名称", "准备", "", "操作"], owner, ["资源动因", "全部成本项目", 1, "", 3]])
    assert [one.name for one in activity_files.read(unused, {"CZ"}, department)] == ["准备", "操作"]


def test_the_workbook_of_another_department_is_refused(hospital: Institution) -> None:
    department = Department.objects.get(institution=hospital, code="E")
    for owner in (["执行科室", "H1 L 检验科"], ["执行科室", "T1 E 外科"], ["CZ", "", 1]):
        body = workbook([["项目编码", "项目名称", "准备"], owner, ["CZ", "", 1]])
        with pytest.raises(Invalid, match="所选科室是 H1 E") as refused:
            activity_files.read(body, {"CZ"}, department)
        assert refused.value.code == "costing.activities_of_another"


def test_a_unit_cost_opens_to_its_activities_and_its_charge_lines(
    hospital: Institution, director: User, centre: User
) -> None:
    in_force(hospital, director, centre)
    _run, items = costed(hospital)
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get(reverse("costing:item-cost", args=[items["CZ"].pk]))
    text = page.content.decode()
    for words in (
        "成本构成：作业",
        "12,000.00",
        "3,600.00",
        "8,000.00",
        "4,000.00",
        "7,600.00",
        "76.00",
        "30.0%",
        "50.0%",
    ):
        assert words in text, words
    lines = browser.get(page.context["detail"].lines_url)
    assert "一致，分毫不差" in lines.content.decode()
    assert lines.context["found"].count == 2
    nursing = browser.get(reverse("costing:item-cost", args=[items["HL"].pk])).content.decode()
    assert "成本比例系数法(收入)" in nursing


def test_activities_may_be_asked_for_by_the_api(hospital: Institution, director: User, centre: User) -> None:
    browser = Client()
    browser.force_login(director, backend="django.contrib.auth.backends.ModelBackend")
    fields = {
        "institution": "H1",
        "department": "E",
        "method": "activity",
        "effective_from": "2026-03-01",
        "source_text": "作业调查",
        "activities": [
            {
                "name": one.name,
                "resources": [{"value": one.resources[""]}],
                "uses": [{"item": code, "value": told} for code, told in one.uses.items()],
            }
            for one in (PREPARE, OPERATE)
        ],
    }
    body = {"type": "costing.item_basis", **fields}
    answer = browser.post("/api/v1/workflows/matters/", body, content_type="application/json")
    assert answer.status_code == 201, answer.json()
    assert ItemBasisProposal.objects.get().activities[0] == {
        "name": "准备",
        "resources": {"": "12"},
        "uses": {"CZ": "0.3", "JC": "70"},
    }


def test_the_checks_would_find_a_fen_too_many(hospital: Institution, director: User, centre: User) -> None:
    in_force(hospital, director, centre)
    run, items = costed(hospital)
    fen = dict.fromkeys(COLUMNS, Decimal("0.00")) | {"other": Decimal("0.01")}
    activity = Activity.objects.get(name="准备")
    ActivityCost.objects.create(run=run, activity=activity, item=items["HL"].item, volume=0, **fen)
    ActivityCost.objects.create(run=run, activity=activity, item=None, volume=0, **fen)
    words = " ".join(finding.message for finding in integrity.patients())
    assert "作业分配的成本 = 项目成本" in words
    assert "闲置作业的成本 = 未归集成本" in words
