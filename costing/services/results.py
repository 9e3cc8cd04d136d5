"""Writing down what an allocation found: the run and its result tables, by COPY."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils import timezone

from costing import drivers, facts
from costing.collection import Collected
from costing.engine.allocation import ENGINE_VERSION, Allocation
from costing.engine.model import CostClass, Method
from costing.facts import MonthFacts
from costing.models import (
    AllocationFlow,
    ComputedCost,
    CostRun,
    DepartmentCost,
    DepartmentDay,
    DepartmentMonth,
    IncomeCell,
)
from costing.recomputing import Computation
from ops_platform.kernel import Actor, from_fen
from ops_platform.masterdata.models import ItemClass
from ops_platform.orm.bulk import copy_rows

RESULTS_VERSION = "3"  # 2: by day; 3: computed costs; open months are computed again when a run begins to keep more


def store_run(
    actor: Actor,
    current: CostRun | None,
    month: MonthFacts,
    computed: Computation,
    **made_from: Any,
) -> CostRun:
    """The next version of the month with all its rows; it becomes the current one in place of `current`.

    `made_from` is what marks the run: institution, period, restatement, policies, digest and sequence of its
    input.
    """
    collected, chosen, allocation = computed.collected, computed.chosen, computed.allocation
    if current:
        CostRun.objects.filter(pk=current.pk).update(is_current=False)
    run = CostRun.objects.create(
        rules=sorted(computed.rules),
        version=current.version + 1 if current else 1,
        engine_version=ENGINE_VERSION,
        method=str(Method.STEP_DOWN),
        findings=[
            {"code": f.code, "severity": str(f.severity), "subject": f.subject, "message": f.message}
            for f in computed.findings
        ],
        direct_cost=from_fen(sum(collected.direct.values())),
        full_cost=from_fen(sum(allocation.full_costs.values())),
        income=from_fen(sum(income.amount for income in month.incomes)),
        other_income=from_fen(sum(month.other_income.values())),
        actor=actor.name,
        created_at=timezone.now(),
        **made_from,
    )
    numbers = {department.code: number for number, department in month.departments.items()}
    sent, received = _store_flows(run, numbers, chosen, allocation)
    full = _store_costs(run, collected, sent, received)
    _store_computed(run, collected)
    _store_income(run, month)
    _store_departments(run, month, collected, received, full)
    _store_days(run, month)
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


def _store_costs(run: CostRun, collected: Collected, sent: _Amounts, received: _Amounts) -> dict[int, int]:
    """Write department costs; returns the full cost of each department."""
    full: dict[int, int] = defaultdict(int)
    rows = []
    for key in sorted({*collected.direct, *sent, *received}):
        number, item, source = key
        amounts = (collected.direct.get(key, 0), received.get(key, 0), sent.get(key, 0))
        remaining = amounts[0] + amounts[1] - amounts[2]
        full[number] += remaining
        rows.append((run.pk, number, item, source, *map(from_fen, amounts), from_fen(remaining)))
    columns = "run_id department_id cost_item funding_source direct received sent full"
    copy_rows(DepartmentCost, [f'"{name}"' for name in columns.split()], rows)
    return full


def _store_computed(run: CostRun, collected: Collected) -> None:
    columns = "run_id department_id origin kind cost_item funding_source driver weight weight_total amount"
    copy_rows(
        ComputedCost,
        columns.split(),
        (
            (
                run.pk,
                one.department,
                one.origin,
                one.kind,
                one.item,
                one.source,
                one.driver,
                one.weight,
                one.total,
                from_fen(one.amount),
            )
            for one in collected.computed
        ),
    )


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


def _store_departments(
    run: CostRun, month: MonthFacts, collected: Collected, received: _Amounts, full: dict[int, int]
) -> None:
    ordered: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for income in month.incomes:
        sums = ordered[income.ordering]
        sums["income"] += income.amount
        sums["insured"] += income.insured
        sums[income.item_class] += income.amount
    executed = facts.totals_by(month.incomes, "executing")
    direct: dict[int, int] = defaultdict(int)
    for (number, _, _), fen in collected.direct.items():
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


def _store_days(run: CostRun, month: MonthFacts) -> None:
    """A row for every department and day on which anything came."""
    days = month.days
    incomes = days.incomes
    money = (
        incomes.ordered,
        incomes.executed,
        days.other_income,
        incomes.drugs,
        incomes.materials,
        incomes.insured,
    )
    columns = (
        "run_id department_id day income executed_income other_income drug_income material_income insured_income"
        " visits discharges bed_days"
    )
    copy_rows(
        DepartmentDay,
        columns.split(),
        (
            (
                run.pk,
                *key,
                *(from_fen(amounts.get(key, 0)) for amounts in money),
                days.visits.get(key, 0),
                days.discharges.get(key, 0),
                days.bed_days.get(key, 0),
            )
            for key in sorted(
                {*incomes.executed, *incomes.ordered, *incomes.insured, *days.other_income}
                | {*days.visits, *days.discharges, *days.bed_days}
            )
            if key[0] in month.departments
        ),
    )
