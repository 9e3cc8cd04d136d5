"""Every workbook that costing takes in, with whatever people and programs make of one: each is refused in words that say
where and what to do, nothing is stored, and what was typed stays in the form."""

import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from costing import activity_files, agreement_files, driver_files, item_files, pathway_files, target_files, unit_files
from costing.models import (
    AgreementProposal,
    CostTargetProposal,
    DriverProposal,
    ItemBasisProposal,
    ItemStandardProposal,
    PathwayProposal,
    UnitProposal,
)
from ops_platform.kernel import Role
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade
from tests.support.workbooks import PerCent, workbook
from workflows.models import Matter
from workflows.reference import load_flows

pytestmark = pytest.mark.django_db
ASKED = (
    DriverProposal,
    AgreementProposal,
    CostTargetProposal,
    ItemBasisProposal,
    UnitProposal,
    PathwayProposal,
    ItemStandardProposal,
)
TYPED = "会议纪要第 7 号"


@dataclass(frozen=True)
class Door:
    """A page that takes a workbook: its address, what is typed beside the file, its header, and rows that are wrong."""

    page: str
    typed: dict[str, Any]
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@pytest.fixture
def hospital() -> Institution:
    hospital = trade.alliance()["H1"]
    load_flows()
    trade.landed(hospital, "departments", [trade.department("E", name="外科")])
    trade.landed(hospital, "charge-items", [trade.item("CZ", fee_class="surgery")])
    return hospital


@pytest.fixture
def doors(hospital: Institution) -> dict[str, Door]:
    ward = Department.objects.get(institution=hospital, code="E").pk
    where = {"institution": hospital.pk, "effective_from": "2026-03-01", "source_text": TYPED}
    pathway = {**where, "drg": "ES21", "name": "肺炎", "standard_days": "7"}
    owner = (activity_files.OWNER, "H1 E 外科", "", "")
    return {
        "drivers": Door(
            "driver-rules-by-file", {}, driver_files.HEADERS, (("H1", "行政", "", "人", "", "四月", "纪要"),)
        ),
        "agreements": Door(
            "agreements-by-file",
            {},
            agreement_files.HEADERS,
            (("E1", "下沉", "没有", "三月", "无", "协议", "参与方", "谁", "H1", 900, ""),),
        ),
        "targets": Door(
            "import-targets",
            {"institution": hospital.pk, "source_mark": "seed", "source_text": TYPED},
            tuple(target_files.TITLES.values()),
            (("X", "", "运气", "", "三月", "很多", "多", "nobody", "", "", "也许"),),
        ),
        "items": Door(
            "new-item-basis", {**where, "method": "minutes"}, (item_files.CODE, item_files.VALUE), (("NO", "很多"),)
        ),
        "activities": Door(
            "new-item-basis",
            {**where, "method": "activity", "department": ward},
            (activity_files.CODE, activity_files.NAME, "准备", "操作"),
            (owner, ("资源动因", "工资", 1, "x"), ("NO", "", "很多", -1)),
        ),
        "units": Door("new-service-units", where, unit_files.COLUMNS, (("X", "", "魔法费", "", "病房", "宾馆"),)),
        "pathways": Door(
            "new-pathway",
            pathway,
            (pathway_files.CODE, pathway_files.NAME, pathway_files.QUANTITY, pathway_files.KIND),
            (("NO", "", "-1", "也许"),),
        ),
        "standards": Door(
            "new-item-standards",
            where,
            (pathway_files.DEPARTMENT, pathway_files.CODE, pathway_files.MONTHLY, pathway_files.UNIT_COST),
            (("X", "NO", "-1", "很多"),),
        ),
    }


@pytest.fixture
def centre(hospital: Institution) -> Client:
    browser = Client(raise_request_exception=False)
    person = trade.person("centre", Role.OPERATION_CENTRE)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def book(fill: Callable[[Any], None]) -> bytes:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True, "nan_inf_to_errors": True}) as made:
        fill(made)
    return body.getvalue()


def table(door: Door, *rows: tuple[Any, ...], fill: Callable[[Any, Any], None] | None = None) -> bytes:
    def write(made: Any) -> None:
        sheet = made.add_worksheet("填报")
        for number, row in enumerate((door.header, *rows)):
            for place, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, place, value, made.add_format({"num_format": "yyyy-mm-dd"}))
                else:
                    sheet.write(number, place, value)
        if fill:
            fill(made, sheet)

    return book(write)


