"""A plan to adjust prices as reports whose figures open: the whole (控总量、腾空间), who bears it (保衔接), the structure of
income (调结构), items, departments, and what was charged afterwards (强监管). Amounts are of a year."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np

from costing.derivations import Derivation, Part, minus, per, plus, product, quotient, total
from costing.engine.exact import split_segments
from costing.selectors.price_adjustments import Followed, FollowedMonth, ItemOutcome, Outcome, departments_of
from costing.selectors.sheets import sources
from costing.selectors.structure import Structure, Variants, variants
from costing.sheets import Cell, Column, Row, Sheet, Value, cells, points
from ops_platform.kernel import from_fen
from ops_platform.masterdata.models import ItemClass

ZERO = Decimal("0.00")
CUMULATIVE = "各步均与调价前相比，按基期业务量换算为全年；价格变动引起的业务量变化不预测。"


def step_titles(found: Outcome) -> list[str]:
    """第1步(2027-01-01)"""
    return [f"第{number}步({day})" for number, day in enumerate(found.adjustment.steps, 1)]


def _decimal(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value.numerator) / value.denominator


def whole_sheet(found: Outcome) -> Sheet:
    """控总量、腾空间"""
    columns = (
        Column("提价增加", "money", "控总量"),
        Column("降价减少", "money", "控总量"),
        Column("收费净变动", "money", "控总量", made=plus(0, 1)),
        Column("调价前医疗服务收费", "money", "控总量"),
        Column("增幅", "percent", "控总量", made=per(2, 3)),
        Column("提价多付", "money", "腾空间"),
        Column("降价少付", "money", "腾空间"),
        Column("集采节约", "money", "腾空间"),
        Column("腾出空间", "money", "腾空间", made=plus(6, 7)),
        Column("对多付的覆盖", "percent", "腾空间", made=per(8, 5)),
    )
    rows = []
    services = from_fen(found.services)
    for at, (title, one) in enumerate(zip(step_titles(found), found.borne, strict=True)):
        raised, cut, net = from_fen(one.step.raised), from_fen(one.step.cut), from_fen(one.step.change)
        figures = (
            Cell(raised, made=_of_items(found, at, "提价")),
            Cell(cut, made=_of_items(found, at, "降价")),
            Cell(net),
            Cell(services, made=_of_a_year(found, "基期医疗服务收费", found.adjustment.service_income)),
            *cells(net / services if services else None),
            Cell(from_fen(one.burdened), made=_of_items(found, at, "提价", paid=True)),
            Cell(from_fen(one.relieved), made=_of_items(found, at, "降价", paid=True)),
            Cell(from_fen(found.terms.saved), made=_of_a_year(found, "基期集采节约", found.adjustment.saved)),
            *cells(from_fen(one.room), _decimal(one.covered)),
        )
        rows.append(Row(title, figures))
    unpaid = "住院医保部分按病组付费，支付不随价格变动，不计入多付和少付；" if found.terms.by_case else ""
    notes = (
        CUMULATIVE,
        f"多付、少付是患者和医保实际增减的支付：{unpaid}腾出空间 = 降价少付 + 集中采购节约(按全额计)。",
    )
    return Sheet("步骤", columns, tuple(rows), notes)


def _of_a_year(found: Outcome, words: str, amount: Decimal) -> Derivation:
    return product(Part(words, amount), Part(f"全年为基期的倍数(12 ÷ {found.months})", found.times, "quantity"))


def _of_items(found: Outcome, step: int, words: str, *, paid: bool = False) -> Derivation | None:
    """The items that rise, or those that fall, by what they change in charges, or in what is `paid` for them (of those that
    fall above zero)."""
    sign = 1 if words == "提价" else -1
    parts = []
    for one in found.items:
        moved = one.moved(step)
        if sign * moved > 0:
            unpaid = one.borne(step)[0] if found.terms.by_case else 0
            parts.append(Part(one.name, from_fen(sign * (moved - unpaid) if paid else moved)))
    return sources.added(parts)


def borne_sheet(found: Outcome) -> Sheet:
    """保衔接: who bears it, and how far what is to be compensated is."""
    columns = (
        Column("收费净变动", "money", "由谁负担", made=plus(1, 2, 3)),
        Column("医保基金", "money", "由谁负担"),
        Column("患者", "money", "由谁负担"),
        Column("按病组付费支付不变", "money", "由谁负担"),
        Column("实际增收", "money", "补偿", made=minus(0, 3)),
        Column("财政补助", "money", "补偿"),
        Column("补偿合计", "money", "补偿", made=plus(4, 5)),
        Column("需补偿", "money", "补偿"),
        Column("补偿率", "percent", "补偿", made=per(6, 7)),
        Column("尚缺(负为有余)", "money", "补偿", made=minus(7, 6)),
    )
    rows = []
    by_case = found.terms.by_case
    for at, (title, one) in enumerate(zip(step_titles(found), found.borne, strict=True)):
        parts = [(item.name, item.borne(at)) for item in found.items]
        fund = [Part(name, from_fen(visits + (0 if by_case else stays))) for name, (stays, visits, _own) in parts]
        own = [Part(name, from_fen(patients)) for name, (_stays, _visits, patients) in parts]
        unpaid = [Part(name, from_fen(stays if by_case else 0)) for name, (stays, _visits, _own) in parts]
        figures = (
            Cell(from_fen(one.step.change)),
            Cell(from_fen(one.fund), made=sources.added(fund)),
            Cell(from_fen(one.step.patients), made=sources.added(own)),
            Cell(from_fen(one.unpaid), made=sources.added(unpaid)),
            Cell(from_fen(one.received)),
            Cell(from_fen(found.terms.subsidy)),
            Cell(from_fen(one.compensation)),
            Cell(from_fen(found.terms.loss)),
            Cell(_decimal(one.compensated)),
            Cell(from_fen(one.left)),
        )
        rows.append(Row(title, figures))
    month = found.adjustment.last_month
    notes = (
        f"负担比例取 {month} 各项目的收费构成(住院医保、门诊医保、个人)；该月未收费的项目按全部医疗服务的构成。",
        "住院按病组(病种)付费：项目提价后病例的支付标准不变，这部分收费医保支付不变，须由权重、费率或点值的调整衔接。"
        if by_case
        else "该机构住院不按病组付费，住院医保部分由医保基金负担。",
    )
    return Sheet("步骤", columns, tuple(rows), notes)


def structure_sheet(found: Outcome) -> Sheet:
    """调结构: income by kind before and after the last step."""
    forms = variants(day=found.adjustment.steps[0])
    before, after = _structures(found, forms)
    columns = (
        Column("收入", "money", "调价前"),
        Column("占比", "percent", "调价前"),
        Column("收入", "money", "调价后"),
        Column("占比", "percent", "调价后"),
        Column("收入变动", "money", "变动", "none", minus(2, 0)),
        Column("占比变动(百分点)", "points", "变动", "none"),
    )
    kinds = (
        ("医疗服务收入", "services"),
        ("检查化验收入", "examinations"),
        ("药品收入", "drugs"),
        ("卫生材料收入", "materials"),
        ("其他收入", "rest"),
    )
    last = len(kinds)
    rows = []
    for at, (title, name) in enumerate((*kinds, ("医疗收入合计", "income"))):
        was, now = getattr(before, name), getattr(after, name)
        shares = [part / whole if whole else None for part, whole in ((was, before.income), (now, after.income))]
        made = [
            quotient(Part(title, part, at=(at, place)), Part("医疗收入合计", whole, at=(last, place)))
            for part, whole, place in ((was, before.income, 0), (now, after.income, 2))
        ]
        figures = (
            Cell(was),
            Cell(shares[0], made=made[0]),
            Cell(now),
            Cell(shares[1], made=made[1]),
            Cell(now - was),
            Cell(points(shares[1], shares[0])),
        )
        rows.append(Row(title, figures, level="total" if name == "income" else "department"))
    rows[-1] = replace(rows[-1], made=plus(*range(last)))
    note = "调价后 = 调价前 + 最后一步的年收费变动，药品和材料不变。占比之差以百分点计。"
    return Sheet("收入", columns, tuple(rows), (note,))


def _structures(found: Outcome, forms: Variants) -> tuple[Structure, Structure]:
    was: dict[tuple[str, str], Decimal] = {}
    for key, amount in found.adjustment.cells.items():
        item_class, _slash, fee_class = key.partition("/")
        was[item_class, fee_class] = Decimal(amount) * found.times
    now = dict(was)
    for one in found.items:
        key = (ItemClass.SERVICE.value, one.row.fee_class)
        now[key] = now.get(key, ZERO) + from_fen(one.moved(-1))
    return Structure(None, "", forms, was), Structure(None, "", forms, now)


BEFORE = 5  # columns before the first step
OF_STEP = 5


def items_sheet(found: Outcome) -> Sheet:
    """Each item: price, cost and what each step brings; the greatest change first."""
    columns: list[Column] = [
        Column("年数量", "quantity", "调价前"),
        Column("均价", "money", "调价前"),
        Column("单位成本", "money", "调价前"),
        Column("成本回收率", "percent", "调价前"),
        Column("比价偏离", "percent", "调价前"),
    ]
    for title in step_titles(found):
        columns += [
            Column("价格", "decimal", title),
            Column("本步幅度", "percent", title),
            Column("年收费变动", "money", title),
            Column("成本回收率", "percent", title),
            Column("比价偏离", "percent", title),
        ]
    listed = sorted(found.items, key=lambda one: (-abs(one.moved(-1)), one.row.item.code))
    rows = [_item_row(found, one) for one in listed]
    sums: list[Value] = [None] * len(columns)
    for step, one in enumerate(found.borne):
        sums[BEFORE + OF_STEP * step + 2] = from_fen(one.step.change)
    rows.append(Row("合计", cells(*sums), level="total", made=plus(*range(len(rows)))))
    notes = (
        "均价 = 基期收入 ÷ 数量；单位成本为医疗成本。成本回收率 = 收入 ÷ 成本。",
        "年收费变动与调价前相比，本步幅度与上一步相比。",
        "比价偏离 = 项目成本回收率 ÷ 全部医疗服务项目成本回收率 − 1：为 0 时，项目之间的价格比等于成本比。",
    )
    return Sheet("项目", tuple(columns), tuple(rows), notes)


def _item_row(found: Outcome, one: ItemOutcome) -> Row:
    base = _Base(found, one)
    figures = [
        Cell(base.volume.amount, made=base.volume.made),
        Cell(Decimal(base.income.amount) / base.quantity.amount, made=quotient(base.income, base.quantity)),
        Cell(Decimal(base.cost.amount) / base.quantity.amount, made=quotient(base.cost, base.quantity)),
        *_ratios(found, one, None, base),
    ]
    for at, change in enumerate(one.changes):
        price = one.row.prices[at]
        charged = Part(
            "调价后收费", from_fen(change.income), made=product(Part("价格", price, "quantity"), base.volume)
        )
        figures += [
            Cell(price),
            Cell(_decimal(Fraction(change.amount, change.before)) if change.before else None),
            Cell(from_fen(one.moved(at)), made=total([charged, replace(base.year_income, sign=-1)])),
            *_ratios(found, one, at, base),
        ]
    return Row(one.name, tuple(figures))


def _ratios(found: Outcome, one: ItemOutcome, step: int | None, base: "_Base") -> tuple[Cell, Cell]:
    """成本回收率 and 比价偏离, before or at a step."""
    income = one.before if step is None else one.changes[step].income
    if one.cost <= 0:
        return Cell(None), Cell(None)
    cost = Part("年成本", from_fen(one.cost), made=product(base.cost, base.times))
    mine = quotient(Part("年收费", from_fen(income)), cost)
    moved = 0 if step is None else found.borne[step].step.change
    of_all = quotient(
        Part("全部医疗服务年收费", from_fen(found.services + moved)),
        Part("全部医疗服务年成本", from_fen(found.service_cost)),
    )
    departure = _decimal(found.departure_of(one, step))
    whole = found.recovery_of_all(step)
    if departure is None or whole is None:
        return Cell(mine.value, made=mine), Cell(None)
    ratio = quotient(
        Part("项目成本回收率", mine.value or ZERO, "percent", made=mine),
        Part("全部成本回收率", _decimal(whole) or ZERO, "percent", made=of_all),
    )
    parts = [Part("回收率之比", departure + 1, "percent", made=ratio), Part("1", 1, "percent", sign=-1)]
    return Cell(mine.value, made=mine), Cell(departure, made=total(parts))


class _Base:
    """The parts of an item's base, each opening what the months' runs had."""

    def __init__(self, found: Outcome, one: ItemOutcome) -> None:
        self.times = Part(f"全年为基期的倍数(12 ÷ {found.months})", found.times, "quantity")
        self.quantity = _by_month(one, "quantity", "基期数量")
        self.income = _by_month(one, "income", "基期收入")
        self.cost = _by_month(one, "cost", "基期成本")
        self.volume = Part(
            "年数量", self.quantity.amount * found.times, "quantity", made=product(self.quantity, self.times)
        )
        self.year_income = Part("调价前收费", from_fen(one.before), made=product(self.income, self.times))


def _by_month(one: ItemOutcome, measure: str, words: str) -> Part:
    sums: dict[int, Decimal] = {}
    runs = {row.run.pk: row.run for row in one.base}
    for row in one.base:
        sums[row.run.pk] = sums.get(row.run.pk, Decimal(0)) + getattr(row, measure)
    parts = [
        sources.items(runs[number], measure, amount, item=one.row.item.code, words=f"{words} {runs[number].period}")
        if runs[number].is_current
        else Part(
            f"{words} {runs[number].period}(已重新核算)", amount, "quantity" if measure == "quantity" else "money"
        )
        for number, amount in sums.items()
    ]
    whole = sum(sums.values(), Decimal(0))
    return Part(words, whole, "quantity" if measure == "quantity" else "money", made=total(parts))


def departments_sheet(found: Outcome) -> Sheet:
    """What each department that carries items out would charge more or less; each item to the fen."""
    names = departments_of(found)
    rows_of = [(number, one.department, one.quantity) for number, item in enumerate(found.items) for one in item.base]
    segment = np.array([number for number, _department, _quantity in rows_of], dtype=np.int64)
    weights = np.array([int(quantity * 10_000) for *_place, quantity in rows_of], dtype=np.int64)
    per_step = []
    for at in range(len(found.borne)):
        totals = np.array([one.moved(at) for one in found.items], dtype=np.int64)
        parts = split_segments(totals, segment, weights)
        sums: dict[int, int] = {}
        for (_number, department, _quantity), part in zip(rows_of, parts, strict=True):
            sums[department] = sums.get(department, 0) + int(part)
        per_step.append(sums)
    before: dict[int, Decimal] = {}
    for item in found.items:
        for one in item.base:
            before[one.department] = before.get(one.department, ZERO) + one.income * found.times
    columns = (
        Column("调价项目年收费(调价前)"),
        *(Column("年收费变动", "money", title) for title in step_titles(found)),
    )
    order = sorted(names, key=lambda number: (-abs(per_step[-1].get(number, 0)), names[number][0]))
    rows = [
        Row(
            names[number][1],
            cells(before[number], *(from_fen(sums.get(number, 0)) for sums in per_step)),
        )
        for number in order
    ]
    whole = [sum(before.values(), ZERO), *(from_fen(one.step.change) for one in found.borne)]
    rows.append(Row("合计", cells(*whole), level="total", made=plus(*range(len(rows)))))
    notes = ("每个项目的变动按基期各执行科室的数量分到科室，合计分毫不差。",)
    return Sheet("执行科室", columns, tuple(rows), notes)


def months_sheet(months: Sequence[FollowedMonth]) -> Sheet:
    """强监管: each month since the first step, whether the plan's prices were charged."""
    columns = (
        Column("执行的步骤", "words"),
        Column("按方案价格", "money"),
        Column("实际收费", "money"),
        Column("差额", "money", "", "none", minus(2, 1)),
        Column("未按方案价格的项目", "quantity"),
        Column("收费的项目", "quantity"),
    )
    rows = [
        Row(
            one.run.period,
            cells(
                f"第{one.step + 1}步",
                sum((row.expected for row in one.rows), ZERO),
                sum((row.income for row in one.rows), ZERO),
                sum((row.difference for row in one.rows), ZERO),
                sum(1 for row in one.rows if row.difference),
                len(one.rows),
            ),
        )
        for one in months
    ]
    return Sheet("月份", columns, tuple(rows), ("步骤在月中生效的月份含两种价格，不列。",))


def followed_sheet(month: FollowedMonth) -> Sheet:
    """The items of a month that were charged at another price, the greatest difference first."""
    columns = (
        Column("数量", "quantity"),
        Column("方案价格", "decimal"),
        Column("实际均价", "money"),
        Column("按方案价格", "money"),
        Column("实际收费", "money"),
        Column("差额", "money", "", "none", minus(4, 3)),
    )
    odd = sorted((row for row in month.rows if row.difference), key=lambda row: (-abs(row.difference), row.item.name))
    return Sheet("项目", columns, tuple(_followed_row(month, row) for row in odd))


def _followed_row(month: FollowedMonth, row: Followed) -> Row:
    code = row.item.row.item.code
    quantity = sources.items(month.run, "quantity", row.quantity, item=code, words="数量")
    income = sources.items(month.run, "income", row.income, item=code, words="实际收费")
    return Row(
        row.item.name,
        (
            Cell(row.quantity, quantity.url),
            Cell(row.price),
            Cell(row.income / row.quantity if row.quantity else None, made=quotient(income, quantity)),
            Cell(row.expected, made=product(Part("方案价格", row.price, "quantity"), quantity)),
            Cell(row.income, income.url),
            Cell(row.difference),
        ),
    )
