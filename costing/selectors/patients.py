"""Reads of patient costing: the month's reconciliation, items and unit costs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, FloatField, QuerySet, Sum
from django.db.models.functions import Cast, NullIf
from django.utils import timezone

from costing.engine.columns import COLUMNS, COST_ITEMS, FISCAL_PROJECT, RESEARCH, column_of
from costing.models import (
    CostRun,
    DepartmentCost,
    ItemCost,
    PatientCost,
    PatientRun,
    PatientRunPruning,
    UnassignedCost,
)
from costing.selectors.access import READERS
from ops_platform.kernel import Actor, NotFound

HOSPITAL = "全院"
ZERO, FEN = Decimal("0.00"), Decimal("0.01")
NOTHING = (ZERO,) * len(COLUMNS)
MEDICAL_COST = sum((F(name) for name in COST_ITEMS[1:]), F(COST_ITEMS[0]))
MONEY = DecimalField(max_digits=18, decimal_places=2)
OF_UNITS = {
    "number": Count("encounter"),
    "stay": Sum("days"),
    "cost": Sum("top_down"),
    "apart": Sum(F("drug_cost") + F("material_cost")),
}


def current_run(*, institution: int, period: str) -> PatientRun | None:
    """The patient run that counts for a month."""
    rows = PatientRun.objects.filter(institution=institution, period=period, is_current=True)
    return rows.select_related("institution", "cost_run").order_by("pk").first()


def periods(*, institution: int) -> list[str]:
    """Months of which patients are costed, newest first."""
    rows = PatientRun.objects.filter(institution=institution, is_current=True).order_by("-period")
    return list(rows.values_list("period", flat=True))


def is_stale(*, run: PatientRun) -> bool:
    """The departments have been costed anew since; the next night costs the patients again."""
    return not run.cost_run.is_current


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the reconciliation in the nine columns; `encounters` is None for what no patient bears."""

    code: str
    name: str
    cells: tuple[Decimal, ...]
    encounters: int | None = None
    income: Decimal = ZERO

    @property
    def items(self) -> tuple[Decimal, ...]:
        """The seven cost items."""
        return self.cells[: len(COST_ITEMS)]

    @property
    def medical(self) -> Decimal:
        """医疗成本"""
        return sum(self.items, ZERO)

    @property
    def fiscal_project(self) -> Decimal:
        """What fiscal projects bore."""
        return self.cells[COLUMNS.index(FISCAL_PROJECT)]

    @property
    def research(self) -> Decimal:
        """What research and teaching bore."""
        return self.cells[COLUMNS.index(RESEARCH)]

    @property
    def hospital(self) -> Decimal:
        """医院全成本"""
        return sum(self.cells, ZERO)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Patients + departments that no patient bears = full cost; `difference` is zero in every cell, or the page says so."""

    patients: tuple[Part, ...]
    borne: Part
    unassigned: tuple[Part, ...]
    full: Part
    difference: Part

    @property
    def agrees(self) -> bool:
        """To the fen, in every column."""
        return not any(self.difference.cells)


def reconciliation(*, run: PatientRun) -> Reconciliation:
    """The month of a run; three queries."""
    summed = {name: Sum(name) for name in COLUMNS}
    rows = PatientCost.objects.filter(run=run).order_by().values("inpatient", "discharged")
    found = {
        (row["inpatient"], row["discharged"]): row
        for row in rows.annotate(number=Count("encounter"), earned=Sum("income"), **summed)
    }
    kinds = (
        ("visits", "门急诊患者", (False, True)),
        ("discharged", "出院患者", (True, True)),
        ("staying", "在院患者(在产品)", (True, False)),
    )
    patients = tuple(_part(code, name, found.get(key)) for code, name, key in kinds)
    unassigned = tuple(
        Part("unassigned", f"{row.department.name}：{row.get_reason_display()}", _cells(row))
        for row in UnassignedCost.objects.filter(run=run).select_related("department").order_by("department__code")
    )
    borne = _total("borne", "患者成本合计", patients)
    full = Part("full", "科室全成本合计", _full(run.cost_run))
    missing = (
        full_cell - borne_cell - sum((part.cells[place] for part in unassigned), ZERO)
        for place, (full_cell, borne_cell) in enumerate(zip(full.cells, borne.cells, strict=True))
    )
    return Reconciliation(patients, borne, unassigned, full, Part("difference", "差额", tuple(missing)))


def _part(code: str, name: str, row: Any) -> Part:
    if row is None:
        return Part(code, name, NOTHING, 0)
    cells = tuple(Decimal(row[column]) for column in COLUMNS)
    return Part(code, name, cells, int(row["number"]), Decimal(row["earned"]))


def _cells(row: UnassignedCost) -> tuple[Decimal, ...]:
    return tuple(getattr(row, name) for name in COLUMNS)


def _total(code: str, name: str, parts: Sequence[Part]) -> Part:
    cells = tuple(sum((part.cells[place] for part in parts), ZERO) for place in range(len(COLUMNS)))
    encounters = sum(part.encounters or 0 for part in parts)
    return Part(code, name, cells, encounters, sum((part.income for part in parts), ZERO))


def _full(run: CostRun) -> tuple[Decimal, ...]:
    """The hospital's cost, from the departments' direct cost."""
    cells = [ZERO] * len(COLUMNS)
    rows = DepartmentCost.objects.filter(run=run).order_by().values_list("cost_item", "funding_source")
    for item, source, amount in rows.annotate(amount=Sum("direct")):
        cells[column_of(item, source)] += amount
    return tuple(cells)


def item_costs(*, run: PatientRun | None) -> QuerySet[ItemCost]:
    """Service items by executing department with medical cost, unit cost, mean price and surplus; the largest loss first."""
    rows = ItemCost.objects.filter(run=run).select_related("item", "department", "run")
    volume = NullIf(Cast("quantity", FloatField()), 0.0)
    rows = rows.annotate(cost=ExpressionWrapper(MEDICAL_COST, output_field=MONEY))
    return rows.annotate(
        surplus=ExpressionWrapper(F("income") - F("cost"), output_field=MONEY),
        unit_cost=Cast("cost", FloatField()) / volume,
        mean_price=Cast("income", FloatField()) / volume,
    ).order_by("surplus", "pk")


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of a department's visits or bed-days in the month by the top-down method; the hospital has no department."""

    department: int | None
    name: str
    visits: int
    visit_cost: Decimal
    days: int
    day_cost: Decimal
    visit_direct: Decimal
    day_direct: Decimal

    @property
    def per_visit(self) -> Decimal | None:
        """诊次成本: cost of the outpatient unit ÷ visits."""
        return self.visit_cost / self.visits if self.visits else None

    @property
    def per_day(self) -> Decimal | None:
        """床日成本: cost of the inpatient unit ÷ occupied bed-days."""
        return self.day_cost / self.days if self.days else None

    @property
    def per_visit_without_drugs(self) -> Decimal | None:
        """诊次成本 without drugs and separately charged materials."""
        return (self.visit_cost - self.visit_direct) / self.visits if self.visits else None

    @property
    def per_day_without_drugs(self) -> Decimal | None:
        """床日成本 without drugs and separately charged materials."""
        return (self.day_cost - self.day_direct) / self.days if self.days else None


