"""Drivers of allocation as a workbook: out with what is in force, in as proposals, as a whole or not at all."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.http import FileResponse

from costing.assignments import Share, as_rows, parse
from costing.models import DriverKind, DriverRule
from costing.row_files import Faults, FileRow, day_of_cell, none_of, read_table, shown
from costing.services.driver_rules import CLOSED_CLASSES, RULERS, Wanted, propose_driver_rule
from costing.titles import METRIC_TITLES, SHARED_TITLES
from ops_platform.kernel import Actor, DomainError, Invalid
from ops_platform.masterdata.models import CostClass, Department, Institution
from ops_platform.web.exports import xlsx_response

WHERE, WHERE_NAME, DIVIDED = "机构编码", "机构名称", "分摊对象"
CODE, NAME, DRIVER, METRIC, BEGINS, SOURCE = "科室编码", "科室名称", "分摊动因", "工作量指标", "生效日期", "依据"
ASSIGNED = "指定科室(%)"
HEADERS = (WHERE, DIVIDED, CODE, DRIVER, METRIC, BEGINS, SOURCE)
MOST_ROWS = 200
SHORTEST_SOURCE, LONGEST_SOURCE = 2, 300

CLASSES = {str(one.label): one.value for one in CostClass if one in CLOSED_CLASSES}
BILLS = {title: kind for kind, title in SHARED_TITLES.items()}
DRIVERS = {str(title): str(kind) for kind, title in DriverKind.choices}
METRICS = {title: code for code, title in METRIC_TITLES.items()}
COLUMNS = {
    "institution": WHERE,
    "department": CODE,
    "cost_class": DIVIDED,
    "divides": DIVIDED,
    "driver": DRIVER,
    "metric": METRIC,
    "assigned": ASSIGNED,
    "effective_from": BEGINS,
}


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a file asked for: the numbers of the matters, and how many rows say what is in force already."""

    matters: tuple[int, ...]
    unchanged: int


def write(rules: Iterable[DriverRule], day: str) -> FileResponse:
    """The rules given, one a row, as `propose` takes them back."""
    columns = [WHERE, WHERE_NAME, DIVIDED, CODE, NAME, DRIVER, METRIC, BEGINS, SOURCE, ASSIGNED]
    return xlsx_response(
        f"分摊动因_{day}",
        columns,
        (
            [
                rule.institution.code if rule.institution else "",
                rule.institution.name if rule.institution else "整个医共体",
                rule.divided,
                rule.department.code if rule.department else "",
                rule.department.name if rule.department else "",
                str(rule.get_driver_display()),
                METRIC_TITLES.get(rule.metric, rule.metric),
                rule.effective_from,
                rule.source_text,
                "；".join(" ".join(one) for one in as_rows(_shares_of(rule))),
            ]
            for rule in rules
        ),
    )


@transaction.atomic
def propose(actor: Actor, body: bytes, in_force: Iterable[DriverRule]) -> Proposed:
    """Ask for every row that differs from what is in force, each as the page would: one matter a row. A row that says what
    is in force (same place, day, driver) is left out. Raises Invalid with the faults of all rows; then nothing is asked."""
    table = read_table(body, HEADERS, MOST_ROWS, optional=(ASSIGNED,), beside=(WHERE_NAME, NAME))
    known = {_said(_wanted_of(rule)) for rule in in_force}
    institutions = {row.code: row for row in Institution.objects.visible_to(actor, *RULERS)}
    departments = {
        (row.institution_id, row.code): row
        for row in Department.objects.filter(code__in={row[CODE] for row in table.rows} - {""})
    }
    matters, unchanged, faults = [], 0, table.faults
    asked: dict[tuple[object, ...], int] = {}
    for row in table.rows:
        wanted = _wanted(row, institutions, departments, faults)
        if wanted is None or faults.at(row.number):
            continue
        if _said(wanted) in known:
            unchanged += 1
            continue
        try:
            matters.append(propose_driver_rule(actor, wanted)[1])
            asked[_place(wanted)] = row.number
        except DomainError as refusal:
            before = asked.get(_place(wanted))
            if before and refusal.code == "costing.driver_rule_asked":
                words = f"与第 {before} 行重复：同一对象自同一天起只能有一个动因，请只保留一行。"
                faults.add(row.number, "", words)
            else:
                faults.refused(row.number, refusal, COLUMNS)
    faults.refuse()
    if not matters:
        raise Invalid(
            "costing.file_says_nothing_new",
            "文件中的动因与现行的相同，没有需要审批的变更。请修改后再上传。",
            field="file",
        )
    return Proposed(tuple(matters), unchanged)


