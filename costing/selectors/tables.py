"""Direct cost of all departments of a month (成本01, domain.md 1.7), and the drivers a run was divided by.

Medical cost (医疗成本) is the cost of the seven items borne by own and basic fiscal funds; with fiscal projects it is the
full medical cost (医疗全成本), with research and teaching the full cost of the hospital (医院全成本).
"""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from costing.models import CostRun, DepartmentCost, DepartmentMonth, DriverRule
from costing.selectors.layers import OWN
from costing.titles import COST_ITEM_TITLES, driver_title
from ops_platform.masterdata.models import CostClass

ZERO = Decimal("0.00")
ITEMS = tuple(COST_ITEM_TITLES)


@dataclass(frozen=True, slots=True)
class DirectRow:
    """A department, a class subtotal (department None) or the hospital. `items` in the official order."""

    name: str
    department: int | None
    items: tuple[Decimal, ...]
    fiscal_project: Decimal
    research: Decimal
    level: str = "department"

    @property
    def cells(self) -> tuple[tuple[str, Decimal], ...]:
        """Each cost item with its amount."""
        return tuple(zip(ITEMS, self.items, strict=True))

    @property
    def medical(self) -> Decimal:
        """医疗成本合计"""
        return sum(self.items, ZERO)

    @property
    def full_medical(self) -> Decimal:
        """医疗全成本合计"""
        return self.medical + self.fiscal_project

    @property
    def total(self) -> Decimal:
        """医院全成本合计"""
        return self.full_medical + self.research


@dataclass(frozen=True, slots=True)
class Basis:
    """By which driver a class or department was allocated, and where the rule comes from."""

    sender: str
    driver: str
    mark: str
    mark_title: str
    source_text: str


def _departments(run: CostRun) -> dict[int, tuple[str, str]]:
    rows = DepartmentMonth.objects.filter(run=run).order_by("department__code", "pk")
    return {pk: (name, cost_class) for pk, name, cost_class in rows.values_list("department", "name", "cost_class")}


def _sum(rows: list[DirectRow], name: str, level: str) -> DirectRow:
    return DirectRow(
        name=name,
        department=None,
        items=tuple(sum((row.items[index] for row in rows), ZERO) for index in range(len(ITEMS))),
        fiscal_project=sum((row.fiscal_project for row in rows), ZERO),
        research=sum((row.research for row in rows), ZERO),
        level=level,
    )


def direct_costs(*, run: CostRun) -> list[DirectRow]:
    """成本01: departments by class with subtotals, then the hospital."""
    cells: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    sums = DepartmentCost.objects.filter(run=run).order_by().values_list("department", "cost_item", "funding_source")
    for department, item, source, amount in sums.annotate(total=Sum("direct")):
        cells[department, item if source in OWN else source] += amount
    names = _departments(run)
    rows: list[DirectRow] = []
    everything: list[DirectRow] = []
    for cost_class in reversed(CostClass):
        members = [
            DirectRow(
                name=name,
                department=pk,
                items=tuple(cells[pk, item] for item in ITEMS),
                fiscal_project=cells[pk, "fiscal_project"],
                research=cells[pk, "research"],
            )
            for pk, (name, its_class) in names.items()
            if its_class == cost_class
        ]
        if members:
            rows += [*members, _sum(members, f"{cost_class.label}小计", "subtotal")]
            everything += members
    if everything:
        rows.append(_sum(everything, "全院合计", "total"))
    return rows


def basis(*, run: CostRun) -> list[Basis]:
    """The rules that the run applied, one line a driver in use: shared bills, then the steps in their order."""
    rules = {rule.pk: rule for rule in DriverRule.objects.filter(pk__in=run.rules).select_related("department")}
    order = ["", *CostClass]
    return [
        Basis(
            sender=rule.department.name if rule.department else rule.divided,
            driver=driver_title(f"{rule.driver}:{rule.metric}"),
            mark=rule.source_mark,
            mark_title=str(rule.get_source_mark_display()),
            source_text=rule.source_text,
        )
        for rule in sorted(rules.values(), key=lambda rule: (order.index(rule.cost_class), rule.pk))
    ]
