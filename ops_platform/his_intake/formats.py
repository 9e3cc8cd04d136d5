"""JSON, NDJSON, CSV and .xlsx bodies to one form: columns by field, plus the raw rows for the quarantine."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings

from ops_platform.his_intake.datasets.declaration import Dataset
from ops_platform.his_intake.datasets.fields import Fault
from ops_platform.kernel import Invalid
from ops_platform.web.api_words import why_no_json
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

OP = "op"
RETRACT = "retract"
FAULTS_TITLE = "错误说明"  # a column that the platform adds to what it gives back for correction; passed over


@dataclass(frozen=True, slots=True)
class Delivery:
    """Rows of one dataset as they were sent. `columns` holds raw values by field name; `faults` those of whole rows."""

    count: int
    columns: dict[str, list[Any]]
    ops: list[Any] | None
    rows: Sequence[Any]
    faults: dict[int, Fault] = field(default_factory=dict)

    def raw(self, index: int) -> Any:
        """The row as it was sent."""
        return self.rows[index]


def from_rows(dataset: Dataset, rows: Any) -> Delivery:
    """From a JSON list of objects."""
    if not isinstance(rows, list):
        raise Invalid("his_intake.rows_not_a_list", "rows 应为数组，每个元素是一行。")
    limit_rows(len(rows))
    faults: dict[int, Fault] = {}
    if set(map(type, rows)) - {dict}:
        broken = Fault("his_intake.row_not_an_object", '每一行应为对象，如 {"字段": "值"}')
        faults = {index: broken for index, row in enumerate(rows) if not isinstance(row, dict)}
    tables = [row if isinstance(row, dict) else {} for row in rows] if faults else rows
    names = {field.name for field in dataset.fields}
    allowed = names | {OP}
    shapes = set(map(tuple, tables))
    for shape in shapes:
        unknown = [name for name in shape if name not in allowed]
        if unknown:
            fault = _unknown_fields(unknown)
            faults.update({index: fault for index, row in enumerate(tables) if tuple(row) == shape})
    return Delivery(
        count=len(rows),
        columns={name: [row.get(name) for row in tables] for name in names},
        ops=[row.get(OP) for row in tables] if any(OP in shape for shape in shapes) else None,
        rows=rows,
        faults=faults,
    )


def _unknown_fields(names: Sequence[str]) -> Fault:
    shown = "、".join(str(name)[:40] for name in list(names)[:5])
    return Fault("his_intake.unknown_field", f"本数据集没有字段 {shown}，请核对字段名")


def from_json(body: bytes) -> Any:
    """Parse JSON. Raises Invalid (400 by the API) when it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid("his_intake.not_json", why_no_json(_not_utf8(body) or error)) from error


def _not_utf8(body: bytes) -> UnicodeDecodeError | None:
    """Where the encoding is broken, which the parser tells without its place."""
    try:
        body.decode()
    except UnicodeDecodeError as broken:
        return broken
    return None


def from_ndjson(dataset: Dataset, body: bytes) -> Delivery:
    """One JSON object a line; blank lines are passed over. A broken line is a faulty row, not a refused batch.

    Each line is parsed by itself: a row cut over two lines is two faulty rows, never one good one.
    """
    lines = [line for line in body.split(b"\n") if line.strip()]
    limit_rows(len(lines))
    try:
        rows: list[Any] = list(map(orjson.loads, lines))
    except orjson.JSONDecodeError:
        rows = list(map(_line, lines))
    return from_rows(dataset, rows)


