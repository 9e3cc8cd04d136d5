"""Prices of service items as a workbook (调价项目表): out with what each item is charged at and costs, in with the prices of
the steps, as a whole or not at all."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import FileResponse

from costing.row_files import number_of_cell, read_table, shown
from ops_platform.web.exports import xlsx_response

CODE, NAME, FEE_CLASS, NOTE = "项目编码", "项目名称", "费用类别", "调整理由"
FIGURES = (
    "基期数量",
    "基期收入(元)",
    "现行均价(元)",
    "单位成本(元)",
    "成本回收率(%)",
    "按全院回收率的参考价(元)",
    "最高限价(元)",
)
MOST_STEPS = 4
MOST_ITEMS = 3_000
LARGEST = Decimal(10) ** 8
FINEST = Decimal("0.0001")


def step_title(number: int) -> str:
    """The header of a step, counted from 1."""
    return f"第{number}步价格(元)"


STEPS = tuple(step_title(number + 1) for number in range(MOST_STEPS))


@dataclass(frozen=True, slots=True)
class PriceRow:
    """The prices of an item at each step, in yuan, and why."""

    code: str
    prices: tuple[Decimal, ...]
    note: str = ""


def write(name: str, rows: Iterable[tuple[Sequence[str], Sequence[Decimal | None]]]) -> FileResponse:
    """Code, name and fee class of items with their figures; the steps are empty, to be filled in."""
    return xlsx_response(
        f"调价项目表_{name}",
        [CODE, NAME, FEE_CLASS, *FIGURES, *STEPS, NOTE],
        ([*texts, *figures, *("" for _step in STEPS), ""] for texts, figures in rows),
    )


def read(body: bytes, known: Collection[str], steps: int) -> list[PriceRow]:
    """The rows that have a price; a step left empty keeps the price of the step before. `known` are the codes of the items
    that were charged and costed in the base. Raises Invalid: for the file, or with the faults of its cells."""
    needed = (CODE, *STEPS[:steps])
    table = read_table(body, needed, MOST_ITEMS, optional=(*STEPS[steps:], NOTE), beside=(NAME, FEE_CLASS, *FIGURES))
    rows: dict[str, PriceRow] = {}
    for row in table.rows:
        told = [row[title] for title in STEPS]
        if not any(told):
            if row[NOTE]:
                table.faults.add(row.number, STEPS[0], "填写了调整理由，但没有填写价格；不调整的请清空理由。")
            continue
        code = row[CODE]
        if code not in known:
            table.faults.add(row.number, CODE, f"基期没有收费并核算成本的医疗服务项目 {shown(code)}，请核对编码。")
        elif code in rows:
            table.faults.add(row.number, CODE, f"项目 {code} 重复，请只保留一行。")
        for title, price in zip(STEPS[steps:], told[steps:], strict=True):
            if price:
                table.faults.add(row.number, title, f"方案只有 {steps} 步，请补填生效日期，或清空这一列。")
        if not told[0]:
            table.faults.add(row.number, STEPS[0], "请填写第 1 步价格；第 1 步不调整的填现行价格。")
        if len(row[NOTE]) > 200:
            table.faults.add(row.number, NOTE, "调整理由请不超过 200 字。")
        prices: list[Decimal] = []
        for title, price in zip(STEPS[:steps], told[:steps], strict=True):
            value = number_of_cell(price, FINEST, below=LARGEST) if price else None
            if price and value is None:
                table.faults.add(row.number, title, f"{shown(price)} 应为不小于 0、最多 4 位小数的价格。")
            prices.append(value if value is not None else prices[-1] if prices else Decimal(0))
        rows.setdefault(code, PriceRow(code, tuple(prices), row[NOTE]))
    table.faults.refuse()
    return list(rows.values())
