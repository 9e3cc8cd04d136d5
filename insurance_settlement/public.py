"""The door of insurance settlement for the apps above it. Callers pass what the actor may see."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from decimal import Decimal

from insurance_settlement.models import CaseResult, GroupingRun
from insurance_settlement.schemes import compiled_scheme
from insurance_settlement.selectors import (
    CASE_READERS,
    DrgLine,
    Totals,
    current_run,
    drg_lines,
)
from insurance_settlement.selectors import totals as settlement_totals

__all__ = [
    "CASE_READERS",
    "CasesOfStays",
    "DepartmentDrgs",
    "DischargedCase",
    "DrgLine",
    "MonthOfCases",
    "Totals",
    "cases_of_stays",
    "department_drgs",
    "month_of_cases",
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
    """One discharge of a month: encounter (lasting number), group, treating department, charges and payment in yuan (None
    without a price), days of the whole stay."""

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
    """The discharges of an institution's month as its current run priced them; `names` of the groups."""

    version: int
    price_book: str
    cases: tuple[DischargedCase, ...]
    names: dict[str, str]


def month_of_cases(*, institution: int, period: str) -> MonthOfCases | None:
    """Every discharge of the month; None while nothing has been priced."""
    run = current_run(institution=institution, period=period)
    if run is None:
        return None
    names = (field.name for field in fields(DischargedCase))
    rows = CaseResult.objects.filter(run=run).order_by("encounter").values_list(*names)
    return MonthOfCases(
        version=run.version,
        price_book=run.price_book.name,
        cases=tuple(DischargedCase(*row) for row in rows.iterator()),
        names=dict(compiled_scheme(run.scheme).drg_names),
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
        titles |= compiled_scheme(run.scheme).drg_names
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