def _line(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode("utf-8", "replace")[:500]


def from_csv(dataset: Dataset, body: bytes) -> Delivery:
    """UTF-8 with a header line; the byte order mark of Excel is allowed."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("his_intake.not_utf8", "CSV 不是 UTF-8 编码。请在导出时选择「CSV UTF-8」。") from error
    if "\x00" in text:
        raise Invalid("his_intake.not_csv", "CSV 含有空字符(NUL)，请重新导出。")
    try:
        table = _plain_cells(text) or list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Invalid("his_intake.not_csv", f"无法解析 CSV：{error}") from error
    return from_table(dataset, table)


def _plain_cells(text: str) -> list[list[str]] | None:
    """Rows of cells when nothing is quoted: a plain split gives what the reader would, in half the time."""
    plain = text.replace("\r\n", "\n")
    lines = plain.split("\n")
    if '"' in plain or "\r" in plain or max(map(len, lines)) > csv.field_size_limit():
        return None
    return [line.split(",") for line in lines]


def from_table(dataset: Dataset, table: list[list[Any]]) -> Delivery:
    """A header row and rows of cells. Headers are field names or the titles of the template."""
    rows = [row for row in table[1:] if any(row) or any(cell not in ("", None) for cell in row)]
    limit_rows(len(rows))
    if not table or not rows:
        raise Invalid("his_intake.no_rows", "没有数据行。第一行为表头，从第二行起填写数据。")
    titles = {field.title: field.name for field in dataset.fields} | {
        field.name: field.name for field in dataset.fields
    }
    titles |= {OP: OP, "操作": OP}
    header = [titles.get(str(cell).strip().rstrip("*").strip()) for cell in table[0]]
    passed_over = ("", None, FAULTS_TITLE)
    unknown = [cell for cell, name in zip(table[0], header, strict=True) if name is None and cell not in passed_over]
    if unknown:
        raise Invalid(
            "his_intake.unknown_field",
            _unknown_fields([str(cell) for cell in unknown]).message + "。请使用模板中的表头。",
        )
    if len(set(header) - {None}) != len([name for name in header if name]):
        raise Invalid("his_intake.repeated_column", "表头中有重复的列，请删去一列。")
    missing = [field.title for field in dataset.fields if field.required and field.name not in header]
    if missing:
        raise Invalid("his_intake.missing_column", f"缺少列：{'、'.join(missing)}。请使用模板中的表头。")
    width = len(header)
    faults: dict[int, Fault] = {}
    if set(map(len, rows)) - {width}:
        for index, row in enumerate(rows):
            if len(row) > width and any(cell not in ("", None) for cell in row[width:]):
                faults[index] = Fault("his_intake.too_many_cells", f"该行有 {len(row)} 列，表头只有 {width} 列")
            rows[index] = (row + [""] * width)[:width]
    turned = [list(column) for column in zip(*rows, strict=True)]
    found = {name: turned[position] for position, name in enumerate(header) if name}
    absent: list[Any] = [None] * len(rows)
    named = [(position, name) for position, name in enumerate(header) if name]
    return Delivery(
        count=len(rows),
        columns={field.name: found.get(field.name, absent) for field in dataset.fields},
        ops=found.get(OP),
        rows=_LazyRows(rows, named),
        faults=faults,
    )


class _LazyRows(Sequence[Any]):
    """Rows of a table as objects, made only for those that somebody looks at."""

    def __init__(self, rows: list[list[Any]], named: list[tuple[int, str]]) -> None:
        self._rows, self._named = rows, named

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        row = self._rows[index]
        return {name: row[position] for position, name in self._named if row[position] not in ("", None)}


def from_xlsx(dataset: Dataset, body: bytes) -> Delivery:
    """The first sheet of a workbook made from the template."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except NotAWorkbook as error:
        raise Invalid("his_intake.not_xlsx", "无法读取该文件，请上传由模板另存的 .xlsx 文件。") from error
    except UnpacksTooLarge as error:
        raise Invalid("his_intake.too_large", "文件解压后过大，请分成几个文件上传。") from error
    return from_table(dataset, table)


def limit_rows(count: int) -> None:
    """Refuse a batch of more rows than the gate takes."""
    if count > settings.INTAKE_MAX_ROWS:
        raise Invalid(
            "his_intake.too_many_rows",
            f"一批最多 {settings.INTAKE_MAX_ROWS} 行，这一批有 {count} 行。请分批报送。",
        )
