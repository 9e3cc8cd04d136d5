"""Reports over patients: disease groups, insurers, doctors, and the cases that lost most."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TypeVar

from django.urls import reverse

from costing.derivations import Derivation, Part, minus, per, plus, quotient, total
from costing.engine.columns import COST_ITEMS
from costing.engine.diseases import NONE
from costing.models import CostRun
from costing.selectors.department_groups import above_norm
from costing.selectors.groups import CaseCost, GroupCost, case_costs, case_totals, month_of_groups
from costing.selectors.layers import ZERO
from costing.selectors.measured import DOCTOR, EncounterFacts, facts_of
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Row, Sheet, cells, share, summed
from costing.titles import COST_ITEM_TITLES
from insurance_settlement.public import DischargedCase, month_of_cases
from ops_platform.his_intake.public import SCHEMES
from ops_platform.masterdata.models import Department

LOSSES = 50
SCHEME_TITLES = dict(SCHEMES)
WHOLE_STAY = "成本为该次住院各月医疗成本之和(自下而上)，支付额为医保按病组定价的金额。"


def group_url(scope: Scope, drg: str) -> str:
    """The page of a disease group's cases."""
    return f"{reverse('costing:group', args=[drg])}?institution={scope.institution}&period={scope.run.period}"


@dataclass(frozen=True, slots=True)
class Grouped:
    """By what the discharges of a month are put together: how a row is headed, by which choice of `CaseChoice` its cases are
    found, and what opens them."""

    scope: Scope
    first: str
    by: str
    url: Callable[[str], str]

    def cases(self, code: str, measure: str, amount: Decimal | int, counted: str | None = None) -> Part:
        """What the cases of a group sum to."""
        return sources.cases(self.scope.run, measure, amount, counted=counted, **{self.by: code})

    def mean(
        self, code: str, measure: str, amount: Decimal, number: int, counted: str | None = None
    ) -> Derivation | None:
        """A sum over its cases ÷ their number."""
        return sources.mean_of_cases(self.scope.run, measure, amount, number, counted=counted, **{self.by: code})


def by_group(scope: Scope) -> Grouped:
    """Disease groups (DRG)."""
    return Grouped(scope, "病组", "drg", lambda drg: group_url(scope, drg))


def group_composition(scope: Scope) -> Sheet:
    """DRG成本构成明细表: mean cost of a case of each group by item, and how far it lies from its payment."""
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    return composition_of(by_group(scope), found.groups if found else ())


def composition_of(grouped: Grouped, groups: Iterable[GroupCost]) -> Sheet:
    """Groups or diseases, by item."""
    columns = (
        Column("例数", "quantity"),
        *(Column(title, "money", "例均医疗成本") for title in COST_ITEM_TITLES.values()),
        Column("合计", "money", "例均医疗成本"),
        Column("其中药品", "money", "例均医疗成本"),
        Column("其中单独收费材料", "money", "例均医疗成本"),
        Column("例均支付"),
        Column("例均结余", made=minus(11, 8)),
    )
    listed = sorted((group for group in groups if group.costed), key=lambda group: group.drg)
    rows = [Row(group.title, _composition(grouped, group), grouped.url(group.drg)) for group in listed]
    return Sheet(grouped.first, columns, tuple(rows), (WHOLE_STAY if rows else NOT_COSTED,))


METHODS = ("自下而上法", "自上而下法", "成本收入比法")


def group_costs(scope: Scope) -> Sheet:
    """DRG成本明细表: what the cases of each group cost, in all and on the average, by the three official methods."""
    found = month_of_groups(institution=scope.institution, period=scope.run.period)
    return costs_of(by_group(scope), found.groups if found else ())


