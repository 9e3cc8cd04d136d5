"""Coefficients of service items as a workbook: out with what is in force, in as a whole or not at all."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import FileResponse

from ops_platform.kernel import Invalid
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

CODE, NAME, VALUE = "项目编码", "项目名称", "系数"
MOST_ROWS = 20_000
MOST_TOLD = 5
LARGEST = Decimal(10) ** 9
FINEST = Decimal("0.0001")


def write(institution: Institution, name: str, rows: Iterable[tuple[str, str, Decimal | None]]) -> FileResponse:
    """Code, name and coefficient of items; what has none is empty."""
    return xlsx_response(
        f"项目系数_{institution.code}_{name}",
        [CODE, NAME, VALUE],
        ([code, title, "" if value is None else format(value.normalize(), "f")] for code, title, value in rows),
    )


def read(body: bytes, known: set[str]) -> list[list[str]]:
    """[item code, coefficient] of the rows that have one. Raises Invalid: for the file, or with the faults of its rows."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid(
            "costing.coefficient_file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file"
        ) from error
    header = [str(cell or "").strip() for cell in table[0]] if table else []
    if CODE not in header or VALUE not in header or len(table) > MOST_ROWS:
        words = f"表头应有「{CODE}」和「{VALUE}」，最多 {MOST_ROWS:,} 行。请使用本页导出的文件填写。"
        raise Invalid("costing.coefficient_file", words, field="file")
    code_at, value_at = header.index(CODE), header.index(VALUE)
    rows: dict[str, str] = {}
    faults = []
    for number, cells in enumerate(table[1:], start=2):
        code, told = _text(cells, code_at), _text(cells, value_at)
        if not told:
            continue
        fault = _fault(code, told, known, rows)
        if fault:
            faults.append((number, fault))
        else:
            rows[code] = told
    if faults:
        told_words = " ".join(f"第 {number} 行：{words}" for number, words in faults[:MOST_TOLD])
        more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
        raise Invalid(
            "costing.coefficient_rows",
            told_words + more,
            field="file",
            faults=[{"row": number, "message": words} for number, words in faults],
        )
    return [[code, value] for code, value in rows.items()]


def _text(cells: Sequence[Any], place: int) -> str:
    return str(cells[place] if place < len(cells) and cells[place] is not None else "").strip()


def _fault(code: str, told: str, known: set[str], rows: dict[str, str]) -> str:
    if code not in known:
        return f"本机构没有编码为 {code or '(空)'} 的收费项目。"
    if code in rows:
        return f"项目 {code} 重复。"
    try:
        value = Decimal(told)
    except InvalidOperation:
        return f"系数 {told} 不是数。"
    if not value.is_finite() or not 0 <= value < LARGEST or value != value.quantize(FINEST):
        return f"系数 {told} 应为不小于 0、最多 4 位小数的数。"
    return ""
