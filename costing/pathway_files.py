"""Pathways and standard costs of items as workbooks: out with what is in force or was used, in as a whole or not at all."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from django.http import FileResponse

from costing.row_files import none_of, number_of_cell, read_table, shown
from ops_platform.kernel import Invalid
from ops_platform.web.exports import xlsx_response

CODE, NAME, QUANTITY, KIND = "项目编码", "项目名称", "标准数量", "必选/可选"
OBLIGATORY, OPTIONAL = "必选", "可选"
CASES, SHARE = "使用例数", "使用例数占比"
DEPARTMENT, DEPARTMENT_NAME, UNIT_COST = "执行科室编码", "执行科室", "标准单位成本(元)"
MONTHLY = "月标准数量"
ACTUAL, ACTUAL_COST = "实际数量(参考)", "实际单位成本(参考，元)"
MOST_ROWS = 5_000
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
                quantity,
                OBLIGATORY if obligatory else OPTIONAL,
                cases,
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
        ([*texts, *figures] for texts, figures in rows),
    )


def read_pathway(body: bytes, known: Collection[str]) -> list[list[str]]:
    """[item code, quantity, "1" or "0"] of the rows that have a quantity, at least one. Raises Invalid: for the file, or
    with the faults of its cells."""
    table = read_table(body, (CODE, QUANTITY, KIND), MOST_ROWS)
    faults, rows = table.faults, []
    taken: set[str] = set()
    for row in table.rows:
        code, told, kind = row[CODE], row[QUANTITY], row[KIND] or OBLIGATORY
        if not told:
            continue
        if code not in known:
            faults.add(row.number, CODE, f"本机构没有编码为 {shown(code)} 的收费项目，请核对编码。")
        elif code in taken:
            faults.add(row.number, CODE, f"项目 {code} 重复，请只保留一行。")
        if kind not in (OBLIGATORY, OPTIONAL):
            faults.add(row.number, KIND, none_of(kind, (OBLIGATORY, OPTIONAL)))
        if not number_of_cell(told, TEN_THOUSANDTH, below=LARGEST):
            faults.add(row.number, QUANTITY, f"标准数量 {shown(told)} 应为大于 0、最多 4 位小数的数。")
        taken.add(code)
        rows.append([code, told, "1" if kind == OBLIGATORY else "0"])
    faults.refuse()
    if not rows:
        words = f"工作表「{table.name}」没有一行填写「{QUANTITY}」，请填写后重新上传。"
        raise Invalid("costing.file", words, field="file")
    return rows


def read_standards(body: bytes, places: Collection[tuple[str, str]]) -> list[list[str]]:
    """[department code, item code, quantity, unit cost] of the rows that have a quantity; `places` are the (department,
    item) that ever occurred. Raises Invalid: for the file, or with the faults of its cells."""
    departments, items = {one for one, _item in places}, {one for _department, one in places}
    table = read_table(body, (DEPARTMENT, CODE, MONTHLY, UNIT_COST), MOST_ROWS)
    faults, rows = table.faults, []
    taken: set[tuple[str, str]] = set()
    for row in table.rows:
        department, code, quantity, unit = row[DEPARTMENT], row[CODE], row[MONTHLY], row[UNIT_COST]
        if not quantity:
            if unit:
                words = "写了标准单位成本而没有数量，请填写月标准数量(停用填 0)，或清空标准单位成本。"
                faults.add(row.number, MONTHLY, words)
            continue
        if department not in departments:
            faults.add(row.number, DEPARTMENT, f"本机构没有执行过医疗服务项目的科室 {shown(department)}，请核对编码。")
        if code not in items:
            faults.add(row.number, CODE, f"本机构没有核算过成本的医疗服务项目 {shown(code)}，请核对编码。")
        elif (department, code) in taken:
            faults.add(row.number, CODE, f"科室 {shown(department)} 的项目 {code} 重复，请只保留一行。")
        elif department in departments and (department, code) not in places:
            faults.add(row.number, CODE, f"科室 {department} 没有执行过项目 {code}，请核对科室和项目编码。")
        if number_of_cell(quantity, TEN_THOUSANDTH, below=LARGEST) is None:
            faults.add(row.number, MONTHLY, f"{shown(quantity)} 应为不小于 0、最多 4 位小数的数。")
        if number_of_cell(unit, MILLIONTH, below=LARGEST) is None:
            faults.add(row.number, UNIT_COST, f"{shown(unit)} 应为不小于 0、最多 6 位小数的数。")
        taken.add((department, code))
        rows.append([department, code, quantity, unit])
    faults.refuse()
    return rows
