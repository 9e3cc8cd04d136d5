"""Scenarios: begun from a run, changed by those who may run costing, never mixed with official figures."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from costing.assignments import Share, as_rows, resolve
from costing.models import ChangeKind, CostRun, DriverKind, Scenario, ScenarioChange
from costing.selectors.access import access_run
from costing.services.driver_rules import CLOSED_CLASSES
from costing.titles import COST_ITEM_TITLES, FEE_CLASS_TITLES, METRIC_TITLES, SHARED_TITLES
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.models import CostClass, Department

PLANNERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD, Role.OPERATION_CENTRE)
MOST_CHANGES = 30
LARGEST_PERCENT = Decimal(1000)
OF_A_DEPARTMENT = (ChangeKind.HEADCOUNT, ChangeKind.AREA, ChangeKind.COST_CLASS, ChangeKind.CLOSE)
PERCENT = (ChangeKind.PRICE, ChangeKind.VOLUME, ChangeKind.COST)
MOST = {ChangeKind.HEADCOUNT.value: 100_000, ChangeKind.AREA.value: 10_000_000}


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change as it is asked for; see `ScenarioChange`."""

    kind: str
    department: int | None = None
    target: str = ""
    code: str = ""
    metric: str = ""
    value: Decimal | None = None
    assigned: tuple[Share, ...] = ()


@transaction.atomic
def begin_scenario(actor: Actor, *, run_id: int, title: str, note: str = "") -> Scenario:
    """Ask what a month would have come to otherwise, starting from a run that the actor may see."""
    run: CostRun = access_run(actor=actor, run_id=run_id)
    planner = _must_plan(actor, run.institution_id)
    scenario = Scenario.objects.create(
        institution=run.institution, run=run, title=title.strip(), note=note.strip(), created_by_id=planner
    )
    _record(actor, scenario, "costing.scenario_begun", title=scenario.title, run=run.pk)
    return scenario


@transaction.atomic
def add_change(actor: Actor, *, scenario_id: int, wanted: WantedChange) -> ScenarioChange:
    """One more change, applied after those that are there. Refused for what means nothing."""
    scenario = _changeable(actor, scenario_id)
    planner = _must_plan(actor, scenario.institution_id)
    if scenario.changes.filter(removed=False).count() >= MOST_CHANGES:
        raise Invalid("costing.too_many_changes", f"一个方案最多 {MOST_CHANGES} 项变化。")
    department = _department(scenario, wanted)
    _check(wanted, department)
    change = ScenarioChange.objects.create(
        scenario=scenario,
        kind=wanted.kind,
        department=department,
        target=wanted.target,
        code=wanted.code,
        metric=wanted.metric,
        value=wanted.value,
        assigned=_assigned(scenario, wanted),
        created_by_id=planner,
    )
    _record(actor, scenario, "costing.scenario_changed", kind=str(wanted.kind), change=change.pk)
    return change


@transaction.atomic
def remove_change(actor: Actor, *, scenario_id: int, change_id: int) -> None:
    """Take a change back. A repeat changes nothing."""
    scenario = _changeable(actor, scenario_id)
    if ScenarioChange.objects.filter(pk=change_id, scenario=scenario, removed=False).update(removed=True):
        _record(actor, scenario, "costing.scenario_changed", removed=change_id)


@transaction.atomic
def archive_scenario(actor: Actor, *, scenario_id: int) -> None:
    """Put a scenario away; it can still be opened by its address."""
    scenario = _locked(actor, scenario_id)
    Scenario.objects.filter(pk=scenario.pk).update(archived=True)
    _record(actor, scenario, "costing.scenario_changed", archived=True)


def _assigned(scenario: Scenario, wanted: WantedChange) -> list[list[str]]:
    """The departments of a direct assignment. Whether each can receive, the outcome says: other changes may close one."""
    if wanted.kind != ChangeKind.DRIVER or wanted.code != DriverKind.ASSIGNED:
        return []
    return as_rows(Share(one.code, share) for one, share in resolve(scenario.institution, wanted.assigned))


def _must_plan(actor: Actor, institution: int) -> int:
    """The number of the user who plans."""
    if actor.user is None or not actor.may(institution, *PLANNERS):
        raise Forbidden("costing.may_not_plan", "只有财务人员、机构负责人和运营管理中心可以编制测算方案。")
    return actor.user


