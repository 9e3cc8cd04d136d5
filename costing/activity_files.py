"""The activities of a department as a workbook (作业表): resource drivers above, unit uses of its items below. Out with what
is in force, in as a whole or not at all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import FileResponse

from costing.activities import (
    EVERY_COLUMN,
    LARGEST_DRIVER,
    LARGEST_USE,
    LONGEST_NAME,
    MOST_ACTIVITIES,
    WantedActivity,
    number_fault,
)
from costing.row_files import Faults, FileRow, none_of, read_table, shown
from costing.titles import COST_COLUMN_TITLES
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Department
from ops_platform.web.exports import escape_cell, xlsx_response

CODE, NAME, RESOURCE = "项目编码", "项目名称", "资源动因"
OWNER = "执行科室"  # the row that says whose activities these are
EVERY = "全部成本项目"
TO_NAME = ("作业一", "作业二", "作业三")
MOST_ROWS = 20_000
TITLES = {EVERY_COLUMN: EVERY, **COST_COLUMN_TITLES}
COLUMN_OF = {title: column for column, title in TITLES.items()}


@dataclass(frozen=True, slots=True)
class Filled:
    """What the workbook is filled with: the activities in force, and code and name of the department's items."""

    activities: Sequence[WantedActivity]
    items: Sequence[tuple[str, str]]


def write(department: Department, day: str, filled: Filled) -> FileResponse:
    """The workbook to fill in. A department without activities gets three columns to be named."""
    activities = filled.activities or [WantedActivity(name) for name in TO_NAME]
    owner = [OWNER, owner_of(department)]
    resources = (
        [RESOURCE, title, *(_number(one.resources.get(column)) for one in activities)]
        for column, title in TITLES.items()
    )
    items = ([code, name, *(_number(one.uses.get(code)) for one in activities)] for code, name in filled.items)
    columns = [CODE, NAME, *(escape_cell(one.name) for one in activities)]
    return xlsx_response(
        f"作业表_{department.institution.code}_{department.code}_{day}", columns, [owner, *resources, *items]
    )


def owner_of(department: Department) -> str:
    """As the row of the owner names a department."""
    return f"{department.institution.code} {department.code} {department.name}"


def _number(told: str | None) -> Decimal | str:
    return Decimal(told) if told else ""


def read(body: bytes, known: Collection[str], department: Department) -> list[WantedActivity]:
    """The activities that the workbook names; `known` are the codes of the institution's charge items. Raises Invalid: for
    the file, for that of another department, or with the faults of its cells."""
    table = read_table(body, (CODE, NAME), MOST_ROWS, every=True)
    names = [name for name in table.headers if name and name not in (CODE, NAME)]
    if not names or len(names) > MOST_ACTIVITIES:
        words = f"「{NAME}」之后每列一个作业，应有 1 至 {MOST_ACTIVITIES} 个，现有 {len(names)} 个。请用本页导出的文件填写。"
        raise Invalid("costing.file", f"工作表「{table.name}」第 1 行(表头)：{words}", field="file")
    owner = next((row for row in table.rows if row[CODE] == OWNER), None)
    if owner is None or owner[NAME].split(" ")[:2] != owner_of(department).split(" ")[:2]:
        is_of = f"是 {shown(owner[NAME])} 的作业表" if owner else f"没有「{OWNER}」一行"
        words = f"文件{is_of}，所选科室是 {owner_of(department)}。请选择相符的科室，或用该科室导出的作业表填写。"
        raise Invalid("costing.activities_of_another", words, field="file")
    found = {name: WantedActivity(name) for name in names}
    for name in names:
        if len(name) > LONGEST_NAME:
            table.faults.add(1, shown(name), f"作业名称不超过 {LONGEST_NAME} 个字，请缩短。")
    seen: set[tuple[bool, str]] = set()
    for row in table.rows:
        values = {name: row[name] for name in names if row[name]}
        if row is not owner and values:
            _row(row, values, found, known, seen, table.faults)
    table.faults.refuse()
    return [one for one in found.values() if one.resources or one.uses]


def _row(
    row: FileRow,
    values: dict[str, str],
    found: dict[str, WantedActivity],
    known: Collection[str],
    seen: set[tuple[bool, str]],
    faults: Faults,
) -> None:
    """Take a row over, or say what is wrong with it."""
    driver = row[CODE] == RESOURCE
    header, what = (NAME, row[NAME]) if driver else (CODE, row[CODE])
    if driver and what not in COLUMN_OF:
        faults.add(row.number, header, none_of(what, COLUMN_OF))
    if not driver and what not in known:
        faults.add(row.number, header, f"本机构没有编码为 {shown(what)} 的收费项目，请核对编码。")
    if (driver, what) in seen:
        faults.add(row.number, header, f"{shown(what)} 重复，请只保留一行。")
    seen.add((driver, what))
    for name, told in values.items():
        if fault := number_fault(told, LARGEST_DRIVER if driver else LARGEST_USE):
            faults.add(row.number, name, fault)
        elif driver:
            found[name].resources[COLUMN_OF.get(what, what)] = told
        else:
            found[name].uses[what] = told
