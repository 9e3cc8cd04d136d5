"""Budget and direct cost of a year up to a month, by department, cost item and month.

The year to date counts the months that are costed: of a month without a run neither cost nor budget is compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db.models import QuerySet, Sum

from costing.engine.budget import MONTHS, Execution
from costing.models import CostBudget, CostBudgetAmount, CostRun, DepartmentCost
from costing.selectors.budgets import ZERO, Amounts, amounts_of, in_force
from costing.selectors.layers import ITEMS
from ops_platform.his_intake.public import FactPage
from ops_platform.kernel import Period, to_fen
from ops_platform.masterdata.models import Department, Institution

FEN = Decimal("0.01")


class Span(StrEnum):
    """Which months of the year are meant: the run's own, those that are costed up to it, all of them."""

    MONTH = "month"
    TO_DATE = "to_date"
    YEAR = "year"


Place = tuple[int, str]
"""Department and cost item."""


@dataclass(frozen=True, slots=True)
class YearSoFar:
    """`runs` are the current runs of the year up to the month by month; `budget` is None while none is in force."""

    run: CostRun
    budget: CostBudget | None
    runs: Mapping[int, CostRun]
    planned: Amounts
    spent: Amounts

    @property
    def month(self) -> int:
        """The run's own."""
        return Period.parse(self.run.period).month

    @property
    def missing(self) -> list[int]:
        """The months up to it that are not costed."""
        return [month for month in range(1, self.month) if month not in self.runs]

    @property
    def places(self) -> set[Place]:
        """Where anything was planned or spent."""
        return {(department, item) for department, item, _month in {**self.planned, **self.spent}}

    def months(self, span: Span) -> tuple[int, ...]:
        """The months of a span."""
        whole = tuple(range(1, MONTHS + 1))
        return {Span.MONTH: (self.month,), Span.TO_DATE: tuple(sorted(self.runs)), Span.YEAR: whole}[span]

    def budget_of(self, places: Iterable[Place], span: Span) -> Decimal:
        """Planned of some places over a span, in yuan."""
        return _sum(self.planned, places, self.months(span))

    def actual_of(self, places: Iterable[Place], months: Iterable[int]) -> Decimal:
        """Spent in some places in some months, in yuan."""
        return _sum(self.spent, places, months)

    def execution(self, places: Iterable[Place]) -> Execution:
        """To date, as the engine judges it."""
        known = tuple(places)
        return Execution(
            budget=to_fen(self.budget_of(known, Span.TO_DATE)),
            actual=to_fen(self.actual_of(known, self.months(Span.TO_DATE))),
            year=to_fen(self.budget_of(known, Span.YEAR)),
        )


def _sum(amounts: Amounts, places: Iterable[Place], months: Iterable[int]) -> Decimal:
    listed = tuple(months)
    return sum((amounts.get((*place, month), ZERO) for place in places for month in listed), ZERO)


def year_so_far(run: CostRun, department: int | None = None) -> YearSoFar:
    """The year of a run up to its month; of all departments or of one. Four queries."""
    period = Period.parse(run.period)
    budget = in_force(institution=run.institution_id, year=period.year)
    runs = _runs_so_far(run)
    costs = DepartmentCost.objects.filter(run__in=runs.values()).order_by()
    if department is not None:
        costs = costs.filter(department=department)
    months = {one.pk: month for month, one in runs.items()}
    spent = {
        (place, item, months[number]): amount
        for number, place, item, amount in costs.values_list("run", "department", "cost_item").annotate(Sum("direct"))
        if amount
    }
    planned = amounts_of(budgets=[budget.pk], department=department)[budget.pk] if budget else {}
    return YearSoFar(run, budget, runs, planned, spent)


def _runs_so_far(run: CostRun) -> dict[int, CostRun]:
    """The current runs of the year up to the run's month, and the run itself, by month."""
    period = Period.parse(run.period)
    others = CostRun.objects.filter(
        institution=run.institution_id, is_current=True, period__gte=f"{period.year}-01", period__lt=run.period
    )
    return {Period.parse(one.period).month: one for one in others} | {period.month: run}


def planned_rows(
    run: CostRun, *, span: Span, department: int | None, cost_item: str, offset: int, limit: int | None
) -> FactPage[CostBudgetAmount]:
    """The amounts behind a planned figure of a run's year, by department, cost item and month."""
    budget = in_force(institution=run.institution_id, year=Period.parse(run.period).year)
    year = YearSoFar(run, budget, _runs_so_far(run), {}, {})
    rows: QuerySet[CostBudgetAmount] = CostBudgetAmount.objects.none()
    if budget is not None:
        rows = budget.amounts.filter(month__in=year.months(span))
    if department is not None:
        rows = rows.filter(department=department)
    if cost_item:
        rows = rows.filter(cost_item=cost_item)
    ordered = rows.select_related("department", "budget").order_by("department__code", "cost_item", "month", "pk")
    last = None if limit is None else offset + limit
    total = rows.aggregate(total=Sum("amount"))["total"] or ZERO
    return FactPage(tuple(ordered[offset:last]), rows.count(), total)


@dataclass(frozen=True, slots=True)
class Offered:
    """A department's cost item as the workbook of a year offers it, in yuan: what was spent in the year before and in a mean
    month of the year (None where nothing was costed), and the months of the version in force (none: no budget yet)."""

    department: Department
    cost_item: str
    last_year: Decimal | None
    mean: Decimal | None
    months: tuple[Decimal, ...]


def offered(*, institution: Institution, year: int) -> list[Offered]:
    """Where anything was spent in the year or the one before, or is planned, by department and cost item."""
    before, _months = _spent_in(institution.pk, year - 1)
    now, months = _spent_in(institution.pk, year)
    budget = in_force(institution=institution.pk, year=year)
    planned = amounts_of(budgets=[budget.pk])[budget.pk] if budget else {}
    places = {*before, *now, *((department, item) for department, item, _month in planned)}
    departments = Department.objects.in_bulk({department for department, _item in places})
    return [
        Offered(
            departments[department],
            item,
            before.get((department, item)),
            (now[department, item] / months).quantize(FEN) if (department, item) in now else None,
            tuple(planned.get((department, item, month), ZERO) for month in range(1, MONTHS + 1)) if budget else (),
        )
        for department, item in sorted(places, key=lambda place: (departments[place[0]].code, ITEMS.index(place[1])))
    ]


def _spent_in(institution: int, year: int) -> tuple[dict[Place, Decimal], int]:
    """Direct cost of a year's current runs, and how many months they are."""
    runs = CostRun.objects.filter(institution=institution, is_current=True, period__startswith=f"{year}-")
    costs = DepartmentCost.objects.filter(run__in=runs).order_by().values_list("department", "cost_item")
    return {(place, item): amount for place, item, amount in costs.annotate(Sum("direct"))}, runs.count()