def send(centre: Client, door: Door, body: bytes) -> str:
    """Refused with words, and nothing stored."""
    given = {**door.typed, "file": SimpleUploadedFile("a.xlsx", body)}
    answer = centre.post(reverse(f"costing:{door.page}"), given)
    words = answer.content.decode()
    assert answer.status_code == 422, (door.page, answer.status_code, words[:300])
    assert "请" in words
    assert not any(model.objects.exists() for model in ASKED), door.page
    assert not Matter.objects.exists()
    if "source_text" in door.typed:
        assert TYPED in words, "what was typed is not lost"
    form = answer.context["form"]
    return " ".join(str(message) for messages in form.errors.values() for message in messages)


NAMES = ("drivers", "agreements", "targets", "items", "activities", "units", "pathways", "standards")
every_door = pytest.mark.parametrize("name", NAMES)


@every_door
def test_all_faults_of_a_row_are_told_at_once_by_sheet_row_and_column(
    name: str, doors: dict[str, Door], centre: Client
) -> None:
    door = doors[name]
    words = send(centre, door, table(door, *door.rows))
    assert words.count("工作表「填报」第 ") >= 2, words
    assert "整个文件没有提交" in words
    last = len(door.rows) + 1
    assert f"第 {last} 行「" in words
    assert any(f"第 {last} 行「{column}」" in words for column in door.header)


@every_door
def test_what_cannot_be_read_of_a_cell_is_told(name: str, doors: dict[str, Door], centre: Client) -> None:
    door = doors[name]
    last = len(door.header) - 1

    def fill(_made: Any, sheet: Any) -> None:
        sheet.write_formula(1, last, "=1/0", None, "#DIV/0!")
        sheet.write_formula(2, last, "=A1", None, "")
        sheet.merge_range(3, last - 1, 4, last, "合并")
        sheet.write(5, last, "x")

    words = send(centre, door, table(door, fill=fill))
    if name == "activities":
        assert "没有「执行科室」一行" in words
        return
    column = door.header[last]
    assert f"第 2 行「{column}」：公式的结果是错误值" in words
    assert f"第 3 行「{column}」：公式没有算出结果" in words
    assert f"第 5 行「{column}」：单元格已合并" in words


@every_door
def test_another_header_a_missing_sheet_and_no_rows_are_told(name: str, doors: dict[str, Door], centre: Client) -> None:
    door = doors[name]
    assert "没有填写任何行" in send(centre, door, table(door)) or name == "activities"
    assert "出现多次" in send(centre, door, book(lambda made: _twice(made, door)))

    def elsewhere(made: Any) -> None:
        made.add_worksheet("说明").write(0, 0, "填在第二张")
        made.add_worksheet("填报").write_row(0, 0, door.header)

    words = send(centre, door, book(elsewhere))
    assert "工作表「说明」第 1 行(表头)缺少" in words
    assert "另有工作表「填报」，只读取第一张" in words
    for nothing in (b"", b"PK\x03\x04", b"no workbook", b"\xd0\xcf\x11\xe0" * 200):
        send(centre, door, nothing)


def _twice(made: Any, door: Door) -> None:
    sheet = made.add_worksheet("填报")
    sheet.write_row(0, 0, (*door.header, door.header[0], door.header[-1]))
    sheet.write_row(1, 0, door.rows[0])


@every_door
def test_ten_thousand_rows_are_refused_or_told_with_the_number_of_faults(
    name: str, doors: dict[str, Door], centre: Client
) -> None:
    door = doors[name]
    words = send(centre, door, table(door, *door.rows[:-1], *(door.rows[-1] for _ in range(10_000))))
    assert ("最多" in words and "现有" in words) or ("另有" in words and "处错误没有列出" in words)
    assert len(words) < 5_000


@every_door
def test_what_would_fill_the_memory_is_refused_by_its_size(
    name: str, doors: dict[str, Door], centre: Client, settings: Any
) -> None:
    """A bomb of zeros, one whose archive lies about its size, one cell at the far corner, and a text named by many cells."""
    door = doors[name]
    settings.INTAKE_MAX_UNPACKED_BYTES = 2 * 2**20
    plain = table(door, *door.rows)
    assert "过大" in send(centre, door, _with(plain, "xl/worksheets/more.xml", b" " * (3 * 2**20)))
    lying = bytearray(_with(plain, "xl/worksheets/sheet1.xml", b"<worksheet>" + b" " * (3 * 2**20) + b"</worksheet>"))
    size = (3 * 2**20 + 23).to_bytes(4, "little")
    send(centre, door, bytes(lying.replace(size, (100).to_bytes(4, "little"))))
    far = table(door, *door.rows, fill=lambda _made, sheet: sheet.write(1_048_575, 16_383, "远"))
    assert "过大" in send(centre, door, far)

    def many(_made: Any, sheet: Any) -> None:
        for number in range(5, 1_005):
            sheet.write(number, 0, "长" * 30_000)

    assert "过大" in send(centre, door, table(door, *door.rows, fill=many))
    typed = _with(plain, "xl/workbook.xml", b'<!DOCTYPE a [<!ENTITY b "b">]><workbook/>')
    assert "无法读取" in send(centre, door, typed)


