"""成本预算执行表: what was planned and spent in the month, in the year to date, and what the year has left; by department,
by cost item, and by cost item of one department."""

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from costing.derivations import minus, per, plus
from costing.engine.budget import Verdict
from costing.models import DepartmentMonth
from costing.selectors.budget_execution import Place, Span, YearSoFar, year_so_far
from costing.selectors.layers import ITEMS
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Row, Sheet, share
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import CostClass, Department
from ops_platform.masterdata.selectors import parameter_value
from ops_platform.web import formats

BOUND = "costing.budget_deviation"
GONE = "本月没有成本的科室"
WORDS = {
    Verdict.WITHIN: "",
    Verdict.OVER: "超预算",
    Verdict.UNDER: "低于预算",
    Verdict.EXHAUSTED: "已超全年预算",
    Verdict.UNPLANNED: "没有预算",
}
MONTH, TO_DATE, YEAR = 1, 5, 9  # where the columns of a span begin
COLUMNS = (
    Column("提示", "text"),
    *(
        column
        for at, group in ((MONTH, "本月"), (TO_DATE, "本年累计"))
        for column in (
            Column("预算", "money", group),
            Column("实际", "money", group),
            Column("差异", "money", group, "down", minus(at + 1, at)),
            Column("偏差率", "percent", group, "down", per(at + 2, at)),
        )
    ),
    Column("预算", "money", "全年"),
    Column("执行率", "percent", "全年", made=per(TO_DATE + 1, YEAR)),
    Column("余额", "money", "全年", made=minus(YEAR, TO_DATE + 1)),
)


def by_department(scope: Scope) -> Sheet:
    """Departments by class with subtotals, then the institution."""
    page = _Page(scope, year_so_far(scope.run))
    if page.year.budget is None:
        return page.nothing()
    of_run = list(DepartmentMonth.objects.filter(run=scope.run).order_by("department__code", "pk"))
    groups = [
        (str(cost_class.label), [(one.department_id, one.name) for one in of_run if one.cost_class == cost_class])
        for cost_class in reversed(CostClass)
    ]
    missing = {place[0] for place in page.year.places} - {one.department_id for one in of_run}
    gone = Department.objects.filter(pk__in=missing).order_by("code", "pk")
    groups.append((GONE, [(one.pk, one.name) for one in gone]))
    rows: list[Row] = []
    subtotals: list[int] = []
    for title, members in groups:
        if not members:
            continue
        first = len(rows)
        rows += [page.row(name, page.of([number]), department=number) for number, name in members]
        together = page.of([number for number, _name in members])
        subtotals.append(len(rows))
        rows.append(page.sum(f"{title}小计", together, range(first, len(rows)), "subtotal"))
    rows.append(page.sum("全院合计", page.year.places, subtotals, "total"))
    return Sheet("科室名称", COLUMNS, tuple(rows), page.notes())


def by_item(scope: Scope) -> Sheet:
    """Cost items of the institution."""
    return _items(_Page(scope, year_so_far(scope.run)), None)


def of_department(scope: Scope, department: int) -> Sheet:
    """Cost items of a department."""
    return _items(_Page(scope, year_so_far(scope.run, department)), department)


def _items(page: "_Page", department: int | None) -> Sheet:
    if page.year.budget is None:
        return page.nothing()
    rows = []
    for item in ITEMS:
        places = [place for place in page.year.places if place[1] == item]
        rows.append(page.row(str(COST_ITEM_TITLES[item]), places, department=department, item=item))
    rows.append(page.sum("合计", page.year.places, range(len(rows)), "total"))
    return Sheet("成本项目", COLUMNS, tuple(rows), page.notes())


