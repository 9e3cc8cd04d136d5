"""Drivers of allocation as a workbook: out with what is in force, in as proposals, as a whole or not at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.http import FileResponse

from costing.assignments import Share, as_rows, parse
from costing.models import DriverKind, DriverRule
from costing.row_files import Faults, FileRow, read_rows
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
    rows = read_rows(body, HEADERS, MOST_ROWS, optional=(ASSIGNED,))
    known = {_said(_wanted_of(rule)) for rule in in_force}
    institutions = {row.code: row for row in Institution.objects.visible_to(actor, *RULERS)}
    departments = {
        (row.institution_id, row.code): row
        for row in Department.objects.filter(code__in={row[CODE] for row in rows} - {""})
    }
    matters, unchanged, faults = [], 0, Faults()
    for row in rows:
        try:
            wanted = _wanted(row, institutions, departments)
            if _said(wanted) in known:
                unchanged += 1
            else:
                matters.append(propose_driver_rule(actor, wanted)[1])
        except DomainError as refusal:
            faults.add(row.number, refusal)
    faults.refuse()
    if not matters:
        raise Invalid(
            "costing.file_says_nothing_new",
            "文件中的动因与现行的相同，没有需要审批的变更。请修改后再上传。",
            field="file",
        )
    return Proposed(tuple(matters), unchanged)


def _said(wanted: Wanted) -> tuple[object, ...]:
    return (
        wanted.institution_id,
        wanted.department_id,
        wanted.cost_class,
        wanted.shared_as,
        wanted.effective_from,
        wanted.driver,
        wanted.metric,
        frozenset(wanted.assigned),
    )


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
    row: FileRow, institutions: dict[str, Institution], departments: dict[tuple[int, str], Department]
) -> Wanted:
    institution = institutions.get(row[WHERE])
    if row[WHERE] and institution is None:
        raise Invalid("costing.file_institution", f"没有编码为 {row[WHERE]} 的机构；整个医共体适用的请留空。")
    department = departments.get((institution.pk if institution else 0, row[CODE]))
    if row[CODE] and department is None:
        raise Invalid("costing.file_department", f"所填机构没有编码为 {row[CODE]} 的科室；整个分类适用的请留空。")
    if row[DIVIDED] not in CLASSES and row[DIVIDED] not in BILLS:
        raise _not_one_of(DIVIDED, row, [*CLASSES, *BILLS])
    if row[DRIVER] not in DRIVERS:
        raise _not_one_of(DRIVER, row, DRIVERS)
    if row[METRIC] and row[METRIC] not in METRICS:
        raise _not_one_of(METRIC, row, METRICS)
    if not SHORTEST_SOURCE <= len(row[SOURCE]) <= LONGEST_SOURCE:
        raise Invalid("costing.file_source", f"请填写「依据」(文件、会议纪要等，{LONGEST_SOURCE} 字以内)。")
    driver = DRIVERS[row[DRIVER]]
    return Wanted(
        cost_class=CLASSES.get(row[DIVIDED], ""),
        shared_as=BILLS.get(row[DIVIDED], ""),
        driver=driver,
        metric=METRICS.get(row[METRIC], "") if driver == DriverKind.WORKLOAD else "",
        effective_from=row.day(BEGINS),
        source_text=row[SOURCE],
        institution_id=institution.pk if institution else None,
        department_id=department.pk if department else None,
        assigned=parse(row[ASSIGNED]) if driver == DriverKind.ASSIGNED else (),
    )


def _not_one_of(header: str, row: FileRow, known: Sequence[str] | dict[str, str]) -> Invalid:
    return Invalid("costing.file_choice", f"「{header}」{row[header] or '(空)'} 不在可选之中：{'、'.join(known)}。")
