"""Case files: grouping a CSV file without the database.

The input is read by column name (gender, age, ageDay, weight, zdList, ssList, translate; all must be there, others are
carried through). The output has the input's columns plus mdc, adrg, drg, status, reasons; where the input already has
one of these, it is replaced. The code tables lie in the scheme's folder. The output is written beside its place first
and moved there when complete, so that a refused file leaves nothing half written.
"""

import csv
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.grouping import explain
from insurance_settlement.engine.scheme import Scheme, read_scheme
from ops_platform.kernel import Invalid

INPUT_COLUMNS = ("gender", "age", "ageDay", "weight", "zdList", "ssList", "translate")
ANSWER_COLUMNS = ("mdc", "adrg", "drg", "status", "reasons")
DX_FILE = "dx_codes.csv"
PROC_FILE = "proc_codes.csv"
BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Summary:
    """How a file went: rows by status."""

    rows: int
    by_status: dict[str, int]


def load_scheme(path: Path) -> Scheme:
    """A scheme with the code tables of its folder. Raises Invalid for what is missing or malformed."""
    content = _read(path, "分组方案")
    tables = [_code_table(path.parent / name) for name in (DX_FILE, PROC_FILE)]
    return read_scheme(content, tables[0], tables[1], f"分组方案 {path.name} ")


def group_file(scheme: Scheme, source: Path, target: Path) -> Summary:
    """Group every row of `source` into `target`. Raises Invalid, naming the row, and then writes nothing."""
    try:
        given = source.open(encoding="utf-8", newline="")
    except OSError as error:
        message = f"读不到病例文件 {source}({error.strerror})。请核对路径。"
        raise Invalid("insurance_settlement.file_missing", message, file=str(source)) from error
    with given, _replacing(target) as out:
        try:
            return _group_lines(scheme, source.name, given, out)
        except UnicodeDecodeError as error:
            message = f"病例文件 {source.name} 不是 UTF-8 编码。请另存为 UTF-8 CSV 后重试。"
            raise Invalid("insurance_settlement.file_encoding", message, file=source.name) from error


def _group_lines(scheme: Scheme, name: str, given: TextIO, out: TextIO) -> Summary:
    by_status: dict[str, int] = {}
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
        places = _places(name, header)
        kept = [index for index, column in enumerate(header) if column not in ANSWER_COLUMNS]
        writer.writerow([*(header[index] for index in kept), *ANSWER_COLUMNS])
        for cells in reader:
            if not cells:
                continue
            rows += 1
            if len(cells) != len(header):
                raise _bad_row(
                    reader.line_num, rows, f"应有 {len(header)} 列，现有 {len(cells)} 列", "请检查逗号和引号"
                )
            answer = explain(scheme, _case(cells, places, reader.line_num, rows))
            writer.writerow([*(cells[index] for index in kept), *answer.answer, "".join(answer.reasons)])
            by_status[answer.status] = by_status.get(answer.status, 0) + 1
    except csv.Error as error:
        raise _bad_row(reader.line_num, rows + 1, f"不是有效的 CSV({error})", "请检查引号") from error
    return Summary(rows, by_status)


def _places(file: str, header: list[str]) -> dict[str, int]:
    missing = [name for name in INPUT_COLUMNS if name not in header]
    if missing:
        message = f"病例文件 {file} 缺少列 {'、'.join(missing)}。请补上后重试(没有值的列可以留空)。"
        raise Invalid("insurance_settlement.column_missing", message, columns=missing)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        message = f"病例文件 {file} 的列 {'、'.join(twice)} 重复。请只保留一列后重试。"
        raise Invalid("insurance_settlement.column_twice", message, columns=twice)
    return {name: header.index(name) for name in INPUT_COLUMNS}


def _case(cells: list[str], places: dict[str, int], line: int, row: int) -> Case:
    def whole(column: str) -> int | None:
        text = cells[places[column]]
        if text.isascii() and text.isdigit() and len(text) <= 9:
            return int(text)
        number = _number(text, column, line, row)
        if number is None:
            return None
        if number != number.to_integral_value():
            raise _bad_row(line, row, f"{column} 应为整数，现为「{text[:40]}」", "请更正")
        return int(number)

    weight = _number(cells[places["weight"]], "weight", line, row)
    translate = cells[places["translate"]].strip()
    if translate not in ("", "0", "1"):
        raise _bad_row(line, row, f"translate 应为 0 或 1，现为「{translate[:40]}」", "请更正")
    return Case(
        gender=whole("gender"),
        age=whole("age"),
        diagnoses=_codes(cells[places["zdList"]]),
        procedures=_codes(cells[places["ssList"]]),
        age_days=whole("ageDay"),
        weight=weight,
        translate=translate == "1",
    )


def _number(text: str, column: str, line: int, row: int) -> Decimal | None:
    text = text.strip()
    if not text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 9:
        raise _bad_row(line, row, f"{column} 应为数值，现为「{text[:40]}」", "请更正或留空")
    return number


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


def _bad_row(line: int, row: int, reason: str, advice: str) -> Invalid:
    message = f"病例文件第 {row} 条记录(文件第 {line} 行):{reason}。{advice}后重试。"
    return Invalid("insurance_settlement.bad_row", message, row=row, line=line)


def _code_table(path: Path) -> CodeTable:
    content = _read(path, "编码表")
    try:
        return parse_code_table(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        message = f"编码表 {path.name} 不是 UTF-8 编码。请另存为 UTF-8 CSV 后重试。"
        raise Invalid("insurance_settlement.file_encoding", message, file=path.name) from error


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"读不到{what} {path}({error.strerror})。编码表须与方案放在同一文件夹，请核对路径。"
        raise Invalid("insurance_settlement.file_missing", message, file=str(path)) from error


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
