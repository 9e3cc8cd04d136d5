"""Case files: grouping a CSV file without the database.

The input is read by column name (gender, age, ageDay, weight, zdList, ssList, translate; all must be there, others are
carried through). The output has the input's columns plus mdc, adrg, drg, status, reasons. The code tables lie in the
scheme's folder.
"""

from dataclasses import dataclass
from pathlib import Path

from insurance_settlement.csv_files import Row, transform
from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.grouping import explain
from insurance_settlement.engine.scheme import Scheme, read_scheme
from ops_platform.kernel import Invalid

INPUT_COLUMNS = ("gender", "age", "ageDay", "weight", "zdList", "ssList", "translate")
ANSWER_COLUMNS = ("mdc", "adrg", "drg", "status", "reasons")
DX_FILE = "dx_codes.csv"
PROC_FILE = "proc_codes.csv"


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
    by_status: dict[str, int] = {}

    def answer(row: Row) -> tuple[str, ...]:
        found = explain(scheme, _case(row))
        by_status[found.status] = by_status.get(found.status, 0) + 1
        return *found.answer, "".join(found.reasons)

    rows = transform(source, target, required=INPUT_COLUMNS, answers=ANSWER_COLUMNS, answer=answer)
    return Summary(rows, by_status)


def _case(row: Row) -> Case:
    weight = row.number("weight")
    translate = row.text("translate").strip()
    if translate not in ("", "0", "1"):
        raise row.refuse(f"translate 应为 0 或 1，现为「{translate[:40]}」", "请更正")
    return Case(
        gender=row.whole("gender"),
        age=row.whole("age"),
        diagnoses=_codes(row.text("zdList")),
        procedures=_codes(row.text("ssList")),
        age_days=row.whole("ageDay"),
        weight=weight,
        translate=translate == "1",
    )


def _codes(text: str) -> tuple[str, ...]:
    return tuple(text.split("|")) if text else ()


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