class _Page:
    """Rows over a year up to a month."""

    def __init__(self, scope: Scope, year: YearSoFar) -> None:
        self.scope, self.year = scope, year
        day = Period.parse(scope.run.period).last_day
        self.bound = parameter_value(key=BOUND, day=day, institution=scope.run.institution)

    def of(self, departments: Sequence[int]) -> list[Place]:
        """Their places."""
        known = set(departments)
        return [place for place in self.year.places if place[0] in known]

    def row(self, name: str, places: Collection[Place], *, department: int | None, item: str = "") -> Row:
        """Planned figures open the amounts of the budget, spent ones the costs of their months."""
        year = self.year
        cells = self._cells(places)
        for at, span in ((MONTH, Span.MONTH), (TO_DATE, Span.TO_DATE), (YEAR, Span.YEAR)):
            amount = year.budget_of(places, span)
            if amount:
                url = sources.planned(year.run.pk, amount, span=span, department=department, item=item)
                cells[at] = Cell(amount, url)
        for at, span in ((MONTH + 1, Span.MONTH), (TO_DATE + 1, Span.TO_DATE)):
            parts = [
                sources.spent(year.runs[month], year.actual_of(places, [month]), department=department, item=item)
                for month in year.months(span)
            ]
            cells[at] = Cell(cells[at].value, made=sources.added(parts))
        url = self.scope.department_url(department) if department is not None and not item else ""
        return Row(name, tuple(cells), url)

    def sum(self, name: str, places: Collection[Place], rows: Iterable[int], level: str) -> Row:
        """The sum of other rows."""
        return Row(name, tuple(self._cells(places)), level=level, made=plus(*rows))

    def _cells(self, places: Collection[Place]) -> list[Cell]:
        """All columns, that open nothing yet."""
        year = self.year
        found: list[Decimal | None] = []
        for span in (Span.MONTH, Span.TO_DATE):
            budget, actual = year.budget_of(places, span), year.actual_of(places, year.months(span))
            found += [budget, actual, actual - budget, share(actual - budget, budget)]
        whole, actual = year.budget_of(places, Span.YEAR), year.actual_of(places, year.months(Span.TO_DATE))
        found += [whole, share(actual, whole), whole - actual]
        return [Cell(self._words(places)), *map(Cell, found)]

    def _words(self, places: Collection[Place]) -> str:
        execution = self.year.execution(places)
        verdict, deviation = execution.verdict(Fraction(self.bound)), execution.deviation
        if verdict in (Verdict.OVER, Verdict.UNDER) and deviation is not None:
            return f"{WORDS[verdict]} {formats.percent(Decimal(abs(deviation.numerator)) / deviation.denominator)}"
        return WORDS[verdict]

    def notes(self) -> tuple[str, ...]:
        """What has to be said of the figures."""
        budget = self.year.budget
        version = f"{budget.year} 年成本预算第 {budget.version} 版；" if budget else ""
        told = [
            f"{version}实际为直接成本(直接计入和计算计入)，不含分摊转入。",
            f"累计偏差率超过 ±{formats.percent(self.bound)} 的列出提示(参数，文档 004)；恰好等于的不列。",
        ]
        if self.year.missing:
            told.append(
                f"{month_words(self.year.missing)}没有核算，本年累计的预算和实际都不计入；全年执行率和余额也不含这些月份的支出。"
            )
        return tuple(told)

    def nothing(self) -> Sheet:
        """No budget is in force."""
        words = (
            f"{self.scope.run.period[:4]} 年没有已批准的成本预算。请在「成本预算」页下载预算表，填写后上传并提交审批。"
        )
        return Sheet("科室名称", COLUMNS, (), (words,))


def month_words(numbers: Sequence[int]) -> str:
    """Months in words, neighbours together: 1 至 3 月、5 月."""
    runs: list[list[int]] = []
    for month in numbers:
        if runs and runs[-1][-1] == month - 1:
            runs[-1].append(month)
        else:
            runs.append([month])
    return "、".join(f"{run[0]} 至 {run[-1]} 月" if len(run) > 1 else f"{run[0]} 月" for run in runs)
