"""The first days of months: what an open month can be compared by before it is over.

`institutions` and `department` are those the caller has found visible. Runs made before days were kept have none.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max, QuerySet, Sum

from costing.models import DepartmentDay
from costing.selectors.summaries import WORK_SUMS, Work


@dataclass(frozen=True, slots=True)
class DepartmentWork:
    """What a department earned and did in the first days of a month."""

    period: str
    income: Decimal
    executed_income: Decimal
    other_income: Decimal
    visits: int
    discharges: int
    bed_days: Decimal


def last_day_with_data(*, institutions: Collection[int], period: str, before: date) -> date | None:
    """The last day of the month, and before that date, on which anything came."""
    rows = DepartmentDay.objects.filter(
        run__is_current=True, run__institution__in=institutions, run__period=period, day__lt=before
    )
    newest: date | None = rows.aggregate(newest=Max("day"))["newest"]
    return newest


def work_of_first_days(*, institutions: Collection[int], periods: Collection[str], days: int) -> list[Work]:
    """Days 1 to `days` of each month by institution."""
    rows = (
        _first_days(periods, days)
        .filter(run__institution__in=institutions)
        .values_list("run__institution", "run__period")
        .annotate(**WORK_SUMS)
        .order_by("run__institution", "run__period")
    )
    return [Work(*row) for row in rows]


def department_first_days(*, department: int, periods: Collection[str], days: int) -> dict[str, DepartmentWork]:
    """Days 1 to `days` of each month of a department."""
    rows = (
        _first_days(periods, days)
        .filter(department=department)
        .values_list("run__period")
        .annotate(
            charged=Sum("income"),
            carried_out=Sum("executed_income"),
            other=Sum("other_income"),
            seen=Sum("visits"),
            left=Sum("discharges"),
            beds=Sum("bed_days"),
        )
        .order_by("run__period")
    )
    return {row[0]: DepartmentWork(*row) for row in rows}


def _first_days(periods: Collection[str], days: int) -> QuerySet[DepartmentDay]:
    return DepartmentDay.objects.filter(run__is_current=True, run__period__in=periods, day__day__lte=days).order_by()
