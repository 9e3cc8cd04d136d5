"""Workbooks of rules: several sheets with a header each, written to be filled in and read back whole.

A cell is read by the type that it must have; everything that is wrong is told at once, by sheet, row and column, and nothing
of a workbook counts while there is a fault. What a document says where is kept, so that the checks of the engine, which know
only documents, can name the row as well.
"""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import xlsxwriter
from django.conf import settings

from insurance_settlement.engine.json_parts import Step
from ops_platform.kernel import Invalid
from ops_platform.web.exports import escape_cell
from ops_platform.web.imports import NotAWorkbook, ReadSheet, UnpacksTooLarge, read_sheets

ZIP = b"PK\x03\x04"
MOST_SHEETS = 12
MOST_ROWS = 60_000
MOST_TOLD = 20  # faults that people read; the rest is a number
MOST_LISTED = 200  # faults that programs get
LONGEST_CELL = 2_000
SHOWN = 40
EXACT_DIGITS = 15  # what a spreadsheet keeps of a number
BETWEEN = "|"  # between codes of one cell
YES, NO = "是", "否"
NOTES = "填写说明"


def is_workbook(content: bytes) -> bool:
    """Whether a file is an archive, as every .xlsx is."""
    return content.startswith(ZIP)


@dataclass(frozen=True, slots=True)
class SheetForm:
    """A sheet: its name, its headers (a * marks those that every row fills in), and what it is for."""

    name: str
    headers: tuple[str, ...]
    hint: str

    @property
    def titles(self) -> tuple[str, ...]:
        """Headers without marks."""
        return tuple(one.rstrip("*") for one in self.headers)


class Workbook:
    """What somebody sent: its sheets by name, and what is wrong with them."""

    def __init__(self, content: bytes, forms: Sequence[SheetForm]) -> None:
        try:
            sheets = read_sheets(content, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES, most_sheets=MOST_SHEETS)
        except UnpacksTooLarge as error:
            raise _file("文件展开后过大，请删去多余的行、列和工作表后重新上传。") from error
        except NotAWorkbook as error:
            raise _file("无法读取该文件，请上传由本页模板另存的 .xlsx 文件。") from error
        self.told: list[tuple[str, int, str, str]] = []
        self.places: dict[tuple[Step, ...], str] = {}
        found = {sheet.name: sheet for sheet in sheets}
        known = {form.name for form in forms}
        missing = [form.name for form in forms[:2] if form.name not in found]
        if missing:
            raise _file(f"缺少工作表「{'」「'.join(missing)}」。请使用本页的模板，不要改动工作表名称。")
        others = [name for name in found if name not in known and name != NOTES]
        if others:
            names = "」「".join(one[:SHOWN] for one in others[:5])
            raise _file(
                f"不认识工作表「{names}」，请删去，或使用模板中的名称：{'、'.join(form.name for form in forms)}。"
            )
        self._sheets = found

    def add(self, sheet: str, row: int, column: str, message: str) -> None:
        """One more fault; `column` is "" of the row as a whole."""
        self.told.append((sheet, row, column, message))

    def rows(self, form: SheetForm) -> list["Row"]:
        """The rows of a sheet that say something; none where the sheet is not there."""
        sheet = self._sheets.get(form.name)
        if sheet is None or not sheet.rows:
            return []
        headers = [_text(cell).rstrip("*") for cell in sheet.rows[0]]
        places = self._places(form, headers)
        found: list[Row] = []
        for position, cells in enumerate(sheet.rows[1:], start=1):
            texts = {title: _text(cells[place]) for title, place in places.items()}
            unread = _unread(sheet, position, places)
            if not unread and not any(texts.values()):
                continue
            if len(found) == MOST_ROWS:
                raise _file(f"工作表「{form.name}」最多 {MOST_ROWS:,} 行，请删去多余的行后重新上传。")
            row = Row(self, form.name, position + 1, texts)
            for title, words in unread.items():
                row.fault(title, words)
            for title, text in texts.items():
                if len(text) > LONGEST_CELL or any(ord(sign) < 32 for sign in text):
                    row.fault(title, f"内容过长、含有换行或不可识别的字符，请改为 {LONGEST_CELL:,} 字以内的一行文字。")
                    texts[title] = ""
            found.append(row)
        return found

    def _places(self, form: SheetForm, headers: list[str]) -> dict[str, int]:
        needed = [one.rstrip("*") for one in form.headers if one.endswith("*")]
        missing = [title for title in needed if title not in headers]
        if missing:
            raise _file(
                f"工作表「{form.name}」第 1 行(表头)缺少「{'」「'.join(missing)}」。请使用本页的模板，不要改动表头。"
            )
        unknown = [one[:SHOWN] for one in headers if one and one not in form.titles]
        if unknown:
            raise _file(
                f"工作表「{form.name}」第 1 行(表头)有不认识的「{'」「'.join(unknown[:5])}」，请删去该列或使用模板中的表头。"
            )
        doubled = sorted({one for one in headers if one and headers.count(one) > 1})
        if doubled:
            raise _file(f"工作表「{form.name}」第 1 行(表头)的「{'」「'.join(doubled)}」出现多次，请只保留一列。")
        return {title: headers.index(title) for title in form.titles if title in headers}

    def refuse(self) -> None:
        """Raise Invalid where something is wrong."""
        if not self.told:
            return
        lines = [_words(*one) for one in self.told[:MOST_TOLD]]
        rest = f"另有 {len(self.told) - MOST_TOLD} 处错误没有列出。" if len(self.told) > MOST_TOLD else ""
        lines.append(f"{rest}整个文件没有导入，请更正后重新上传。")
        faults = [
            {"sheet": sheet, "row": row, "column": column, "message": message}
            for sheet, row, column, message in self.told[:MOST_LISTED]
        ]
        raise Invalid(
            "insurance_settlement.workbook_rows",
            " ".join(lines),
            field="content",
            lines=lines,
            faults=faults,
            count=len(self.told),
        )


