"""Cost targets as a workbook: out with what is in force, in as a whole or not at all."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import FileResponse

from costing.models import CostTarget, TargetMetric
from costing.row_files import Faults, FileRow, none_of, read_table, shown
from costing.selectors.responsibility.targets import is_ratio
from costing.services.targets import MOST_TARGETS, WantedTarget, target_faults
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response

TITLES = {
    "department": "科室编码",
    "name": "科室名称",
    "metric": "指标",
    "object": "成本项目或病组",
    "effective_from": "生效月份",
    "limit": "限额(元或%)",
    "standard": "支付标准(元)",
    "responsible": "责任人",
    "specialists": "成本专员",
    "second_specialist": "成本专员2",
    "ended": "终止",
}
NEEDED = ("department", "metric", "effective_from", "limit")
HUNDRED = Decimal(100)
METRICS = {str(title): code for code, title in TargetMetric.choices}
ITEMS = {title: code for code, title in COST_ITEM_TITLES.items()}
YES, NO = ("是", "1", "TRUE"), ("", "否", "0", "FALSE")


def write(institution: Institution, rows: Iterable[CostTarget]) -> FileResponse:
    """What is in force, to be filled in and sent back; usernames of people, per cent of ratios."""
    return xlsx_response(f"成本目标_{institution.code}", list(TITLES.values()), (_line(row) for row in rows))


def _line(row: CostTarget) -> list[Any]:
    limit = row.limit * HUNDRED if is_ratio(row.metric) else row.limit
    second = row.second_specialist
    return [
        row.department.code if row.department else "",
        row.department.name if row.department else "全院",
        str(row.get_metric_display()),
        COST_ITEM_TITLES.get(row.object, row.object),
        f"{row.effective_from:%Y-%m}",
        limit,
        row.standard,
        row.responsible.username,
        row.specialist.username if row.specialist else "",
        second.username if second else "",
        "",
    ]


def read(body: bytes, institution: Institution) -> list[WantedTarget]:
    """The targets of the workbook, which may be asked for. Raises Invalid: for the file, or with the faults of its cells."""
    needed = [TITLES[name] for name in NEEDED]
    table = read_table(body, needed, MOST_TARGETS, optional=[title for title in TITLES.values() if title not in needed])
    rows = [_row(row, table.faults) for row in table.rows]
    for fault in target_faults(institution, rows):
        table.faults.add(table.rows[fault.row].number, TITLES[fault.field], fault.message)
    table.faults.refuse()
    return rows


def _row(row: FileRow, faults: Faults) -> WantedTarget:
    """A row; what cannot be read of it is told and stands as a value that nothing more is said of."""
    given = {name: row[title] for name, title in TITLES.items()}
    metric = METRICS.get(given["metric"], given["metric"])
    known = metric in TargetMetric.values
    if not known:
        faults.add(row.number, TITLES["metric"], none_of(given["metric"], METRICS))
    ended = given["ended"].upper()
    if ended not in (*YES, *NO):
        faults.add(row.number, TITLES["ended"], f"{shown(given['ended'])} 应为「是」或留空。")
    people = (given["specialists"], given["second_specialist"])
    return WantedTarget(
        metric=metric,
        effective_from=_month(row, given["effective_from"], faults),
        limit=_number(row, "limit", given["limit"], faults, per_cent=known and is_ratio(metric)),
        department=given["department"],
        object=ITEMS.get(given["object"], given["object"]),
        standard=_number(row, "standard", given["standard"], faults),
        responsible=given["responsible"],
        specialists=tuple(one for one in people if one),
        ended=ended in YES,
    )


def _month(row: FileRow, told: str, faults: Faults) -> date:
    """2026-03, or the date that a spreadsheet makes of it."""
    try:
        return Period.parse(told[:7] if told[7:] in ("", "-01") else told).first_day
    except ValueError:
        faults.add(row.number, TITLES["effective_from"], f"{shown(told)} 应为月份，如 2026-03。")
        return date.min


def _number(row: FileRow, field: str, told: str, faults: Faults, *, per_cent: bool = False) -> Decimal | None:
    plain = told.replace(",", "").removesuffix("%")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > 15 or (told.endswith("%") and not per_cent):
        faults.add(row.number, TITLES[field], f"{shown(told)} 不是可用的数，请填写数值。")
        return None
    return value / HUNDRED if per_cent else value
