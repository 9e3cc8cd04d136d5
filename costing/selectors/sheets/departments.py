"""Reports of the clinical departments: allocation, composition, surplus tier by tier, behaviour of cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from costing.behaviour import Behaviour, behaviour_at
from costing.engine.columns import FISCAL_PROJECT, RESEARCH
from costing.models import DepartmentMonth
from costing.selectors.layers import ITEMS, ZERO, Amounts, Layer, LayerCosts, direct_by_class, layer_costs
from costing.selectors.monthly_comparison import MEASURES, Compared, Measure, compared_reports
from costing.selectors.patients import unit_costs
from costing.selectors.sheets.direct import FIRST_PAGE, OF_PROJECTS, OF_RESEARCH, SECOND_PAGE
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Kind, Pages, Row, Sheet, Stream, cells, share, summed
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import CostClass

HELD = "(未分摊)"
MOST_STREAMS = 120
PUBLIC_HEALTH = "public_health"
TIERS = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


def _name(one: DepartmentMonth) -> str:
    return one.name if one.cost_class == CostClass.CLINICAL else f"{one.name}{HELD}"


def full_costs(scope: Scope) -> Sheet:
    """成本02 医院临床服务类科室全成本表: direct, indirect and full cost by item, and together. Of the medical cost
    the form has a second page, which leads to 医疗全成本 and 医院全成本."""
    layer = scope.costs()
    parts: list[_Part] = [_Part(COST_ITEM_TITLES[item], layer, item=item) for item in ITEMS]
    parts.append(_Part(f"{scope.layer.words}合计", layer))
    rows_of = layer
    pages: Pages = ()
    if scope.layer is Layer.MEDICAL:
        full_medical = layer_costs(run=scope.run, layer=Layer.FULL_MEDICAL)
        rows_of = layer_costs(run=scope.run, layer=Layer.HOSPITAL)
        parts += [
            _Part(OF_PROJECTS, full_medical, less=layer, funding=FISCAL_PROJECT),
            _Part("医疗全成本合计", full_medical, funding=Layer.FULL_MEDICAL),
            _Part(OF_RESEARCH, rows_of, less=full_medical, funding=RESEARCH),
            _Part("医院全成本合计", rows_of, funding=Layer.HOSPITAL),
        ]
        width, each = len(parts), len(KINDS_OF_COST)
        pages = (
            (FIRST_PAGE, tuple(range((len(ITEMS) + 1) * each))),
            (SECOND_PAGE, tuple(range(len(ITEMS) * each, width * each))),
        )
    columns = tuple(Column(title, "money", part.title) for part in parts for title in KINDS_OF_COST)
    rows = [
        Row(
            _name(one),
            tuple(cell for part in parts for cell in part.cells(scope, one.department_id)),
            scope.department_url(one.department_id),
        )
        for one in rows_of.clinical
    ]
    numbers = [one.department_id for one in rows_of.clinical]
    whole = [sum((part.of(number) for number in numbers), Amounts()) for part in parts]
    total = tuple(cell for amounts in whole for cell in cells(*_three(amounts)))
    return Sheet("科室名称", columns, (*rows, Row("临床服务类合计", total, level="total")), pages=pages)


KINDS_OF_COST = ("直接成本", "间接成本", "全成本")


def _three(amounts: Amounts) -> tuple[Decimal, Decimal, Decimal]:
    """As `KINDS_OF_COST` says."""
    return amounts.direct, amounts.received - amounts.sent, amounts.full


@dataclass(frozen=True, slots=True)
class _Part:
    """Three columns of 成本02: a cost item or all of a layer, less another layer; `funding` where its lists are of another
    layer or source than the report."""

    title: str
    costs: LayerCosts
    less: LayerCosts | None = None
    item: str = ""
    funding: str = ""

    def of(self, department: int) -> Amounts:
        """What a department has of it."""
        if self.item:
            return self.costs.of(department, self.item)
        whole = self.costs.whole(department)
        return whole - self.less.whole(department) if self.less else whole

    def cells(self, scope: Scope, department: int) -> tuple[Cell, ...]:
        """Each opens to vouchers and flows."""
        amounts = self.of(department)
        direct, indirect, full = _three(amounts)
        return (
            Cell(direct, scope.direct_url(department, self.item, self.funding) if direct else ""),
            Cell(indirect, scope.flows_url(department, self.item, funding=self.funding) if amounts.received else ""),
            Cell(full),
        )


def allocation(scope: Scope) -> Sheet:
    """科室成本分摊汇总表: what each clinical department bears itself and what came from each tier."""
    costs = scope.costs()
    columns = (
        Column("直接成本"),
        *(Column(f"{tier.label}分摊") for tier in TIERS),
        Column("全成本"),
        Column("间接成本占比", "percent"),
    )
    rows, sums = [], []
    for one in costs.clinical:
        number = one.department_id
        whole = costs.whole(number)
        tiers = [costs.received_from(number, tier) for tier in TIERS]
        sums.append([whole.direct, *tiers, whole.full])
        rows.append(
            Row(
                _name(one),
                (
                    Cell(whole.direct, scope.direct_url(number)),
                    *(
                        Cell(amount, scope.flows_url(number, sender_class=tier) if amount else "")
                        for tier, amount in zip(TIERS, tiers, strict=True)
                    ),
                    Cell(whole.full),
                    Cell(share(whole.full - whole.direct, whole.full)),
                ),
                scope.department_url(number),
            )
        )
    total = _columns(sums, len(columns) - 1)
    last = Row("临床服务类合计", cells(*total, share(total[-1] - total[0], total[-1])), level="total")
    return Sheet("科室名称", columns, (*rows, last), streams=_streams(costs))


def _streams(costs: LayerCosts) -> tuple[Stream, ...]:
    """The greatest streams between departments, as many as a picture bears; negative ones cannot be drawn."""
    names = {one.department_id: one.name for one in costs.departments}
    found = [
        Stream(names.get(sender, ""), names.get(receiver, ""), amount)
        for (sender, receiver), amount in costs.between.items()
        if amount > 0
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.sender, one.receiver))[:MOST_STREAMS])


def _columns(rows: Sequence[Sequence[Decimal]], width: int) -> list[Decimal]:
    return [summed([row[at] for row in rows]) for at in range(width)]


def surplus(scope: Scope) -> Sheet:
    """科室收支结余表: surplus before and after each tier of allocation."""
    costs = scope.costs()
    columns = (
        Column("医疗收入"),
        Column("其他收入"),
        Column("直接成本", "money", "分摊前"),
        Column("结余", "money", "分摊前"),
        *(
            column
            for tier in TIERS
            for column in (Column("转入", "money", f"{tier.label}分摊"), Column("结余", "money", f"{tier.label}分摊"))
        ),
        Column("全成本", "money", "合计"),
        Column("结余率", "percent", "合计"),
    )
    rows, sums = [], []
    for one in costs.clinical:
        number = one.department_id
        whole = costs.whole(number)
        figures = [one.income, one.other_income, whole.direct]
        left = one.income + one.other_income - whole.direct
        urls = [scope.income_url(number), "", scope.direct_url(number)]
        figures.append(left)
        urls.append("")
        for tier in TIERS:
            amount = costs.received_from(number, tier)
            left -= amount
            figures += [amount, left]
            urls += [scope.flows_url(number, sender_class=tier) if amount else "", ""]
        figures.append(whole.full)
        sums.append(figures)
        listed = (*(Cell(value, url) for value, url in zip(figures, [*urls, ""], strict=True)),)
        rows.append(
            Row(
                _name(one),
                (*listed, Cell(share(left, one.income + one.other_income))),
                scope.department_url(number),
            )
        )
    total = _columns(sums, len(columns) - 1)
    last = Row("临床服务类合计", cells(*total, share(total[-2], total[0] + total[1])), level="total")
    return Sheet("科室名称", columns, (*rows, last))


def composition(scope: Scope) -> Sheet:
    """成本03 医院临床服务类科室全成本构成分析表: each item of a department and its share, then income and unit costs."""
    costs = scope.costs()
    departments = costs.clinical
    names = [_name(one) for one in departments] + ["各临床服务类科室合计"]
    columns = tuple(
        column for name in names for column in (Column("金额", "money", name), Column("%", "percent", name))
    )
    wholes = [costs.whole(one.department_id).full for one in departments]
    wholes.append(summed(wholes))

    def line(name: str, values: Sequence[Decimal], *, shares: bool = True, level: str = "department") -> Row:
        pairs = [
            cell
            for value, whole in zip(values, wholes, strict=True)
            for cell in (Cell(value), Cell(share(value, whole) if shares else None))
        ]
        return Row(name, tuple(pairs), level=level)

    def with_total(values: list[Decimal]) -> list[Decimal]:
        return [*values, summed(values)]

    incomes = with_total([one.income + one.other_income for one in departments])
    rows = [
        line(title, with_total([costs.of(one.department_id, item).full for one in departments]))
        for item, title in COST_ITEM_TITLES.items()
    ]
    rows += [
        line("科室全成本合计", wholes, level="subtotal"),
        line("科室收入", incomes, shares=False),
        line("收入－成本", [a - b for a, b in zip(incomes, wholes, strict=True)], shares=False, level="subtotal"),
    ]
    return Sheet(
        "成本项目",
        columns,
        (*rows, *_unit_rows(scope, departments)),
        ("床日成本与诊次成本按患者成本核算，为医疗成本口径。",),
    )


def _unit_rows(scope: Scope, departments: Sequence[DepartmentMonth]) -> list[Row]:
    """Bed-day and visit cost below the composition; nothing while patients are not costed."""
    if scope.patients is None:
        return []
    found = {one.department: one for one in unit_costs(run=scope.patients)}
    wanted = [*(one.department_id for one in departments), None]
    units = [found.get(number) for number in wanted]
    return [
        Row("床日成本", tuple(cell for one in units for cell in cells(one.per_day if one else None, None))),
        Row("诊次成本", tuple(cell for one in units for cell in cells(one.per_visit if one else None, None))),
    ]


def behaviour(scope: Scope) -> Sheet:
    """科室医疗成本习性分析表: fixed and variable, controllable and not, direct and indirect."""
    costs = scope.costs()
    traits = behaviour_at(scope.run.institution, Period.parse(scope.run.period))
    columns = (
        Column("固定成本", "money", "成本习性"),
        Column("变动成本", "money", "成本习性"),
        Column("变动占比", "percent", "成本习性"),
        Column("可控成本", "money", "可控性"),
        Column("不可控成本", "money", "可控性"),
        Column("可控占比", "percent", "可控性"),
        Column("直接成本", "money", "计入方式"),
        Column("间接成本", "money", "计入方式"),
        Column("全成本", "money", "合计"),
    )
    rows, sums = [], []
    for one in costs.clinical:
        figures = _behaves(costs, one.department_id, traits)
        sums.append(figures)
        rows.append(Row(_name(one), _behaviour_cells(figures), scope.department_url(one.department_id)))
    total = _columns(sums, 7)
    rows.append(Row("临床服务类合计", _behaviour_cells(total), level="total"))
    return Sheet("科室名称", columns, tuple(rows), (traits.words,))


def _behaves(costs: LayerCosts, department: int, traits: Behaviour) -> list[Decimal]:
    """Fixed, variable, controllable, not, direct, indirect, full."""
    whole = costs.whole(department)
    variable = summed([traits.variable(item, costs.of(department, item).full) for item in ITEMS])
    controllable = summed([traits.controllable(item, costs.of(department, item).direct) for item in ITEMS])
    return [
        whole.full - variable,
        variable,
        controllable,
        whole.full - controllable,
        whole.direct,
        whole.full - whole.direct,
        whole.full,
    ]


def _behaviour_cells(figures: Sequence[Decimal]) -> tuple[Cell, ...]:
    fixed, variable, controllable, uncontrollable, direct, indirect, full = figures
    return cells(
        fixed,
        variable,
        share(variable, full),
        controllable,
        uncontrollable,
        share(controllable, full),
        direct,
        indirect,
        full,
    )


def layers(scope: Scope) -> Sheet:
    """成本层次表: from 医疗业务成本 to 医院全成本, by class of departments where the money was spent."""
    direct = direct_by_class(run=scope.run)
    medical, full_medical, hospital, public_health = (
        {one: summed([direct.get((one, source), ZERO) for source in sources]) for one in CostClass}
        for sources in (*(layer.sources for layer in Layer), (PUBLIC_HEALTH,))
    )
    classes = (CostClass.CLINICAL, CostClass.MEDICAL_TECHNOLOGY, CostClass.MEDICAL_SUPPORT, CostClass.ADMINISTRATION)
    columns = (*(Column(f"{one.label}") for one in classes), Column("合计"))
    business = [ZERO if one is CostClass.ADMINISTRATION else medical[one] for one in classes]
    lines = (
        ("医疗业务成本(临床、医技、医辅的直接成本)", business, "subtotal"),
        (
            "加：行政后勤类的成本",
            [medical[one] - low for one, low in zip(classes, business, strict=True)],
            "department",
        ),
        ("医疗成本", [medical[one] for one in classes], "subtotal"),
        ("　其中：基本公共卫生补助形成的成本", [public_health[one] for one in classes], "department"),
        ("加：财政项目经费形成的成本", [full_medical[one] - medical[one] for one in classes], "department"),
        ("医疗全成本", [full_medical[one] for one in classes], "subtotal"),
        ("加：科教经费形成的成本", [hospital[one] - full_medical[one] for one in classes], "department"),
        ("医院全成本", [hospital[one] for one in classes], "total"),
    )
    rows = tuple(Row(name, cells(*values, summed(values)), level=level) for name, values, level in lines)
    return Sheet("成本层次", columns, rows, ("按分摊前的直接成本列示；共用费用已按动因计入各科室。",))


def monthly(scope: Scope) -> Sheet:
    """科室成本月报: what the departments answer for, as it is sent to their heads."""
    columns = (
        Column("收入"),
        Column("全成本"),
        Column("结余"),
        Column("人次", "quantity", "门急诊"),
        Column("次均费用", "money", "门急诊"),
        Column("次均成本", "money", "门急诊"),
        Column("出院人次", "quantity", "出院"),
        Column("已核算", "quantity", "出院"),
        *(column for measure in MEASURES for column in _compared_columns(measure)),
    )
    rows = tuple(
        Row(
            one.report.name,
            (
                Cell(one.report.income, scope.income_url(one.report.department)),
                *cells(
                    one.report.cost,
                    one.report.surplus,
                    one.report.visits,
                    one.report.per_visit,
                    one.report.cost_per_visit,
                    one.report.discharges,
                    one.report.costed,
                ),
                *(cell for figure in one.figures for cell in _compared_cells(figure)),
            ),
            scope.department_url(one.report.department),
        )
        for one in compared_reports(run=scope.run, patients=scope.patients)
    )
    return Sheet("科室", columns, rows, MONTHLY_NOTES)


MONTHLY_NOTES = (
    "月份结束后由夜间运行发给科室主任，数据更正后重发。门急诊次均成本为医疗成本(自上而下)。",
    "出院次均费用、出院者平均成本按整次住院计；平均成本为已核算出院者的医疗成本(自下而上)，跨月住院含以前各月。",
    "目标为现行成本目标；出院者平均成本的目标 = 上年同月 × (1 + 增幅目标)。没有目标或没有可比月份的留空。",
)


def _compared_columns(measure: Measure) -> tuple[Column, ...]:
    moved: Kind = "points" if measure.kind == "percent" else "percent"
    unit = "百分点" if moved == "points" else "增减率"
    found = (
        Column("本月", measure.kind, measure.title),
        Column(f"比上月({unit})", moved, measure.title, measure.good),
        Column(f"比上年同月({unit})", moved, measure.title, measure.good),
    )
    return (*found, Column("目标", measure.kind, measure.title)) if measure.metric else found


def _compared_cells(one: Compared) -> tuple[Cell, ...]:
    found = cells(one.now, one.month_change, one.year_change)
    return (*found, Cell(one.target)) if one.measure.metric else found
