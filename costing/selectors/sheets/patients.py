"""Reports over patients: disease groups, insurers, doctors, and the cases that lost most."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection
from django.urls import reverse

from costing.engine.columns import COST_ITEMS
from costing.engine.diseases import NONE
from costing.selectors.department_groups import above_norm
from costing.selectors.groups import CaseCost, GroupCost, case_costs, case_totals, month_of_groups
from costing.selectors.layers import ZERO
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from costing.titles import COST_ITEM_TITLES
from insurance_settlement.public import DischargedCase, month_of_cases
from ops_platform.his_intake.public import SCHEMES, as_of_sql
from ops_platform.masterdata.models import Department

LOSSES = 50
SCHEME_TITLES = dict(SCHEMES)
WHOLE_STAY = "成本为该次住院各月医疗成本之和(自下而上)，支付额为医保按病组定价的金额。"


def group_url(scope: Scope, drg: str) -> str:
    """The page of a disease group's cases."""
    return f"{reverse('costing:group', args=[drg])}?institution={scope.institution}&period={scope.run.period}"


def group_composition(scope: Scope) -> Sheet:
    """DRG成本构成明细表: mean cost of a case of each group by item, and how far it lies from its payment."""
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    return composition_of("病组", found.groups if found else (), lambda drg: group_url(scope, drg))


def composition_of(first: str, groups: Iterable[GroupCost], url: Callable[[str], str]) -> Sheet:
    """Groups or diseases, by item; `url` opens the cases of a code."""
    columns = (
        Column("例数", "quantity"),
        *(Column(title, "money", "例均医疗成本") for title in COST_ITEM_TITLES.values()),
        Column("合计", "money", "例均医疗成本"),
        Column("其中药品", "money", "例均医疗成本"),
        Column("其中单独收费材料", "money", "例均医疗成本"),
        Column("例均支付"),
        Column("例均结余"),
    )
    listed = sorted((group for group in groups if group.costed), key=lambda group: group.drg)
    rows = [Row(group.title, _composition(group), url(group.drg)) for group in listed]
    return Sheet(first, columns, tuple(rows), (WHOLE_STAY if rows else NOT_COSTED,))


METHODS = ("自下而上法", "自上而下法", "成本收入比法")


def group_costs(scope: Scope) -> Sheet:
    """DRG成本明细表: what the cases of each group cost, in all and on the average, by the three official methods."""
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    return costs_of("病组", found.groups if found else (), lambda drg: group_url(scope, drg))


def costs_of(first: str, groups: Iterable[GroupCost], url: Callable[[str], str]) -> Sheet:
    """Groups or diseases by the three methods, and all of them; where cases have no diagnosis, those that have one stand
    together before. `url` opens the cases of a code."""
    columns = (
        Column("例数", "quantity"),
        Column("已核算", "quantity"),
        Column("平均住院日", "decimal"),
        *(Column(title, "money", "医疗成本合计") for title in METHODS),
        *(Column(title, "money", "例均医疗成本") for title in METHODS),
        Column("例均费用", "money", "例均"),
        Column("例均支付", "money", "例均"),
    )
    listed = sorted((group for group in groups if group.costed), key=lambda group: group.drg)
    rows = [Row(group.title, _by_methods(group), url(group.drg)) for group in listed]
    known = [group for group in listed if group.drg != NONE]
    if len(known) < len(listed):
        rows.insert(len(known), Row("有主要诊断的小计", _together(known), level="subtotal"))
    if rows:
        rows.append(Row("合计", _together(listed), level="total"))
    return Sheet(first, columns, tuple(rows), (WHOLE_STAY if rows else NOT_COSTED,))


def _together(groups: Sequence[GroupCost]) -> tuple[Cell, ...]:
    """Sums and means of some groups."""
    totals = [_totals(group) for group in groups]
    costed = sum(group.costed for group in groups)
    whole = [summed([each[at] for each in totals]) for at in range(len(METHODS))]
    means = [share(one, costed) for one in whole]
    return cells(sum(group.cases for group in groups), costed, None, *whole, *means, None, None)


