"""Running the cost allocation of an institution's month."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone

from costing import drivers, facts
from costing.engine.allocation import ENGINE_VERSION, Allocation, allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method
from costing.facts import MonthFacts
from costing.models import AllocationFlow, CostRun, DepartmentCost, DepartmentMonth, DriverRule, IncomeCell
from ops_platform.audit.public import record
from ops_platform.his_intake.public import InputStamp, input_stamp
from ops_platform.kernel import Actor, Conflict, Finding, Period, Severity, digest_of, from_fen
from ops_platform.masterdata import models as masterdata
from ops_platform.masterdata.models import Institution, ItemClass
from ops_platform.masterdata.services import hold_period
from ops_platform.orm.bulk import copy_rows


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
    _refuse_departments_not_begun(institution, period, month)
    chosen = drivers.choose(institution, month, period.last_day)
    allocation = allocate(_model(month, chosen))
    if allocation.blocked:
        _refuse(institution, period, allocation.findings)
    run = _store(actor, institution, period, current, stamp.sequence, digest, month, chosen, allocation)
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
    """All that the result depends on: facts, driver rules, engine."""
    return digest_of([stamp.digest, _rules_in_force(institution, period), ENGINE_VERSION])


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
            message=f"{period} 的成本尚未计算，或计算之后又有新数据。请先运行夜间任务。",
            subject=institution.code,
        )


def _key(item: str, source: str) -> str:
    return f"{item}|{source}"


def _model(month: MonthFacts, chosen: dict[int, drivers.ChosenDriver]) -> AllocationModel:
    departments = month.departments
    return AllocationModel(
        method=Method.STEP_DOWN,
        departments=tuple(Department(d.code, CostClass(d.cost_class), d.name) for d in departments.values()),
        costs={
            (departments[number].code, _key(item, source)): fen for (number, item, source), fen in month.costs.items()
        },
        steps=drivers.steps(month, chosen),
    )


def _refuse_departments_not_begun(institution: Institution, period: Period, month: MonthFacts) -> None:
    """An amount of a department that does not exist yet would vanish: refuse, and name the department."""
    named = {number for number, _, _ in month.costs} | set(month.other_income)
    named |= {number for income in month.incomes for number in (income.ordering, income.executing)}
    strangers = sorted(named - set(month.departments))
    if strangers:
        codes = masterdata.Department.objects.filter(pk__in=strangers).order_by("code").values_list("code", flat=True)
        raise Conflict(
            "costing.department_not_begun",
            f"{institution.name} {period} 有金额记在尚未生效的科室 {'、'.join(codes)}。请更正科室的生效日期或记账科室。",
        )


def _was_closed(institution: Institution, period: Period) -> bool:
    """A month that was closed once and opened again: what is computed for it now restates the official figures."""
    return masterdata.PeriodReopening.objects.filter(
        accounting_period__institution=institution,
        accounting_period__period=str(period),
        state=masterdata.PeriodReopening.State.CONFIRMED,
    ).exists()


def _refuse(institution: Institution, period: Period, findings: Iterable[Finding]) -> None:
    blocking = [finding for finding in findings if finding.severity is Severity.BLOCKING]
    raise Conflict(
        "costing.blocked",
        f"{institution.name} {period} 的成本不能分摊：" + " ".join(finding.message for finding in blocking),
        findings=[finding.code for finding in blocking],
    )


def _store(
    actor: Actor,
    institution: Institution,
    period: Period,
    current: CostRun | None,
    sequence: int,
    digest: str,
    month: MonthFacts,
    chosen: dict[int, drivers.ChosenDriver],
    allocation: Allocation,
) -> CostRun:
    if current:
        CostRun.objects.filter(pk=current.pk).update(is_current=False)
    run = CostRun.objects.create(
        institution=institution,
        period=str(period),
        version=current.version + 1 if current else 1,
        restatement=_was_closed(institution, period),
        input_digest=digest,
        input_sequence=sequence,
        engine_version=ENGINE_VERSION,
        method=str(Method.STEP_DOWN),
        rules=sorted({driver.rule for driver in chosen.values()}),
        findings=[
            {"code": f.code, "severity": str(f.severity), "subject": f.subject, "message": f.message}
            for f in allocation.findings
        ],
        direct_cost=from_fen(sum(month.costs.values())),
        full_cost=from_fen(sum(allocation.full_costs.values())),
        income=from_fen(sum(income.amount for income in month.incomes)),
        other_income=from_fen(sum(month.other_income.values())),
        actor=actor.name,
        created_at=timezone.now(),
    )
    numbers = {department.code: number for number, department in month.departments.items()}
    sent, received = _store_flows(run, numbers, chosen, allocation)
    full = _store_costs(run, month, sent, received)
    _store_income(run, month)
    _store_departments(run, month, received, full)
    return run


_Amounts = dict[tuple[int, str, str], int]


def _store_flows(
    run: CostRun, numbers: dict[str, int], chosen: dict[int, drivers.ChosenDriver], allocation: Allocation
) -> tuple[_Amounts, _Amounts]:
    """Write every flow; returns what each department sent and received by item and source."""
    sent: _Amounts = defaultdict(int)
    received: _Amounts = defaultdict(int)
    rows = []
    for flow in allocation.flows:
        sender, receiver = numbers[flow.sender], numbers[flow.receiver]
        item, source = flow.item.split("|")
        sent[sender, item, source] += flow.amount
        received[receiver, item, source] += flow.amount
        rows.append(
            (
                run.pk,
                flow.step,
                sender,
                receiver,
                item,
                source,
                chosen[sender].text,
                _decimal(flow.driver),
                _decimal(flow.driver_total),
                format(flow.share, "f"),
                from_fen(flow.amount),
            )
        )
    columns = "run_id step sender_id receiver_id cost_item funding_source driver weight weight_total share amount"
    copy_rows(AllocationFlow, columns.split(), rows)
    return sent, received


def _decimal(weight: Fraction) -> str:
    """A driver's weight with four decimals, as it is shown; shares are computed from the exact fraction."""
    return format(Decimal(weight.numerator) / weight.denominator, ".4f")