@dataclass(slots=True)
class Row:
    """A row that says something, with its number as a spreadsheet counts. A fault leaves the value out."""

    book: Workbook
    sheet: str
    number: int
    cells: Mapping[str, str]
    faulty: set[str] = field(default_factory=set)

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")

    @property
    def place(self) -> str:
        """In words."""
        return f"工作表「{self.sheet}」第 {self.number} 行"

    def fault(self, title: str, message: str) -> None:
        """What is wrong with a cell; the first thing counts."""
        if title not in self.faulty:
            self.faulty.add(title)
            self.book.add(self.sheet, self.number, title, message)

    def text(self, title: str) -> str:
        """Text that must be there."""
        if not self[title]:
            self.fault(title, "没有填写，请补填。")
        return self[title]

    def decimal(self, title: str, *, positive: bool = False, most: int | None = None, places: int = 12) -> str | None:
        """An exact number from 0 on (85% is 0.85), as text; None where the cell is empty."""
        text = self[title]
        if not text:
            return None
        try:
            value = Decimal(text[:-1]).scaleb(-2) if text.endswith("%") else Decimal(text)
        except InvalidOperation:
            self.fault(title, f"{shown(text)} 不是数值，请改为数字。")
            return None
        if not value.is_finite() or value < 0 or value.adjusted() > 11 or -int(value.as_tuple().exponent) > places:
            self.fault(title, f"{shown(text)} 应为 0 至 10¹² 之间、至多 {places} 位小数的数。")
            return None
        if (positive and not value) or (most is not None and value > most):
            self.fault(title, f"{shown(text)} 应{'大于 0' if positive and not value else f'不大于 {most}'}。")
            return None
        return format(value, "f")

    def whole(self, title: str, low: int, high: int) -> int | None:
        """A whole number within bounds; None where the cell is empty."""
        text = self[title]
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
            self.fault(title, f"{shown(text)} 应为 {low} 至 {high} 之间的整数。")
            return None
        return int(text)

    def word(self, title: str, words: Mapping[str, str]) -> str | None:
        """The code of one of these words (by code); None where the cell is empty."""
        text = self[title]
        if not text:
            return None
        codes = {word: code for code, word in words.items()}
        if text not in codes and text not in words:
            self.fault(title, f"{shown(text)} 不在可选之中，请填 {'、'.join(codes)}。")
            return None
        return codes.get(text, text)

    def flag(self, title: str) -> bool | None:
        """Yes or no; None where the cell is empty."""
        found = self.word(title, {"true": YES, "false": NO})
        return None if found is None else found == "true"

    def codes(self, title: str) -> list[str] | None:
        """Codes with a bar between them; None where the cell is empty."""
        text = self[title]
        if not text:
            return None
        found = [one.strip() for one in text.split(BETWEEN)]
        if not all(found):
            self.fault(title, f"编码之间用一个 {BETWEEN} 分隔，不要有空的编码。")
            return None
        return found


