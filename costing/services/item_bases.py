"""By which method the cost of services is divided over items: asked for by one person, put in force by a second one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction

from costing.activities import WantedActivity, check_activities
from costing.days import check_day
from costing.models import (
    Activity,
    ActivityResource,
    ActivityUse,
    ItemBasis,
    ItemBasisProposal,
    ItemCoefficient,
    ItemMethod,
)
from costing.services.driver_rules import RULERS
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from workflows.public import start

KIND = "costing.item_basis"


@dataclass(frozen=True, slots=True)
class WantedBasis:
    """A method for an institution or one of its departments from a day on; `rows` are [item code, coefficient], `activities`
    those of a department by activity."""

    institution_id: int
    method: str
    effective_from: date
    source_text: str
    department_id: int | None = None
    rows: Sequence[Sequence[str]] = ()
    activities: Sequence[WantedActivity] = ()


@transaction.atomic
def propose_item_basis(actor: Actor, wanted: WantedBasis) -> tuple[ItemBasisProposal, int]:
    """Ask for another method; it comes into force when a second person has approved it (number of the matter).

    A method that weighs items needs coefficients, given with it or in force already; the one by activity needs a department
    and all of its activities.
    """
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以修改项目成本的分配方法。")
    institution = Institution.objects.visible_to(actor, *RULERS).filter(pk=wanted.institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    department = None
    if wanted.department_id is not None:
        department = Department.objects.filter(pk=wanted.department_id, institution=institution).first()
        if department is None:
            raise Invalid("costing.department_elsewhere", "所选科室不属于所选机构。", field="department")
    check_day(wanted.effective_from)
    _must_weigh(institution, department, wanted)
    if ItemBasis.objects.filter(
        institution=institution, department=department, effective_from=wanted.effective_from
    ).exists():
        raise _same_day(wanted.effective_from)
    try:
        with transaction.atomic():
            proposal = ItemBasisProposal.objects.create(
                institution=institution,
                department=department,
                method=wanted.method,
                effective_from=wanted.effective_from,
                rows=[list(row) for row in wanted.rows],
                activities=[one.kept() for one in wanted.activities],
                source_text=wanted.source_text.strip(),
                asked_by_id=actor.user,
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.item_basis_asked", "同一范围、同一生效日期的方法正在审批，请等审批结束。", field="effective_from"
        ) from error
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=wanted.source_text)


def _must_weigh(institution: Institution, department: Department | None, wanted: WantedBasis) -> None:
    if wanted.method not in ItemMethod.values:
        raise Invalid("costing.unknown_method", f"没有方法 {wanted.method}。", field="method")
    if wanted.method == ItemMethod.ACTIVITY:
        _must_have_activities(institution, department, wanted)
        return
    if wanted.activities:
        raise Invalid("costing.activities_not_needed", "只有作业成本法需要作业表，请不要上传。", field="file")
    if wanted.method == ItemMethod.INCOME:
        if wanted.rows:
            raise Invalid("costing.coefficients_not_needed", "按收入分配不需要系数，请不要上传系数表。", field="file")
        return
    known = ItemCoefficient.objects.filter(
        institution=institution, method=wanted.method, effective_from__lte=wanted.effective_from, value__gt=0
    )
    known = known.filter(department=None) | known.filter(department=department)
    if not any(Decimal(value) for _code, value in wanted.rows) and not known.exists():
        raise Invalid("costing.coefficients_needed", "该方法需要项目系数，请上传系数表(至少一项大于 0)。", field="file")


def _must_have_activities(institution: Institution, department: Department | None, wanted: WantedBasis) -> None:
    if department is None:
        raise Invalid(
            "costing.activities_of_a_department", "作业成本法按科室设定作业，请选择一个执行科室。", field="department"
        )
    if wanted.rows:
        raise Invalid(
            "costing.coefficients_not_needed", "作业成本法用作业表，不需要系数表，请不要上传系数表。", field="file"
        )
    codes = {code for one in wanted.activities for code in one.uses}
    known = ChargeItem.objects.filter(institution=institution, code__in=codes)
    check_activities(wanted.activities, set(known.values_list("code", flat=True)))


@transaction.atomic
def put_basis_in_force(actor: Actor, *, proposal_id: int) -> ItemBasis:
    """The proposal is approved. Called by the approval only. Open months are costed anew by the next night; a closed month
    keeps its figures."""
    proposal = ItemBasisProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    place = {"institution_id": proposal.institution_id, "department_id": proposal.department_id}
    asked_by = proposal.asked_by.username
    try:
        with transaction.atomic():
            basis = ItemBasis.objects.create(
                **place,
                method=proposal.method,
                effective_from=proposal.effective_from,
                source_text=proposal.source_text,
                changed_by=asked_by,
            )
            ItemCoefficient.objects.bulk_create(
                ItemCoefficient(
                    **place,
                    item_id=number,
                    method=proposal.method,
                    value=Decimal(value),
                    effective_from=proposal.effective_from,
                    changed_by=asked_by,
                )
                for number, value in _numbered(proposal)
            )
            _put_activities_in_force(proposal, basis)
    except IntegrityError as error:
        raise _same_day(proposal.effective_from) from error
    proposal.state = ItemBasisProposal.State.IN_FORCE
    proposal.save(update_fields=["state"])
    record(
        actor,
        "costing.item_basis_changed",
        institution=proposal.institution.code,
        subject_type="item_basis",
        subject=basis.pk,
        detail={
            "department": proposal.department.code if proposal.department else "",
            "method": str(proposal.method),
            "effective_from": proposal.effective_from.isoformat(),
            "coefficients": len(proposal.rows),
            "activities": len(proposal.activities),
            "asked_by": asked_by,
        },
    )
    return basis


def _put_activities_in_force(proposal: ItemBasisProposal, basis: ItemBasis) -> None:
    """Activities with what is above zero of their drivers and uses."""
    wanted = [WantedActivity.of(kept) for kept in proposal.activities]
    codes = {code for one in wanted for code in one.uses}
    numbers = dict(
        ChargeItem.objects.filter(institution=proposal.institution_id, code__in=codes).values_list("code", "pk")
    )
    rows = Activity.objects.bulk_create(
        Activity(basis=basis, number=number, name=one.name) for number, one in enumerate(wanted, 1)
    )
    made = list(zip(rows, wanted, strict=True))
    ActivityResource.objects.bulk_create(
        ActivityResource(activity=row, column=column, value=Decimal(told))
        for row, one in made
        for column, told in one.resources.items()
        if Decimal(told)
    )
    ActivityUse.objects.bulk_create(
        ActivityUse(activity=row, item_id=numbers[code], value=Decimal(told))
        for row, one in made
        for code, told in one.uses.items()
        if Decimal(told)
    )


def refuse_basis(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    ItemBasisProposal.objects.filter(pk=proposal_id).update(state=ItemBasisProposal.State.REFUSED)


def _numbered(proposal: ItemBasisProposal) -> list[tuple[int, str]]:
    codes = [code for code, _value in proposal.rows]
    items = ChargeItem.objects.filter(institution=proposal.institution_id, code__in=codes)
    numbers = dict(items.values_list("code", "pk"))
    return [(numbers[code], value) for code, value in proposal.rows]


def _same_day(day: date) -> Conflict:
    return Conflict(
        "costing.item_basis_same_day", f"同一范围自 {day} 起已有分配方法，请另选生效日期。", field="effective_from"
    )