def _place(wanted: Wanted) -> tuple[object, ...]:
    """What no two rows have in common."""
    return (
        wanted.institution_id,
        wanted.department_id,
        wanted.cost_class,
        wanted.shared_as,
        wanted.effective_from,
    )


def _said(wanted: Wanted) -> tuple[object, ...]:
    return (*_place(wanted), wanted.driver, wanted.metric, frozenset(wanted.assigned))


def _shares_of(rule: DriverRule) -> tuple[Share, ...]:
    return tuple(Share(one.department.code, one.share) for one in rule.assignments.all())


def _wanted_of(rule: DriverRule) -> Wanted:
    return Wanted(
        cost_class=rule.cost_class,
        driver=rule.driver,
        effective_from=rule.effective_from,
        source_text=rule.source_text,
        metric=rule.metric,
        institution_id=rule.institution_id,
        department_id=rule.department_id,
        shared_as=rule.shared_as,
        assigned=_shares_of(rule),
    )


def _wanted(
    row: FileRow,
    institutions: dict[str, Institution],
    departments: dict[tuple[int, str], Department],
    faults: Faults,
) -> Wanted | None:
    """What a row asks for; None with its faults told."""
    institution = institutions.get(row[WHERE])
    if row[WHERE] and institution is None:
        faults.add(row.number, WHERE, f"没有编码为 {shown(row[WHERE])} 的机构；整个医共体适用的请留空。")
    department = departments.get((institution.pk if institution else 0, row[CODE]))
    if row[CODE] and department is None:
        faults.add(row.number, CODE, f"所填机构没有编码为 {shown(row[CODE])} 的科室；整个分类适用的请留空。")
    if row[DIVIDED] not in CLASSES and row[DIVIDED] not in BILLS:
        faults.add(row.number, DIVIDED, none_of(row[DIVIDED], [*CLASSES, *BILLS]))
    if row[DRIVER] not in DRIVERS:
        faults.add(row.number, DRIVER, none_of(row[DRIVER], DRIVERS))
    if row[METRIC] and row[METRIC] not in METRICS:
        faults.add(row.number, METRIC, none_of(row[METRIC], METRICS))
    if not SHORTEST_SOURCE <= len(row[SOURCE]) <= LONGEST_SOURCE:
        faults.add(row.number, SOURCE, f"请填写文件、会议纪要等，{SHORTEST_SOURCE} 至 {LONGEST_SOURCE} 字。")
    day = _day(row, faults)
    if day is None or faults.at(row.number):
        return None
    driver = DRIVERS[row[DRIVER]]
    try:
        assigned = parse(row[ASSIGNED]) if row[ASSIGNED] or driver == DriverKind.ASSIGNED else ()
    except DomainError as refusal:
        faults.add(row.number, ASSIGNED, refusal.message)
        return None
    return Wanted(
        cost_class=CLASSES.get(row[DIVIDED], ""),
        shared_as=BILLS.get(row[DIVIDED], ""),
        driver=driver,
        metric=METRICS.get(row[METRIC], ""),
        effective_from=day,
        source_text=row[SOURCE],
        institution_id=institution.pk if institution else None,
        department_id=department.pk if department else None,
        assigned=assigned,
    )


def _day(row: FileRow, faults: Faults) -> date | None:
    day = day_of_cell(row[BEGINS])
    if day is None:
        faults.add(row.number, BEGINS, f"应为日期，如 2026-03-01，现为 {shown(row[BEGINS])}。")
    return day