def _totals(group: GroupCost) -> list[Decimal]:
    """By the three methods."""
    return [group.cost, group.amounts["top_down"], group.amounts["cost_to_income"]]


def _by_methods(group: GroupCost) -> tuple[Cell, ...]:
    totals = _totals(group)
    means = [share(amount, group.costed) for amount in totals]
    return cells(group.cases, group.costed, group.mean_days, *totals, *means, group.mean_charges, group.mean_payment)


def _composition(group: GroupCost) -> tuple[Cell, ...]:
    means = [amount for _, amount, _ in group.composition()]
    apart = [group.amounts[name] / group.costed for name in ("drug_cost", "material_cost")]
    paid, cost = group.mean_payment, group.mean_cost
    left = paid - cost if paid is not None and cost is not None else None
    return cells(group.cases, *means, cost, *apart, paid, left)


@dataclass
class _Sums:
    """Cases of somebody: those with cost and payment, and all of them."""

    cases: int = 0
    days: int = 0
    weight: Decimal = field(default_factory=Decimal)
    charges: Decimal = ZERO
    payment: Decimal = ZERO
    cost: Decimal = ZERO
    complete: int = 0

    def add(self, case: DischargedCase, cost: Decimal | None) -> None:
        """One more case, and what it cost."""
        self.cases += 1
        self.days += case.stay_days
        self.weight += case.weight or 0
        self.charges += case.charges
        if cost is not None and case.payment is not None:
            self.complete += 1
            self.payment += case.payment
            self.cost += cost

    def cells(self) -> tuple[Cell, ...]:
        """As the columns of `CASE_COLUMNS` want it."""
        left = self.payment - self.cost
        return cells(
            self.cases,
            share(self.days, self.cases),
            share(self.weight, self.cases),
            self.charges,
            self.complete,
            self.payment,
            self.cost,
            left,
            share(left, self.complete),
            share(left, self.payment),
        )


CASE_COLUMNS = (
    Column("出院例数", "quantity"),
    Column("平均住院日", "decimal"),
    Column("CMI", "decimal"),
    Column("住院费用"),
    Column("已定价且已核算", "quantity"),
    Column("支付额"),
    Column("成本"),
    Column("结余"),
    Column("例均结余"),
    Column("结余率", "percent"),
)


def _by(scope: Scope, key: Callable[[DischargedCase, "_Payer"], str]) -> tuple[dict[str, _Sums], _Sums]:
    """The month's discharges summed by something of the case or of who pays; of their cost only the sum is read."""
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    cases = settled.cases if settled else ()
    known = _payers(scope, [case.encounter for case in cases])
    sums: dict[str, _Sums] = {}
    whole = _Sums()
    costs = case_totals(institution=scope.institution, cases=cases)
    for case in cases:
        payer, cost = known.get(case.encounter, _Payer("", "", "")), costs.get(case.encounter)
        sums.setdefault(key(case, payer), _Sums()).add(case, cost)
        whole.add(case, cost)
    return sums, whole


@dataclass(frozen=True, slots=True)
class _Payer:
    """Of an encounter: who pays, and who treats (pseudonym)."""

    insurer: str
    scheme: str
    doctor: str


def _payers(scope: Scope, encounters: Iterable[int]) -> dict[int, _Payer]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.entity, coalesce(f.insurer, ''), coalesce(f.scheme, ''), coalesce(f.doctor, '')"
            f" FROM his_intake_encounter f WHERE f.institution_id = %s AND {as_of_sql('f', scope.run.input_sequence)}"
            " AND f.entity = ANY(%s)",
            [scope.institution, list(encounters)],
        )
        return {entity: _Payer(insurer, scheme, doctor) for entity, insurer, scheme, doctor in cursor.fetchall()}


def insurers(scope: Scope) -> Sheet:
    """医保类别结余表: discharges by scheme and insurer."""

    def payer(_one: DischargedCase, known: _Payer) -> str:
        return (
            " ".join(part for part in (SCHEME_TITLES.get(known.scheme, known.scheme), known.insurer) if part)
            or "未注明"
        )

    sums, whole = _by(scope, payer)
    rows = [Row(name, found.cells()) for name, found in sorted(sums.items())]
    return _cases_sheet("险种与经办机构", rows, whole)


