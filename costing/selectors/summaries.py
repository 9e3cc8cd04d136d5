"""Sums over institutions and months, from the current runs; what the cockpit shows.

`institutions` are those the caller has found visible. Medical income is charge income; other income is beside it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from costing.models import CostRun, DepartmentCost, DepartmentMonth, IncomeCell
from ops_platform.masterdata.models import CostClass


@dataclass(frozen=True, slots=True)
class RunTotal:
    """An institution's month in three figures."""

    institution: int
    period: str
    income: Decimal
    other_income: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Work:
    """What an institution earned and did in a month, or in the first days of it."""

    institution: int
    period: str
    income: Decimal
    other_income: Decimal
    drug_income: Decimal
    material_income: Decimal
    visits: int
    discharges: int
    bed_days: Decimal


@dataclass(frozen=True, slots=True)
class Activity(Work):
    """The work of a whole month, and what it cost."""

    cost: Decimal


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """A department's month as the run summed it up."""

    run: int
    institution: int
    period: str
    department: int
    name: str
    cost_class: str
    income: Decimal
    executed_income: Decimal
    other_income: Decimal
    drug_income: Decimal
    material_income: Decimal
    insured_income: Decimal
    direct_cost: Decimal
    received_cost: Decimal
    full_cost: Decimal
    surplus: Decimal
    visits: int
    discharges: int
    bed_days: Decimal

    @property
    def is_clinical(self) -> bool:
        """Only clinical departments keep costs and have a surplus."""
        return self.cost_class == CostClass.CLINICAL

    @property
    def total_cost(self) -> Decimal:
        """Direct cost and what was received; of a clinical department the full cost."""
        return self.direct_cost + self.received_cost


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a department's surplus: income of a fee class, other income, or full cost of an item."""

    department: int
    period: str
    kind: str
    code: str
    amount: Decimal


# what the columns of Work are summed from, by month or by first days
WORK_SUMS = {
    "charged": Sum("income"),
    "other": Sum("other_income"),
    "drugs": Sum("drug_income"),
    "materials": Sum("material_income"),
    "seen": Sum("visits"),
    "left": Sum("discharges"),
    "beds": Sum("bed_days"),
}
_FIGURES = tuple(DepartmentFigures.__slots__)
_PATHS = {"institution": "run__institution", "period": "run__period"}


def run_totals(*, institutions: Collection[int]) -> list[RunTotal]:
    """Every month that has a current run, by month and institution."""
    rows = CostRun.objects.filter(is_current=True, institution__in=institutions).order_by("period", "institution")
    return [RunTotal(*row) for row in rows.values_list("institution", "period", "income", "other_income", "full_cost")]


def activities(*, institutions: Collection[int], periods: Collection[str]) -> list[Activity]:
    """The given months by institution."""
    rows = (
        DepartmentMonth.objects.filter(run__is_current=True, run__institution__in=institutions, run__period__in=periods)
        .order_by()
        .values_list("run__institution", "run__period")
        .annotate(**WORK_SUMS, cost=Sum("full_cost"))
        .order_by("run__institution", "run__period")
    )
    return [Activity(*row) for row in rows]


def figures(rows: QuerySet[DepartmentMonth]) -> list[DepartmentFigures]:
    """Summaries as frozen values."""
    return [DepartmentFigures(*row) for row in rows.values_list(*(_PATHS.get(name, name) for name in _FIGURES))]


def clinical_departments(*, institutions: Collection[int], periods: Collection[str]) -> list[DepartmentFigures]:
    """Clinical departments of the given months, the greatest loss first."""
    rows = DepartmentMonth.objects.filter(
        run__is_current=True,
        run__institution__in=institutions,
        run__period__in=periods,
        cost_class=CostClass.CLINICAL,
    )
    return figures(rows.order_by("surplus", "department", "pk"))


def cost_composition(*, institutions: Collection[int], periods: Collection[str]) -> dict[tuple[str, str], Decimal]:
    """Direct cost by (month, cost item): summed over all departments it equals the full cost."""
    rows = (
        DepartmentCost.objects.filter(run__is_current=True, run__institution__in=institutions, run__period__in=periods)
        .order_by()
        .values_list("run__period", "cost_item")
        .annotate(total=Sum("direct"))
    )
    return {(period, item): amount for period, item, amount in rows}


def parts(*, departments: Collection[int], periods: Collection[str]) -> list[Part]:
    """What the surplus of clinical departments is made of, for comparing two months; two queries."""
    income = (
        IncomeCell.objects.filter(run__is_current=True, run__period__in=periods, ordering__in=departments)
        .order_by()
        .values_list("ordering", "run__period", "fee_class")
        .annotate(total=Sum("amount"))
    )
    cost = (
        DepartmentCost.objects.filter(run__is_current=True, run__period__in=periods, department__in=departments)
        .order_by()
        .values_list("department", "run__period", "cost_item")
        .annotate(own=Sum("direct"), given=Sum(F("received") - F("sent")))
    )
    found = [Part(department, period, "income", code, amount) for department, period, code, amount in income]
    for department, period, code, own, given in cost:
        found.append(Part(department, period, "direct", code, own))
        found.append(Part(department, period, "received", code, given))
    return found