def _words(sheet: str, row: int, column: str, message: str) -> str:
    return f"工作表「{sheet}」第 {row} 行{f'「{column}」' if column else ''}：{message}"


def _unread(sheet: ReadSheet, position: int, places: Mapping[str, int]) -> dict[str, str]:
    """Cells of a row that show no value though something is there."""
    found = {}
    for title, place in places.items():
        if (position, place) in sheet.errors:
            found[title] = "公式的结果是错误值，请改为填写数值或文字。"
        elif (position, place) in sheet.uncomputed:
            found[title] = "公式没有算出结果，请在表格软件中打开并保存，或改为填写数值。"
        elif (position, place) in sheet.covered:
            found[title] = "单元格已合并，请取消合并后逐行填写。"
    return found


def _file(message: str) -> Invalid:
    return Invalid("insurance_settlement.workbook", message, field="content")


def _text(cell: Any) -> str:
    """As it stands; an apostrophe that keeps a text from being a formula is no part of it."""
    text = "" if cell is None else str(cell).strip()
    return text[1:] if text[:1] == "'" and escape_cell(text[1:]) == text else text


def shown(text: str) -> str:
    """A cell as a message shows it."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


Cell = str | Decimal | None


def write(sheets: Iterable[tuple[SheetForm, Iterable[Sequence[Cell]]]], notes: Sequence[str]) -> IO[bytes]:
    """A workbook with these sheets and a last one that says how to fill them in, as an open temporary file. Numbers that a
    spreadsheet would round are written as text, so that reading gives them back to the last digit."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  who sends it closes it
    book = xlsxwriter.Workbook(file, {"strings_to_formulas": False, "strings_to_urls": False})
    head = {"bold": True, "bottom": 1, "valign": "vcenter"}
    looks = {
        True: book.add_format({**head, "bg_color": "#dcebf0"}),
        False: book.add_format({**head, "bg_color": "#eef1f5"}),
    }
    text = book.add_format({"num_format": "@"})
    told = []
    for form, rows in sheets:
        sheet = book.add_worksheet(form.name)
        sheet.freeze_panes(1, 0)
        for place, title in enumerate(form.headers):
            sheet.write_string(0, place, title, looks[title.endswith("*")])
            sheet.set_column(place, place, max(12, 2 * len(title) + 3), text if _is_text(title) else None)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                _write(sheet, number, place, value, text)
        told.append((form.name, form.hint))
    _notes(book, told, notes)
    book.close()
    file.seek(0)
    return file


def _is_text(title: str) -> bool:
    return any(word in title for word in ("编码", "名称", "范围", "病种", "诊断", "离院", "险种", "病组"))


def _write(sheet: Any, row: int, place: int, value: Cell, text: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= EXACT_DIGITS:
        sheet.write_number(row, place, value)
    else:
        sheet.write_string(row, place, str(escape_cell(str(value))), text)


def _notes(book: Any, told: Sequence[tuple[str, str]], notes: Sequence[str]) -> None:
    sheet, wrapped = book.add_worksheet(NOTES), book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 16, wrapped)
    sheet.set_column(1, 1, 100, wrapped)
    for row, note in enumerate(notes):
        sheet.write_string(row, 1, note)
    for row, (name, hint) in enumerate(told, start=len(notes) + 1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, hint)
