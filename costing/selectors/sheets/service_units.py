"""Reports of service units (服务单元, domain.md 1.6 and 1.7): their ratios of cost to income, and disease groups by unit."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.urls import reverse

from costing.derivations import Derivation, Formula, Part, minus, per, plus, quotient, total
from costing.models import ItemCost, PatientCost, PatientRun, UnitCost, UnitKind
from costing.patient_facts import units_of
from costing.selectors.layers import ZERO
from costing.selectors.sheets import sources
from costing.selectors.sheets.patients import Grouped, by_group
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, share, summed
from costing.titles import FEE_CLASS_TITLES, HANDING_OUT
from insurance_settlement.public import month_of_cases
from ops_platform.his_intake.public import items_as_of
from ops_platform.kernel import Period
from ops_platform.masterdata.models import ItemClass

NOT_DEFINED = "本机构本月没有服务单元，成本收入比法以执行科室为单元。请在「服务单元」中定义，审批后重新核算。"
NO_COST = "没有成本的执行科室"
WITHOUT = "未定义服务单元的月份"
NOTES = (
    "成本收入比 = 成本 ÷ 分配依据；依据为该单元的收费，药学等单元另含其调配的药品和材料金额。",
    "药品、单独收费卫生材料按 100%：其成本与收费的差额不由患者承担，列在「未分给患者」。",
)


def unit_ratios(scope: Scope) -> Sheet:
    """服务单元成本收入比表: income, cost and ratio of each unit, and what of its cost no patient bears. A unit opens to the
    items that belong to it; drugs and materials to their charge lines and patients."""
    columns = (
        Column("类别", "text"),
        Column("收入"),
        Column("分配依据"),
        Column("成本"),
        Column("成本收入比", "percent", made=per(3, 2)),
        Column("分给患者"),
        Column("未分给患者", made=minus(3, 5)),
    )
    found = UnitCost.objects.filter(run=scope.patients).select_related("unit", "department").order_by("pk")
    listed = list(found) if scope.patients else []
    if scope.patients is None or not listed:
        return Sheet("服务单元", columns, (), (_why_not(scope),))
    belonging = _belonging(scope.patients)
    rows: list[Row] = []
    for one in listed:
        if one.base or one.cost:
            rows.append(_ratio(scope.patients, one, belonging, len(rows)))
    if rows:
        income, cost, borne = (summed([getattr(one, name) for one in listed]) for name in ("income", "cost", "borne"))
        at = len(rows)
        parts = Part("成本", cost, at=(at, 3)), Part("收入", income, at=(at, 1))
        ratio = Cell(share(cost, income), made=quotient(*parts) if income else None)
        figures = (Cell(""), Cell(income), Cell(None), Cell(cost), ratio, Cell(borne), Cell(cost - borne))
        rows.append(Row("合计", figures, level="total", made=plus(*range(at))))
    return Sheet("服务单元", columns, tuple(rows), NOTES if rows else (_why_not(scope),))


def _why_not(scope: Scope) -> str:
    return NOT_DEFINED if scope.patients else NOT_COSTED


Place = tuple[int | None, int | None]  # a defined unit, or an executing department


@dataclass(slots=True)
class _Belongs:
    """Service items of a department and fee class: a place among those that a unit is made of. What handing out is has no
    fee class, and is measured in yuan handed out."""

    department: int
    name: str
    fee_class: str
    income: Decimal = ZERO
    cost: Decimal = ZERO
    handed: Decimal = ZERO

    def part(self, run: PatientRun, measure: str, amount: Decimal) -> Part:
        """What the items sum to."""
        if not self.fee_class:
            words = f"{self.name}：{HANDING_OUT}"
            return sources.items(run, measure, amount, department=self.department, item="", words=words)
        words = f"{self.name}：{FEE_CLASS_TITLES.get(self.fee_class, self.fee_class)}"
        asked = {"department": self.department, "fee_class": self.fee_class}
        return sources.items(run, measure, amount, words=words, **asked)  # type: ignore[arg-type]


def _belonging(run: PatientRun) -> dict[Place, list[_Belongs]]:
    """The service items of the month by the unit that they belong to, as patient costing divides them; four queries."""
    units = units_of(run.institution_id, Period.parse(run.period).last_day)
    known = items_as_of(run.institution, Period.parse(run.period).last_day, run.cost_run.input_sequence)
    found: dict[Place, dict[tuple[int, str], _Belongs]] = defaultdict(dict)
    for row in ItemCost.objects.filter(run=run).select_related("department").order_by("department__code", "item", "pk"):
        fee_class = known[row.item_id].fee_class if row.item_id in known else ""
        place: Place = (None, row.department_id)
        for named in ((row.department_id, fee_class), (row.department_id, "")):
            if units is not None and named in units.parts and place[0] is None:
                place = (units.parts[named], None)
        one = found[place].setdefault(
            (row.department_id, fee_class), _Belongs(row.department_id, row.department.name, fee_class)
        )
        one.income += row.income
        one.cost += row.medical_cost
        one.handed += row.quantity if row.item_id is None else ZERO
    return {place: list(listed.values()) for place, listed in found.items()}


GOODS = {
    UnitKind.DRUGS: (ItemClass.DRUG, "drug_cost"),
    UnitKind.MATERIALS: (ItemClass.CHARGEABLE_MATERIAL, "material_cost"),
}


def _ratio(run: PatientRun, one: UnitCost, belonging: dict[Place, list[_Belongs]], row: int) -> Row:
    url = reverse("costing:service-unit-definition", args=[one.unit.definition_id]) if one.unit else ""
    figures = _goods(run, one) if one.kind in GOODS else _services(run, one, belonging, row)
    income, base, cost, borne = figures
    ratio = Cell(one.ratio) if one.kind not in GOODS else Cell(one.ratio, made=_at_charge(base))
    left = Cell(one.cost - one.borne)
    return Row(one.title, (Cell(str(one.get_kind_display())), income, base, cost, ratio, borne, left), url)


def _at_charge(base: Cell) -> Derivation:
    """The ratio of drugs and separately charged materials is 1: they go at their charge."""
    charge = Part("收费", Decimal(base.value or 0), url=base.url)
    return quotient(charge, charge, "药品、单独收费卫生材料按收费计成本，成本收入比为 100%。")


def _goods(run: PatientRun, one: UnitCost) -> tuple[Cell, Cell, Cell, Cell]:
    """Income, base, cost and what is borne of all drugs, or of separately charged materials: the lines, and what patients
    bear."""
    item_class, measure = GOODS[UnitKind(one.kind)]
    lines = sources.charged(run.cost_run_id, item_class)
    sides = [PatientCost.objects.filter(run=run, inpatient=stay).aggregate(cost=Sum(measure)) for stay in (False, True)]
    cost = sources.added(
        sources.encounters(run, measure, side["cost"] or ZERO, department=None, inpatient=stay, words=words)
        for side, stay, words in zip(sides, (False, True), ("门急诊患者", "住院患者"), strict=True)
    )
    return Cell(one.income, lines), Cell(one.base, lines), Cell(one.cost, made=cost), Cell(one.borne, lines)


def _services(
    run: PatientRun, one: UnitCost, belonging: dict[Place, list[_Belongs]], row: int
) -> tuple[Cell, Cell, Cell, Cell]:
    """Income, base, cost and what is borne of a unit, by its service items."""
    mine = belonging.get((one.unit_id, one.department_id), [])
    income = [each.part(run, "income", each.income) for each in mine]
    if one.unit_id is None and one.department_id is None:  # services of departments that hold no cost
        everywhere = summed([each.income for listed in belonging.values() for each in listed])
        income = [
            Part("全部服务项目收费", everywhere + one.income, url=sources.charged(run.cost_run_id, ItemClass.SERVICE)),
            sources.items(run, "income", everywhere, words="有成本的科室"),
        ]
        income[1] = replace(income[1], sign=-1)
    handed = [each.part(run, "quantity", each.handed) for each in mine if each.handed]
    base = sources.added([*income, *handed])
    cost = sources.added(each.part(run, "cost", each.cost) for each in mine)
    borne = total([Part("成本", one.cost, at=(row, 3))]) if one.borne else None
    return (
        Cell(one.income, made=sources.added(income)),
        Cell(one.base, made=base),
        Cell(one.cost, made=cost),
        Cell(one.borne, made=borne),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What the cases of a group were charged and cost in a unit, and what measured the cost."""

    title: str
    income: Decimal
    base: Decimal
    cost: Decimal
    kind: str = ""
    code: str = ""
    name: str = ""


