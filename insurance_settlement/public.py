"""The door of insurance settlement for the apps above it. Callers pass what the actor may see."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from insurance_settlement.engine.standards import Standard, standard_of
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook
from insurance_settlement.schemes import book_in_force, compiled_scheme, names_of_answers, rule_book
from insurance_settlement.selectors import (
    CASE_READERS,
    DrgLine,
    Totals,
    current_run,
    discharges_without_abstract,
    drg_lines,
)
from insurance_settlement.selectors import totals as settlement_totals
from ops_platform.kernel import from_fen
from ops_platform.masterdata.models import Institution

__all__ = [
    "CASE_READERS",
    "CasesOfStays",
    "DepartmentDrgs",
    "DischargedCase",
    "DrgLine",
    "GroupSum",
    "MonthOfCases",
    "PaymentStandards",
    "Totals",
    "cases_of_stays",
    "cases_without_abstract",
    "department_drgs",
    "group_names",
    "group_sums",
    "month_of_cases",
    "paid_by_case",
    "payment_standards",
    "settlement_totals",
]


@dataclass(frozen=True, slots=True)
class DepartmentDrgs:
    """The discharges of a department in a month by group, with the run they were priced in."""

    version: int
    price_book: str
    lines: tuple[DrgLine, ...]
    cases: int
    payment: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class DischargedCase:
    """One discharge of a month: encounter (lasting number), group, treating department, weight (None by the
    points method), charges and payment in yuan (None without a price), days of the whole stay."""

    encounter: int
    encounter_no: str
    drg: str
    department: int
    weight: Decimal | None
    charges: Decimal
    payment: Decimal | None
    stay_days: int


@dataclass(frozen=True, slots=True)
class MonthOfCases:
    """The discharges of an institution's month as its current run priced them, from facts up to `sequence`; `names` of the
    groups, `diagnosis_names` and `procedure_names` of the codes that its scheme knows."""

    version: int
    sequence: int
    price_book: str
    cases: tuple[DischargedCase, ...]
    names: dict[str, str]
    diagnosis_names: Mapping[str, str]
    procedure_names: Mapping[str, str]


def month_of_cases(*, institution: int, period: str) -> MonthOfCases | None:
    """Every discharge of the month; None while nothing has been priced."""
    run = current_run(institution=institution, period=period)
    if run is None:
        return None
    names = (field.name for field in fields(DischargedCase))
    rows = CaseResult.objects.filter(run=run).order_by("encounter").values_list(*names)
    scheme = compiled_scheme(run.scheme)
    return MonthOfCases(
        version=run.version,
        sequence=run.input_sequence,
        price_book=run.price_book.name,
        cases=tuple(DischargedCase(*row) for row in rows.iterator()),
        names=names_of_answers(run.scheme),
        diagnosis_names=scheme.dx.names,
        procedure_names=scheme.proc.names,
    )


def paid_by_case(*, institution: int, day: date) -> bool:
    """Whether stays of the institution were priced by case in the month of the day, so that what is charged for an item does
    not change what the insurer pays."""
    return current_run(institution=institution, period=f"{day:%Y-%m}") is not None


def cases_without_abstract(*, institution: int, period: str) -> tuple[DischargedCase, ...]:
    """The discharges that the month's current run could not group because no abstract (病案首页) had come: no group, weight
    or payment."""
    run = current_run(institution=institution, period=period)
    found = discharges_without_abstract(run=run) if run else []
    return tuple(
        DischargedCase(encounter, number, "", department, None, charges, None, days)
        for encounter, number, department, charges, days in found
    )


@dataclass(frozen=True, slots=True)
class CasesOfStays:
    """Discharges by encounter, with the names of their groups."""

    cases: dict[int, DischargedCase]
    names: dict[str, str]


def cases_of_stays(*, encounters: Collection[int]) -> CasesOfStays:
    """The discharges among these encounters (lasting numbers) as the current runs priced them; two queries at most for
    each scheme in force."""
    names = [field.name for field in fields(DischargedCase)]
    rows = CaseResult.objects.filter(run__is_current=True, encounter__in=encounters).order_by("encounter")
    found = {row.encounter: row for row in (DischargedCase(*values) for values in rows.values_list(*names))}
    runs = (
        GroupingRun.objects.filter(pk__in=rows.order_by().values("run"))
        .order_by("scheme_id", "pk")
        .distinct("scheme_id")
    )
    titles: dict[str, str] = {}
    for run in runs.select_related("scheme"):
        titles |= names_of_answers(run.scheme)
    return CasesOfStays(found, titles)


def department_drgs(*, institution: int, period: str, department: int) -> DepartmentDrgs | None:
    """Cases, mean charges, payment and balance of a department by group; None while nothing has been priced."""
    run = current_run(institution=institution, period=period)
    if run is None:
        return None
    lines = tuple(drg_lines(run=run, department=department))
    return DepartmentDrgs(
        version=run.version,
        price_book=run.price_book.name,
        lines=lines,
        cases=sum(line.cases for line in lines),
        payment=sum((line.payment or Decimal(0) for line in lines), Decimal("0.00")),
        balance=sum((line.balance or Decimal(0) for line in lines), Decimal("0.00")),
    )


@dataclass(frozen=True, slots=True)
class GroupSum:
    """The discharges of an institution's month in a group: cases and days of their stays."""

    institution: int
    drg: str
    cases: int
    stay_days: int


def group_sums(*, institutions: Collection[int] | None, period: str) -> list[GroupSum]:
    """Discharges of the month by institution and group, from the current runs; None for all members, whose single figures
    the caller must not show. One query."""
    rows = CaseResult.objects.filter(run__is_current=True, run__period=period)
    if institutions is not None:
        rows = rows.filter(run__institution__in=institutions)
    sums = rows.order_by("run__institution", "drg").values_list("run__institution", "drg")
    return [GroupSum(*row) for row in sums.annotate(cases=Count("id"), stay=Sum("stay_days"))]


def group_names(*, day: date) -> dict[str, str]:
    """The disease groups that there are on a day, by code, as the price books in force have them, whatever their area (the
    first one for a day before them); empty while none has been imported."""
    books = PriceBook.objects.select_related("scheme")
    begun = books.filter(effective_from__lte=day).order_by("area_id", "-effective_from").distinct("area_id")
    found: dict[str, str] = {}
    for book in begun or books.order_by("effective_from")[:1]:
        found |= compiled_scheme(book.scheme).titles
    return found


@dataclass(frozen=True, slots=True)
class PaymentStandards:
    """What a case of each group is paid at an institution under a price book, in yuan; without a price it is left out."""

    book: str
    effective_from: date
    amounts: dict[str, Decimal]


def payment_standards(*, institution: str, day: date | None = None) -> PaymentStandards | None:
    """The standards in force on a day, or under the newest price book, which may begin later; `institution` by code."""
    number = Institution.objects.filter(code=institution).values_list("pk", flat=True).first()
    row = book_in_force(number, day or date.max) if number else None
    if row is None:
        return None
    rules = rule_book(row)
    found = {group: standard_of(rules, group, institution) for group in rules.weights}
    amounts = {group: from_fen(one.amount) for group, one in found.items() if isinstance(one, Standard)}
    return PaymentStandards(row.name, row.effective_from, amounts)