def costs_of(grouped: Grouped, groups: Iterable[GroupCost]) -> Sheet:
    """Groups or diseases by the three methods, and all of them; where cases have no diagnosis, those that have one stand
    together before."""
    columns = (
        Column("例数", "quantity"),
        Column("已核算", "quantity"),
        Column("平均住院日", "decimal"),
        *(Column(title, "money", "医疗成本合计") for title in METHODS),
        *(Column(title, "money", "例均医疗成本", made=per(at, 1)) for at, title in enumerate(METHODS, 3)),
        Column("例均费用", "money", "例均"),
        Column("例均支付", "money", "例均"),
    )
    listed = sorted((group for group in groups if group.costed), key=lambda group: group.drg)
    rows = [Row(group.title, _by_methods(grouped, group), grouped.url(group.drg)) for group in listed]
    known = [group for group in listed if group.drg != NONE]
    if len(known) < len(listed):
        rows.insert(len(known), _together("有主要诊断的小计", "subtotal", known, range(len(known))))
    if rows:
        every = [at for at, row in enumerate(rows) if row.level != "subtotal"]
        rows.append(_together("合计", "total", listed, every))
    return Sheet(grouped.first, columns, tuple(rows), (WHOLE_STAY if rows else NOT_COSTED,))


def _together(name: str, level: str, groups: Sequence[GroupCost], rows: Iterable[int]) -> Row:
    """Sums and means of some groups, which stand in these rows."""
    totals = [_totals(group) for group in groups]
    costed = sum(group.costed for group in groups)
    whole = [summed([each[at] for each in totals]) for at in range(len(METHODS))]
    means = [share(one, costed) for one in whole]
    figures = cells(sum(group.cases for group in groups), costed, None, *whole, *means, None, None)
    return Row(name, figures, level=level, made=plus(*rows))


def _totals(group: GroupCost) -> list[Decimal]:
    """By the three methods."""
    return [group.cost, group.amounts["top_down"], group.amounts["cost_to_income"]]


def _by_methods(grouped: Grouped, group: GroupCost) -> tuple[Cell, ...]:
    code, totals = group.drg, _totals(group)
    return (
        Cell(group.cases, grouped.cases(code, "count", group.cases).url),
        Cell(group.costed, grouped.cases(code, "count", group.costed, "costed").url),
        Cell(group.mean_days),
        *(
            Cell(amount, grouped.cases(code, measure, amount, "costed").url if amount else "")
            for measure, amount in zip(("cost", "top_down", "cost_to_income"), totals, strict=True)
        ),
        *(Cell(share(amount, group.costed)) for amount in totals),
        Cell(group.mean_charges, made=grouped.mean(code, "charges", group.charges, group.cases)),
        _paid(grouped, group),
    )


def _paid(grouped: Grouped, group: GroupCost) -> Cell:
    """Payment of a priced case."""
    return Cell(group.mean_payment, made=grouped.mean(group.drg, "payment", group.payment, group.priced, "priced"))


def _composition(grouped: Grouped, group: GroupCost) -> tuple[Cell, ...]:
    def mean(measure: str, amount: Decimal) -> Cell:
        made = grouped.mean(group.drg, measure, amount, group.costed, "costed")
        return Cell(share(amount, group.costed), made=made)

    paid, cost = group.mean_payment, group.mean_cost
    return (
        Cell(group.cases, grouped.cases(group.drg, "count", group.cases).url),
        *(mean(name, group.amounts[name]) for name in COST_ITEMS),
        mean("cost", group.cost),
        *(mean(name, group.amounts[name]) for name in ("drug_cost", "material_cost")),
        _paid(grouped, group),
        Cell(paid - cost if paid is not None and cost is not None else None),
    )


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

    def _index(self, weight: Part, number: Part) -> Cell:
        """CMI; none where no case has a weight (points method)."""
        return Cell(share(self.weight, self.cases), made=quotient(weight, number)) if self.weight else Cell(None)

    def cells(self, run: CostRun, **choice: str | int | None) -> tuple[Cell, ...]:
        """As the columns of `CASE_COLUMNS` want it; `choice` says whose cases they are."""

        def part(measure: str, amount: Decimal | int, counted: str | None = None) -> Part:
            return sources.cases(run, measure, amount, counted=counted, **choice)

        def cell(measure: str, amount: Decimal | int, counted: str | None = None) -> Cell:
            return Cell(amount, part(measure, amount, counted).url if amount else "")

        number = part("count", self.cases)
        left = self.payment - self.cost
        return (
            Cell(self.cases, number.url),
            Cell(share(self.days, self.cases), made=quotient(part("days", self.days), number)),
            self._index(part("weight", self.weight), number),
            cell("charges", self.charges),
            cell("count", self.complete, "complete"),
            cell("payment", self.payment, "complete"),
            cell("cost", self.cost, "complete"),
            Cell(left),
            Cell(share(left, self.complete)),
            Cell(share(left, self.payment)),
        )