def unit_costs(*, run: PatientRun) -> list[UnitCost]:
    """The hospital, then its departments by code; one query."""
    rows = PatientCost.objects.filter(run=run).order_by().values("department", "department__name", "inpatient")
    sums: dict[int, dict[str, Decimal | int]] = {}
    names: dict[int, str] = {}
    for row in rows.annotate(**OF_UNITS).order_by("department__code", "inpatient"):
        names[row["department"]] = row["department__name"]
        sums.setdefault(row["department"], {}).update(_side(row))
    departments = [_unit(number, names[number], here) for number, here in sums.items()]
    return [_hospital(departments), *departments] if departments else []


def hospital_unit_costs(*, runs: Collection[int]) -> dict[int, UnitCost]:
    """The hospital of each of these runs; one query however many they are."""
    rows = PatientCost.objects.filter(run__in=runs).order_by().values("run", "inpatient")
    sums: dict[int, dict[str, Decimal | int]] = {}
    for row in rows.annotate(**OF_UNITS):
        sums.setdefault(row["run"], {}).update(_side(row))
    return {run: _unit(None, HOSPITAL, here) for run, here in sums.items()}


def _side(row: Mapping[str, Any]) -> dict[str, Decimal | int]:
    """Days or visits, with their cost and what drugs and separately charged materials are of it."""
    side = "day" if row["inpatient"] else "visit"
    count = row["stay"] if row["inpatient"] else row["number"]
    return {side: count, f"{side}_cost": row["cost"], f"{side}_direct": row["apart"]}


