"""Service units as a workbook (服务单元表): one row for each department and fee class that carried services out. Out with
what is in force, in as a whole or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import FileResponse

from costing.models import GIVEN_KINDS, UnitKind
from costing.titles import FEE_CLASS_TITLES
from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

COLUMNS = ("科室编码", "科室名称", "费用类别", "单元编码", "单元名称", "单元类别")
OTHERS = "其余全部"
MOST_ROWS = 5000
MOST_TOLD = 5
KIND_TITLES = {kind.value: str(kind.label) for kind in GIVEN_KINDS}
KIND_OF = {title: code for code, title in KIND_TITLES.items()}
FEE_CLASS_OF = {"": "", OTHERS: "", **{title: code for code, title in FEE_CLASS_TITLES.items()}}


@dataclass(frozen=True, slots=True)
class Part:
    """A department's services of a fee class ("" for all others of it) with the unit that they belong to; as text."""

    department: str
    name: str
    fee_class: str
    unit: str = ""
    title: str = ""
    kind: str = ""


def write(institution: Institution, day: str, parts: Iterable[Part]) -> FileResponse:
    """The workbook to fill in."""
    rows = (
        [
            one.department,
            one.name,
            FEE_CLASS_TITLES.get(one.fee_class, OTHERS),
            one.unit,
            one.title,
            KIND_TITLES.get(one.kind, ""),
        ]
        for one in parts
    )
    return xlsx_response(f"服务单元_{institution.code}_{day}", COLUMNS, rows)


def read(body: bytes) -> list[list[str]]:
    """[department code, fee class, unit code, unit name, kind] of the rows that name a unit. Raises Invalid: for the file,
    or with the faults of its rows. Whether departments exist the service says."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid("costing.unit_file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file") from error
    header = [_text(table[0], place) for place in range(len(table[0]))] if table else []
    if any(column not in header for column in COLUMNS) or len(table) > MOST_ROWS:
        words = f"表头应有 {'、'.join(COLUMNS)}，最多 {MOST_ROWS:,} 行。请使用本页导出的文件填写。"
        raise Invalid("costing.unit_file", words, field="file")
    at = {column: header.index(column) for column in COLUMNS}
    rows, faults = [], []
    for number, cells in enumerate(table[1:], start=2):
        told = {column: _text(cells, place) for column, place in at.items()}
        if not told["单元编码"]:
            continue
        if fault := _fault(told):
            faults.append((number, fault))
            continue
        fee_class, kind = FEE_CLASS_OF[told["费用类别"]], KIND_OF[told["单元类别"]]
        rows.append([told["科室编码"], fee_class, told["单元编码"], told["单元名称"], kind])
    if faults:
        told_words = " ".join(f"第 {number} 行：{words}" for number, words in faults[:MOST_TOLD])
        more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
        raise Invalid(
            "costing.unit_rows",
            told_words + more,
            field="file",
            faults=[{"row": number, "message": words} for number, words in faults],
        )
    return rows


def _fault(told: dict[str, str]) -> str:
    if told["费用类别"] not in FEE_CLASS_OF:
        return f"没有费用类别「{told['费用类别']}」，整个科室请填「{OTHERS}」。"
    if told["单元类别"] in (str(UnitKind.DRUGS.label), str(UnitKind.MATERIALS.label)):
        return f"{told['单元类别']}自动为一个单元，成本收入比为 100%，不用填写。"
    if told["单元类别"] not in KIND_OF:
        return f"没有单元类别「{told['单元类别'] or '(空)'}」，可填 {'、'.join(KIND_OF)}。"
    return ""


def _text(cells: Sequence[Any], place: int) -> str:
    return str(cells[place] if place < len(cells) and cells[place] is not None else "").strip()
