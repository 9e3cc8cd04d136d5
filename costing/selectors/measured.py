"""Lists of what a figure over patients or items was added up from: encounters of a month, discharges with the cost of the
whole stay, stays in a service unit, service items in their departments. Each is cut exactly as the figure is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from django.db import connection
from django.db.models import Count, DecimalField, F, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce

from costing.engine.columns import COST_ITEMS
from costing.models import CostRun, ItemCost, PatientCost, PatientRun, PatientUnitCost
from costing.selectors.diseases import month_of_diseases
from costing.selectors.groups import CaseCost, case_costs
from costing.selectors.pathway_cases import month_of_pathways
from costing.selectors.patients import MEDICAL_COST
from insurance_settlement.public import DischargedCase, MonthOfCases, month_of_cases
from ops_platform.his_intake.public import FactPage, encounters_as_of_sql, items_as_of, stays_of
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Department
from ops_platform.masterdata.selectors import ParametersAt

ZERO = Decimal("0.00")
DAY_HOURS = "costing.day_case_hours"
TEN_THOUSAND = 10_000
DOCTOR = 8  # characters of a pseudonym that reports show and group by
Counted = Literal["", "costed", "priced", "complete"]


@dataclass(frozen=True, slots=True)
class Measured:
    """An encounter with the amount that it adds; `run` is the patient run whose page shows its cost, None without."""

    encounter: int
    encounter_no: str
    department: str
    what: str
    days: int | None
    amount: Decimal
    run: int | None


@dataclass(frozen=True, slots=True)
class EncounterFacts:
    """Of an encounter: its number, who pays, and who treats (pseudonym)."""

    number: str = ""
    insurer: str = ""
    scheme: str = ""
    doctor: str = ""


def facts_of(*, institution: int, encounters: Iterable[int], sequence: int) -> dict[int, EncounterFacts]:
    """As they were at the sequence; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.entity, f.encounter_no, coalesce(f.insurer, ''), coalesce(f.scheme, ''), coalesce(f.doctor, '')"
            " FROM his_intake_encounter f WHERE f.institution_id = %(institution)s"
            f" AND {encounters_as_of_sql('f', sequence)}",
            {"institution": institution, "encounters": list(encounters)},
        )
        return {entity: EncounterFacts(*facts) for entity, *facts in cursor.fetchall()}


def patient_run_of(run: CostRun) -> PatientRun | None:
    """The patients that were costed from a cost run: the current run of them, else the last."""
    return PatientRun.objects.filter(cost_run=run).order_by("-is_current", "-version").first()


def _summed_as(measure: str) -> Combinable:
    """A measure of encounters as SQL."""
    if measure == "cost":
        return MEDICAL_COST
    if measure == "apart":
        return F("drug_cost") + F("material_cost")
    return Value(1) if measure == "count" else F(measure)


def encounters(
    *, run: PatientRun, measure: str, department: int | None, inpatient: bool | None, offset: int, limit: int | None
) -> FactPage[Measured]:
    """Encounters of the month, the greatest amount first."""
    rows = PatientCost.objects.filter(run=run)
    if department is not None:
        rows = rows.filter(department=department)
    if inpatient is not None:
        rows = rows.filter(inpatient=inpatient)
    amount = Cast(_summed_as(measure), DecimalField(max_digits=18, decimal_places=2))
    rows = rows.annotate(amount=amount)
    sums = rows.order_by().aggregate(count=Count("encounter"), total=Sum("amount"))
    cut = rows.order_by("-amount", "encounter")[offset : None if limit is None else offset + limit]
    listed = list(cut.values_list("encounter", "department__name", "inpatient", "days", "amount"))
    known = facts_of(
        institution=run.institution_id, encounters=[one[0] for one in listed], sequence=run.cost_run.input_sequence
    )
    return FactPage(
        tuple(
            Measured(number, _number(known, number), name, "住院" if stay else "门急诊", days, amount, run.pk)
            for number, name, stay, days, amount in listed
        ),
        sums["count"],
        sums["total"] or ZERO,
    )