def _unit(department: int | None, name: str, here: dict[str, Decimal | int]) -> UnitCost:
    return UnitCost(
        department=department,
        name=name,
        visits=int(here.get("visit", 0)),
        visit_cost=Decimal(here.get("visit_cost", ZERO)),
        days=int(here.get("day", 0)),
        day_cost=Decimal(here.get("day_cost", ZERO)),
        visit_direct=Decimal(here.get("visit_direct", ZERO)),
        day_direct=Decimal(here.get("day_direct", ZERO)),
    )


def _hospital(departments: Iterable[UnitCost]) -> UnitCost:
    rows = list(departments)
    return UnitCost(
        department=None,
        name=HOSPITAL,
        visits=sum(row.visits for row in rows),
        visit_cost=sum((row.visit_cost for row in rows), ZERO),
        days=sum(row.days for row in rows),
        day_cost=sum((row.day_cost for row in rows), ZERO),
        visit_direct=sum((row.visit_direct for row in rows), ZERO),
        day_direct=sum((row.day_direct for row in rows), ZERO),
    )


def refuse_pruned(actor: Actor, run_id: int) -> None:
    """A version whose detail was let go says so, and where to look instead, to who may read the institution."""
    run = PatientRun.objects.filter(pk=run_id).select_related("pruning", "institution").first()
    if run is None or not hasattr(run, "pruning") or not actor.may(run.institution_id, *READERS):
        return
    raise NotFound("costing.patient_run_pruned", f"{run.institution.name} {run.period} {_let_go_words(run)}")


def _let_go_words(run: PatientRun) -> str:
    return (
        f"患者成本第 {run.version} 版是未结账时的临时版本，已被新版取代，"
        f"患者和项目明细已于 {timezone.localtime(run.pruning.pruned_at):%Y-%m-%d} 到期清理，合计仍保留。"
        "请查看该月的现行版本；需要重新核算时，请在「夜间运行」页启动该月的运行。"
    )


def let_go_of(*, cost_run: int) -> list[str]:
    """Of the patient versions that a cost run led to those whose detail was let go, in words; one query."""
    rows = PatientRun.objects.filter(cost_run=cost_run, pruning__isnull=False).select_related("pruning")
    return [_let_go_words(run) for run in rows.order_by("version")]


def no_item_cost(actor: Actor) -> NotFound:
    """That a row of item costs is not there; it may have gone with a provisional version of what the actor reads."""
    words = "没有这个项目的成本。"
    institutions = actor.institutions(*READERS)
    gone = PatientRunPruning.objects.all()
    if institutions is not None:
        gone = gone.filter(run__institution__in=institutions)
    if gone.exists():
        words += (
            "它可能属于已被新版取代的临时版本，明细已到期清理；请从「医疗服务项目成本」打开该月的现行版本，"
            "需要重新核算时，请在「夜间运行」页启动该月的运行。"
        )
    return NotFound("costing.no_item_cost", words)
