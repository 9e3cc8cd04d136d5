"""Cost budgets, their amounts, and how they compare with the version before."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet, Sum

from costing.engine.budget import MONTHS
from costing.models import CostBudget, CostBudgetAmount
from costing.selectors.access import READERS
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata.models import Department

ZERO = Decimal("0.00")
APPROVED = (CostBudget.State.IN_FORCE, CostBudget.State.REPLACED)
Amounts = dict[tuple[int, str, int], Decimal]
"""Yuan by department, cost item and month (1 to 12)."""


def budgets(*, actor: Actor) -> QuerySet[CostBudget]:
    """All versions of the institutions that the actor may see, the newest year first."""
    rows = CostBudget.objects.visible_to(actor, *READERS).select_related("institution", "asked_by")
    return rows.order_by("-year", "institution__code", "-version", "pk")


def access_budget(*, actor: Actor, budget: int) -> CostBudget:
    """One version. Raises NotFound for what the actor may not see."""
    found = budgets(actor=actor).filter(pk=budget).first()
    if found is None:
        raise NotFound("costing.no_budget", "没有这个版本的成本预算。")
    return found


def amounts(*, actor: Actor) -> QuerySet[CostBudgetAmount]:
    """The amounts of all versions that the actor may see."""
    rows = CostBudgetAmount.objects.filter(budget__in=budgets(actor=actor).order_by().values("pk"))
    return rows.select_related("department").order_by("budget", "department__code", "cost_item", "month", "pk")


def in_force(*, institution: int, year: int) -> CostBudget | None:
    """The version that holds; None where none was approved."""
    return CostBudget.objects.filter(institution=institution, year=year, state=CostBudget.State.IN_FORCE).first()


def planned_costs(*, institutions: Collection[int], period: str) -> dict[int, Decimal]:
    """The direct cost of a month that the budgets in force plan, in yuan, of institutions that have one; one query."""
    month = Period.parse(period)
    rows = CostBudgetAmount.objects.filter(
        budget__institution__in=institutions,
        budget__year=month.year,
        budget__state=CostBudget.State.IN_FORCE,
        month=month.month,
    )
    return dict(rows.order_by().values_list("budget__institution").annotate(Sum("amount")))


def amounts_of(*, budgets: Collection[int], department: int | None = None) -> dict[int, Amounts]:
    """The amounts of versions; of all departments or of one."""
    found: dict[int, Amounts] = {number: {} for number in budgets}
    rows = CostBudgetAmount.objects.filter(budget__in=budgets).order_by()
    if department is not None:
        rows = rows.filter(department=department)
    for budget, place, item, month, amount in rows.values_list("budget", "department", "cost_item", "month", "amount"):
        found[budget][place, item, month] = amount
    return found


def former_of(budget: CostBudget) -> CostBudget | None:
    """The version that it takes, or took, the place of: the highest approved one below it."""
    rows = CostBudget.objects.filter(
        institution=budget.institution_id, year=budget.year, version__lt=budget.version, state__in=APPROVED
    )
    return rows.order_by("-version").first()


@dataclass(frozen=True, slots=True)
class DepartmentBudget:
    """A department's year in a version, by cost item and by month, beside the version before (None: there is none)."""

    department: Department
    by_item: dict[str, Decimal]
    by_month: dict[int, Decimal]
    before: Decimal | None

    @property
    def year(self) -> Decimal:
        """The whole."""
        return sum(self.by_item.values(), ZERO)

    @property
    def change(self) -> Decimal | None:
        """Against the version before."""
        return None if self.before is None else self.year - self.before


def departments_of(budget: CostBudget) -> list[DepartmentBudget]:
    """The departments that have a budget in the version, or had one in the version before, by code."""
    former = former_of(budget)
    numbers = [budget.pk, *([former.pk] if former else [])]
    amounts = amounts_of(budgets=numbers)
    items: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    months: dict[int, dict[int, Decimal]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    before: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for (department, item, month), amount in amounts[budget.pk].items():
        items[department][item] += amount
        months[department][month] += amount
    for (department, _item, _month), amount in (amounts[former.pk] if former else {}).items():
        before[department] += amount
    found = Department.objects.filter(pk__in={*items, *before}).order_by("code", "pk")
    return [
        DepartmentBudget(one, dict(items[one.pk]), dict(months[one.pk]), before[one.pk] if former else None)
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Move:
    """A department's cost item that differs from the version before, with its years and the months that differ."""

    department: Department
    cost_item: str
    before: Decimal
    after: Decimal
    months: tuple[int, ...]


def moves_of(budget: CostBudget, former: CostBudget | None) -> list[Move]:
    """What a version moves against the one before, the greatest change of a year first; nothing of a first version."""
    if former is None:
        return []
    amounts = amounts_of(budgets=[budget.pk, former.pk])
    before, after = amounts[former.pk], amounts[budget.pk]
    months: dict[tuple[int, str], list[int]] = defaultdict(list)
    for department, item, month in moved(before, after):
        months[department, item].append(month)
    departments = Department.objects.in_bulk({department for department, _item in months})
    found = [
        Move(
            departments[department],
            item,
            sum((before.get((department, item, month), ZERO) for month in range(1, MONTHS + 1)), ZERO),
            sum((after.get((department, item, month), ZERO) for month in range(1, MONTHS + 1)), ZERO),
            tuple(sorted(listed)),
        )
        for (department, item), listed in months.items()
    ]
    return sorted(found, key=lambda one: (-abs(one.after - one.before), one.department.code, one.cost_item))


def moved(before: Amounts, after: Amounts) -> list[tuple[int, str, int]]:
    """The places whose amounts differ, in order."""
    return sorted(place for place in {**before, **after} if before.get(place, ZERO) != after.get(place, ZERO))
