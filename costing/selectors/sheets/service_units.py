"""Reports of service units (服务单元, domain.md 1.6 and 1.7): their ratios of cost to income, and disease groups by unit."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.urls import reverse

from costing.models import UnitCost, UnitKind
from costing.selectors.sheets.patients import group_url
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Column, Row, Sheet, cells, share, summed
from insurance_settlement.public import month_of_cases

NOT_DEFINED = "本机构本月没有服务单元，成本收入比法以执行科室为单元。请在「服务单元」中定义，审批后重新核算。"
NO_COST = "没有成本的执行科室"
WITHOUT = "未定义服务单元的月份"
NOTES = (
    "成本收入比 = 成本 ÷ 分配依据；依据为该单元的收费，药学等单元另含其调配的药品和材料金额。",
    "药品、单独收费卫生材料按 100%：其成本与收费的差额不由患者承担，列在「未分给患者」。",
)


def unit_ratios(scope: Scope) -> Sheet:
    """服务单元成本收入比表: income, cost and ratio of each unit, and what of its cost no patient bears."""
    columns = (
        Column("类别", "text"),
        Column("收入"),
        Column("分配依据"),
        Column("成本"),
        Column("成本收入比", "percent"),
        Column("分给患者"),
        Column("未分给患者"),
    )
    found = UnitCost.objects.filter(run=scope.patients).select_related("unit", "department").order_by("pk")
    listed = list(found) if scope.patients else []
    rows = [_ratio(one) for one in listed if one.base or one.cost]
    if rows:
        income, cost, borne = (summed([getattr(one, name) for one in listed]) for name in ("income", "cost", "borne"))
        rows.append(Row("合计", cells("", income, None, cost, share(cost, income), borne, cost - borne), level="total"))
    return Sheet("服务单元", columns, tuple(rows), NOTES if rows else (_why_not(scope),))


def _why_not(scope: Scope) -> str:
    return NOT_DEFINED if scope.patients else NOT_COSTED


def _ratio(one: UnitCost) -> Row:
    url = reverse("costing:service-unit-definition", args=[one.unit.definition_id]) if one.unit else ""
    return Row(
        one.title,
        cells(str(one.get_kind_display()), one.income, one.base, one.cost, one.ratio, one.borne, one.cost - one.borne),
        url,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What the cases of a group were charged and cost in a unit, and what measured the cost."""

    title: str
    income: Decimal
    base: Decimal
    cost: Decimal


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
    return units_of(scope, "病组", keys, titles, lambda drg: group_url(scope, drg))


def units_of(
    scope: Scope, first: str, keys: Mapping[int, str] | None, titles: Mapping[str, str], url: Callable[[str], str]
) -> Sheet:
    """Groups or diseases by service unit: `keys` says of each encounter to which it belongs (None: nothing is priced)."""
    if keys is None or not UnitCost.objects.filter(run=scope.patients).exists():
        return Sheet(f"{first}与服务单元", _columns(first), (), (NOT_COSTED if keys is None else _why_not(scope),))
    encounters, groups = list(keys), list(keys.values())
    parts, wholes = _parts(scope, encounters, groups), _wholes(scope, encounters, groups)
    rows: list[Row] = []
    for drg in sorted(wholes):
        cases, income, cost = wholes[drg]
        listed = parts.get(drg, [])
        other = income - summed([one.income for one in listed])
        rest = _Part(WITHOUT, other, other, cost - summed([one.cost for one in listed]))
        if rest.income or rest.cost:
            listed = [*listed, rest]
        title = f"{titles.get(drg, drg)}({cases} 例)"
        figures = cells(income, share(cost, income), cost, share(cost, cost), share(cost, cases))
        rows.append(Row(title, figures, url(drg), level="subtotal"))
        rows += [_of_group(one, cost, cases) for one in listed]
    notes = (
        f"各服务单元合计等于该{first}按成本收入比法的成本，分毫不差。成本为该次住院各月之和，跨月的按各月的成本收入比。",
        "药学等单元的成本收入比以其调配的药品和材料金额为依据，其收入列在药品、单独收费卫生材料。",
        f"「{WITHOUT}」为住院各月中以执行科室为单元核算的部分。",
    )
    return Sheet(f"{first}与服务单元", _columns(first), tuple(rows), notes)


def _of_group(one: _Part, cost: Decimal, cases: int) -> Row:
    figures = cells(one.income, share(one.cost, one.base), one.cost, share(one.cost, cost), share(one.cost, cases))
    return Row(f"　{one.title}", figures)


def _parts(scope: Scope, encounters: list[int], groups: list[str]) -> dict[str, list[_Part]]:
    """Charges and cost by group and unit over all months of the stays; one query."""
    found: dict[str, list[_Part]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.drg, k.kind, coalesce(s.name, d.name, ''), sum(p.income), sum(p.base), sum(p.cost)"
            " FROM unnest(%s::bigint[], %s::text[]) c(encounter, drg)"
            " JOIN costing_patientunitcost p ON p.encounter = c.encounter JOIN costing_unitcost k ON k.id = p.unit_id"
            " JOIN costing_patientrun r ON r.id = k.run_id AND r.is_current AND r.institution_id = %s"
            " LEFT JOIN costing_serviceunit s ON s.id = k.unit_id"
            " LEFT JOIN masterdata_department d ON d.id = k.department_id"
            " GROUP BY c.drg, k.kind, coalesce(s.name, d.name, ''), coalesce(s.code, d.code, '')"
            " ORDER BY c.drg, coalesce(s.code, d.code, '') = '', coalesce(s.code, d.code, ''), k.kind",
            [encounters, groups, scope.institution],
        )
        for drg, kind, name, income, base, cost in cursor.fetchall():
            title = name or (NO_COST if kind == UnitKind.DEPARTMENT else str(UnitKind(kind).label))
            found[drg].append(_Part(title, income, base, cost))
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
