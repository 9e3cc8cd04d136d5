"""科室成本月报: what the clinical departments answer for, as it is sent to their heads, each figure with its parts."""

from dataclasses import replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from costing.derivations import Derivation, Part, minus, product, quotient
from costing.models import CostRun
from costing.selectors.layers import Amounts, Layer
from costing.selectors.monthly import DepartmentReport
from costing.selectors.monthly_comparison import (
    CHARGES,
    COST,
    MEASURES,
    MONTH,
    VISIT_CHARGES,
    VISIT_COST,
    YEAR,
    Compared,
    ComparedReport,
    Measure,
    compared_reports,
)
from costing.selectors.sheets import income_ratios, sources
from costing.selectors.sheets.scope import Scope
from costing.sheets import HUNDRED, Cell, Column, Kind, Row, Sheet, cells
from ops_platform.kernel import Period

KEPT = {True: "达成", False: "未达成", None: ""}
NOTES = (
    "月份结束后由夜间运行发给科室主任，数据更正后重发。门急诊次均成本为医疗成本(自上而下)；全成本和结余为医院全成本口径。",
    "出院次均费用、出院者平均成本按整次住院计；平均成本为已核算出院者的医疗成本(自下而上)，跨月住院含以前各月。",
    "目标为现行成本目标；次均成本和出院者平均成本的目标 = 上年同月 × (1 + 增幅目标)。没有目标或没有可比月份的留空。",
)
OF_DEPARTMENT = (
    Column("收入"),
    Column("医院全成本"),
    Column("结余", made=minus(0, 1)),
    Column("门急诊人次", "quantity"),
    Column("出院人次", "quantity"),
    Column("出院已核算", "quantity"),
)


def _columns_of(measure: Measure) -> tuple[Column, ...]:
    moved: Kind = "points" if measure.kind == "percent" else "percent"
    unit = "百分点" if moved == "points" else "增减率"
    found = (
        Column("本月", measure.kind, measure.title),
        Column(f"比上月({unit})", moved, measure.title, measure.good),
        Column(f"比上年同月({unit})", moved, measure.title, measure.good),
    )
    if measure.metric is None:
        return found
    return (*found, Column("目标", measure.kind, measure.title), Column("达成", "text", measure.title))


COLUMNS = (*OF_DEPARTMENT, *(column for measure in MEASURES for column in _columns_of(measure)))
PLACES = {column.group: at for at, column in reversed(list(enumerate(COLUMNS)))}  # where the columns of a measure begin


def monthly(scope: Scope) -> Sheet:
    """The clinical departments of the month."""
    whole = replace(scope, layer=Layer.HOSPITAL)
    reports = compared_reports(run=scope.run, patients=scope.patients)
    return Sheet("科室", COLUMNS, tuple(_row(whole, one, at) for at, one in enumerate(reports)), NOTES)


def _row(scope: Scope, compared: ComparedReport, at: int) -> Row:
    one = compared.report
    listed = [*_of_department(scope, one)]
    for figure in compared.figures:
        listed += _compared(scope, compared, figure, at)
    return Row(one.name, tuple(listed), scope.department_url(one.department))


def _of_department(scope: Scope, one: DepartmentReport) -> tuple[Cell, ...]:
    """Income, cost, visits and discharges; the surplus follows from its column."""
    number = one.department
    earned = sources.added(sources.earned(scope, number, one.charges, one.other_income))
    cost = sources.full(scope, number, Amounts(one.direct, one.received, full=one.cost))
    all_left = sources.cases(scope.run, "count", one.discharges, department=number)
    costed = sources.cases(scope.run, "count", one.costed, department=number, counted="costed")
    return (
        Cell(one.income, made=earned),
        Cell(one.cost, made=cost),
        *cells(one.surplus),
        Cell(one.visits, _visits(scope, one, "count", one.visits).url if scope.patients and one.visits else ""),
        Cell(one.discharges, all_left.url),
        Cell(one.costed, costed.url),
    )


def _visits(scope: Scope, one: DepartmentReport, measure: str, amount: Decimal | int) -> Part:
    """What the visits of a department come to, of the month's patients."""
    if scope.patients is None:
        raise ValueError("a month without patients has no visits to open")
    words = "门急诊人次" if measure == "count" else ""
    return sources.encounters(scope.patients, measure, amount, department=one.department, inpatient=False, words=words)


def _compared(scope: Scope, compared: ComparedReport, figure: Compared, at: int) -> tuple[Cell, ...]:
    """A figure, its changes and its target, as its columns want them."""
    place = PLACES[figure.measure.title]
    now = None if figure.now is None else Part("本月", figure.now, figure.measure.kind, at=(at, place))

    def earlier(words: str, months: int, row: int | None, amount: Decimal | None) -> Part | None:
        """The figure of another month, which its own report opens."""
        if row is None or amount is None:
            return None
        return Part(words, amount, figure.measure.kind, url=_figure_url(scope.run, months, row, place))

    last_year = earlier("上年同月", YEAR, compared.year_before, figure.year_before)
    found = (
        Cell(figure.now, made=_made(scope, figure.measure, compared.report)),
        _moved(figure.month_change, now, earlier("上月", MONTH, compared.before, figure.before)),
        _moved(figure.year_change, now, last_year),
    )
    return (*found, _target(figure, last_year), Cell(KEPT[figure.kept])) if figure.measure.metric else found


def _figure_url(run: CostRun, months: int, row: int, column: int) -> str:
    """The same figure in the report of another month."""
    period = str(Period.parse(run.period).shift(months))
    asked = {"institution": run.institution_id, "period": period, "row": row, "column": column}
    return f"{reverse('costing:figure', args=['monthly'])}?{urlencode(asked)}"


def _moved(change: Decimal | None, now: Part | None, before: Part | None) -> Cell:
    """Percentage points of a ratio, else the rate of growth."""
    if change is None or now is None or before is None:
        return Cell(change)
    difference = Decimal(now.amount) - Decimal(before.amount)
    more = Part("增减", difference, now.kind, made=sources.difference(now, before))
    if now.kind == "percent":
        return Cell(change, made=product(more, Part("百分点", HUNDRED, "quantity")))
    return Cell(change, made=quotient(more, before))


def _target(figure: Compared, last_year: Part | None) -> Cell:
    """The limit opens the target that says so; one of growth with what it grows from."""
    if figure.aim is None:
        return Cell(figure.target)
    url = reverse("costing:target", args=[figure.aim.pk])
    if not figure.measure.growth or last_year is None:
        return Cell(figure.target, url)
    return Cell(figure.target, made=product(last_year, Part("1 ＋ 增幅目标", 1 + figure.aim.limit, "percent", url=url)))


def _made(scope: Scope, measure: Measure, one: DepartmentReport) -> Derivation | None:
    """What the figure of the month was made from."""
    number = one.department
    if measure in (VISIT_CHARGES, VISIT_COST):
        if scope.patients is None or not one.visits:
            return None
        which = ("income", one.visit_charges) if measure is VISIT_CHARGES else ("top_down", one.visit_cost)
        return quotient(_visits(scope, one, *which), _visits(scope, one, "count", one.visits))
    if measure is CHARGES:
        return sources.mean_of_cases(scope.run, "charges", one.discharge_charges, one.discharges, department=number)
    if measure is COST:
        return sources.mean_of_cases(
            scope.run, "cost", one.discharge_cost, one.costed, department=number, counted="costed"
        )
    if one.structure is None or measure.metric is None or measure.of(one) is None:
        return None
    return income_ratios.made(measure.metric, one.structure, scope.run.pk, number)
