"""The drivers by which costs are divided: asked for by one person, put in force when a second one approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from costing.assignments import Share, as_rows, must_receive, of_rows, resolve, words
from costing.days import check_day
from costing.models import DriverAssignment, DriverKind, DriverProposal, DriverRule
from costing.tiers import TIERS
from ops_platform.audit.public import record
from ops_platform.his_intake.public import METRICS, SHARED_KINDS
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import CostClass, Department, Institution, SourceMark
from workflows.public import start

KIND = "costing.driver"
RULERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
CLOSED_CLASSES = TIERS


@dataclass(frozen=True, slots=True)
class Wanted:
    """A driver for a class (of an institution, or of the whole alliance), for one department, or, with `shared_as` in place
    of a class, for a kind of shared bill, from a day on; by direct assignment to those `assigned`."""

    cost_class: str
    driver: str
    effective_from: date
    source_text: str
    metric: str = ""
    institution_id: int | None = None
    department_id: int | None = None
    shared_as: str = ""
    assigned: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    institution: Institution | None
    department: Department | None
    assigned: Sequence[tuple[Department, Decimal]]

    def place(self, wanted: Wanted) -> dict[str, Any]:
        """What no two rules have in common."""
        return {
            "institution": self.institution,
            "department": self.department,
            "cost_class": wanted.cost_class,
            "shared_as": wanted.shared_as,
            "effective_from": wanted.effective_from,
        }


def _check(actor: Actor, wanted: Wanted) -> _Checked:
    if not actor.has(*RULERS):
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以修改分摊动因。")
    institution, department = _scope(actor, wanted.institution_id, wanted.department_id)
    check_day(wanted.effective_from)
    if wanted.driver not in DriverKind.values:
        raise Invalid("costing.unknown_driver", f"没有动因 {wanted.driver}。", field="driver")
    if wanted.assigned and wanted.driver != DriverKind.ASSIGNED:
        words = "填写了指定科室，但分摊动因不是「直接指定」。请改选直接指定，或清空指定科室。"
        raise Invalid("costing.assignment", words, field="driver")
    if wanted.shared_as:
        _check_bill(wanted)
    elif wanted.cost_class not in CLOSED_CLASSES:
        raise Invalid(
            "costing.class_not_allocated",
            "请选择行政后勤、医疗辅助或医疗技术类，或一种公共费用；临床服务类是分摊的终点，不设分摊动因。",
            field="cost_class",
        )
    elif department is not None:
        _refuse_other_class(department, wanted.cost_class, wanted.effective_from)
    if wanted.driver == DriverKind.WORKLOAD and wanted.metric not in dict(METRICS):
        raise Invalid("costing.metric_needed", "按工作量分摊须选择工作量指标。", field="metric")
    if wanted.driver != DriverKind.WORKLOAD and wanted.metric:
        words = "填写了工作量指标，但分摊动因不是「工作量」。请改选工作量，或清空工作量指标。"
        raise Invalid("costing.metric_not_needed", words, field="metric")
    checked = _Checked(institution, department, _assigned(wanted, institution, department))
    if DriverRule.objects.filter(**checked.place(wanted)).exists():
        raise _same_day(wanted.effective_from)
    return checked


def _refuse_unchanged(wanted: Wanted, checked: _Checked) -> None:
    """What holds on the day already need not be approved again."""
    place = checked.place(wanted)
    before = {"effective_from__lt": place.pop("effective_from")}
    rule = DriverRule.objects.filter(**place, **before).order_by("-effective_from").first()
    if rule is None or (rule.driver, rule.metric) != (wanted.driver, wanted.metric):
        return
    if {(one.department_id, one.share) for one in rule.assignments.all()} == {
        (department.pk, share) for department, share in checked.assigned
    }:
        words = f"与 {rule.effective_from:%Y-%m-%d} 起的规则相同，没有变化，不需要提交。"
        raise Invalid("costing.driver_unchanged", words, field="driver")


@transaction.atomic
def propose_driver_rule(actor: Actor, wanted: Wanted) -> tuple[DriverProposal, int]:
    """Ask for another driver; it comes into force when a second person has approved it (number of the matter).

    Refused for what could never come into force, and while the same is asked for already.
    """
    if actor.user is None:
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以修改分摊动因。")
    checked = _check(actor, wanted)
    _refuse_unchanged(wanted, checked)
    try:
        with transaction.atomic():
            proposal = DriverProposal.objects.create(
                **checked.place(wanted),
                driver=wanted.driver,
                metric=wanted.metric,
                assigned=as_rows(Share(one.code, share) for one, share in checked.assigned),
                source_text=wanted.source_text,
                asked_by_id=actor.user,
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.driver_rule_asked",
            "同一范围、同一生效日期的分摊动因正在审批，请等审批结束。",
            field="effective_from",
        ) from error
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=wanted.source_text)


@transaction.atomic
def set_driver_rule(actor: Actor, wanted: Wanted) -> DriverRule:
    """Put a driver in force. Earlier rules stay for earlier months; what a person sets is never "official".

    The months concerned are computed anew by the next nightly run; a closed month keeps its figures until it is reopened.
    """
    checked = _check(actor, wanted)
    institution, department = checked.institution, checked.department
    try:
        with transaction.atomic():
            rule = DriverRule.objects.create(
                **checked.place(wanted),
                driver=wanted.driver,
                metric=wanted.metric,
                source_mark=SourceMark.DEFAULT,
                source_text=wanted.source_text,
                changed_by=actor.name,
            )
            DriverAssignment.objects.bulk_create(
                DriverAssignment(rule=rule, department=named, share=share) for named, share in checked.assigned
            )
    except IntegrityError as error:
        raise _same_day(wanted.effective_from) from error
    record(
        actor,
        "costing.driver_rule_changed",
        institution=institution.code if institution else "",
        subject_type="driver_rule",
        subject=rule.pk,
        detail={
            "divides": rule.divided,
            **({"shared_as": wanted.shared_as} if wanted.shared_as else {"cost_class": str(wanted.cost_class)}),
            "department": department.code if department else "",
            "driver": str(wanted.driver),
            "metric": wanted.metric,
            "assigned": words((named.code, share) for named, share in checked.assigned),
            "effective_from": wanted.effective_from.isoformat(),
        },
    )
    return rule


@transaction.atomic
def put_in_force(*, proposal_id: int) -> DriverRule:
    """The proposal is approved: its driver is in force, in the name of who asked. Called by the approval only."""
    proposal = DriverProposal.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=proposal_id)
    wanted = Wanted(
        cost_class=proposal.cost_class,
        driver=proposal.driver,
        effective_from=proposal.effective_from,
        source_text=proposal.source_text,
        metric=proposal.metric,
        institution_id=proposal.institution_id,
        department_id=proposal.department_id,
        shared_as=proposal.shared_as,
        assigned=of_rows(proposal.assigned),
    )
    rule = set_driver_rule(actor_of_user(proposal.asked_by), wanted)
    proposal.state, proposal.rule = DriverProposal.State.IN_FORCE, rule
    proposal.save(update_fields=["state", "rule"])
    return rule


def refuse_proposal(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    DriverProposal.objects.filter(pk=proposal_id).update(state=DriverProposal.State.REFUSED)


def _assigned(
    wanted: Wanted, institution: Institution | None, department: Department | None
) -> Sequence[tuple[Department, Decimal]]:
    """The departments that a direct assignment names, each of which could receive when it begins."""
    if wanted.driver != DriverKind.ASSIGNED:
        return ()
    if institution is None:
        raise Invalid("costing.assignment", "直接指定的是某一机构的科室，请先选择机构。", field="institution")
    named = resolve(institution, wanted.assigned)
    must_receive(named, cost_class=wanted.cost_class, sender=department, day=wanted.effective_from)
    return named


def _check_bill(wanted: Wanted) -> None:
    if wanted.shared_as not in dict(SHARED_KINDS) or wanted.cost_class:
        raise Invalid("costing.unknown_bill", f"没有公共费用类别 {wanted.shared_as}。", field="divides")
    if wanted.department_id is not None:
        raise Invalid("costing.bill_of_all", "公共费用分给全部科室，不为单个科室另设动因。", field="department")
    if wanted.driver == DriverKind.ORDERED_INCOME:
        raise Invalid("costing.nobody_orders_a_bill", "公共费用没有开单收入，请改选其他动因。", field="driver")


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
