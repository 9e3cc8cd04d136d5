"""CSV files that a command reads and writes without the database: read by column name, written beside their place first and
moved there when complete, so that a refused file leaves nothing half written."""

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from ops_platform.kernel import Invalid

BOM = "\ufeff"


class Row:
    """A record of the file: its cells by column, and where it stands, for refusals."""

    def __init__(self, cells: Sequence[str], places: dict[str, int], number: int, line: int) -> None:
        self._cells, self._places, self._number, self._line = cells, places, number, line

    def text(self, column: str) -> str:
        """A cell as it stands; empty where the file has no such column."""
        place = self._places.get(column)
        return "" if place is None else self._cells[place]

    def number(self, column: str) -> Decimal | None:
        """A number, or None where the cell is empty."""
        text = self.text(column).strip()
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 9:
            raise self.refuse(f"{column} 应为数值，现为「{text[:40]}」", "请更正或留空")
        return number

    def whole(self, column: str) -> int | None:
        """A whole number, or None."""
        text = self.text(column)
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        number = self.number(column)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise self.refuse(f"{column} 应为整数，现为「{text[:40]}」", "请更正")
        return int(number)

    def refuse(self, reason: str, advice: str) -> Invalid:
        """The refusal of this record."""
        return _bad_row(self._line, self._number, reason, advice)


def transform(
    source: Path,
    target: Path,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    answers: Sequence[str],
    answer: Callable[[Row], Iterable[str]],
) -> int:
    """Every record of `source` with the `answers` of it into `target`; gives their number. Other columns are carried
    through, those it has of the answers are replaced. Raises Invalid, naming the row, and then writes nothing."""
    try:
        given = source.open(encoding="utf-8", newline="")
    except OSError as error:
        message = f"读不到病例文件 {source}({error.strerror})。请核对路径。"
        raise Invalid("insurance_settlement.file_missing", message, file=str(source)) from error
    with given, _replacing(target) as out:
        try:
            return _lines(source.name, given, out, (required, optional, answers), answer)
        except UnicodeDecodeError as error:
            message = f"病例文件 {source.name} 不是 UTF-8 编码。请另存为 UTF-8 CSV 后重试。"
            raise Invalid("insurance_settlement.file_encoding", message, file=source.name) from error


def _lines(
    name: str,
    given: TextIO,
    out: TextIO,
    columns: tuple[Sequence[str], Sequence[str], Sequence[str]],
    answer: Callable[[Row], Iterable[str]],
) -> int:
    required, optional, answers = columns
    rows = 0
    # not utf-8-sig: a mark that the input has is carried over, so that a spreadsheet reads both alike
    mark = BOM if given.read(1) == BOM else ""
    if not mark:
        given.seek(0)
    reader = csv.reader(given, strict=True)
    writer = csv.writer(out, lineterminator="\n")
    out.write(mark)
    try:
        header = next(reader, [])
        places = _places(name, header, required, optional)
        kept = [index for index, column in enumerate(header) if column not in answers]
        writer.writerow([*(header[index] for index in kept), *answers])
        for cells in reader:
            if not cells:
                continue
            rows += 1
            if len(cells) != len(header):
                raise _bad_row(
                    reader.line_num, rows, f"应有 {len(header)} 列，现有 {len(cells)} 列", "请检查逗号和引号"
                )
            found = answer(Row(cells, places, rows, reader.line_num))
            writer.writerow([*(cells[index] for index in kept), *found])
    except csv.Error as error:
        raise _bad_row(reader.line_num, rows + 1, f"不是有效的 CSV({error})", "请检查引号") from error
    return rows


def _places(file: str, header: list[str], required: Sequence[str], optional: Sequence[str]) -> dict[str, int]:
    missing = [name for name in required if name not in header]
    if missing:
        message = f"病例文件 {file} 缺少列 {'、'.join(missing)}。请补上后重试(没有值的列可以留空)。"
        raise Invalid("insurance_settlement.column_missing", message, columns=missing)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        message = f"病例文件 {file} 的列 {'、'.join(twice)} 重复。请只保留一列后重试。"
        raise Invalid("insurance_settlement.column_twice", message, columns=twice)
    return {name: header.index(name) for name in (*required, *optional) if name in header}


def _bad_row(line: int, row: int, reason: str, advice: str) -> Invalid:
    message = f"病例文件第 {row} 条记录(文件第 {line} 行)：{reason}。{advice}后重试。"
    return Invalid("insurance_settlement.bad_row", message, row=row, line=line)


@contextmanager
def _replacing(target: Path) -> Iterator[TextIO]:
    """A file that takes its place only when everything was written."""
    if target.exists() and not target.is_file():
        raise _not_writable(target, "不是普通文件")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".part")
    except OSError as error:
        raise _not_writable(target, error.strerror or "无法写入") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            yield out
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _not_writable(target: Path, reason: str) -> Invalid:
    message = f"不能写入结果文件 {target}({reason})。请核对文件夹是否存在、可写。"
    return Invalid("insurance_settlement.file_not_writable", message, file=str(target))
