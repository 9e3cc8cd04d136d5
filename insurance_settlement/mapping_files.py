"""A classification mapping as a workbook: out with its rows and the items without one, in as a whole or not at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import FileResponse

from insurance_settlement.engine.mapping import Dimension
from insurance_settlement.mapping_classes import KnownClasses, MappingClass, by_fee_class
from insurance_settlement.models import DIMENSION_TITLES, MappingRow
from insurance_settlement.selectors.mappings import CatalogueItem
from insurance_settlement.services.mappings import MOST_ROWS, WantedRow
from ops_platform.kernel import Invalid
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, ReadSheet, UnpacksTooLarge, read_sheet

NATIONAL, NATIONAL_NAME = "国家项目编码(2023版)", "国家项目名称"
ITEM, ITEM_NAME, NOTE = "本地价格项目编码", "本地价格项目名称", "说明"
CLASS_TITLES = {dimension: str(title) for dimension, title in DIMENSION_TITLES.items()}
COLUMNS = (NATIONAL, NATIONAL_NAME, ITEM, ITEM_NAME, *CLASS_TITLES.values(), NOTE)
LONGEST = {NATIONAL: 40, NATIONAL_NAME: 200, ITEM: 60, ITEM_NAME: 200, NOTE: 200}
SUGGESTED = "按费用类别预填，请核对"
MOST_TOLD, SHOWN, FIRST_ROW = 20, 40, 2


def write(
    name: str, rows: Iterable[MappingRow], known: KnownClasses, missing: Iterable[CatalogueItem] = ()
) -> FileResponse:
    """The rows of a version, then the items it does not name, filled in by their fee class to be checked."""
    return xlsx_response(name, list(COLUMNS), [*_lines(rows, known), *_suggested(missing, known)])


def _lines(rows: Iterable[MappingRow], known: KnownClasses) -> Iterable[list[Any]]:
    for row in rows:
        cells = [_cell(known[one], getattr(row, one)) for one in Dimension]
        yield [row.national_code, row.national_name, row.item_code, row.item_name, *cells, row.note]


def _suggested(items: Iterable[CatalogueItem], known: KnownClasses) -> Iterable[list[Any]]:
    for item in items:
        classes = by_fee_class().get(item.fee_class, {})
        cells = [_cell(known[one], classes.get(one, "")) for one in Dimension]
        yield ["", "", item.code, item.name, *cells, SUGGESTED if classes else ""]


def _cell(classes: Mapping[str, MappingClass], code: str) -> str:
    """Accounts and front-page classes with their code; receipt classes are called by their name alone."""
    found = classes.get(code)
    if found is None:
        return code
    return f"{code} {found.title}" if code[:1].isdigit() else found.title


@dataclass(frozen=True, slots=True)
class _Fault:
    row: int
    column: str
    message: str


class _Faults(list[_Fault]):
    def tell(self, row: int, column: str, message: str) -> None:
        self.append(_Fault(row, column, message))

    def refuse(self, sheet: str) -> None:
        """Raise Invalid where something is wrong, with the first of them in words."""
        if not self:
            return
        self.sort(key=lambda one: one.row)
        lines = [f"工作表「{sheet}」第 {one.row} 行「{one.column}」：{one.message}" for one in self[:MOST_TOLD]]
        rest = f"另有 {len(self) - MOST_TOLD} 处错误没有列出。" if len(self) > MOST_TOLD else ""
        lines.append(f"{rest}整个文件没有导入，请更正后重新上传。")
        raise Invalid("insurance_settlement.mapping_rows", " ".join(lines), field="file", lines=lines, count=len(self))


def read(body: bytes, known: KnownClasses) -> list[WantedRow]:
    """The rows of an uploaded workbook. A class is told by code, name, or both as this module writes them; an empty one maps
    nothing. Raises Invalid: for the file, or with the faults of its cells."""
    sheet = _sheet(body)
    places = _places(sheet)
    faults, rows = _Faults(), []
    seen: dict[tuple[str, str], int] = {}
    names = {dimension: _names(classes) for dimension, classes in known.items()}
    for number, cells in enumerate(sheet.rows[1:], start=FIRST_ROW):
        told = {title: _text(cells[place]) if place < len(cells) else "" for title, place in places.items()}
        if not any(told.values()):
            continue
        for title, place in places.items():
            if (number - 1, place) in {*sheet.errors, *sheet.uncomputed, *sheet.covered}:
                faults.tell(number, title, "没有可读的值(公式错误、未计算或合并单元格)，请改为填写文字。")
        for title, longest in LONGEST.items():
            if len(told.get(title, "")) > longest:
                faults.tell(number, title, f"请不超过 {longest} 字。")
        if not told[ITEM]:
            faults.tell(number, ITEM, "请填写本地价格项目编码。")
        key = (told[ITEM], told.get(NATIONAL, ""))
        if told[ITEM] and key in seen:
            faults.tell(number, ITEM, f"项目 {_shown(told[ITEM])} 与第 {seen[key]} 行重复，请只保留一行。")
        seen.setdefault(key, number)
        classes = {}
        for dimension, title in CLASS_TITLES.items():
            code, fault = _class(told[title], known[dimension], names[dimension])
            classes[dimension] = code
            if fault:
                faults.tell(number, title, fault)
        rows.append(
            WantedRow(
                item_code=told[ITEM],
                item_name=told.get(ITEM_NAME, ""),
                classes=classes,
                national_code=told.get(NATIONAL, ""),
                national_name=told.get(NATIONAL_NAME, ""),
                note=told.get(NOTE, ""),
            )
        )
    faults.refuse(sheet.name)
    if not rows:
        raise _file(f"工作表「{sheet.name}」没有填写任何行，请填写后上传。")
    return rows


def _sheet(body: bytes) -> ReadSheet:
    try:
        sheet = read_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except UnpacksTooLarge as error:
        raise _file("文件展开后过大，请删去多余的行、列和工作表后重新上传。") from error
    except NotAWorkbook as error:
        raise _file("无法读取该文件，请上传由本页导出的 .xlsx 文件。") from error
    if len(sheet.rows) > MOST_ROWS + 1:
        raise _file(f"最多 {MOST_ROWS:,} 行，现有 {len(sheet.rows) - 1:,} 行，请删去不需要的行。")
    return sheet


def _places(sheet: ReadSheet) -> dict[str, int]:
    heads = [_text(cell) for cell in sheet.rows[0]] if sheet.rows else []
    missing = [title for title in (ITEM, *CLASS_TITLES.values()) if title not in heads]
    doubled = [title for title in COLUMNS if heads.count(title) > 1]
    if missing or doubled:
        words = f"缺少「{'」「'.join(missing)}」" if missing else f"重复「{'」「'.join(doubled)}」"
        raise _file(f"工作表「{sheet.name}」第 1 行(表头){words}。请使用本页导出的文件填写。")
    return {title: heads.index(title) for title in COLUMNS if title in heads}


def _names(classes: Mapping[str, MappingClass]) -> dict[str, list[str]]:
    """Codes by the name of the class."""
    found: dict[str, list[str]] = {}
    for code, one in classes.items():
        found.setdefault(one.title, []).append(code)
    return found


def _class(told: str, classes: Mapping[str, MappingClass], names: Mapping[str, list[str]]) -> tuple[str, str]:
    """The code that a cell tells, and what is wrong with it."""
    if not told or told in classes:
        return told, ""
    codes = names.get(told, [])
    if len(codes) == 1:
        return codes[0], ""
    if codes:
        return "", f"「{_shown(told)}」有多个，请填写编码：{'、'.join(codes[:5])}。"
    code, _, title = told.partition(" ")
    if code in classes:
        if classes[code].title == title.strip():
            return code, ""
        return "", f"编码 {code} 是「{classes[code].title}」，与名称「{_shown(title)}」不符，请核对。"
    # a spreadsheet shows the code 07 as 7
    if told.isdigit() and told.zfill(2) in classes:
        return told.zfill(2), ""
    some = "、".join(_cell(classes, one) for one in list(classes)[:4])
    return "", f"没有「{_shown(told)}」这一类，请填写类别名称或编码，如 {some}。"


def _file(message: str) -> Invalid:
    return Invalid("insurance_settlement.mapping_file", message, field="file")


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().replace("\x00", "")


def _shown(told: str) -> str:
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}…"
