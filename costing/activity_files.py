"""The activities of a department as a workbook (作业表): resource drivers above, unit uses of its items below. Out with what
is in force, in as a whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import FileResponse

from costing.activities import EVERY_COLUMN, LARGEST_DRIVER, LARGEST_USE, WantedActivity, number_fault
from costing.titles import COST_COLUMN_TITLES
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Department
from ops_platform.web.exports import escape_cell, xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

CODE, NAME, RESOURCE = "项目编码", "项目名称", "资源动因"
EVERY = "全部成本项目"
TO_NAME = ("作业一", "作业二", "作业三")
MOST_ROWS = 20_000
MOST_TOLD = 5
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
    resources = (
        [RESOURCE, title, *(_number(one.resources.get(column)) for one in activities)]
        for column, title in TITLES.items()
    )
    items = ([code, name, *(_number(one.uses.get(code)) for one in activities)] for code, name in filled.items)
    columns = [CODE, NAME, *(escape_cell(one.name) for one in activities)]
    return xlsx_response(f"作业表_{department.institution.code}_{department.code}_{day}", columns, [*resources, *items])


def _number(told: str | None) -> Decimal | str:
    return Decimal(told) if told else ""


def read(body: bytes, known: set[str]) -> list[WantedActivity]:
    """The activities that the workbook names. Raises Invalid: for the file, or with the faults of its rows."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid(
            "costing.activity_file", "无法读取该文件，请上传由本页导出的 .xlsx 作业表。", field="file"
        ) from error
    header = [_text(table[0], place) for place in range(len(table[0]))] if table else []
    if header[:2] != [CODE, NAME] or len(header) < 3 or len(table) > MOST_ROWS:
        words = (
            f"作业表前两列应为「{CODE}」和「{NAME}」，其后每列一个作业，最多 {MOST_ROWS:,} 行。请用本页导出的文件填写。"
        )
        raise Invalid("costing.activity_file", words, field="file")
    found = [WantedActivity(name) for name in header[2:]]
    faults: list[tuple[int, str]] = []
    seen: set[tuple[bool, str]] = set()
    for number, cells in enumerate(table[1:], start=2):
        values = {place: told for place in range(2, len(header)) if (told := _text(cells, place))}
        if values:
            faults += [(number, words) for words in _row(cells, values, found, known, seen)]
    if faults:
        told_words = " ".join(f"第 {number} 行：{words}" for number, words in faults[:MOST_TOLD])
        more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
        raise Invalid(
            "costing.activity_rows",
            told_words + more,
            field="file",
            faults=[{"row": number, "message": words} for number, words in faults],
        )
    return [one for one in found if one.resources or one.uses]


def _row(
    cells: Sequence[Any],
    values: dict[int, str],
    found: Sequence[WantedActivity],
    known: set[str],
    seen: set[tuple[bool, str]],
) -> list[str]:
    """Take a row over, or say what is wrong with it."""
    code, title = _text(cells, 0), _text(cells, 1)
    driver = code == RESOURCE
    what = title if driver else code
    if driver and title not in COLUMN_OF:
        return [f"没有成本项目「{title or '(空)'}」，资源动因的行应为 {'、'.join(COLUMN_OF)}。"]
    if not driver and code not in known:
        return [f"本机构没有编码为 {code or '(空)'} 的收费项目。"]
    if (driver, what) in seen:
        return [f"{what} 重复。"]
    seen.add((driver, what))
    faults = []
    for place, told in values.items():
        one = found[place - 2]
        fault = number_fault(told, LARGEST_DRIVER if driver else LARGEST_USE)
        if fault or not one.name:
            faults.append(f"作业「{one.name}」的 {fault}" if one.name else f"第 {place + 1} 列没有作业名称。")
        elif driver:
            one.resources[COLUMN_OF[title]] = told
        else:
            one.uses[code] = told
    return faults


def _text(cells: Sequence[Any], place: int) -> str:
    return str(cells[place] if place < len(cells) and cells[place] is not None else "").strip()
