"""Running the cost allocation of an institution's month."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from costing import asset_cards, drivers, facts, missing_drivers
from costing.collection import Collected, collect
from costing.engine.allocation import ENGINE_VERSION, Allocation, allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method
from costing.facts import MonthFacts
from costing.models import CostRun, DriverRule
from costing.services.results import RESULTS_VERSION, store_run
from ops_platform.audit.public import record
from ops_platform.his_intake.public import InputStamp, input_stamp
from ops_platform.kernel import Actor, Conflict, Finding, Period, Severity, digest_of
from ops_platform.masterdata import models as masterdata
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import was_closed
from ops_platform.masterdata.services import hold_period


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The current run of the scope, and whether it is a new one."""

    run: CostRun
    created: bool


@transaction.atomic
def run_allocation(actor: Actor, *, institution: Institution, period: Period) -> RunOutcome:
    """Allocate the month by step-down from administration to support, technology and clinical departments.

    Reads the facts as of the institution's present sequence. When nothing that the result depends on has changed, the
    current run is returned and nothing is written. A blocking finding of the engine (a department without driver, …)
    raises Conflict with its words; the current run stays. A closed month keeps the run it was closed on.
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    takes_changes = hold_period(institution, period)
    stamp = input_stamp(institution, period, facts.DATASETS)
    current = CostRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    digest = _digest(stamp, institution, period)
    if current and (current.input_digest == digest or not takes_changes):
        return RunOutcome(current, created=False)
    month = facts.read_month(institution, period, stamp.sequence)
    rules = drivers.choose(institution, month, period.last_day)
    shared = drivers.choose_shared(institution, month, period.last_day)
    collected = collect(institution, period, stamp.sequence, month, shared)
    _refuse_departments_not_begun(institution, period, month, collected)
    chosen, held = missing_drivers.settle(month, rules, missing_drivers.policy_of(institution, period))
    allocation = allocate(_model(month, collected, chosen, held))
    if allocation.blocked:
        _refuse(institution, period, allocation.findings)
    done = missing_drivers.findings(month, chosen, held, _moved(month, held, allocation))
    run = store_run(
        actor,
        current,
        month,
        collected,
        chosen,
        replace(allocation, findings=(*allocation.findings, *done)),
        rules=sorted({driver.rule for driver in (*rules.values(), *shared.values())}),
        institution=institution,
        period=str(period),
        restatement=was_closed(institution, period),
        input_digest=digest,
        input_sequence=stamp.sequence,
    )
    record(
        actor,
        "costing.run_created",
        institution=institution.code,
        subject_type="cost_run",
        subject=run.pk,
        detail={
            "period": str(period),
            "version": run.version,
            "input_digest": digest,
            "input_sequence": stamp.sequence,
            "full_cost": format(run.full_cost, "f"),
        },
    )
    return RunOutcome(run, created=True)


def _rules_in_force(institution: Institution, period: Period) -> list[int]:
    rules = DriverRule.objects.filter(effective_from__lte=period.last_day)
    rules = rules.filter(institution=None) | rules.filter(institution=institution)
    return list(rules.order_by("id").values_list("id", flat=True))


def _digest(stamp: InputStamp, institution: Institution, period: Period) -> str:
    """All that the result depends on: facts, driver rules, policies, engine, and which tables a run writes."""
    policies = [int(asset_cards.source_of(institution, period)), int(missing_drivers.policy_of(institution, period))]
    rules = _rules_in_force(institution, period)
    return digest_of([stamp.digest, rules, policies, ENGINE_VERSION, RESULTS_VERSION])


def is_up_to_date(institution: Institution, period: Period) -> bool:
    """Whether the current run was made from all that is known now."""
    digest = _digest(input_stamp(institution, period, facts.DATASETS), institution, period)
    return CostRun.objects.filter(
        institution=institution, period=str(period), is_current=True, input_digest=digest
    ).exists()


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """A month closes only on a cost run that is up to date."""
    if not is_up_to_date(institution, period):
        yield Finding(
            code="costing.not_up_to_date",
            severity=Severity.BLOCKING,
            message=f"{period} 的成本尚未计算，或计算之后又有新数据。每晚自动计算，急用时由财务负责人启动运行。",
            subject=institution.code,
        )


def _key(item: str, source: str) -> str:
    return f"{item}|{source}"


def _model(
    month: MonthFacts, collected: Collected, chosen: dict[int, drivers.ChosenDriver], held: frozenset[int]
) -> AllocationModel:
    """To the engine a department that keeps its cost is one that ends with it, as clinical ones do."""
    departments = month.departments
    return AllocationModel(
        method=Method.STEP_DOWN,
        departments=tuple(
            Department(d.code, CostClass.CLINICAL if d.id in held else CostClass(d.cost_class), d.name)
            for d in departments.values()
        ),
        costs={
            (departments[number].code, _key(item, source)): fen
            for (number, item, source), fen in collected.direct.items()
        },
        steps=drivers.steps(month, chosen, held),
    )


def _moved(month: MonthFacts, held: frozenset[int], allocation: Allocation) -> dict[int, int]:
    """What each department that is held back keeps, and what each other one gave on, in fen; nothing for those without."""
    numbers = {department.code: number for number, department in month.departments.items()}
    moved: dict[int, int] = defaultdict(int)
    for flow in allocation.flows:
        moved[numbers[flow.sender]] += flow.amount
    for (code, _item), fen in allocation.full_costs.items():
        if numbers[code] in held:
            moved[numbers[code]] += fen
    return dict(sorted(moved.items()))


def _refuse_departments_not_begun(
    institution: Institution, period: Period, month: MonthFacts, collected: Collected
) -> None:
    """An amount of a department that does not exist yet would vanish: refuse, and name the department."""
    named = {number for number, _, _ in collected.direct} | set(month.other_income)
    named |= {number for income in month.incomes for number in (income.ordering, income.executing)}
    strangers = sorted(named - set(month.departments))
    if strangers:
        codes = masterdata.Department.objects.filter(pk__in=strangers).order_by("code").values_list("code", flat=True)
        raise Conflict(
            "costing.department_not_begun",
            f"{institution.name} {period} 有金额记在尚未生效的科室 {'、'.join(codes)}。请更正科室的生效日期或记账科室。",
        )


def _refuse(institution: Institution, period: Period, findings: Iterable[Finding]) -> None:
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCKING]
    raise Conflict(
        "costing.blocked",
        f"{institution.name} {period} 的成本不能分摊：" + " ".join(finding.message for finding in blocking),
        findings=[finding.code for finding in blocking],
    )
