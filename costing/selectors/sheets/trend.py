"""科室成本趋势表: twelve months of cost by item, with the change against the month before (环比), the same month of the year
before (同比), and the month's budget where one is in force (of all sources of funds). A month without a run is empty, never
zero, and those before the first run are left out; open months stand as they are now."""

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from django.db.models import Sum

from costing.derivations import Derivation, Formula, Part, plus, quotient
from costing.models import CostRun, DepartmentCost, DepartmentMonth
from costing.selectors.budget_execution import Span, year_so_far
from costing.selectors.layers import ITEMS, ZERO, Layer
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Good, Row, Sheet, Value, share, summed
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period

MONTHS = 12
WHOLE = "whole"
NOTE = "全院各月当前版本的成本，按成本发生(直接成本合计即全成本合计)。环比、同比为增减率；没有核算的月份留空。"
PLANNED = "比预算为本月成本与本月预算之差占预算的比例；没有预算的成本项目留空。"
Line = dict[str, Decimal]


def trend(scope: Scope) -> Sheet:
    """Items, total, income and surplus of the institution over the months that end with the one chosen."""
    last = Period.parse(scope.run.period)
    periods = [str(last.shift(by)) for by in range(1 - MONTHS, 1)]
    year_before = str(last.shift(-MONTHS))
    runs = _runs(scope, [year_before, *periods])
    periods = periods[next(at for at, period in enumerate(periods) if period in runs) :]
    costs = _costs(scope, runs)
    incomes = _incomes(runs)
    total = {period: summed([costs[item].get(period, ZERO) for item in ITEMS]) for period in runs}
    income = {period: summed(list(incomes.get(period, ()))) for period in runs}
    surplus = {period: income[period] - total[period] for period in runs}
    planned = _planned(scope)
    complete = {item: {period: costs[item].get(period, ZERO) for period in runs} for item in ITEMS}
    columns = (
        *(Column(period) for period in periods),
        Column("环比", "percent", ""),
        Column("同比", "percent", ""),
        *((Column("比预算", "percent", ""),) if planned else ()),
    )

    def row(
        name: str,
        line: Line,
        opened: Callable[[str], Derivation | None],
        level: str = "department",
        made: Formula | None = None,
        *,
        good: Good = "down",
        code: str = "",
    ) -> Row:
        """A line over the months; `opened` says what the figure of a month was made from."""
        shown = tuple(
            Cell(line.get(period), made=opened(period) if period in line and made is None else None)
            for period in periods
        )
        now, whole = (
            line.get(str(last)),
            {period: Part(period, amount, made=opened(period)) for period, amount in line.items()},
        )
        changes = []
        for before in (str(last.shift(-1)), year_before):
            moved = _change(now, line.get(before))
            derived = None
            if moved is not None:
                more = sources.difference(whole[str(last)], whole[before])
                derived = quotient(Part("增减额", more.value or ZERO, made=more), whole[before])
            changes.append(Cell(moved, made=derived, good=good))
        if planned:
            changes.append(_against(planned.get(code), whole.get(str(last)), good))
        return Row(name, (*shown, *changes), level=level, made=made)

    def spent(item: str) -> Callable[[str], Derivation | None]:
        def of(period: str) -> Derivation | None:
            amount = complete[item].get(period, ZERO)
            return sources.added([sources.spent_by_all(runs[period], scope.layer, amount, item)])

        return of

    def earned(period: str) -> Derivation | None:
        return sources.added(sources.earned_by_all(runs[period], *incomes.get(period, (ZERO, ZERO))))

    def whole_cost(period: str) -> Derivation | None:
        return sources.added([sources.spent_by_all(runs[period], scope.layer, total[period])])

    def left(period: str) -> Derivation | None:
        parts = (
            Part("收入合计", income[period], made=earned(period)),
            Part("成本合计", total[period], made=whole_cost(period)),
        )
        return sources.difference(*parts)

    rows = [row(str(COST_ITEM_TITLES[item]), complete[item], spent(item), code=item) for item in ITEMS]
    rows.append(row("成本合计", total, whole_cost, "total", plus(*range(len(ITEMS))), code=WHOLE))
    rows.append(row("收入合计", income, earned, "subtotal", good="up"))
    rows.append(row("结余", surplus, left, "subtotal", good="up"))
    return Sheet("项目", columns, tuple(rows), (NOTE, PLANNED) if planned else (NOTE,), lined=len(periods))


def _change(now: Decimal | None, before: Decimal | None) -> Value:
    """Growth as a ratio; None where a month is missing, or the former one was nothing or negative (a rate would mislead)."""
    if now is None or before is None or before <= 0:
        return None
    return share(now - before, before)


def _planned(scope: Scope) -> dict[str, Part]:
    """The month's budget by cost item and as a whole, which opens; nothing where none is in force, or where the layer leaves
    out costs that the budget has."""
    if scope.layer is not Layer.HOSPITAL:
        return {}
    year = year_so_far(scope.run)
    places = {item: [place for place in year.places if place[1] == item] for item in ITEMS}
    found = {item: year.budget_of(listed, Span.MONTH) for item, listed in places.items()}
    found[WHOLE] = summed(list(found.values()))
    return {
        code: Part(
            "预算", amount, url=sources.planned(scope.run.pk, amount, span=Span.MONTH, department=None, item=item)
        )
        for code, amount in found.items()
        for item in ["" if code == WHOLE else code]
        if amount
    }


def _against(planned: Part | None, now: Part | None, good: Good) -> Cell:
    """The month's cost against its budget, as a ratio."""
    if planned is None or now is None:
        return Cell(None)
    moved = sources.difference(now, planned)
    derived = quotient(Part("差异", moved.value or ZERO, made=moved), planned)
    return Cell(_change(Decimal(now.amount), Decimal(planned.amount)), made=derived, good=good)


def _runs(scope: Scope, periods: list[str]) -> dict[str, CostRun]:
    rows = CostRun.objects.filter(institution=scope.institution, period__in=periods, is_current=True)
    return {row.period: row for row in rows} | {scope.run.period: scope.run}


def _costs(scope: Scope, runs: dict[str, CostRun]) -> dict[str, Line]:
    rows = DepartmentCost.objects.filter(run__in=runs.values(), funding_source__in=scope.layer.sources).order_by()
    found: dict[str, Line] = defaultdict(dict)
    for period, item, amount in rows.values_list("run__period", "cost_item").annotate(amount=Sum("full")):
        found[item][period] = amount
    return found


def _incomes(runs: dict[str, CostRun]) -> dict[str, tuple[Decimal, Decimal]]:
    """Charges and other income by month."""
    rows = DepartmentMonth.objects.filter(run__in=runs.values()).order_by().values_list("run__period")
    return {period: (income, other) for period, income, other in rows.annotate(Sum("income"), Sum("other_income"))}
