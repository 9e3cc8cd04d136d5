"""Cost targets as a workbook: out with what is in force, in as a whole or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.http import FileResponse

from costing.models import CostTarget, TargetMetric
from costing.selectors.responsibility.targets import is_ratio
from costing.services.targets import MOST_TARGETS, RowFault, WantedTarget, refusal
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Invalid, Period
from ops_platform.masterdata.models import Institution
from ops_platform.web.exports import xlsx_response
from ops_platform.web.imports import NotAWorkbook, UnpacksTooLarge, first_sheet

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
FIRST_ROW = 2  # below the header, as a spreadsheet counts
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
        f"{limit.normalize():f}",
        "" if row.standard is None else f"{row.standard.normalize():f}",
        row.responsible.username,
        row.specialist.username if row.specialist else "",
        second.username if second else "",
        "",
    ]


def read(body: bytes) -> list[tuple[int, WantedTarget]]:
    """The rows of the workbook with their lines. Raises Invalid: for the file, or its rows' faults by line and column."""
    try:
        table = first_sheet(body, most_bytes=settings.INTAKE_MAX_UNPACKED_BYTES)
    except (NotAWorkbook, UnpacksTooLarge) as error:
        raise Invalid("costing.target_file", "无法读取该文件，请上传由本页导出的 .xlsx 文件。", field="file") from error
    header = [str(cell or "").strip() for cell in table[0]] if table else []
    places = {field: header.index(title) for field, title in TITLES.items() if title in header}
    missing = [TITLES[field] for field in NEEDED if field not in places]
    if missing or len(table) > MOST_TARGETS + 1:
        words = f"表头缺少「{'」「'.join(missing)}」。" if missing else ""
        words = f"{words}最多 {MOST_TARGETS} 行，请使用本页导出的文件填写。"
        raise Invalid("costing.target_file", words, field="file")
    rows: list[tuple[int, WantedTarget]] = []
    faults: list[RowFault] = []
    for number, cells in enumerate(table[1:], start=FIRST_ROW):
        told = {field: _text(cells, place) for field, place in places.items()}
        if not any(told.values()):
            continue
        row, found = _read(told)
        faults += [RowFault(number, field, message) for field, message in found]
        if row is not None:
            rows.append((number, row))
    if faults:
        raise refusal(faults, one=False, titles=TITLES)
    if not rows:
        raise Invalid("costing.target_file", "文件里没有目标，请填写后上传。", field="file")
    return rows


def _text(cells: Sequence[Any], place: int) -> str:
    return str(cells[place] if place < len(cells) and cells[place] is not None else "").strip()


def _read(told: Mapping[str, str]) -> tuple[WantedTarget | None, list[tuple[str, str]]]:
    """A row, or what cannot be read of it."""
    faults: list[tuple[str, str]] = []
    metric = METRICS.get(told["metric"], told["metric"])
    if metric not in TargetMetric.values:
        return None, [("metric", f"没有指标 {told['metric'] or '(空)'}，请从 {'、'.join(METRICS)} 中选填。")]
    try:
        day = Period.parse(told["effective_from"][:7]).first_day
    except ValueError:
        faults.append(("effective_from", f"{told['effective_from'] or '(空)'} 应为月份，如 2026-03。"))
        day = None
    limit = _number(told["limit"], "limit", faults, per_cent=is_ratio(metric))
    standard = _number(told.get("standard", ""), "standard", faults)
    ended = told.get("ended", "").upper()
    if ended not in (*YES, *NO):
        faults.append(("ended", f"{told['ended']} 应为「是」或留空。"))
    if faults or day is None:
        return None, faults
    specialists = (told.get("specialists", ""), told.get("second_specialist", ""))
    object_ = told.get("object", "")
    row = WantedTarget(
        metric=metric,
        effective_from=day,
        limit=limit,
        department=told["department"],
        object=ITEMS.get(object_, object_),
        standard=standard,
        responsible=told.get("responsible", ""),
        specialists=tuple(one for one in specialists if one),
        ended=ended in YES,
    )
    return row, []


def _number(told: str, field: str, faults: list[tuple[str, str]], *, per_cent: bool = False) -> Decimal | None:
    plain = told.replace(",", "").removesuffix("%")
    if not plain:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > 15 or (told.endswith("%") and not per_cent):
        faults.append((field, f"{told} 不是可用的数。"))
        return None
    return value / HUNDRED if per_cent else value
