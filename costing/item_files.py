"""Coefficients of service items as a workbook: out with what is in force, in as a whole or not at all."""

from collections.abc import Collection, Iterable
from decimal import Decimal

from django.http import FileResponse

from costing.row_files import number_of_cell, read_table, shown
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response

CODE, NAME, VALUE = "项目编码", "项目名称", "系数"
MOST_ROWS = 20_000
LARGEST = Decimal(10) ** 9
FINEST = Decimal("0.0001")


def write(institution: Institution, name: str, rows: Iterable[tuple[str, str, Decimal | None]]) -> FileResponse:
    """Code, name and coefficient of items; what has none is empty."""
    return xlsx_response(
        f"项目系数_{institution.code}_{name}",
        [CODE, NAME, VALUE],
        rows,
    )


def read(body: bytes, known: Collection[str]) -> list[list[str]]:
    """[item code, coefficient] of the rows that have one. Raises Invalid: for the file, or with the faults of its cells."""
    table = read_table(body, (CODE, VALUE), MOST_ROWS)
    rows: dict[str, str] = {}
    for row in table.rows:
        code, told = row[CODE], row[VALUE]
        if not told:
            continue
        if code not in known:
            table.faults.add(row.number, CODE, f"本机构没有编码为 {shown(code)} 的收费项目，请核对编码。")
        elif code in rows:
            table.faults.add(row.number, CODE, f"项目 {code} 重复，请只保留一行。")
        if number_of_cell(told, FINEST, below=LARGEST) is None:
            table.faults.add(row.number, VALUE, f"{shown(told)} 应为不小于 0、小于 {LARGEST:,}、最多 4 位小数的数。")
        rows.setdefault(code, told)
    table.faults.refuse()
    return [[code, value] for code, value in rows.items()]
