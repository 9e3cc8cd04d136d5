"""Costing the items and patients of a month from its cost run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from costing.engine.columns import COLUMNS
from costing.engine.exact import IntArray
from costing.engine.places import ABSENT
from costing.models import (
    ActivityCost,
    CostRun,
    ItemCost,
    PatientCost,
    PatientRun,
    PatientUnitCost,
    UnassignedCost,
    UnitCost,
)
from costing.patient_engine import ENGINE_VERSION, Found, cost_patients
from costing.patient_facts import (
    TEN_THOUSAND,
    Bases,
    Charged,
    Held,
    Stays,
    Units,
    bases_of,
    held_of,
    kept_back,
    read_patients,
    units_of,
)
from costing.patient_findings import findings_of
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Finding, Period, Severity, digest_of, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.orm.columns import FEN, Exact, Flag, Kind, Whole, copy_columns

RESULTS_VERSION = "1"
MONEY: dict[str, Kind] = dict.fromkeys(COLUMNS, FEN)


@dataclass(frozen=True, slots=True)
class PatientOutcome:
    """The current run of the month, and whether it is a new one."""

    run: PatientRun
    created: bool


@transaction.atomic
def cost_patients_of(actor: Actor, *, institution: Institution, period: Period) -> PatientOutcome:
    """Cost every service item and encounter of the month from its current cost run, which stays as it is.

    When nothing that the result depends on has changed, the current run is returned and nothing is written. Raises Conflict
    while there is no cost run, and for charges of encounters that were withdrawn.
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    made = CostRun.objects.filter(institution=institution, period=str(period), is_current=True)
    cost_run = made.select_related("institution").first()
    if cost_run is None:
        raise Conflict(
            "costing.no_cost_run", f"{institution.name} {period} 还没有科室成本，请先运行科室成本分摊，再核算患者成本。"
        )
    bases, units = bases_of(institution.pk, period.last_day), units_of(institution.pk, period.last_day)
    digest = _digest(cost_run, bases, units)
    current = PatientRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    if current and current.input_digest == digest:
        return PatientOutcome(current, created=False)
    held = held_of(cost_run)
    kept = kept_back(cost_run)
    stays, charged = read_patients(cost_run, held)
    _refuse_lost_encounters(cost_run, charged)
    found = cost_patients(held, stays, charged, bases, units)
    run = _store(actor, current, cost_run, digest, held, kept, stays, charged, found)
    record(
        actor,
        "costing.patients_costed",
        institution=institution.code,
        subject_type="patient_run",
        subject=run.pk,
        detail={
            "period": str(period),
            "version": run.version,
            "cost_run": cost_run.pk,
            "input_digest": digest,
            "patient_cost": format(run.patient_cost, "f"),
            "unassigned_cost": format(run.unassigned_cost, "f"),
        },
    )
    return PatientOutcome(run, created=True)


def _digest(cost_run: CostRun, bases: Bases, units: Units | None) -> str:
    """All that the result depends on. The cost run is named by its number: another one may have read other lines. Service
    units are named where there are any, so that a month without them keeps the digest it always had."""
    defined = [["units", units.definition]] if units else []
    return digest_of([cost_run.pk, cost_run.input_digest, bases.rows, ENGINE_VERSION, RESULTS_VERSION, *defined])


def is_up_to_date(institution: Institution, period: Period) -> bool:
    """Whether the current run was made from the current cost run and the bases in force."""
    cost_run = CostRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    if cost_run is None:
        return False
    day = period.last_day
    digest = _digest(cost_run, bases_of(institution.pk, day), units_of(institution.pk, day))
    return PatientRun.objects.filter(
        institution=institution, period=str(period), is_current=True, input_digest=digest
    ).exists()


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """A month closes only with the cost of its patients, made from its current cost run; whether that one is up to date is
    asked apart."""
    costed = CostRun.objects.filter(institution=institution, period=str(period), is_current=True).exists()
    if costed and not is_up_to_date(institution, period):
        yield Finding(
            code="costing.patients_not_up_to_date",
            severity=Severity.BLOCKING,
            message=f"{period} 的患者成本尚未核算，或核算之后科室成本已重新计算。每晚自动核算，急用时由财务负责人启动运行。",
            subject=institution.code,
        )


