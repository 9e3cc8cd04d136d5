"""Setting the drivers by which costs are divided."""

from datetime import date

from django.db import IntegrityError, transaction

from costing.models import DriverKind, DriverRule
from ops_platform.audit.public import record
from ops_platform.his_intake.public import METRICS
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import CostClass, Department, Institution, SourceMark

RULERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
CLOSED_CLASSES = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


@transaction.atomic
def set_driver_rule(
    actor: Actor,
    *,
    cost_class: str,
    driver: str,
    effective_from: date,
    source_text: str,
    metric: str = "",
    institution_id: int | None = None,
    department_id: int | None = None,
) -> DriverRule:
    """A driver for a class (of an institution, or of the whole alliance) or for one department, from a day on.

    Earlier rules stay for earlier months. What a person sets is a local decision: its mark is never "official". The
    months concerned are computed anew by the next nightly run; a closed month keeps its figures until it is reopened.
    """
    if not actor.has(*RULERS):
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以修改分摊动因。")
    institution, department = _scope(actor, institution_id, department_id)
    if cost_class not in CLOSED_CLASSES:
        raise Invalid("costing.class_not_allocated", "临床服务类是分摊的终点，不设分摊动因。", field="cost_class")
    if department is not None:
        _refuse_other_class(department, cost_class, effective_from)
    if driver not in DriverKind.values:
        raise Invalid("costing.unknown_driver", f"没有动因 {driver}。", field="driver")
    if driver != DriverKind.WORKLOAD:
        metric = ""
    elif metric not in dict(METRICS):
        raise Invalid("costing.metric_needed", "按工作量分摊须选择工作量指标。", field="metric")
    where = {
        "institution": institution,
        "department": department,
        "cost_class": cost_class,
        "effective_from": effective_from,
    }
    if DriverRule.objects.filter(**where).exists():
        raise _same_day(effective_from)
    try:
        with transaction.atomic():
            rule = DriverRule.objects.create(
                **where,
                driver=driver,
                metric=metric,
                source_mark=SourceMark.DEFAULT,
                source_text=source_text,
                changed_by=actor.name,
            )
    except IntegrityError as error:
        raise _same_day(effective_from) from error
    record(
        actor,
        "costing.driver_rule_changed",
        institution=institution.code if institution else "",
        subject_type="driver_rule",
        subject=rule.pk,
        detail={
            "cost_class": str(cost_class),
            "department": department.code if department else "",
            "driver": str(driver),
            "metric": metric,
            "effective_from": effective_from.isoformat(),
        },
    )
    return rule


def _refuse_other_class(department: Department, cost_class: str, day: date) -> None:
    """A rule for a class the department does not have would never apply."""
    term = department.terms.filter(effective_from__lte=day).order_by("-effective_from").first()
    if term is None or term.cost_class != cost_class:
        its_class = CostClass(term.cost_class).label if term else "尚未生效"
        raise Invalid(
            "costing.department_other_class",
            f"{department.name}在 {day} 的成本分类是「{its_class}」，请选择相同的分类。",
            field="cost_class",
        )


def _same_day(day: date) -> Conflict:
    return Conflict(
        "costing.driver_rule_same_day", f"同一范围自 {day} 起已有分摊动因，请另选生效日期。", field="effective_from"
    )


def _scope(
    actor: Actor, institution_id: int | None, department_id: int | None
) -> tuple[Institution | None, Department | None]:
    if institution_id is None:
        if department_id is not None:
            raise Invalid("costing.department_elsewhere", "为单个科室设动因时须先选择机构。", field="department")
        if not actor.has(Role.OPERATION_CENTRE):
            raise Forbidden("costing.not_allowed", "医共体统一的分摊动因只能由运营管理中心修改。")
        return None, None
    institution = Institution.objects.visible_to(actor, *RULERS).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    if department_id is None:
        return institution, None
    department = Department.objects.filter(pk=department_id, institution=institution).first()
    if department is None:
        raise Invalid("costing.department_elsewhere", "所选科室不属于所选机构。", field="department")
    return institution, department
