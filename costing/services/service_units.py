"""Service units of an institution: asked for by one person, put in force by a second one."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from costing.days import check_day
from costing.models import GIVEN_KINDS, ServiceUnit, ServiceUnitPart, UnitDefinition, UnitProposal
from costing.services.driver_rules import RULERS
from costing.titles import FEE_CLASS_TITLES
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import Department, Institution
from workflows.public import start

KIND = "costing.service_units"
LONGEST_CODE, LONGEST_NAME = 24, 60


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """The units of an institution from a day on; `rows` are [department code, fee class, unit code, unit name, kind], a fee
    class "" for all others of the department. `ended` goes back to executing departments."""

    institution_id: int
    effective_from: date
    source_text: str
    rows: Sequence[Sequence[str]] = ()
    ended: bool = False


@transaction.atomic
def propose_service_units(actor: Actor, wanted: WantedUnits) -> tuple[UnitProposal, int]:
    """Ask for other service units; they come into force when a second person has approved them (number of the matter)."""
    if actor.user is None or not actor.has(*RULERS):
        raise Forbidden("costing.not_allowed", "只有财务负责人或运营管理中心可以定义服务单元。")
    institution = Institution.objects.visible_to(actor, *RULERS).filter(pk=wanted.institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    check_day(wanted.effective_from)
    _check(institution, wanted)
    if UnitDefinition.objects.filter(institution=institution, effective_from=wanted.effective_from).exists():
        raise _same_day(wanted.effective_from)
    try:
        with transaction.atomic():
            proposal = UnitProposal.objects.create(
                institution=institution,
                effective_from=wanted.effective_from,
                ended=wanted.ended,
                rows=[list(row) for row in wanted.rows],
                source_text=wanted.source_text.strip(),
                asked_by_id=actor.user,
            )
    except IntegrityError as error:
        raise Conflict(
            "costing.units_asked", "同一生效日期的服务单元正在审批，请等审批结束。", field="effective_from"
        ) from error
    return proposal, start(actor, kind=KIND, subject=str(proposal.pk), comment=wanted.source_text)


def _check(institution: Institution, wanted: WantedUnits) -> None:
    if wanted.ended:
        if wanted.rows:
            raise _invalid("停用服务单元时请不要上传服务单元表。")
        if not UnitDefinition.objects.filter(institution=institution, ended=False).exists():
            raise _invalid(f"{institution.name} 没有服务单元，无从停用。")
        return
    if not wanted.rows:
        raise _invalid("请上传服务单元表，至少有一行填写单元。")
    codes = {row[0] for row in wanted.rows}
    known = set(Department.objects.filter(institution=institution, code__in=codes).values_list("code", flat=True))
    for index, _field, message in unit_faults(known, wanted.rows):
        raise _invalid(f"第 {index + 1} 项：{message}")


def unit_faults(known: Collection[str], rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, str, str]]:
    """What is wrong with the rows of service units, by number of the row from 0 and field; `known` are departments."""
    seen: set[tuple[str, str]] = set()
    units: dict[str, tuple[str, str]] = {}
    for index, (department, fee_class, unit, name, kind) in enumerate(rows):
        for field, message in _faults(known, department, fee_class, unit, name, kind):
            yield index, field, message
        if (department, fee_class) in seen:
            words = FEE_CLASS_TITLES.get(fee_class, "其余全部")
            yield index, "fee_class", f"科室 {department} 的「{words}」写了两次，只能属于一个单元，请只保留一行。"
        seen.add((department, fee_class))
        if unit and units.setdefault(unit, (name, kind)) != (name, kind):
            yield index, "unit", f"单元 {unit} 的名称或类别与前面的行不一，请改为一致。"


def _faults(
    known: Collection[str], department: str, fee_class: str, unit: str, name: str, kind: str
) -> Iterator[tuple[str, str]]:
    if department not in known:
        yield "department", f"本机构没有编码为 {department or '(空)'} 的科室，请核对编码。"
    if fee_class and fee_class not in FEE_CLASS_TITLES:
        yield "fee_class", f"没有费用类别 {fee_class}。"
    if not unit or len(unit) > LONGEST_CODE:
        yield "unit", f"请填写单元编码，不超过 {LONGEST_CODE} 个字符。"
    if not name or len(name) > LONGEST_NAME:
        yield "name", f"请填写单元名称，不超过 {LONGEST_NAME} 个字。"
    if kind not in GIVEN_KINDS:
        yield "kind", f"类别 {kind or '(空)'} 不能选用；药品和单独收费卫生材料自动为一个单元。"


@transaction.atomic
def put_units_in_force(actor: Actor, *, proposal_id: int) -> UnitDefinition:
    """The proposal is approved. Called by the approval only. Open months are costed anew by the next night."""
    proposal = UnitProposal.objects.select_for_update(of=("self",)).get(pk=proposal_id)
    try:
        with transaction.atomic():
            definition = UnitDefinition.objects.create(
                institution_id=proposal.institution_id,
                effective_from=proposal.effective_from,
                ended=proposal.ended,
                source_text=proposal.source_text,
                changed_by=proposal.asked_by.username,
            )
    except IntegrityError as error:
        raise _same_day(proposal.effective_from) from error
    wanted = {unit: (name, kind) for _department, _fee, unit, name, kind in proposal.rows}
    units = ServiceUnit.objects.bulk_create(
        ServiceUnit(definition=definition, code=code, name=name, kind=kind)
        for code, (name, kind) in sorted(wanted.items())
    )
    unit_of = {unit.code: unit for unit in units}
    codes = {row[0] for row in proposal.rows}
    departments = Department.objects.filter(institution=proposal.institution_id, code__in=codes)
    number_of = dict(departments.values_list("code", "pk"))
    ServiceUnitPart.objects.bulk_create(
        ServiceUnitPart(
            definition=definition, unit=unit_of[unit], department_id=number_of[department], fee_class=fee_class
        )
        for department, fee_class, unit, _name, _kind in proposal.rows
    )
    proposal.state = UnitProposal.State.IN_FORCE
    proposal.save(update_fields=["state"])
    record(
        actor,
        "costing.service_units_changed",
        institution=proposal.institution.code,
        subject_type="unit_definition",
        subject=definition.pk,
        detail={
            "effective_from": proposal.effective_from.isoformat(),
            "ended": proposal.ended,
            "units": len(units),
            "asked_by": proposal.asked_by.username,
        },
    )
    return definition


def refuse_units(*, proposal_id: int) -> None:
    """The proposal is refused or withdrawn. Called by the approval only."""
    UnitProposal.objects.filter(pk=proposal_id).update(state=UnitProposal.State.REFUSED)


def _invalid(message: str) -> Invalid:
    return Invalid("costing.service_units", message, field="file")


def _same_day(day: date) -> Conflict:
    return Conflict(
        "costing.units_same_day", f"该机构自 {day} 起已有服务单元的定义，请另选生效日期。", field="effective_from"
    )
