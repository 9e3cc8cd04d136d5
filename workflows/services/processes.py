"""Keeping the process register: sheets, risk and control points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from ops_platform.audit.public import record
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import Department, Institution
from workflows.models import Matter, Principle, Process, ProcessPoint, ProcessState
from workflows.selectors import processes as selectors
from workflows.selectors.process_maps import maps_of

SHORTEST_EXPLANATION = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """What people enter about a process; `principles` are values of Principle."""

    code: str
    name: str
    matter: str
    area: str
    status: str = Process.Status.DRAFT
    owner: int | None = None
    department: int | None = None
    flow: int | None = None
    embedded_system: str = ""
    principles: Sequence[str] = ()


@transaction.atomic
def register_process(actor: Actor, *, institution_id: int, sheet: Sheet) -> Process:
    """Enter a process of an institution. Raises Conflict when its code is taken there."""
    institution = own_institution(actor, institution_id)
    process = Process(institution=institution)
    _fill(process, sheet)
    _save(process)
    record_change(actor, "workflows.process_registered", process, {"name": process.name, "status": process.status})
    return process


@transaction.atomic
def change_process(actor: Actor, *, process_id: int, version: int, sheet: Sheet) -> Process:
    """Change the sheet of a process. `version` is the one the change was made from: a later one refuses it."""
    process = locked(actor, process_id)
    if process.version != version:
        raise Conflict("workflows.process_changed_meanwhile", "该流程刚被他人修改过，请刷新页面，核对后再保存。")
    former = process.status
    if former == sheet.status == Process.Status.OPTIMISED:
        _must_stay_agreed(process, sheet)
    _fill(process, sheet)
    _save(process)
    record_change(
        actor, "workflows.process_changed", process, {"version": process.version, "status": [former, process.status]}
    )
    return process


def _fill(process: Process, sheet: Sheet) -> None:
    if sheet.status == Process.Status.OPTIMISED != process.status:
        raise Invalid(
            "workflows.process_needs_second_person",
            "标为已优化须由第二人同意：请先保存为已嵌入系统并填好优化前后的数据，再在流程页面上申请标为已优化。",
            field="status",
        )
    for name in ("code", "name", "matter", "embedded_system"):
        setattr(process, name, getattr(sheet, name).strip())
    process.area, process.status = sheet.area, sheet.status
    process.principles = [value for value in Principle.values if value in sheet.principles]
    process.owner = _owner(sheet.owner)
    process.department = _department(process.institution, sheet.department)
    if sheet.flow is not None and not selectors.flows_for(process.institution).filter(pk=sheet.flow).exists():
        raise Invalid("workflows.flow_elsewhere", "所选审批流程不适用于该机构，或尚未发布。", field="flow")
    process.flow_id = sheet.flow
    must_deserve(process, process.status)
    if process.status not in (Process.Status.OPTIMISED, Process.Status.RETIRED):
        process.optimised_on = None


AGREED = ("code", "name", "matter", "area", "embedded_system")


def _must_stay_agreed(process: Process, sheet: Sheet) -> None:
    """Of an optimised process only who answers for it changes: the rest was agreed to."""
    same = all(getattr(process, name) == str(getattr(sheet, name)).strip() for name in AGREED)
    if not same or process.flow_id != sheet.flow or set(process.principles) != set(sheet.principles):
        raise _agreed()


def _agreed() -> Conflict:
    return Conflict(
        "workflows.process_agreed",
        "已优化的流程的内容、风险点和控制点已经第二人同意，只能更换责任人和责任科室。"
        "要修改，请先把流程状态改回已嵌入系统，改后重新申请标为已优化。",
    )


def must_deserve(process: Process, status: str) -> None:
    """Embedded: a system runs it. Optimised: somebody answers for it, a control is registered, at least one figure is better
    after than before, worse ones are explained, after comes after before, and both have a flow map; so that the counter
    counts nothing that nobody can show."""
    if status in (Process.Status.EMBEDDED, Process.Status.OPTIMISED) and not (
        process.flow_id or process.embedded_system
    ):
        raise Invalid(
            "workflows.process_not_embedded", "标为已嵌入或已优化前，请选择审批流程或填写所嵌入的系统。", field="status"
        )
    if status == Process.Status.OPTIMISED:
        _must_be_answered_for(process)
        states = selectors.states_of(process=process) if process.pk else {}
        _must_be_better(states)
        _must_be_mapped(process, states)


def _must_be_answered_for(process: Process) -> None:
    if process.owner is None:
        raise Invalid("workflows.process_without_owner", "标为已优化前，请先指定责任人。", field="owner")
    controls = process.points.filter(kind=ProcessPoint.Kind.CONTROL, dropped=False) if process.pk else None
    if controls is None or not controls.exists():
        raise Invalid("workflows.process_without_control", "标为已优化的流程至少要登记一个控制点。", field="status")


def _must_be_mapped(process: Process, states: dict[str, ProcessState]) -> None:
    before, after = (maps_of(process, states)[which] for which in ProcessState.Which.values)
    if before is None or after is None:
        side = "优化前" if before is None else "优化后"
        raise Invalid(
            "workflows.process_without_map",
            f"标为已优化前，请补上{side}的流程图：逐行填写流程步骤，或选用审批流程的一版。",
            field="map",
        )
    if before.version is not None and after.version is not None and before.version.number >= after.version.number:
        raise Invalid(
            "workflows.process_maps_crossed",
            f"优化前取的是审批流程第 {before.version.number} 版，优化后是第 {after.version.number} 版："
            "优化前应取较早的一版，或填写当时的步骤。",
            field="flow_version",
        )


def _must_be_better(states: dict[str, ProcessState]) -> None:
    compared = selectors.compared(states)
    if not any(metric.improved for metric in compared):
        raise Invalid(
            "workflows.process_not_improved",
            "标为已优化前，请先填写优化前和优化后的数据：至少一项指标两边都有，且优化后好于优化前。",
            field="status",
        )
    before, after = states[ProcessState.Which.BEFORE], states[ProcessState.Which.AFTER]
    if any(metric.worse for metric in compared) and len(after.explanation.strip()) < SHORTEST_EXPLANATION:
        raise Invalid(
            "workflows.process_worse",
            "有指标比优化前变差，请在优化后的数据里写明原因，再标为已优化。",
            field="explanation",
        )
    lasted_until = before.measured_until or before.since
    begun = after.measured_since or after.since
    for first, second in ((before.since, after.since), (lasted_until, begun)):
        if first is not None and second is not None and first >= second:
            raise Invalid(
                "workflows.process_days_crossed", "优化后的日期应晚于优化前的日期，请核对两边的日期。", field="since"
            )


def _save(process: Process) -> None:
    process.version = process.version + 1 if process.pk else 1
    try:
        with transaction.atomic():
            process.save()
    except IntegrityError as error:
        raise Conflict(
            "workflows.process_code_taken", f"该机构已有编号 {process.code} 的流程。", field="code"
        ) from error


def _owner(owner: int | None) -> User | None:
    if owner is None:
        return None
    person = User.objects.filter(pk=owner, is_active=True).first()
    if person is None:
        raise Invalid("workflows.no_such_owner", "没有这位在岗人员，请重新选择责任人。", field="owner")
    return person


def _department(institution: Institution, department_id: int | None) -> Department | None:
    if department_id is None:
        return None
    department = Department.objects.filter(pk=department_id, institution=institution).first()
    if department is None:
        raise Invalid("workflows.department_elsewhere", "所选科室不属于所选机构。", field="department")
    return department


@transaction.atomic
def add_point(
    actor: Actor,
    *,
    process_id: int,
    kind: str,
    place: str,
    text: str,
    responsible: str = "",
    control: int | None = None,
) -> ProcessPoint:
    """Enter a risk or a control; a risk may name the control that answers it."""
    process = locked(actor, process_id)
    _must_not_be_agreed(process)
    point = ProcessPoint(process=process, kind=kind)
    return _keep_point(actor, point, place=place, text=text, responsible=responsible, control=control)


@transaction.atomic
def change_point(
    actor: Actor, *, point_id: int, place: str, text: str, responsible: str = "", control: int | None = None
) -> ProcessPoint:
    """Change a risk or control; it stays of its kind."""
    point = _locked_point(actor, point_id)
    _must_not_be_agreed(point.process)
    return _keep_point(actor, point, place=place, text=text, responsible=responsible, control=control)


def _keep_point(
    actor: Actor, point: ProcessPoint, *, place: str, text: str, responsible: str, control: int | None
) -> ProcessPoint:
    controls = point.process.points.filter(kind=ProcessPoint.Kind.CONTROL, dropped=False)
    answer = controls.filter(pk=control).first() if control is not None else None
    if control is not None and (answer is None or point.kind != ProcessPoint.Kind.RISK):
        raise Invalid("workflows.no_such_control", "该流程没有所选的控制点，请重新选择。", field="control")
    point.place, point.text, point.responsible = place.strip(), text.strip(), responsible.strip()
    point.control = answer
    point.save()
    entered_by(actor, point.process)
    touch(point.process)
    detail = {"kind": str(point.kind), "place": point.place, "text": point.text}
    record_change(actor, "workflows.process_point_saved", point.process, detail)
    return point


@transaction.atomic
def drop_point(actor: Actor, *, point_id: int) -> ProcessPoint:
    """A risk or control no longer holds. Risks that a dropped control answered are open again. A repeat changes nothing."""
    point = _locked_point(actor, point_id)
    _must_not_be_agreed(point.process)
    if not point.dropped:
        point.dropped, point.control = True, None
        point.save(update_fields=["dropped", "control"])
        point.risks.update(control=None)
        touch(point.process)
        detail = {"kind": str(point.kind), "text": point.text}
        record_change(actor, "workflows.process_point_dropped", point.process, detail)
    return point


def _must_not_be_agreed(process: Process) -> None:
    if process.status == Process.Status.OPTIMISED:
        raise _agreed()


def entered_by(actor: Actor, process: Process) -> None:
    """The actor entered figures or controls of the process: somebody else agrees that it is optimised."""
    if actor.user is not None and actor.user not in process.entered_by:
        process.entered_by = [*process.entered_by, actor.user]


def own_institution(actor: Actor, institution_id: int) -> Institution:
    """An institution whose register the actor keeps. Raises NotFound for all others."""
    institution = Institution.objects.visible_to(actor, *selectors.EDITORS).filter(pk=institution_id).first()
    if institution is None:
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    return institution


def must_edit(actor: Actor, institution_id: int) -> None:
    """Raises Forbidden for who reads the register of the institution but does not keep it."""
    if not selectors.may_edit(actor=actor, institution_id=institution_id):
        raise Forbidden(
            "workflows.not_the_editor", "只有运营管理中心、本机构负责人和财务负责人可以维护业务流程和典型案例。"
        )


def locked(actor: Actor, process_id: int) -> Process:
    """A process that the actor keeps, under its row lock. Raises NotFound, Forbidden, and Conflict while a second person
    looks at it: what they sign stays what they saw."""
    process = selectors.access_process(actor=actor, process_id=process_id)
    must_edit(actor, process.institution_id)
    process = Process.objects.select_for_update(of=("self",)).select_related("institution").get(pk=process.pk)
    if selectors.asked_for(process=process) == Matter.State.RUNNING:
        raise Conflict(
            "workflows.process_in_approval", "该流程正在审批“标为已优化”，不能修改。需要修改的，请申请人先撤回申请。"
        )
    return process


def _locked_point(actor: Actor, point_id: int) -> ProcessPoint:
    point = ProcessPoint.objects.filter(pk=point_id).first()
    if point is None:
        raise NotFound("workflows.no_point", "没有这个风险点或控制点。")
    process = locked(actor, point.process_id)
    point = ProcessPoint.objects.get(pk=point_id)
    point.process = process
    return point


def touch(process: Process) -> None:
    """One more change of what the sheet shows."""
    process.version += 1
    process.save(update_fields=["version", "changed_at", "entered_by"])


def record_change(actor: Actor, action: str, process: Process, detail: Mapping[str, Any]) -> None:
    """What was changed of a process, into the audit log."""
    record(
        actor,
        action,
        institution=process.institution.code,
        subject_type="process",
        subject=process.pk,
        detail={"code": process.code, **detail},
    )