def _columns(first: str) -> tuple[Column, ...]:
    return (
        Column("收入"),
        Column("成本收入比", "percent"),
        Column("成本"),
        Column(f"占本{first}成本", "percent"),
        Column("例均成本"),
    )


def group_units(scope: Scope) -> Sheet:
    """服务单元DRG成本构成明细表: each group by service unit; the units sum to its cost by the ratio of cost to income, to
    the fen. A group opens its cases."""
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    keys = {case.encounter: case.drg for case in settled.cases} if settled else None
    titles = {drg: f"{drg} {name}" for drg, name in settled.names.items()} if settled else {}
    return each_by_unit(by_group(scope), keys, titles)


def each_by_unit(grouped: Grouped, keys: Mapping[int, str] | None, titles: Mapping[str, str]) -> Sheet:
    """Groups or diseases by service unit: `keys` says of each encounter to which it belongs (None: nothing is priced)."""
    scope, first = grouped.scope, grouped.first
    if keys is None or not UnitCost.objects.filter(run=scope.patients).exists():
        return Sheet(f"{first}与服务单元", _columns(first), (), (NOT_COSTED if keys is None else _why_not(scope),))
    encounters, groups = list(keys), list(keys.values())
    parts, wholes = _parts(scope, encounters, groups), _wholes(scope, encounters, groups)
    rows: list[Row] = []
    for code in sorted(wholes):
        cases, income, cost = wholes[code]
        listed = parts.get(code, [])
        other = income - summed([one.income for one in listed])
        rest = _Part(WITHOUT, other, other, cost - summed([one.cost for one in listed]))
        if rest.income or rest.cost:
            listed = [*listed, rest]
        head, title = len(rows), f"{titles.get(code, code)}({cases} 例)"
        rows.append(_group(grouped, code, title, wholes[code], head))
        count = grouped.cases(code, "count", cases, "costed")
        for one in listed:
            made = minus(head, *range(head + 1, len(rows))) if one is rest else None
            rows.append(_of_group(grouped, one, code, (head, len(rows)), cost, count, made))
    notes = (
        f"各服务单元合计等于该{first}按成本收入比法的成本，分毫不差。成本为该次住院各月之和，跨月的按各月的成本收入比。",
        "药学等单元的成本收入比以其调配的药品和材料金额为依据，其收入列在药品、单独收费卫生材料。",
        f"「{WITHOUT}」为住院各月中以执行科室为单元核算的部分。",
    )
    return Sheet(f"{first}与服务单元", _columns(first), tuple(rows), notes)


