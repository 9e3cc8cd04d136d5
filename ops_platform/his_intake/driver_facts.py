"""What drivers of allocation measure, row by row: people, floor area, original value of asset cards of a month.

Income is listed by `charge_lines`, work by `workload_lines`.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Subquery, Sum

from ops_platform.his_intake.drilldown import FactPage, Origin, cut, origin_of
from ops_platform.his_intake.models import Asset, FloorArea, StaffHeadcount
from ops_platform.kernel import Period


@dataclass(frozen=True, slots=True)
class DriverFact:
    """How much of a driver a department has by one row: people, m², or yuan of a card (`name`) in use."""

    department: int
    department_name: str
    name: str
    quantity: Decimal
    origin: Origin


def driver_facts(
    *,
    measured: str,
    institution: int,
    period: Period,
    sequence: int,
    department: int | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> FactPage[DriverFact]:
    """`headcount`, `floor_area` or `asset_value` of a month as of a sequence, by department; of all or of one. Of every card
    its state at the month's end; what was taken out of use before the month counts no more."""
    rows, amount = _rows(measured, institution, period, sequence)
    if department is not None:
        rows = rows.filter(department=department)
    sums = rows.order_by().aggregate(count=Count("id"), total=Sum(amount))
    listed = rows.select_related("department", "batch", "superseded_batch").order_by("department__code", "id")
    return FactPage(
        tuple(
            DriverFact(
                row.department_id,
                row.department.name,
                f"{row.name} {row.card}" if isinstance(row, Asset) else "",
                getattr(row, amount),
                origin_of(row),
            )
            for row in cut(listed, offset, limit)
        ),
        sums["count"],
        sums["total"] or Decimal(0),
    )


def _rows(measured: str, institution: int, period: Period, sequence: int) -> tuple[Any, str]:
    """The rows, and which of their fields is measured."""
    if measured == "headcount":
        return StaffHeadcount.objects.filter(institution=institution, period=str(period)).as_of(sequence), "headcount"
    if measured == "floor_area":
        return FloorArea.objects.filter(institution=institution, period=str(period)).as_of(sequence), "area"
    cards = Asset.objects.filter(institution=institution, effective_from__lte=period.last_day).as_of(sequence)
    newest = cards.order_by("card", "-effective_from").distinct("card").values("pk")
    in_use = Q(disposed_on=None) | Q(disposed_on__gte=period.first_day)
    return Asset.objects.filter(in_use, pk__in=Subquery(newest), in_use_from__lte=period.last_day), "original_value"