def _with(body: bytes, name: str, content: bytes) -> bytes:
    """The workbook with a part put in the place of what it had."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "rows", "told"),
    [
        (
            "drivers",
            [("H1", "行政后勤类", "", "占用面积", "", PerCent(0.4), "纪要")],
            "「生效日期」：应为日期，如 2026-03-01，现为 40%",
        ),
        ("items", [("CZ", PerCent(0.4))], "「系数」：40% 应为不小于 0"),
        (
            "activities",
            [(activity_files.OWNER, "H1 E 外科"), ("资源动因", "全部成本项目", PerCent(0.4))],
            "「准备」：40% 不是数",
        ),
        ("units", [("E", "", PerCent(0.4), "U1", "外科病房", "病房")], "「费用类别」：没有费用类别 40%"),
    ],
)
def test_a_per_cent_where_none_is_meant_is_refused_as_it_is_seen(
    name: str, rows: list[tuple[Any, ...]], told: str, doors: dict[str, Door], centre: Client
) -> None:
    assert told in send(centre, doors[name], workbook(doors[name].header, *rows))


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
@pytest.mark.parametrize("name", ["items", "activities", "units", "pathways", "drivers"])
def test_a_rule_holds_from_a_day_of_a_year_that_somebody_means(
    name: str, day: str, doors: dict[str, Door], centre: Client, hospital: Institution
) -> None:
    """Each as it would be taken, but for the year: by page, and the driver by its file."""
    trade.landed(hospital, "departments", [trade.department("XZ", "administration", name="院办")])
    told = f"日期 {day} 不在 2000 年至 2099 年之间，请核对年份"
    if name == "drivers":
        row = ("H1", "行政后勤类", "", "占用面积", "", day, "会议纪要")
        assert f"第 2 行「生效日期」：{told}" in send(centre, doors[name], table(doors[name], row))
        return
    door = Door(doors[name].page, {**doors[name].typed, "effective_from": day}, doors[name].header, ())
    owner, good = (
        (activity_files.OWNER, "H1 E 外科"),
        {
            "items": [("CZ", "30")],
            "units": [("E", "", "手术费", "U1", "外科病房", "病房")],
            "pathways": [("CZ", "", "1", "必选")],
        },
    )
    rows = good.get(name, [owner, ("资源动因", "全部成本项目", 1, 1), ("CZ", "", 1, 1)])
    assert told in send(centre, door, table(door, *rows))


STRANGE: tuple[Any, ...] = (
    "", " ", "NaN", "Infinity", "-1", "1e400000", "9" * 60, "0x10", "一千", "1,000", "12%", "２", "=1+1", "+1", "@A",
    "\u200b", "\ufeff", "NULL", "None", "TRUE", "2026-02-30", "2026/3/1", "2026年3月", "99999-01", "0000-00-00", "'; DROP",
    "<script>", "长" * 3_000, "\U0001f600", "H1", "E", "CZ", "必选", "参与方", "药占比", "是",
    True, 0, -0.0, 1e300, -1e-300, 10**15, float("nan"), float("inf"), date(2026, 3, 1), datetime(2026, 3, 1, 12, 30),  # noqa: DTZ001  a spreadsheet knows no zones
)  # fmt: skip


@every_door
@pytest.mark.parametrize("seed", range(4))
def test_mutilated_cells_never_break_a_door(name: str, seed: int, doors: dict[str, Door], centre: Client) -> None:
    """Every cell of twelve rows may be anything; one row stays that is wrong for certain."""
    door, chance = doors[name], random.Random(f"{name}{seed}")
    rows = [
        tuple(chance.choice(STRANGE) if chance.random() < 0.7 else value for value in chance.choice(door.rows))
        for _ in range(12)
    ]
    send(centre, door, table(door, *door.rows, *rows))


@every_door
def test_bytes_that_fell_out_of_a_file_never_break_a_door(name: str, doors: dict[str, Door], centre: Client) -> None:
    door, chance = doors[name], random.Random(name)
    whole = table(door, *door.rows)
    for _ in range(25):
        broken = bytearray(whole)
        for _each in range(chance.randint(1, 12)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        send(centre, door, bytes(broken[: chance.choice((len(broken), chance.randrange(len(broken))))]))