def _number(known: dict[int, EncounterFacts], encounter: int) -> str:
    return known[encounter].number if encounter in known else str(encounter)


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """Which discharges of a month a figure counts; None chooses nothing, "" those without. `counted`: all, or those that are
    costed, priced, or both (complete). `side` and `procedure` as the day surgery report divides them; stays are longer than
    `longer` and at most `upto` days."""

    drg: str | None = None
    disease: str | None = None
    encounter: int | None = None
    department: int | None = None
    doctor: str | None = None
    scheme: str | None = None
    insurer: str | None = None
    procedure: str | None = None
    side: str = ""
    longer: int | None = None
    upto: int | None = None
    counted: Counted = ""

    @property
    def of_facts(self) -> bool:
        """Whether it asks for what stands with the encounter."""
        return any(one is not None for one in (self.doctor, self.scheme, self.insurer))

    def has(self, one: CaseCost) -> bool:
        """Whether the case is counted, by what the case itself says."""
        case = one.case
        costed, priced = one.amounts is not None, case.payment is not None
        return (
            self.drg in (None, case.drg)
            and self.encounter in (None, case.encounter)
            and self.department in (None, case.department)
            and (self.longer is None or case.stay_days > self.longer)
            and (self.upto is None or case.stay_days <= self.upto)
            and {"": True, "costed": costed, "priced": priced, "complete": costed and priced}[self.counted]
        )

    def has_facts(self, known: EncounterFacts) -> bool:
        """And by what the encounter says."""
        return (
            self.doctor in (None, known.doctor[:DOCTOR])
            and self.scheme in (None, known.scheme)
            and self.insurer in (None, known.insurer)
        )


def of_case(measure: str) -> Callable[[CaseCost], Decimal]:
    """What a case adds to a figure; nothing where it has none."""

    def amount(one: CaseCost) -> Decimal:
        found: Decimal | int | None
        if measure == "count":
            found = 1
        elif measure in ("charges", "payment", "weight"):
            found = getattr(one.case, measure)
        elif measure == "days":
            found = one.case.stay_days
        elif measure == "cost":
            found = one.cost
        elif measure == "surplus":
            found = one.surplus
        elif one.amounts is None:
            found = None
        elif measure == "apart":
            found = one.amounts["drug_cost"] + one.amounts["material_cost"]
        else:
            found = one.amounts[measure]
        return Decimal(found or 0)

    return amount


def cases(*, run: CostRun, measure: str, choice: CaseChoice, offset: int, limit: int | None) -> FactPage[Measured]:
    """Discharges of the month as they are priced now, with the cost of their whole stays, the greatest amount first."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    listed = case_costs(institution=run.institution_id, cases=_discharged(run, settled, choice.disease))
    found = [one for one in listed if choice.has(one)]
    if choice.of_facts:
        numbers = [one.case.encounter for one in found]
        known = facts_of(institution=run.institution_id, encounters=numbers, sequence=run.input_sequence)
        found = [one for one in found if choice.has_facts(known.get(one.case.encounter, EncounterFacts()))]
    if choice.side or choice.procedure is not None:
        found = _of_procedure(run, choice, found, settled.sequence if settled else run.input_sequence)
    amount = of_case(measure)
    found.sort(key=lambda one: (-amount(one), one.case.encounter))
    names = dict(Department.objects.filter(institution=run.institution_id).values_list("pk", "name"))
    patients = patient_run_of(run)
    shown = found[offset : None if limit is None else offset + limit]
    pages = _with_pages(patients, [one.case.encounter for one in shown])
    return FactPage(
        tuple(
            Measured(
                one.case.encounter,
                one.case.encounter_no,
                names.get(one.case.department, ""),
                one.case.drg,
                one.case.stay_days,
                amount(one),
                patients.pk if patients and one.case.encounter in pages else None,
            )
            for one in shown
        ),
        len(found),
        sum((amount(one) for one in found), ZERO),
    )


def _discharged(run: CostRun, settled: MonthOfCases | None, disease: str | None) -> Sequence[DischargedCase]:
    """The month's discharges; of a disease also those without abstract."""
    if disease is None or settled is None:
        return settled.cases if settled else ()
    found = month_of_diseases(institution=run.institution_id, period=run.period)
    return [one for one in found.cases if found.keys[one.encounter] == disease] if found else ()


def _with_pages(run: PatientRun | None, encounters: Sequence[int]) -> set[int]:
    """Those that have a page in the run."""
    rows = PatientCost.objects.filter(run=run, encounter__in=encounters)
    return set(rows.order_by().values_list("encounter", flat=True)) if run else set()


def _of_procedure(run: CostRun, choice: CaseChoice, listed: Sequence[CaseCost], sequence: int) -> list[CaseCost]:
    numbers = [one.case.encounter for one in listed]
    stays = stays_of(institution=run.institution_id, encounters=numbers, sequence=sequence)
    day = Period.parse(run.period).last_day
    hours = ParametersAt(DAY_HOURS).value(key=DAY_HOURS, day=day, institution_id=run.institution_id)
    return [
        one
        for one in listed
        if (stay := stays.get(one.case.encounter)) is not None
        and stay.procedure
        and choice.procedure in (None, stay.procedure)
        and choice.side in ("", "ward" if stay.hours > hours else "day")
    ]