def _refuse_lost_encounters(cost_run: CostRun, charged: Charged) -> None:
    lost = int((charged.encounter == ABSENT).sum())
    if lost:
        raise Conflict(
            "costing.charge_without_encounter",
            f"{cost_run.institution.name} {cost_run.period} 有 {lost:,} 条收费的就诊记录已被撤回。"
            "请由信息系统重新报送这些就诊，或撤回其收费后再核算。",
        )


def _store(
    actor: Actor,
    current: PatientRun | None,
    cost_run: CostRun,
    digest: str,
    held: Held,
    kept: dict[int, IntArray],
    stays: Stays,
    charged: Charged,
    found: Found,
) -> PatientRun:
    not_allocated = sum(int(amounts.sum()) for amounts in kept.values())
    if current:
        PatientRun.objects.filter(pk=current.pk).update(is_current=False)
    run = PatientRun.objects.create(
        institution=cost_run.institution,
        period=cost_run.period,
        version=current.version + 1 if current else 1,
        cost_run=cost_run,
        input_digest=digest,
        engine_version=ENGINE_VERSION,
        bases={str(number): method for number, method in found.divided.methods.items()},
        findings=[[one.code, one.message] for one in findings_of(found.divided.odd)],
        encounters=len(stays.numbers),
        full_cost=from_fen(int(held.amounts.sum()) + not_allocated),
        patient_cost=from_fen(int(found.patients.sum())),
        unassigned_cost=from_fen(int((found.divided.left + found.divided.idle).sum()) + not_allocated),
        actor=actor.name,
        created_at=timezone.now(),
    )
    _store_items(run, held, charged, found)
    _store_activities(run, charged, found)
    _store_units(run, stays, found)
    _store_patients(run, stays, found)
    _store_unassigned(run, held, kept, found)
    return run


def _money(amounts: IntArray) -> dict[str, IntArray]:
    return {name: amounts[:, place] for place, name in enumerate(COLUMNS)}


def _store_items(run: PatientRun, held: Held, charged: Charged, found: Found) -> None:
    items = found.divided.items
    known = items.item != ABSENT
    kinds: dict[str, Kind] = {
        "run_id": Whole(),
        "department_id": Whole(),
        "item_id": Whole(),
        "quantity": Exact(4),
        "income": FEN,
        "weight": Exact(4),
        **MONEY,
    }
    columns: dict[str, Any] = {
        "run_id": run.pk,
        "department_id": held.departments[items.department],
        "quantity": items.quantity,
        "income": items.income,
        "weight": _shown_weight(held, found),
        **_money(items.costs),
    }
    for chosen, number in ((known, {"item_id": charged.items[items.item[known]]}), (~known, {})):
        mine = {name: value if name == "run_id" else value[chosen] for name, value in columns.items()} | number
        wanted = {name: kind for name, kind in kinds.items() if name in mine}
        copy_columns(ItemCost, wanted, mine, int(chosen.sum()))