def _group(grouped: Grouped, code: str, title: str, whole: tuple[int, Decimal, Decimal], row: int) -> Row:
    """All units of a group together: its charges and cost by the ratio of cost to income; it opens its cases."""
    cases, income, cost = whole
    earned = grouped.cases(code, "income", income, "costed")
    spent = grouped.cases(code, "cost_to_income", cost, "costed")
    of_all = Part(f"本{grouped.first}成本", cost, at=(row, 2))
    figures = (
        Cell(income, earned.url),
        Cell(share(cost, income), made=quotient(spent, earned) if income else None),
        Cell(cost, spent.url),
        Cell(share(cost, cost), made=quotient(spent, of_all) if cost else None),
        Cell(share(cost, cases), made=grouped.mean(code, "cost_to_income", cost, cases, "costed")),
    )
    return Row(title, figures, grouped.url(code), level="subtotal")


def _of_group(
    grouped: Grouped, one: _Part, code: str, at: tuple[int, int], cost: Decimal, count: Part, made: Formula | None
) -> Row:
    """A unit of a group, at (row of the group, own row); `made` where it is what the others leave."""
    head, row = at
    of_all = Part(f"本{grouped.first}成本", cost, at=(head, 2))

    def part(measure: str, amount: Decimal) -> Part:
        if made is not None:
            return Part("收入" if measure == "base" else "成本", amount, at=(row, 0 if measure == "base" else 2))
        run, chosen = grouped.scope.run, {grouped.by: code}
        return sources.unit_cases(run, measure, amount, kind=one.kind, unit=one.code, name=one.name, **chosen)

    def opens(measure: str, amount: Decimal) -> Cell:
        return Cell(amount, part(measure, amount).url if amount and made is None else "")

    spent = part("cost", one.cost)
    figures = (
        opens("income", one.income),
        Cell(share(one.cost, one.base), made=quotient(spent, part("base", one.base)) if one.base else None),
        opens("cost", one.cost),
        Cell(share(one.cost, cost), made=quotient(spent, of_all) if cost else None),
        Cell(share(one.cost, Decimal(count.amount)), made=quotient(spent, count)),
    )
    return Row(f"　{one.title}", figures, made=made)


