"""Pathways and standard costs of items as workbooks: out with what is in force or was used, in as a whole or not at all."""

from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import FileResponse

from ops_platform.kernel import Invalid
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

CODE, NAME, QUANTITY, KIND = "项目编码", "项目名称", "标准数量", "必选/可选"
OBLIGATORY, OPTIONAL = "必选", "可选"
CASES, SHARE = "使用例数", "使用例数占比"
DEPARTMENT, DEPARTMENT_NAME, UNIT_COST = "执行科室编码", "执行科室", "标准单位成本(元)"
MONTHLY = "月标准数量"
ACTUAL, ACTUAL_COST = "实际数量(参考)", "实际单位成本(参考,元)"
MOST_ROWS = 5_000
MOST_TOLD = 5
LARGEST = Decimal(10) ** 8
TEN_THOUSANDTH, MILLIONTH = Decimal("0.0001"), Decimal("0.000001")


def write_pathway(
    name: str, rows: Iterable[tuple[str, str, Decimal | None, bool, int | None, Decimal | None]]
) -> FileResponse:
    """Code, name, standard quantity (empty: not on the pathway), whether obligatory, and how many cases used it."""
    return xlsx_response(
        f"临床路径_{name}",
        [CODE, NAME, QUANTITY, KIND, CASES, SHARE],
        (
            [
                code,
                title,
                "" if quantity is None else format(quantity.normalize(), "f"),
                OBLIGATORY if obligatory else OPTIONAL,
                "" if cases is None else cases,
                "" if share is None else f"{share:.1%}",
            ]
            for code, title, quantity, obligatory, cases, share in rows
        ),
    )


def write_standards(
    name: str,
    rows: Iterable[tuple[tuple[str, str, str, str], tuple[Decimal | None, ...]]],
) -> FileResponse:
    """Department and item with the standard in force, and beside it what it was in the last month."""
    return xlsx_response(
        f"项目标准成本_{name}",
        [DEPARTMENT, DEPARTMENT_NAME, CODE, NAME, MONTHLY, UNIT_COST, ACTUAL, ACTUAL_COST],
        ([*texts, *("" if figure is None else format(figure, "f") for figure in figures)] for texts, figures in rows),
    )


def read_pathway(body: bytes, known: Collection[str]) -> list[list[str]]:
    """[item code, quantity, "1" or "0"] of the rows that have a quantity. Raises Invalid: for the file, or with the faults
    of its rows."""

    def row(cells: dict[str, str], taken: set[str]) -> list[str] | str:
        code, told, kind = cells[CODE], cells[QUANTITY], cells[KIND] or OBLIGATORY
        if code not in known:
            return f"本机构没有编码为 {code or '(空)'} 的收费项目。"
        if code in taken:
            return f"项目 {code} 重复。"
        if kind not in (OBLIGATORY, OPTIONAL):
            return f"「{KIND}」应填{OBLIGATORY}或{OPTIONAL}，不能是 {kind}。"
        if not _number(told, TEN_THOUSANDTH, above_zero=True):
            return f"标准数量 {told} 应为大于 0、最多 4 位小数的数。"
        taken.add(code)
        return [code, told, "1" if kind == OBLIGATORY else "0"]

    return _read(body, (CODE, QUANTITY, KIND), QUANTITY, row)


def read_standards(body: bytes, places: Collection[tuple[str, str]]) -> list[list[str]]:
    """[department code, item code, quantity, unit cost] of the rows that have a quantity; `places` are the known
    (department, item)."""
    departments, items = {one for one, _item in places}, {one for _department, one in places}

    def row(cells: dict[str, str], taken: set[str]) -> list[str] | str:
        department, code, quantity, unit = cells[DEPARTMENT], cells[CODE], cells[MONTHLY], cells[UNIT_COST]
        if department not in departments:
            return f"本机构没有执行过医疗服务项目的科室 {department or '(空)'}。"
        if code not in items:
            return f"本机构没有核算过成本的医疗服务项目 {code or '(空)'}。"
        if f"{department} {code}" in taken:
            return f"科室 {department} 的项目 {code} 重复。"
        if not _number(quantity, TEN_THOUSANDTH):
            return f"月标准数量 {quantity} 应为不小于 0、最多 4 位小数的数。"
        if not _number(unit, MILLIONTH):
            return f"标准单位成本 {unit or '(空)'} 应为不小于 0、最多 6 位小数的数。"
        taken.add(f"{department} {code}")
        return [department, code, quantity, unit]

    return _read(body, (DEPARTMENT, CODE, MONTHLY, UNIT_COST), MONTHLY, row)


def _read(
    body: bytes, columns: Sequence[str], needed: str, row: Callable[[dict[str, str], set[str]], list[str] | str]
) -> list[list[str]]:
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid(
            "costing.standard_file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file"
        ) from error
    header = [str(cell or "").strip() for cell in table[0]] if table else []
    if any(column not in header for column in columns) or len(table) > MOST_ROWS:
        named = "、".join(f"「{column}」" for column in columns)
        words = f"表头应有{named}，最多 {MOST_ROWS:,} 行。请使用本页导出的文件填写。"
        raise Invalid("costing.standard_file", words, field="file")
    places = {column: header.index(column) for column in columns}
    rows: list[list[str]] = []
    faults: list[tuple[int, str]] = []
    taken: set[str] = set()
    for number, cells in enumerate(table[1:], start=2):
        told = {column: _text(cells, place) for column, place in places.items()}
        if not told[needed]:
            continue
        found = row(told, taken)
        if isinstance(found, str):
            faults.append((number, found))
        else:
            rows.append(found)
    if faults:
        words = " ".join(f"第 {number} 行：{each}" for number, each in faults[:MOST_TOLD])
        more = f" 等共 {len(faults)} 处" if len(faults) > MOST_TOLD else ""
        raise Invalid(
            "costing.standard_rows",
            words + more,
            field="file",
            faults=[{"row": number, "message": each} for number, each in faults],
        )
    return rows


def _text(cells: Sequence[Any], place: int) -> str:
    return str(cells[place] if place < len(cells) and cells[place] is not None else "").strip()


def _number(told: str, finest: Decimal, *, above_zero: bool = False) -> bool:
    try:
        value = Decimal(told)
    except InvalidOperation:
        return False
    if not value.is_finite() or not 0 <= value < LARGEST or value != value.quantize(finest):
        return False
    return value > 0 or not above_zero