def _locked(actor: Actor, scenario_id: int) -> Scenario:
    scenario = Scenario.objects.select_for_update(of=("self",)).filter(pk=scenario_id).first()
    if scenario is None:
        raise NotFound("costing.no_scenario", "没有这个测算方案。")
    access_run(actor=actor, run_id=scenario.run_id)
    _must_plan(actor, scenario.institution_id)
    return scenario


def _changeable(actor: Actor, scenario_id: int) -> Scenario:
    scenario = _locked(actor, scenario_id)
    if scenario.archived:
        raise Conflict("costing.scenario_archived", "这个测算方案已归档，不能再改动。请从同一次成本运行建立新的方案。")
    return scenario


def _department(scenario: Scenario, wanted: WantedChange) -> Department | None:
    if wanted.department is None:
        return None
    found = Department.objects.filter(pk=wanted.department, institution=scenario.institution).first()
    if found is None:
        raise Invalid("costing.department_elsewhere", "所选科室不属于所选机构。", field="department")
    return found


def _check(wanted: WantedChange, department: Department | None) -> None:
    kind = wanted.kind
    if kind not in ChangeKind.values:
        raise Invalid("costing.unknown_change", f"没有变化类型 {kind}。", field="kind")
    if department is None and kind in OF_A_DEPARTMENT:
        raise Invalid("costing.change_needs_department", "请选择科室。", field="department")
    if kind == ChangeKind.COST_CLASS and wanted.code not in CostClass.values:
        raise Invalid("costing.change_needs_code", "请选择科室分类。", field="code")
    if kind == ChangeKind.DRIVER:
        _check_driver(wanted, department)
    elif wanted.code and kind in (ChangeKind.HEADCOUNT, ChangeKind.AREA, ChangeKind.VOLUME, ChangeKind.CLOSE):
        raise Invalid("costing.change_needs_code", "这类变化不分费用类别和成本项目，请留空。", field="code")
    known = {ChangeKind.PRICE: FEE_CLASS_TITLES, ChangeKind.COST: COST_ITEM_TITLES}.get(ChangeKind(kind))
    if known is not None and wanted.code and wanted.code not in known:
        raise Invalid("costing.change_needs_code", "所选的费用类别或成本项目与变化类型不符。", field="code")
    needs_value = kind in PERCENT or kind in (ChangeKind.HEADCOUNT, ChangeKind.AREA)
    if needs_value and wanted.value is None:
        raise Invalid("costing.change_needs_value", "请填写数值。", field="value")
    if kind in PERCENT and not -100 <= (wanted.value or 0) <= LARGEST_PERCENT:
        raise Invalid("costing.change_out_of_range", "变动百分比应在 -100 至 1000 之间。", field="value")
    if kind in MOST and not 0 <= (wanted.value or 0) <= MOST[kind]:
        words = f"应在 0 至 {MOST[kind]:,} 之间，请核对单位(人员按人，面积按平方米)。"
        raise Invalid("costing.change_out_of_range", words, field="value")


def _check_driver(wanted: WantedChange, department: Department | None) -> None:
    if wanted.code not in DriverKind.values:
        words = (
            f"没有动因 {wanted.code}，请在「改成什么」中选择。" if wanted.code else "请在「改成什么」中选择分摊动因。"
        )
        raise Invalid("costing.unknown_driver", words, field="code")
    if wanted.code == DriverKind.WORKLOAD and wanted.metric not in METRIC_TITLES:
        raise Invalid("costing.metric_needed", "按工作量分摊须选择工作量指标。", field="metric")
    if department is None and wanted.target not in (*CLOSED_CLASSES, *SHARED_TITLES):
        raise Invalid("costing.change_needs_target", "请选择科室，或选择分摊对象(科室分类或公共费用)。", field="target")
    if wanted.target in SHARED_TITLES and wanted.code == DriverKind.ORDERED_INCOME:
        raise Invalid("costing.nobody_orders_a_bill", "公共费用没有开单收入，请改选其他动因。", field="code")


def _record(actor: Actor, scenario: Scenario, action: str, **detail: object) -> None:
    record(
        actor,
        action,
        institution=scenario.institution.code,
        subject_type="scenario",
        subject=scenario.pk,
        detail=detail,
    )