CASE_COLUMNS = (
    Column("出院例数", "quantity"),
    Column("平均住院日", "decimal"),
    Column("CMI", "decimal"),
    Column("住院费用"),
    Column("已定价且已核算", "quantity"),
    Column("支付额"),
    Column("成本"),
    Column("结余", made=minus(5, 6)),
    Column("例均结余", made=per(7, 4)),
    Column("结余率", "percent", made=per(7, 5)),
)
Key = TypeVar("Key", bound=Hashable)


def _by(scope: Scope, key: Callable[[DischargedCase, EncounterFacts], Key]) -> tuple[dict[Key, _Sums], _Sums]:
    """The month's discharges summed by something of the case or of who pays; of their cost only the sum is read."""
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    cases = settled.cases if settled else ()
    numbers = [case.encounter for case in cases]
    known = facts_of(institution=scope.institution, encounters=numbers, sequence=scope.run.input_sequence)
    sums: dict[Key, _Sums] = {}
    whole = _Sums()
    costs = case_totals(institution=scope.institution, cases=cases)
    for case in cases:
        facts, cost = known.get(case.encounter, EncounterFacts()), costs.get(case.encounter)
        sums.setdefault(key(case, facts), _Sums()).add(case, cost)
        whole.add(case, cost)
    return sums, whole


def insurers(scope: Scope) -> Sheet:
    """医保类别结余表: discharges by scheme and insurer, each opening its cases."""

    def title(payer: tuple[str, str]) -> str:
        scheme, insurer = payer
        return " ".join(part for part in (SCHEME_TITLES.get(scheme, scheme), insurer) if part) or "未注明"

    sums, whole = _by(scope, lambda _one, known: (known.scheme, known.insurer))
    rows = [
        _cases_row(scope, title(payer), found, scheme=payer[0], insurer=payer[1])
        for payer, found in sorted(sums.items(), key=lambda one: title(one[0]))
    ]
    return _cases_sheet(scope, "险种与经办机构", rows, whole)


def departments(scope: Scope) -> Sheet:
    """科室病例结余表: discharges by treating department; drawn as CMI against mean surplus."""
    names = dict(Department.objects.filter(institution=scope.institution).values_list("pk", "name"))
    sums, whole = _by(scope, lambda one, _known: one.department)
    rows = [
        Row(names.get(number, ""), found.cells(scope.run, department=number), scope.department_url(number))
        for number, found in sorted(sums.items())
    ]
    return _cases_sheet(scope, "科室", rows, whole, drawn=(2, 8))


def surplus_of_groups(scope: Scope) -> Sheet:
    """病组结余表: discharges by disease group; drawn as CMI against mean surplus, the groups with most cases first where
    they are many."""
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    names = settled.names if settled else {}
    sums, whole = _by(scope, lambda one, _known: one.drg)
    rows = [
        Row(f"{drg} {names.get(drg, '')}".strip(), found.cells(scope.run, drg=drg), group_url(scope, drg))
        for drg, found in sorted(sums.items())
    ]
    return _cases_sheet(scope, "病组", rows, whole, drawn=(2, 8))