def unit_cases(
    *,
    run: CostRun,
    measure: str,
    drg: str | None,
    disease: str | None,
    kind: str,
    code: str,
    name: str,
    offset: int,
    limit: int | None,
) -> FactPage[Measured]:
    """Discharges of a disease group or a disease with what they were charged and cost in a service unit, over all months of
    the stays. Unit or executing department by code and name; those of all drugs or materials have neither."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    members = {one.encounter: one for one in _discharged(run, settled, disease) if drg in (None, one.drg)}
    rows = PatientUnitCost.objects.filter(
        encounter__in=list(members),
        unit__run__is_current=True,
        unit__run__institution=run.institution_id,
        unit__kind=kind,
    ).annotate(
        code=Coalesce("unit__unit__code", "unit__department__code", Value("")),
        name=Coalesce("unit__unit__name", "unit__department__name", Value("")),
    )
    rows = rows.filter(code=code, name=name)
    sums = dict(rows.order_by().values_list("encounter").annotate(amount=Sum(measure)))
    listed = sorted(sums.items(), key=lambda one: (-one[1], one[0]))
    names = dict(Department.objects.filter(institution=run.institution_id).values_list("pk", "name"))
    patients = patient_run_of(run)
    shown = listed[offset : None if limit is None else offset + limit]
    pages = _with_pages(patients, [number for number, _ in shown])
    return FactPage(
        tuple(
            Measured(
                number,
                members[number].encounter_no,
                names.get(members[number].department, ""),
                members[number].drg,
                members[number].stay_days,
                amount,
                patients.pk if patients and number in pages else None,
            )
            for number, amount in shown
        ),
        len(listed),
        sum(sums.values(), ZERO),
    )


def pathway_cases(
    *, run: PatientRun, measure: str, pathway: int, item: int, offset: int, limit: int | None
) -> FactPage[Measured]:
    """The cases of a pathway with how much of an item each used, or what of its cost that is (`NO_ITEM`: what no charge line
    explains)."""
    found = month_of_pathways(run=run, only=[pathway])
    mine = found.of(pathway) if found else None
    if mine is None:
        return FactPage((), 0, ZERO)
    values, scale = (mine.used.cost, 100) if measure == "cost" else (mine.used.quantity, TEN_THOUSAND)
    chosen = np.flatnonzero((mine.used.item == item) & ((mine.used.cost != 0) | (mine.used.quantity != 0)))
    sums = sorted(
        ((Decimal(int(values[at])) / scale, mine.cases[int(mine.used.case[at])].case) for at in chosen),
        key=lambda one: (-one[0], one[1].encounter),
    )
    names = dict(Department.objects.filter(institution=run.institution_id).values_list("pk", "name"))
    shown = sums[offset : None if limit is None else offset + limit]
    pages = _with_pages(run, [case.encounter for _, case in shown])
    return FactPage(
        tuple(
            Measured(
                case.encounter,
                case.encounter_no,
                names.get(case.department, ""),
                case.drg,
                case.stay_days,
                amount,
                run.pk if case.encounter in pages else None,
            )
            for amount, case in shown
        ),
        len(sums),
        sum((amount for amount, _ in sums), ZERO),
    )


def item_rows(*, run: PatientRun, department: int | None, code: str | None, fee_class: str) -> QuerySet[ItemCost]:
    """Service items in their departments; `code` "" is what handing out drugs and materials cost, None all items. Of a fee
    class as it was on the month's last day."""
    rows = ItemCost.objects.filter(run=run).select_related("item", "department")
    if department is not None:
        rows = rows.filter(department=department)
    if code is not None:
        rows = rows.filter(item__code=code) if code else rows.filter(item=None)
    if fee_class:
        known = items_as_of(run.institution, Period.parse(run.period).last_day, run.cost_run.input_sequence)
        rows = rows.filter(item__in=[number for number, one in known.items() if one.fee_class == fee_class])
    return rows


@dataclass(frozen=True, slots=True)
class MeasuredItem:
    """A service item of a department with the amount that it adds."""

    row: ItemCost
    amount: Decimal


def items(
    *,
    run: PatientRun,
    measure: str,
    department: int | None,
    code: str | None,
    fee_class: str,
    offset: int,
    limit: int | None,
) -> FactPage[MeasuredItem]:
    """Items of the month, the greatest amount first."""
    whole = sum((F(name) for name in COST_ITEMS[1:]), F(COST_ITEMS[0]))
    expressions: dict[str, Combinable] = {"cost": whole, "surplus": F("income") - whole}
    rows = item_rows(run=run, department=department, code=code, fee_class=fee_class)
    rows = rows.annotate(
        amount=Cast(expressions.get(measure, F(measure)), DecimalField(max_digits=18, decimal_places=4))
    )
    sums = rows.order_by().aggregate(count=Count("id"), total=Sum("amount"))
    shown = rows.order_by("-amount", "pk")[offset : None if limit is None else offset + limit]
    return FactPage(tuple(MeasuredItem(row, row.amount) for row in shown), sums["count"], sums["total"] or ZERO)