def departments(scope: Scope) -> Sheet:
    """科室病例结余表: discharges by treating department; drawn as CMI against mean surplus."""
    names = dict(Department.objects.filter(institution=scope.institution).values_list("pk", "name"))
    sums, whole = _by(scope, lambda one, _known: f"{one.department:012d}")
    rows = [
        Row(names.get(int(number), ""), found.cells(), scope.department_url(int(number)))
        for number, found in sorted(sums.items())
    ]
    return _cases_sheet("科室", rows, whole, drawn=(2, 8))


def doctors(scope: Scope) -> Sheet:
    """诊疗组(医师)结余表: discharges by treating department and doctor, whose name the platform does not know."""
    names = dict(Department.objects.filter(institution=scope.institution).values_list("pk", "name"))

    def group(one: DischargedCase, known: _Payer) -> str:
        return f"{names.get(one.department, '')} {known.doctor[:8] or '未注明'}"

    sums, whole = _by(scope, group)
    rows = [Row(name, found.cells()) for name, found in sorted(sums.items())]
    return _cases_sheet("科室与医师代号", rows, whole, drawn=(2, 8))


def _cases_sheet(first: str, rows: list[Row], whole: _Sums, drawn: tuple[int, int] | None = None) -> Sheet:
    total = (Row("合计", whole.cells(), level="total"),) if rows else ()
    return Sheet(first, CASE_COLUMNS, (*rows, *total), (WHOLE_STAY if rows else NOT_COSTED,), drawn)


def losses(scope: Scope) -> Sheet:
    """亏损病例分析表: the greatest losses, each with the cost items that lie furthest above the group's mean."""
    columns = (
        Column("病组", "text"),
        Column("科室", "text"),
        Column("住院日", "quantity"),
        Column("支付额"),
        Column("成本"),
        Column("结余"),
        Column("同组例均成本"),
        Column("同组例数", "quantity"),
        Column("高于同组例均的成本项目", "words"),
    )
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    members: dict[str, list[CaseCost]] = {}
    for one in case_costs(institution=scope.institution, cases=settled.cases if settled else ()):
        if one.amounts is not None:
            members.setdefault(one.case.drg, []).append(one)
    found = [one for group in members.values() for one in group if one.surplus is not None and one.surplus < 0]
    found.sort(key=lambda one: (one.surplus or ZERO, one.case.encounter))
    names = dict(Department.objects.filter(institution=scope.institution).values_list("pk", "name"))
    rows = [_loss(scope, one, members[one.case.drg], names) for one in found[:LOSSES]]
    notes = [WHOLE_STAY, "同组例均为本月同病组的其他病例；只有一例的病组没有可比的例均。"]
    if len(found) > LOSSES:
        notes.append(f"共 {len(found)} 例亏损，这里列出亏损最多的 {LOSSES} 例。")
    return Sheet("就诊号", columns, tuple(rows), tuple(notes) if rows else (NOT_COSTED,))


def _loss(scope: Scope, one: CaseCost, members: list[CaseCost], names: dict[int, str]) -> Row:
    others = [each.amounts for each in members if each is not one and each.amounts is not None]
    norm = {item: summed([amounts[item] for amounts in others]) / len(others) for item in COST_ITEMS} if others else {}
    url = ""
    if scope.patients is not None:
        url = reverse("costing:patient", args=[scope.patients.pk, one.case.encounter])
    return Row(
        one.case.encounter_no,
        (
            Cell(one.case.drg, group_url(scope, one.case.drg)),
            *cells(
                names.get(one.case.department, ""),
                one.case.stay_days,
                one.case.payment,
                one.cost,
                one.surplus,
                summed(list(norm.values())) if norm else None,
                len(members),
                above_norm(one.amounts or {}, norm),
            ),
        ),
        url,
    )