def _parts(scope: Scope, encounters: list[int], groups: list[str]) -> dict[str, list[_Part]]:
    """Charges and cost by group and unit over all months of the stays; one query."""
    found: dict[str, list[_Part]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.drg, k.kind, coalesce(s.code, d.code, ''), coalesce(s.name, d.name, ''),"
            " sum(p.income), sum(p.base), sum(p.cost)"
            " FROM unnest(%s::bigint[], %s::text[]) c(encounter, drg)"
            " JOIN costing_patientunitcost p ON p.encounter = c.encounter JOIN costing_unitcost k ON k.id = p.unit_id"
            " JOIN costing_patientrun r ON r.id = k.run_id AND r.is_current AND r.institution_id = %s"
            " LEFT JOIN costing_serviceunit s ON s.id = k.unit_id"
            " LEFT JOIN masterdata_department d ON d.id = k.department_id"
            " GROUP BY c.drg, k.kind, coalesce(s.name, d.name, ''), coalesce(s.code, d.code, '')"
            " ORDER BY c.drg, coalesce(s.code, d.code, '') = '', coalesce(s.code, d.code, ''), k.kind",
            [encounters, groups, scope.institution],
        )
        for drg, kind, code, name, income, base, cost in cursor.fetchall():
            title = name or (NO_COST if kind == UnitKind.DEPARTMENT else str(UnitKind(kind).label))
            found[drg].append(_Part(title, income, base, cost, kind, code, name))
    return found


def _wholes(scope: Scope, encounters: list[int], groups: list[str]) -> dict[str, tuple[int, Decimal, Decimal]]:
    """Costed cases, charges and cost to income of each group; one query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.drg, count(DISTINCT p.encounter), sum(p.income), sum(p.cost_to_income)"
            " FROM unnest(%s::bigint[], %s::text[]) c(encounter, drg)"
            " JOIN costing_patientcost p ON p.encounter = c.encounter"
            " JOIN costing_patientrun r ON r.id = p.run_id AND r.is_current AND r.institution_id = %s GROUP BY c.drg",
            [encounters, groups, scope.institution],
        )
        return {drg: (cases, income, cost) for drg, cases, income, cost in cursor.fetchall()}