def _store_costs(run: CostRun, month: MonthFacts, sent: _Amounts, received: _Amounts) -> dict[int, int]:
    """Write department costs; returns the full cost of each department."""
    full: dict[int, int] = defaultdict(int)
    rows = []
    for key in sorted({*month.costs, *sent, *received}):
        number, item, source = key
        amounts = (month.costs.get(key, 0), received.get(key, 0), sent.get(key, 0))
        remaining = amounts[0] + amounts[1] - amounts[2]
        full[number] += remaining
        rows.append((run.pk, number, item, source, *map(from_fen, amounts), from_fen(remaining)))
    columns = "run_id department_id cost_item funding_source direct received sent full"
    copy_rows(DepartmentCost, [f'"{name}"' for name in columns.split()], rows)
    return full


def _store_income(run: CostRun, month: MonthFacts) -> None:
    columns = "run_id ordering_id executing_id item_class fee_class amount insured_amount lines"
    copy_rows(
        IncomeCell,
        columns.split(),
        (
            (
                run.pk,
                income.ordering,
                income.executing,
                income.item_class,
                income.fee_class,
                from_fen(income.amount),
                from_fen(income.insured),
                income.lines,
            )
            for income in month.incomes
        ),
    )


def _store_departments(run: CostRun, month: MonthFacts, received: _Amounts, full: dict[int, int]) -> None:
    ordered: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for income in month.incomes:
        sums = ordered[income.ordering]
        sums["income"] += income.amount
        sums["insured"] += income.insured
        sums[income.item_class] += income.amount
    executed = facts.totals_by(month.incomes, "executing")
    direct: dict[int, int] = defaultdict(int)
    for (number, _, _), fen in month.costs.items():
        direct[number] += fen
    taken: dict[int, int] = defaultdict(int)
    for (number, _, _), fen in received.items():
        taken[number] += fen
    rows = []
    for number, department in month.departments.items():
        sums = ordered[number]
        other = month.other_income.get(number, 0)
        is_clinical = department.cost_class == CostClass.CLINICAL
        surplus = sums["income"] + other - full[number] if is_clinical else other
        money = (
            sums["income"],
            executed.get(number, 0),
            other,
            sums[ItemClass.DRUG],
            sums[ItemClass.CHARGEABLE_MATERIAL],
            sums["insured"],
            direct[number],
            taken[number],
            full[number],
            surplus,
        )
        rows.append(
            (
                run.pk,
                number,
                department.name,
                department.cost_class,
                *map(from_fen, money),
                month.visits.get(number, 0),
                month.discharges.get(number, 0),
                month.workloads.get(("occupied_bed_days", number), 0),
            )
        )
    columns = (
        "run_id department_id name cost_class income executed_income other_income drug_income material_income"
        " insured_income direct_cost received_cost full_cost surplus visits discharges bed_days"
    )
    copy_rows(DepartmentMonth, columns.split(), rows)
