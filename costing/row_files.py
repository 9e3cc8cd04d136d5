"""Workbooks that people fill in row by row: the rows by their header, and the faults of all rows told at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from ops_platform.kernel import DomainError, Invalid
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row that says something: its number as the spreadsheet counts, and its cells by header, "" where empty."""

    number: int
    cells: dict[str, str]

    def __getitem__(self, header: str) -> str:
        return self.cells.get(header, "")

    def day(self, header: str) -> date:
        """A date; raises Invalid."""
        try:
            return date.fromisoformat(self[header])
        except ValueError as error:
            raise Invalid(
                "costing.file_day", f"「{header}」应为日期，如 2026-03-01，现为 {self[header] or '空'}。"
            ) from error


class Faults:
    """What is wrong with the rows of a file. Nothing of the file counts while there is one."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def add(self, number: int, refusal: DomainError) -> None:
        """One more row that is refused."""
        self.told.append((number, refusal.message))

    def refuse(self) -> None:
        """Raise Invalid where a row was refused."""
        if not self.told:
            return
        words = " ".join(f"第 {number} 行：{message}" for number, message in self.told[:MOST_TOLD])
        more = f" 等共 {len(self.told)} 行。" if len(self.told) > MOST_TOLD else ""
        raise Invalid(
            "costing.file_rows",
            f"{words}{more} 整个文件没有提交，请更正后重新上传。",
            field="file",
            faults=[{"row": number, "message": message} for number, message in self.told],
        )


def read_rows(body: bytes, headers: Sequence[str], most: int, optional: Sequence[str] = ()) -> list[FileRow]:
    """The rows of the first sheet that are not empty. Raises Invalid for another file, a missing header or too many rows;
    files written before a header came to be are read without the `optional` ones."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid("costing.file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file") from error
    header = [str(cell or "").strip() for cell in table[0]] if table else []
    missing = [name for name in headers if name not in header]
    if missing:
        words = f"表头缺少「{'」「'.join(missing)}」。请使用本页导出的文件填写。"
        raise Invalid("costing.file", words, field="file")
    places = {name: header.index(name) for name in (*headers, *optional) if name in header}
    rows = []
    for number, cells in enumerate(table[1:], start=2):
        found = {
            name: str(cells[place]).strip() if place < len(cells) and cells[place] is not None else ""
            for name, place in places.items()
        }
        if any(found.values()):
            rows.append(FileRow(number, found))
    if not rows or len(rows) > most:
        words = f"文件应有 1 至 {most} 行，现有 {len(rows)} 行。"
        raise Invalid("costing.file", words, field="file")
    return rows