def _shown_weight(held: Held, found: Found) -> IntArray:
    """In 1/10,000: yuan where income was weighed, else coefficient × volume, both of which are in 1/10,000 themselves."""
    items = found.divided.items
    weighed = np.isin(held.departments[items.department], list(found.divided.methods))
    return np.where(weighed, items.weight // TEN_THOUSAND, items.weight * 100)


def _store_activities(run: PatientRun, charged: Charged, found: Found) -> None:
    """What items bear of activities, and what idle ones keep."""
    kinds: dict[str, Kind] = {"run_id": Whole(), "activity_id": Whole(), "volume": Exact(4), **MONEY}
    for one in found.divided.borne:
        columns = {
            "run_id": run.pk,
            "activity_id": one.activity,
            "volume": (one.volume // TEN_THOUSAND).astype(np.int64),
            **_money(one.costs),
        }
        known = one.item != ABSENT
        if known.all():
            kinds_of_item: dict[str, Kind] = {**kinds, "item_id": Whole()}
            copy_columns(ActivityCost, kinds_of_item, {**columns, "item_id": charged.items[one.item]}, len(one.item))
        else:
            copy_columns(ActivityCost, kinds, columns, len(one.item))


def _store_units(run: PatientRun, stays: Stays, found: Found) -> None:
    """Service units, and what they gave to stays; visits are not kept one by one."""
    units = found.units
    if units is None:
        return
    amounts = zip(units.income, units.given.base, units.cost, units.given.borne, strict=True)
    rows = UnitCost.objects.bulk_create(
        UnitCost(
            run=run,
            unit_id=place.unit,
            department_id=place.department,
            kind=place.kind,
            **{name: from_fen(int(fen)) for name, fen in zip(("income", "base", "cost", "borne"), each, strict=True)},
        )
        for place, each in zip(units.places, amounts, strict=True)
    )
    staying = [stays.inpatient[one.encounter] for one in units.given.shares]
    kept = list(zip(rows, units.given.shares, staying, strict=True))
    columns = {
        "unit_id": np.concatenate([np.full(int(chosen.sum()), row.pk) for row, _one, chosen in kept]),
        "encounter": np.concatenate([stays.numbers[one.encounter[chosen]] for _row, one, chosen in kept]),
        "income": np.concatenate([one.income[chosen] for _row, one, chosen in kept]),
        "base": np.concatenate([one.base[chosen] for _row, one, chosen in kept]),
        "cost": np.concatenate([one.cost[chosen] for _row, one, chosen in kept]),
    }
    kinds: dict[str, Kind] = {"unit_id": Whole(), "encounter": Whole(), "income": FEN, "base": FEN, "cost": FEN}
    copy_columns(PatientUnitCost, kinds, columns, len(columns["encounter"]))


def _store_patients(run: PatientRun, stays: Stays, found: Found) -> None:
    kinds: dict[str, Kind] = {
        "run_id": Whole(),
        "encounter": Whole(),
        "department_id": Whole(),
        "inpatient": Flag(),
        "discharged": Flag(),
        "days": Whole(4),
        "income": FEN,
        "drug_cost": FEN,
        "material_cost": FEN,
        "top_down": FEN,
        "cost_to_income": FEN,
        **MONEY,
    }
    columns = {
        "encounter": stays.numbers,
        "department_id": stays.department,
        "inpatient": stays.inpatient,
        "discharged": stays.discharged,
        "days": stays.days,
        "income": found.income,
        "drug_cost": found.drug_cost,
        "material_cost": found.material_cost,
        "top_down": found.top_down,
        "cost_to_income": found.cost_to_income,
        **_money(found.patients),
    }
    # In order of department, as the block range index of the table wants them.
    order = np.lexsort((stays.numbers, stays.department))
    ordered = {name: values[order] for name, values in columns.items()}
    copy_columns(PatientCost, kinds, {"run_id": run.pk, **ordered}, len(order))


def _store_unassigned(run: PatientRun, held: Held, kept: dict[int, IntArray], found: Found) -> None:
    reasons = UnassignedCost.Reason
    left = [
        (int(held.departments[place]), reason, amounts[place])
        for reason, amounts in ((reasons.NO_SERVICES, found.divided.left), (reasons.IDLE_ACTIVITY, found.divided.idle))
        for place in np.flatnonzero(amounts.any(axis=1)).tolist()
    ]
    left += [(number, reasons.NOT_ALLOCATED, amounts) for number, amounts in kept.items()]
    UnassignedCost.objects.bulk_create(
        UnassignedCost(
            run=run,
            department_id=number,
            reason=reason,
            **{name: from_fen(int(amounts[column])) for column, name in enumerate(COLUMNS)},
        )
        for number, reason, amounts in left
    )
