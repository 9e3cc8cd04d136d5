"""Workbooks that people fill in: the rows of the first sheet by their header, and everything that is wrong with them at
once, by sheet, row and column. Nothing of a file counts while there is a fault."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from xlsxwriter.utility import xl_col_to_name

from ops_platform.kernel import DomainError, Invalid
from ops_platform.web.imports import NotAWorkbook, ReadSheet, UnpacksTooLarge, read_sheet

MOST_TOLD = 20  # faults that people read; the rest is a number
MOST_LISTED = 200  # faults that programs get
LONGEST_CELL = 2_000
SHOWN = 40  # characters of a cell in a message
FIRST_ROW = 2  # below the header, as a spreadsheet counts
WHOLE = "整个文件没有提交，请更正后重新上传。"
FILL_IN = "请使用本页导出的文件填写。"


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell, and what to do; `column` is the header, "" of the row as a whole."""

    row: int
    column: str
    message: str

    def words(self, sheet: str) -> str:
        """With where it stands."""
        column = f"「{self.column}」" if self.column else ""
        return f"工作表「{sheet}」第 {self.row} 行{column}：{self.message}"


class Faults:
    """What is wrong with a file."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.told: list[CellFault] = []
        self._of: dict[int, list[CellFault]] = {}

    def add(self, row: int, column: str, message: str) -> None:
        """One more; of a cell the first thing that is wrong counts, what follows from it is not told."""
        if not column or not any((one.row, one.column) == (row, column) for one in self._of.get(row, ())):
            fault = CellFault(row, column, message)
            self.told.append(fault)
            self._of.setdefault(row, []).append(fault)

    def refused(self, row: int, refusal: DomainError, columns: Mapping[str, str]) -> None:
        """What a service refuses of a row; `columns` are headers by the field that it names."""
        self.add(row, columns.get(str(refusal.context.get("field", "")), ""), refusal.message)

    def at(self, row: int) -> bool:
        """Whether something is wrong with the row."""
        return row in self._of

    def refuse(self) -> None:
        """Raise Invalid where something is wrong."""
        if not self.told:
            return
        told = sorted(self.told, key=lambda one: one.row)
        lines = [one.words(self.sheet) for one in told[:MOST_TOLD]]
        rest = f"另有 {len(told) - MOST_TOLD} 处错误没有列出。" if len(told) > MOST_TOLD else ""
        lines.append(f"{rest}{WHOLE}")
        listed = [
            {"sheet": self.sheet, "row": one.row, "column": one.column, "message": one.message}
            for one in told[:MOST_LISTED]
        ]
        raise Invalid("costing.file_rows", " ".join(lines), field="file", lines=lines, faults=listed, count=len(told))


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that says something: its number as the spreadsheet counts, and its cells by header, "" where empty."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, header: str) -> str:
        return self.cells.get(header, "")


@dataclass(slots=True)
class Table:
    """The first sheet: its headers in order, its rows, and what of it could not be read."""

    name: str
    headers: list[str]
    rows: list[FileRow]
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        self.faults = Faults(self.name)


def read_table(
    body: bytes,
    needed: Sequence[str],
    most: int,
    *,
    optional: Sequence[str] = (),
    beside: Sequence[str] = (),
    every: bool = False,
) -> Table:
    """The rows of the first sheet that are not empty in these columns (`every`: in any with a header). Raises Invalid for
    another file, a missing or doubled header, and too many rows; where columns are `optional`, for any other, too, but those
    that the workbook came with (`beside`): a misspelt one would be lost in silence. Cells without a value to read are faults
    of the table, as are (`every`) columns that are filled in below no header."""
    try:
        sheet = read_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except UnpacksTooLarge as error:
        raise _file("文件展开后过大，请删去多余的行、列和工作表后重新上传。") from error
    except NotAWorkbook as error:
        raise _file("无法读取该文件，请上传由本页导出的 .xlsx 文件。") from error
    headers = [_text(cell) for cell in sheet.rows[0]] if sheet.rows else []
    places = _places(sheet, headers, needed, headers if every else [*needed, *optional])
    table = Table(sheet.name, headers, [])
    if optional:
        _refuse_strangers(sheet, headers, [*needed, *optional], beside)
    if every:
        _tell_nameless(sheet, headers, table.faults)
    for number, cells in enumerate(sheet.rows[1:], start=FIRST_ROW):
        found = {name: _text(cells[place]) if place < len(cells) else "" for name, place in places.items()}
        unread = _unread(sheet, number, places)
        if not unread and not any(found.values()):
            continue
        if len(table.rows) == most:
            filled = sum(any(_text(cell) for cell in row) for row in sheet.rows[1:])
            raise _file(f"工作表「{sheet.name}」最多 {most:,} 行，现有 {filled:,} 行，请拆分后分别上传。")
        for name, words in unread.items():
            table.faults.add(number, name, words)
        for name, told in found.items():
            if len(told) > LONGEST_CELL or "\x00" in told:
                table.faults.add(number, name, f"内容过长或含有不可识别的字符，请改为 {LONGEST_CELL:,} 字以内的文字。")
                found[name] = ""
        table.rows.append(FileRow(number, found))
    if not table.rows:
        raise _file(f"工作表「{sheet.name}」没有填写任何行，请填写后上传。")
    return table


def _places(sheet: ReadSheet, headers: list[str], needed: Sequence[str], wanted: Sequence[str]) -> dict[str, int]:
    """Where each column stands."""
    missing = [name for name in needed if name not in headers]
    if missing:
        others = f"文件中另有工作表「{'」「'.join(sheet.others[:5])}」，只读取第一张。" if sheet.others else ""
        raise _file(f"工作表「{sheet.name}」第 1 行(表头)缺少「{'」「'.join(missing)}」。{others}{FILL_IN}")
    doubled = sorted({name for name in wanted if name and headers.count(name) > 1})
    if doubled:
        raise _file(f"工作表「{sheet.name}」第 1 行(表头)的「{'」「'.join(doubled)}」出现多次，请只保留一列。")
    return {name: headers.index(name) for name in wanted if name and name in headers}


def _refuse_strangers(sheet: ReadSheet, headers: Sequence[str], known: Sequence[str], beside: Sequence[str]) -> None:
    """A column of a header that means nothing here; with the known one that it may be meant for."""
    strangers = list(dict.fromkeys(name for name in headers if name and name not in known and name not in beside))
    if not strangers:
        return
    told = []
    for name in strangers[:5]:
        near = [one for one in known if one not in headers and (name in one or one in name)]
        told.append(f"「{shown(name)}」应为「{near[0]}」" if near else f"「{shown(name)}」")
    raise _file(f"工作表「{sheet.name}」第 1 行(表头)有不认识的列：{'、'.join(told)}。请改正表头，不需要的列请删去。")


def _tell_nameless(sheet: ReadSheet, headers: Sequence[str], faults: Faults) -> None:
    """Columns without a header are passed over: one that says something is told, by its letter."""
    for place in (place for place, name in enumerate(headers) if not name):
        rows = enumerate(sheet.rows[1:], start=FIRST_ROW)
        filled = next((number for number, cells in rows if _text(cells[place])), None)
        if filled is not None:
            words = f"没有表头，但第 {filled} 行填写了内容。请补写表头，或清空这一列。"
            faults.add(1, f"{xl_col_to_name(place)} 列", words)


def _unread(sheet: ReadSheet, number: int, places: Mapping[str, int]) -> dict[str, str]:
    """Cells of a row that show no value though something is there."""
    found = {}
    for name, place in places.items():
        where = (number - 1, place)
        if where in sheet.errors:
            found[name] = "公式的结果是错误值，请改为填写数值或文字。"
        elif where in sheet.uncomputed:
            found[name] = "公式没有算出结果，请在表格软件中打开并保存，或改为填写数值。"
        elif where in sheet.covered:
            found[name] = "单元格已合并，请取消合并后逐行填写。"
    return found


def _file(message: str) -> Invalid:
    return Invalid("costing.file", message, field="file")


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def shown(told: str) -> str:
    """A cell as a message shows it."""
    return (told if len(told) <= SHOWN else f"{told[:SHOWN]}…") or "(空)"


def number_of_cell(told: str, finest: Decimal, *, below: Decimal) -> Decimal | None:
    """A number from 0 to under `below`, no finer than `finest`; None for anything else."""
    try:
        value = Decimal(told)
    except InvalidOperation:
        return None
    if not value.is_finite() or value.adjusted() > below.adjusted() or not 0 <= value < below:
        return None
    return value if value == value.quantize(finest) else None


def day_of_cell(told: str) -> date | None:
    """A date in ISO form; None for anything else."""
    try:
        return date.fromisoformat(told)
    except ValueError:
        return None


def none_of(told: str, known: Collection[str]) -> str:
    """That a cell is none of what it may be."""
    return f"{shown(told)} 不在可选之中，请填 {'、'.join(known)}。"
