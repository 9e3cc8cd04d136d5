"""Two versions of a month side by side."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from costing.models import CostRun, DepartmentMonth

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Moved:
    """A department in two versions; it moved where a figure differs."""

    department: int
    name: str
    income: Decimal
    income_before: Decimal
    cost: Decimal
    cost_before: Decimal

    @property
    def income_change(self) -> Decimal:
        """Income, later version minus earlier."""
        return self.income - self.income_before

    @property
    def cost_change(self) -> Decimal:
        """Direct cost with what was received, later version minus earlier."""
        return self.cost - self.cost_before

    @property
    def moved(self) -> bool:
        """Whether anything differs."""
        return bool(self.income_change or self.cost_change)


def versions(*, run: CostRun) -> QuerySet[CostRun]:
    """All runs of the same month, newest first."""
    rows = CostRun.objects.filter(institution=run.institution_id, period=run.period)
    return rows.order_by("-version", "pk")


def compare(*, run: CostRun, earlier: CostRun) -> list[Moved]:
    """Every department of either version, the greatest change first."""
    now, before = _figures(run), _figures(earlier)
    nothing = ("", ZERO, ZERO)
    rows = [
        Moved(
            department=pk,
            name=now.get(pk, before.get(pk, nothing))[0],
            income=now.get(pk, nothing)[1],
            income_before=before.get(pk, nothing)[1],
            cost=now.get(pk, nothing)[2],
            cost_before=before.get(pk, nothing)[2],
        )
        for pk in {*now, *before}
    ]
    return sorted(rows, key=lambda row: (-abs(row.cost_change) - abs(row.income_change), row.department))


def _figures(run: CostRun) -> dict[int, tuple[str, Decimal, Decimal]]:
    rows = DepartmentMonth.objects.filter(run=run).order_by("department")
    return {
        pk: (name, income + other, direct + received)
        for pk, name, income, other, direct, received in rows.values_list(
            "department", "name", "income", "other_income", "direct_cost", "received_cost"
        )
    }