def doctors(scope: Scope) -> Sheet:
    """诊疗组(医师)结余表: discharges by treating department and doctor, whose name the platform does not know; each
    opens its cases."""
    names = dict(Department.objects.filter(institution=scope.institution).values_list("pk", "name"))
    sums, whole = _by(scope, lambda one, known: (one.department, known.doctor[:DOCTOR]))

    def title(group: tuple[int, str]) -> str:
        return f"{names.get(group[0], '')} {group[1] or '未注明'}"

    rows = [
        _cases_row(scope, title(group), found, department=group[0], doctor=group[1])
        for group, found in sorted(sums.items(), key=lambda one: title(one[0]))
    ]
    return _cases_sheet(scope, "科室与医师代号", rows, whole, drawn=(2, 8))


def _cases_row(scope: Scope, name: str, found: _Sums, **choice: str | int) -> Row:
    """Somebody's cases; the row opens the list of them with what each left."""
    cases = sources.cases(scope.run, "surplus", found.payment - found.cost, **choice)
    return Row(name, found.cells(scope.run, **choice), cases.url)


def _cases_sheet(
    scope: Scope, first: str, rows: list[Row], whole: _Sums, drawn: tuple[int, int] | None = None
) -> Sheet:
    last = (Row("合计", whole.cells(scope.run), level="total"),) if rows else ()
    return Sheet(first, CASE_COLUMNS, (*rows, *last), (WHOLE_STAY if rows else NOT_COSTED,), drawn)


def losses(scope: Scope) -> Sheet:
    """亏损病例分析表: the greatest losses, each with the cost items that lie furthest above the group's mean."""
    columns = (
        Column("病组", "text"),
        Column("科室", "text"),
        Column("住院日", "quantity"),
        Column("支付额"),
        Column("成本"),
        Column("结余", made=minus(3, 4)),
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
    case = one.case
    url = ""
    if scope.patients is not None:
        url = reverse("costing:patient", args=[scope.patients.pk, case.encounter])

    def alone(measure: str, amount: Decimal | None) -> Cell:
        """A figure of the case: a list of it alone, which opens the stay."""
        if amount is None:
            return Cell(None)
        return Cell(amount, sources.cases(scope.run, measure, amount, encounter=case.encounter).url)

    return Row(
        case.encounter_no,
        (
            Cell(case.drg, group_url(scope, case.drg)),
            Cell(names.get(case.department, "")),
            Cell(case.stay_days),
            alone("payment", case.payment),
            alone("cost", one.cost),
            Cell(one.surplus),
            _norm_cell(scope, one, members),
            Cell(len(members), sources.cases(scope.run, "count", len(members), drg=case.drg, counted="costed").url),
            Cell(above_norm(one.amounts or {}, norm)),
        ),
        url,
    )


def _norm_cell(scope: Scope, one: CaseCost, members: list[CaseCost]) -> Cell:
    """Mean cost of the other cases of the group: those of the group less the case itself, ÷ their number."""
    number = len(members) - 1
    if not number or one.cost is None:
        return Cell(None)
    drg = one.case.drg
    whole = summed([each.cost for each in members if each.cost is not None])
    all_of = sources.cases(scope.run, "cost", whole, "同组成本", drg=drg, counted="costed")
    own = sources.cases(scope.run, "cost", one.cost, "本例成本", encounter=one.case.encounter)
    others = total([all_of, replace(own, sign=-1)])
    return Cell(
        (whole - one.cost) / number,
        made=quotient(
            Part("其他病例成本", whole - one.cost, made=others),
            Part("其他病例", number, "quantity", made=_others(scope, members)),
        ),
    )


def _others(scope: Scope, members: list[CaseCost]) -> Derivation:
    """All cases of the group but one."""
    drg = members[0].case.drg
    all_of = sources.cases(scope.run, "count", len(members), "同组例数", drg=drg, counted="costed")
    return total([all_of, Part("本例", 1, "quantity", sign=-1)])
