"""Reports of the clinical departments: allocation, composition, surplus tier by tier, behaviour of cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costing.behaviour import Behaviour, behaviour_at
from costing.derivations import Formula, Part, minus, per, plus, quotient, total
from costing.engine.columns import FISCAL_PROJECT, RESEARCH
from costing.models import DepartmentMonth
from costing.selectors.layers import ITEMS, ZERO, Amounts, Layer, LayerCosts, direct_by_source, layer_costs
from costing.selectors.patients import unit_costs
from costing.selectors.sheets import sources
from costing.selectors.sheets.direct import FIRST_PAGE, OF_PROJECTS, OF_RESEARCH, SECOND_PAGE
from costing.selectors.sheets.scope import Scope
from costing.sheets import Cell, Column, Kind, Pages, Row, Sheet, Stream, cells, share, summed
from costing.tiers import TIERS
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Period
from ops_platform.masterdata.models import CostClass

HELD = "(未分摊)"
MOST_STREAMS = 120
PUBLIC_HEALTH = "public_health"
CLASSES = (CostClass.CLINICAL, CostClass.MEDICAL_TECHNOLOGY, CostClass.MEDICAL_SUPPORT, CostClass.ADMINISTRATION)
OF_ALL = "各临床服务类科室合计"
AMOUNT_AND_SHARE: tuple[tuple[str, Kind], ...] = (("金额", "money"), ("%", "percent"))


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
    columns = tuple(
        Column(title, "money", part.title, made=plus(3 * place, 3 * place + 1) if title == FULL else None)
        for place, part in enumerate(parts)
        for title in KINDS_OF_COST
    )
    rows = [
        Row(
            _name(one),
            tuple(cell for part in parts for cell in part.cells(scope, one.department_id)),
            scope.department_url(one.department_id),
        )
        for one in rows_of.clinical
    ]
    return Sheet("科室名称", columns, (*rows, _total(rows)), pages=pages)


FULL = "全成本"
KINDS_OF_COST = ("直接成本", "间接成本", FULL)


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
        return (
            Cell(amounts.direct, scope.direct_url(department, self.item, self.funding) if amounts.direct else ""),
            _indirect(scope, department, amounts, self.item, self.funding),
            Cell(amounts.full),
        )


def _indirect(scope: Scope, department: int, amounts: Amounts, item: str = "", funding: str = "") -> Cell:
    """What was received: its flows; less what was given on, where a department that holds cost did so."""
    amount = amounts.received - amounts.sent
    if amounts.sent:
        return Cell(amount, made=sources.indirect(scope, department, amounts, item, funding))
    return Cell(amount, scope.flows_url(department, item, funding=funding) if amounts.received else "")


def _total(rows: Sequence[Row], *ratios: tuple[int, int, int]) -> Row:
    """The sum of all rows; `ratios` are the columns (place, above, below) that are divided anew."""
    width = len(rows[0].cells) if rows else 0
    divided = {place for place, _, _ in ratios}
    sums: list[Decimal | None] = [
        None if place in divided else summed([Decimal(row.cells[place].value or 0) for row in rows])
        for place in range(width)
    ]
    for place, above, below in ratios:
        if width:
            sums[place] = share(sums[above] or 0, sums[below] or 0)
    return Row("临床服务类合计", cells(*sums), level="total", made=plus(*range(len(rows))))


def allocation(scope: Scope) -> Sheet:
    """科室成本分摊汇总表: what each clinical department bears itself and what came from each tier."""
    costs = scope.costs()
    last = len(TIERS) + 1
    columns = (
        Column("直接成本"),
        *(Column(f"{tier.label}分摊") for tier in TIERS),
        Column("全成本"),
        Column("间接成本占比", "percent"),
    )
    rows: list[Row] = []
    for one in costs.clinical:
        number = one.department_id
        whole = costs.whole(number)
        rows.append(
            Row(
                _name(one),
                (
                    Cell(whole.direct, scope.direct_url(number)),
                    *(_from_tier(scope, number, tier, costs.received_from(number, tier)) for tier in TIERS),
                    Cell(whole.full, made=sources.full(scope, number, whole)),
                    _indirect_share(whole.full - whole.direct, whole.full, last, len(rows)),
                ),
                scope.department_url(number),
            )
        )
    if not rows:
        return Sheet("科室名称", columns, ())
    whole_row = _total(rows)
    direct, full = (Decimal(whole_row.cells[at].value or 0) for at in (0, last))
    cells_of_all = (*whole_row.cells[: last + 1], _indirect_share(full - direct, full, last, len(rows)))
    return Sheet("科室名称", columns, (*rows, replace(whole_row, cells=cells_of_all)), streams=_streams(costs))


def _from_tier(scope: Scope, department: int, tier: CostClass, amount: Decimal) -> Cell:
    """What came from the departments of a class, with its flows."""
    return Cell(amount, scope.flows_url(department, sender_class=tier) if amount else "")


def _indirect_share(indirect: Decimal, full: Decimal, column: int, row: int) -> Cell:
    """What of the full cost is not direct."""
    parts = [Part("全成本", full, at=(row, column)), Part("直接成本", full - indirect, sign=-1, at=(row, 0))]
    found = share(indirect, full)
    if found is None:
        return Cell(None)
    return Cell(
        found, made=quotient(Part("间接成本", indirect, made=total(parts)), Part("全成本", full, at=(row, column)))
    )


def _streams(costs: LayerCosts) -> tuple[Stream, ...]:
    """The greatest streams between departments, as many as a picture bears; negative ones cannot be drawn."""
    names = {one.department_id: one.name for one in costs.departments}
    found = [
        Stream(names.get(sender, ""), names.get(receiver, ""), amount)
        for (sender, receiver), amount in costs.between.items()
        if amount > 0
    ]
    return tuple(sorted(found, key=lambda one: (-one.amount, one.sender, one.receiver))[:MOST_STREAMS])


def surplus(scope: Scope) -> Sheet:
    """科室收支结余表: surplus before and after each tier of allocation."""
    costs = scope.costs()
    columns = [
        Column("医疗收入"),
        Column("其他收入"),
        Column("直接成本", "money", "分摊前"),
        Column("结余", "money", "分摊前", made=Formula("sum", (0, 1, 2), (1, 1, -1))),
    ]
    for tier in TIERS:
        left = len(columns) - 1
        group = f"{tier.label}分摊"
        columns += [Column("转入", "money", group), Column("结余", "money", group, made=minus(left, left + 1))]
    full = len(columns)
    columns += [Column("全成本", "money", "合计"), Column("结余率", "percent", "合计")]
    rows: list[Row] = []
    for one in costs.clinical:
        number = one.department_id
        whole = costs.whole(number)
        left_over = one.income + one.other_income - whole.direct
        listed = [
            Cell(one.income, scope.income_url(number)),
            Cell(one.other_income, sources.other_income(scope, one.department_id)),
            Cell(whole.direct, scope.direct_url(number)),
            Cell(left_over),
        ]
        for tier in TIERS:
            amount = costs.received_from(number, tier)
            left_over -= amount
            listed += [_from_tier(scope, number, tier, amount), Cell(left_over)]
        listed.append(Cell(whole.full, made=sources.full(scope, number, whole)))
        listed.append(_surplus_rate(left_over, one.income, one.other_income, full - 1, len(rows)))
        rows.append(Row(_name(one), tuple(listed), scope.department_url(number)))
    if not rows:
        return Sheet("科室名称", tuple(columns), ())
    whole_row = _total(rows)
    earned, other, last = (Decimal(whole_row.cells[at].value or 0) for at in (0, 1, full - 1))
    rate = _surplus_rate(last, earned, other, full - 1, len(rows))
    return Sheet("科室名称", tuple(columns), (*rows, replace(whole_row, cells=(*whole_row.cells[:-1], rate))))


def _surplus_rate(left: Decimal, income: Decimal, other: Decimal, column: int, row: int) -> Cell:
    """结余 ÷ (医疗收入 + 其他收入)."""
    earned = total([Part("医疗收入", income, at=(row, 0)), Part("其他收入", other, at=(row, 1))])
    return Cell(
        share(left, income + other),
        made=quotient(Part("结余", left, at=(row, column)), Part("收入", income + other, made=earned)),
    )


def composition(scope: Scope) -> Sheet:
    """成本03 医院临床服务类科室全成本构成分析表: each item of a department and its share, then income and unit costs."""
    costs = scope.costs()
    departments = costs.clinical
    numbers = [one.department_id for one in departments]
    of_all = plus(*range(0, 2 * len(numbers), 2))
    columns = [Column(title, kind, _name(one)) for one in departments for title, kind in AMOUNT_AND_SHARE]
    columns += [Column("金额", "money", OF_ALL, made=of_all), Column("%", "percent", OF_ALL)]
    wholes = [costs.whole(number).full for number in numbers]
    wholes.append(summed(wholes))
    below = len(COST_ITEM_TITLES)

    def line(name: str, amounts: Sequence[Cell], *, level: str = "department", made: Formula | None = None) -> Row:
        values = [Decimal(cell.value or 0) for cell in amounts]
        listed = [*amounts, Cell(summed(values))]
        row = len(rows)
        shares = [
            _share_of(Decimal(cell.value or 0), whole, (row, 2 * at), (below, 2 * at)) if row <= below else Cell(None)
            for at, (cell, whole) in enumerate(zip(listed, wholes, strict=True))
        ]
        pairs = tuple(cell for pair in zip(listed, shares, strict=True) for cell in pair)
        return Row(name, pairs, level=level, made=made)

    rows: list[Row] = []
    for item, title in COST_ITEM_TITLES.items():
        found = [costs.of(number, item) for number in numbers]
        rows.append(
            line(
                str(title),
                [
                    Cell(amounts.full, made=sources.full(scope, number, amounts, item) if amounts.full else None)
                    for number, amounts in zip(numbers, found, strict=True)
                ],
            )
        )
    rows.append(line("科室全成本合计", cells(*wholes[:-1]), level="subtotal", made=plus(*range(below))))
    incomes = [Cell(one.income + one.other_income, made=sources.income(scope, one)) for one in departments]
    rows.append(line("科室收入", incomes))
    left = [Decimal(cell.value or 0) - whole for cell, whole in zip(incomes, wholes, strict=False)]
    rows.append(line("收入－成本", cells(*left), level="subtotal", made=minus(below + 1, below)))
    return Sheet(
        "成本项目",
        tuple(columns),
        (*rows, *_unit_rows(scope, departments)),
        ("床日成本与诊次成本按患者成本核算，为医疗成本口径。",),
    )


def _share_of(part: Decimal, whole: Decimal, of: tuple[int, int], to: tuple[int, int]) -> Cell:
    """A percentage of two other figures of the report."""
    found = share(part, whole)
    if found is None:
        return Cell(None)
    return Cell(found, made=quotient(Part("金额", part, at=of), Part("科室全成本合计", whole, at=to)))


def _unit_rows(scope: Scope, departments: Sequence[DepartmentMonth]) -> list[Row]:
    """Bed-day and visit cost below the composition; nothing while patients are not costed."""
    if scope.patients is None:
        return []
    run = scope.patients
    found = {one.department: one for one in unit_costs(run=run)}

    def cell(number: int | None, *, inpatient: bool) -> Cell:
        unit = found.get(number)
        if unit is None or not (unit.days if inpatient else unit.visits):
            return Cell(None)
        cost, volume = (unit.day_cost, unit.days) if inpatient else (unit.visit_cost, unit.visits)
        return Cell(
            share(cost, volume), made=sources.unit_cost(run, cost, volume, department=number, inpatient=inpatient)
        )

    wanted = [*(one.department_id for one in departments), None]
    return [
        Row(name, tuple(one for number in wanted for one in (cell(number, inpatient=stay), Cell(None))))
        for name, stay in (("床日成本", True), ("诊次成本", False))
    ]


def behaviour(scope: Scope) -> Sheet:
    """科室医疗成本习性分析表: fixed and variable, controllable and not, direct and indirect."""
    costs = scope.costs()
    traits = behaviour_at(scope.run.institution, Period.parse(scope.run.period))
    columns = (
        Column("固定成本", "money", "成本习性", made=minus(8, 1)),
        Column("变动成本", "money", "成本习性"),
        Column("变动占比", "percent", "成本习性", made=per(1, 8)),
        Column("可控成本", "money", "可控性"),
        Column("不可控成本", "money", "可控性", made=minus(8, 3)),
        Column("可控占比", "percent", "可控性", made=per(3, 8)),
        Column("直接成本", "money", "计入方式"),
        Column("间接成本", "money", "计入方式"),
        Column("全成本", "money", "合计"),
    )
    rows = [
        Row(_name(one), _behaves(scope, costs, one.department_id, traits), scope.department_url(one.department_id))
        for one in costs.clinical
    ]
    last = (_total(rows, (2, 1, 8), (5, 3, 8)),) if rows else ()
    return Sheet("科室名称", columns, (*rows, *last), (traits.words,))


def _behaves(scope: Scope, costs: LayerCosts, department: int, traits: Behaviour) -> tuple[Cell, ...]:
    """As the columns of the report want it."""
    whole, by_item = costs.whole(department), costs.items_of(department)
    variable = sources.variable(traits, sources.full_by_item(scope, department, by_item))
    controllable = sources.controllable(traits, sources.direct_by_item(scope, department, by_item))
    varies, controlled = variable.value or ZERO, controllable.value or ZERO
    return (
        Cell(whole.full - varies),
        Cell(varies, made=variable),
        Cell(share(varies, whole.full)),
        Cell(controlled, made=controllable),
        Cell(whole.full - controlled),
        Cell(share(controlled, whole.full)),
        Cell(whole.direct, scope.direct_url(department) if whole.direct else ""),
        _indirect(scope, department, whole),
        Cell(whole.full, made=sources.full(scope, department, whole)),
    )


def layers(scope: Scope) -> Sheet:
    """成本层次表: from 医疗业务成本 to 医院全成本, by class of departments where the money was spent."""
    departments = direct_by_source(run=scope.run)
    columns = (*(Column(str(one.label)) for one in CLASSES), Column("合计", made=plus(*range(len(CLASSES)))))

    def cell(cost_class: CostClass, funding: str, funds: Sequence[str], *, counted: bool = True) -> Cell:
        """What the departments of a class spent of some funds."""
        parts = [
            Part(
                one.name,
                summed([amounts.get(source, ZERO) for source in funds]),
                url=scope.direct_url(one.department_id, funding=funding),
            )
            for one, amounts in departments
            if counted and one.cost_class == cost_class
        ]
        made = sources.added(parts)
        return Cell(made.value if made else ZERO, made=made)

    def line(name: str, listed: Sequence[Cell], level: str = "department", made: Formula | None = None) -> Row:
        whole = Cell(summed([Decimal(one.value or 0) for one in listed]))
        return Row(name, (*listed, whole), level=level, made=made)

    def spent(funding: str, funds: Sequence[str]) -> list[Cell]:
        return [cell(one, funding, funds) for one in CLASSES]

    def below(*rows: Row) -> tuple[Cell, ...]:
        whole = [[Decimal(row.cells[at].value or 0) for row in rows] for at in range(len(CLASSES))]
        return cells(*(summed(values) for values in whole))

    medical, office = Layer.MEDICAL, CostClass.ADMINISTRATION
    business = line(
        "医疗业务成本(临床、医技、医辅的直接成本)",
        [cell(one, medical, medical.sources, counted=one is not office) for one in CLASSES],
        "subtotal",
    )
    offices = line(
        "加：行政后勤类的成本", [cell(one, medical, medical.sources, counted=one is office) for one in CLASSES]
    )
    whole = line("医疗成本", below(business, offices), "subtotal", plus(0, 1))
    public = line("　其中：基本公共卫生补助形成的成本", spent(PUBLIC_HEALTH, (PUBLIC_HEALTH,)))
    fiscal = line("加：财政项目经费形成的成本", spent(FISCAL_PROJECT, (FISCAL_PROJECT,)))
    full = line("医疗全成本", below(whole, fiscal), "subtotal", plus(2, 4))
    research = line("加：科教经费形成的成本", spent(RESEARCH, (RESEARCH,)))
    hospital = line("医院全成本", below(full, research), "total", plus(5, 6))
    rows = (business, offices, whole, public, fiscal, full, research, hospital)
    return Sheet("成本层次", columns, rows, ("按分摊前的直接成本列示；共用费用已按动因计入各科室。",))
