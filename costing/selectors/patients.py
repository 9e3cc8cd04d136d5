"""Reads of patient costing: the month's reconciliation, items, unit costs, and one encounter."""

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
    IncomeCell,
    ItemCost,
    PatientCost,
    PatientRun,
    PatientRunPruning,
    UnassignedCost,
)
from costing.selectors.access import DRILL_READERS, READERS
from costing.titles import HANDING_OUT
from ops_platform.his_intake.public import ChargedLine, EncounterAt, encounter_at, encounter_lines
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata.models import ItemClass

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


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one item in one department gave to an encounter: its quantity of the item's whole, and that share of its cost.
    Drugs and separately charged materials come as one line each, by amount. `row` is the row of item costs; `lines` says
    which charge lines of the encounter it is made of, as its page asks for them."""

    item: str
    department: str
    quantity: Decimal | None
    amount: Decimal
    whole: Decimal
    whole_cost: Decimal
    cost: Decimal
    row: int | None = None
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PatientDetail:
    """An encounter's month: the stored row, and whence it comes. `rounding` is the fen that largest remainder moved;
    `others` are its other months in current runs, of a stay that lasted over a month's end."""

    row: PatientCost
    encounter: EncounterAt
    contributions: tuple[Contribution, ...]
    explained: Decimal
    rounding: Decimal
    others: tuple[PatientCost, ...] = ()

    @property
    def is_explained(self) -> bool:
        """A fen of rounding for each line and the row itself is all that may be left."""
        return abs(self.rounding) <= FEN * (len(self.contributions) + 1)

    @property
    def whole_stay(self) -> Decimal:
        """医疗成本 of all its months, as disease groups count it."""
        return self.row.medical_cost + sum((one.medical_cost for one in self.others), ZERO)


def access_patient(*, actor: Actor, run_id: int, encounter: int) -> PatientDetail:
    """One encounter of a run. Raises NotFound for what the actor may not see: institution and treating department decide."""
    rows = PatientCost.objects.filter(run=run_id, encounter=encounter)
    row = rows.select_related("run__institution", "run__cost_run", "department").first()
    if row is None:
        refuse_pruned(actor, run_id)
    if row is None or not actor.may(row.run.institution_id, *DRILL_READERS, department=row.department_id):
        raise NotFound("costing.no_patient", "没有这个患者的成本。")
    sequence = row.run.cost_run.input_sequence
    found = encounter_at(institution=row.run.institution_id, encounter=encounter, sequence=sequence)
    if found is None:
        raise NotFound("costing.no_patient", "没有这个患者的成本。")
    lines = encounter_lines(institution=row.run.institution_id, encounter=found, sequence=sequence)
    period = Period.parse(row.run.period)
    of_month = [line for line in lines.rows if Period.of(timezone.localdate(line.charged_at)) == period]
    contributions = (*_services(row, of_month), *_apart(row, of_month))
    explained = sum((one.cost for one in contributions), ZERO)
    others = PatientCost.objects.filter(
        encounter=encounter, run__institution=row.run.institution_id, run__is_current=True
    )
    months = others.exclude(run__period=row.run.period).select_related("run").order_by("run__period")
    return PatientDetail(row, found, contributions, explained, row.hospital_cost - explained, tuple(months))


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


def _services(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    used: dict[tuple[int, str], list[ChargedLine]] = {}
    for line in lines:
        if line.item_class == ItemClass.SERVICE:
            used.setdefault((line.executing, line.item_code), []).append(line)
    codes = {code for _department, code in used}
    rows = ItemCost.objects.filter(run=row.run_id, item__code__in=codes).select_related("item", "department")
    known = {(item.department_id, item.item.code): item for item in rows if item.item is not None}
    found = []
    for (department, code), mine in sorted(used.items()):
        item = known.get((department, code))
        quantity = sum((line.quantity for line in mine), Decimal(0))
        cost = item.hospital_cost * quantity / item.quantity if item is not None and item.quantity > 0 else ZERO
        found.append(
            Contribution(
                item=mine[0].item_name,
                department=mine[0].executing_name,
                quantity=quantity,
                amount=sum((line.amount for line in mine), ZERO),
                whole=item.quantity if item else ZERO,
                whole_cost=item.hospital_cost if item else ZERO,
                cost=cost.quantize(ZERO),
                row=item.pk if item else None,
                lines=(("item", code), ("executing", str(department))),
            )
        )
    return sorted([*found, *_handed_out(row, lines)], key=lambda one: (-one.cost, one.item))


def _handed_out(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    """What handing out drugs and materials cost the departments that do nothing else, by amount."""
    goods = [line for line in lines if line.item_class != ItemClass.SERVICE]
    rows = ItemCost.objects.filter(run=row.run_id, item=None, department__in={line.executing for line in goods})
    found = []
    for item in rows.select_related("department").order_by("department__code"):
        amount = sum((line.amount for line in goods if line.executing == item.department_id), ZERO)
        found.append(
            Contribution(
                item=HANDING_OUT,
                department=item.department.name,
                quantity=amount,
                amount=ZERO,
                whole=item.quantity,
                whole_cost=item.hospital_cost,
                cost=(item.hospital_cost * amount / item.quantity).quantize(ZERO),
                row=item.pk,
            )
        )
    return found


def _apart(row: PatientCost, lines: Sequence[ChargedLine]) -> list[Contribution]:
    """Drugs and materials: what the row bears beyond its services is theirs."""
    whole = PatientCost.objects.filter(run=row.run_id).aggregate(drug=Sum("drug_cost"), material=Sum("material_cost"))
    cells = IncomeCell.objects.filter(run=row.run.cost_run_id).order_by().values_list("item_class")
    charged = dict(cells.annotate(amount=Sum("amount")))
    found = []
    for item_class, name, cost, whole_cost in (
        (ItemClass.DRUG, "药品", row.drug_cost, whole["drug"]),
        (ItemClass.CHARGEABLE_MATERIAL, "单独收费卫生材料", row.material_cost, whole["material"]),
    ):
        amount = sum((line.amount for line in lines if line.item_class == item_class), ZERO)
        if amount or cost:
            found.append(
                Contribution(
                    item=name,
                    department="全院",
                    quantity=None,
                    amount=amount,
                    whole=charged.get(item_class, ZERO),
                    whole_cost=whole_cost or ZERO,
                    cost=cost,
                    lines=(("item_class", str(item_class)),),
                )
            )
    return found
