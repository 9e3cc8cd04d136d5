"""Effects of day surgery (日间手术) and of the length of stay (住院日) on what is left of a case's payment."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from urllib.parse import urlencode

from django.db.models import F, Sum
from django.urls import reverse

from costing.behaviour import Behaviour, behaviour_at
from costing.derivations import Derivation, Part, minus, plus, product, quotient, total
from costing.engine.columns import COST_ITEMS, DRUGS, MATERIALS
from costing.engine.stays import Stays
from costing.models import PatientCost, PatientRun
from costing.selectors.groups import CaseCost, case_costs
from costing.selectors.layers import ZERO
from costing.selectors.pathways import in_force, pathway_of
from costing.selectors.purchases import marked
from costing.selectors.sheets import sources
from costing.selectors.sheets.scope import Scope
from costing.selectors.sheets.units import NOT_COSTED
from costing.sheets import Cell, Column, Kind, Row, Sheet, cells, share, summed
from insurance_settlement.public import GroupSum, MonthOfCases, group_sums, month_of_cases
from ops_platform.his_intake.public import StayAt, stays_of
from ops_platform.kernel import Period, from_fen, to_fen
from ops_platform.masterdata.selectors import ParametersAt
from ops_platform.web import formats

DAY_HOURS, LEAST = "costing.day_case_hours", "costing.stay_minimum_cases"
BUCKETS = ("costing.stay_bucket_1", "costing.stay_bucket_2", "costing.stay_bucket_3")
TENTH = Decimal("0.1")
FIGURES: tuple[tuple[str, Kind], ...] = (
    ("例数", "quantity"),
    ("平均住院日", "decimal"),
    ("例均支付", "money"),
    ("例均成本", "money"),
    ("例均结余", "money"),
)
OF_BUCKET: tuple[tuple[str, Kind], ...] = (("例数", "quantity"), ("例均结余", "money"))


def _value(scope: Scope, *keys: str) -> list[Decimal]:
    known, day = ParametersAt(*keys), Period.parse(scope.run.period).last_day
    return [known.value(key=key, day=day, institution_id=scope.institution) for key in keys]


def _cases(scope: Scope) -> tuple[MonthOfCases | None, list[CaseCost], dict[int, StayAt]]:
    settled = month_of_cases(institution=scope.institution, period=scope.run.period)
    listed = case_costs(institution=scope.institution, cases=settled.cases if settled else ())
    stays = stays_of(
        institution=scope.institution,
        encounters=[one.case.encounter for one in listed],
        sequence=settled.sequence if settled else scope.run.input_sequence,
    )
    return settled, listed, stays


def _group_url(scope: Scope, drg: str) -> str:
    query = urlencode({"institution": scope.institution, "period": scope.run.period})
    return f"{reverse('costing:group', args=[drg])}?{query}"


def _means(members: Sequence[CaseCost]) -> tuple[Decimal | None, Decimal | None, Decimal | None, Decimal | None]:
    """Days of all; payment, cost and surplus of the cases that have both."""
    whole = [one for one in members if one.surplus is not None]
    paid = summed([one.case.payment for one in whole if one.case.payment is not None])
    cost = summed([one.cost for one in whole if one.cost is not None])
    days = share(sum(one.case.stay_days for one in members), len(members))
    return days, share(paid, len(whole)), share(cost, len(whole)), share(paid - cost, len(whole))


def _mean_cells(scope: Scope, members: Sequence[CaseCost], **choice: str | int | None) -> tuple[Cell, ...]:
    """The same as figures that open the cases, which `choice` finds."""
    days, *means = _means(members)
    whole = [one for one in members if one.surplus is not None]
    sums = {
        "payment": summed([one.case.payment for one in whole if one.case.payment is not None]),
        "cost": summed([one.cost for one in whole if one.cost is not None]),
        "surplus": summed([one.surplus for one in whole if one.surplus is not None]),
    }
    stayed = sum(one.case.stay_days for one in members)
    return (
        Cell(days, made=sources.mean_of_cases(scope.run, "days", stayed, len(members), **choice)),
        *(
            Cell(mean, made=sources.mean_of_cases(scope.run, measure, amount, len(whole), counted="complete", **choice))
            for mean, (measure, amount) in zip(means, sums.items(), strict=True)
        ),
    )


def _number(scope: Scope, members: Sequence[CaseCost], **choice: str | int | None) -> Cell:
    """How many there are."""
    return Cell(len(members), sources.cases(scope.run, "count", len(members), **choice).url if members else "")


def day_surgery(scope: Scope) -> Sheet:
    """日间手术效果表: cases with a procedure, day cases against other inpatients of the same group and procedure."""
    columns = (
        Column("主要操作", "text"),
        *(Column(title, kind, side) for side in ("日间", "住院") for title, kind in FIGURES),
        Column("每例多结余", "money", "改为日间", made=minus(5, 10)),
        Column("全部改为日间多结余", "money", "改为日间"),
        Column("可腾出床日", "decimal", "改为日间"),
    )
    hours = marked(key=DAY_HOURS, day=Period.parse(scope.run.period).last_day, institution=scope.run.institution)
    settled, listed, stays = _cases(scope)
    sides: dict[tuple[str, str], tuple[list[CaseCost], list[CaseCost]]] = defaultdict(lambda: ([], []))
    for one in listed:
        stay = stays.get(one.case.encounter)
        if stay is not None and stay.procedure:
            sides[one.case.drg, stay.procedure][stay.hours > hours.value].append(one)
    shown = {key: both for key, both in sorted(sides.items()) if both[0]}
    rows: list[Row] = []
    gained, days_gained = [], []
    for (drg, procedure), (day, ward) in shown.items():
        day_means, ward_means = _means(day), _means(ward)
        more = whole = freed = None
        if day_means[3] is not None and ward_means[3] is not None and day_means[0] is not None:
            more = day_means[3] - ward_means[3]
            whole = (more * len(ward)).quantize(ZERO, rounding=ROUND_HALF_UP)
            freed = sum(one.case.stay_days for one in ward) - day_means[0] * len(ward)
            gained.append(whole)
            days_gained.append(freed)
        rows.append(
            Row(
                f"{drg} {settled.names.get(drg, '') if settled else ''}",
                (
                    Cell(f"{procedure} {settled.procedure_names.get(procedure, '') if settled else ''}".strip()),
                    *(
                        cell
                        for side, mine in (("day", day), ("ward", ward))
                        for cell in _side(scope, mine, drg=drg, procedure=procedure, side=side)
                    ),
                    Cell(more),
                    Cell(whole, made=_if_day(more, len(ward), len(rows))),
                    Cell(freed),
                ),
                _group_url(scope, drg),
            )
        )
    if rows:
        all_day = [one for day, _ward in sides.values() for one in day]
        all_ward = [one for _day, ward in sides.values() for one in ward]
        last = (None, summed(gained) if gained else None, sum(days_gained, Decimal(0)) if gained else None)
        of_all = (*_side(scope, all_day, side="day"), *_side(scope, all_ward, side="ward"))
        name = "合计(含未列出的)" if len(shown) < len(sides) else "合计"
        rows.append(Row(name, (Cell(None), *of_all, *cells(*last)), level="total", made=plus(*range(len(rows)))))
    notes = [
        f"日间：入院到出院不超过 {formats.quantity(hours.value)} {hours.unit}(参数「{hours.name}」)"
        "且有手术操作的出院病例；其余为住院。",
        "例均支付、成本和结余取已定价且已核算的病例。改为日间：住院病例都按日间病例的例均结余计，是上限；两方病情可能不同，供讨论。",
    ]
    if rows and len(shown) < len(sides):
        cases = sum(len(ward) for key, (_day, ward) in sides.items() if key not in shown)
        notes.append(
            f"另有 {len(sides) - len(shown)} 组(病组与主要操作)没有日间病例，共 {cases} 例住院，未逐行列出，计入合计。"
        )
    if not rows:
        ward_cases = sum(len(ward) for _day, ward in sides.values())
        notes = [f"本月 {ward_cases} 例带手术操作的出院病例都不是日间。" if sides else "本月没有带手术操作的出院病例。"]
    return Sheet("病组", columns, tuple(rows), tuple(notes))


def _side(scope: Scope, members: Sequence[CaseCost], **choice: str | int | None) -> tuple[Cell, ...]:
    """Number and means of day cases, or of the others."""
    return _number(scope, members, **choice), *_mean_cells(scope, members, **choice)


def _if_day(more: Decimal | None, number: int, row: int) -> Derivation | None:
    """What all others would leave more as day cases."""
    if more is None:
        return None
    return product(Part("每例多结余", more, at=(row, 11)), Part("住院例数", number, "quantity", at=(row, 6)))


def stay_effect(scope: Scope) -> Sheet:
    """住院日效果表: what a further day costs a group, to which day its payment bears it, and surplus by length of stay."""
    first, second, third, least = _value(scope, *BUCKETS, LEAST)
    titles = (f"≤{first:.0f}日", f"≤{second:.0f}日", f"≤{third:.0f}日", f">{third:.0f}日")
    columns = (
        Column("例数", "quantity"),
        Column("平均", "decimal", "住院日"),
        Column("标准", "decimal", "住院日"),
        Column("标准来源", "text", "住院日"),
        Column("保本", "text", "住院日"),
        Column("例均支付"),
        Column("例均成本"),
        Column("例均结余"),
        Column("多住一日的成本"),
        Column("超标准床日", "decimal", "超标准"),
        Column("变动成本", "money", "超标准"),
        *(Column(title, kind, f"住院 {at}") for at in titles for title, kind in OF_BUCKET),
    )
    settled, listed, stays = _cases(scope)
    if scope.patients is None or settled is None or not listed:
        return Sheet("病组", columns, (), (NOT_COSTED,))
    traits = behaviour_at(scope.run.institution, Period.parse(scope.run.period))
    day_costs = _day_costs(scope.patients, traits)
    standards = _standards(scope, listed, stays, least)
    members: dict[str, list[CaseCost]] = defaultdict(list)
    for one in listed:
        members[one.case.drg].append(one)
    rows: list[Row] = []
    beyond_days, beyond_cost = [], []
    for drg, mine in sorted(members.items()):
        whole = [one.surplus for one in mine if one.surplus is not None]
        known = [day_costs[one.case.department].cost for one in mine if one.case.department in day_costs]
        found = Stays(
            days=[one.case.stay_days for one in mine],
            surplus=to_fen(summed(whole)),
            priced=len(whole),
            day_cost=sum(known, Fraction(0)) / len(known) if known else Fraction(0),
        )
        standard, source = standards.get(drg, (None, ""))
        days = cost = None
        if standard is not None:
            days = _decimal(found.days_beyond(Fraction(standard)))
            cost = from_fen(found.cost_beyond(Fraction(standard)))
            beyond_days.append(days)
            beyond_cost.append(cost)
        limit = found.break_even_day
        mean = _mean_cells(scope, mine, drg=drg)
        rows.append(
            Row(
                f"{drg} {settled.names.get(drg, '')}",
                (
                    _number(scope, mine, drg=drg),
                    mean[0],
                    *cells(standard, source),
                    Cell(_break_even(limit)),
                    *mean[1:],
                    _further_day(scope.patients, mine, day_costs, traits, found),
                    Cell(days),
                    Cell(cost, made=_beyond(days, found, len(rows)) if cost is not None and known else None),
                    *_buckets(scope, mine, (first, second, third), drg=drg),
                ),
                _group_url(scope, drg),
            )
        )
    mean = _mean_cells(scope, listed)
    rows.append(
        Row(
            "合计",
            (
                _number(scope, listed),
                mean[0],
                *cells(None, None, None),
                *mean[1:],
                *cells(None, sum(beyond_days, Decimal(0)), summed(beyond_cost)),
                *_buckets(scope, listed, (first, second, third)),
            ),
            level="total",
            made=plus(*range(len(rows))),
        )
    )
    notes = (
        "多住一日的成本 = 病例所在科室床日成本中不随医嘱的变动部分(不含药品和单独收费材料；变动占比为参数)，支付额不变。",
        "保本住院日 = 平均住院日 + 例均结余 ÷ 多住一日的成本。标准住院日取现行临床路径，没有路径的取医共体同病组均值"
        f"(至少 {formats.quantity(least)} 例，注明家数和例数；只有本机构病例的不作标准，留空)。",
        traits.words,
    )
    return Sheet("病组", columns, tuple(rows), notes)


def _break_even(limit: Fraction | None) -> str | None:
    if limit is None:
        return None
    return "已亏损" if limit <= 0 else f"{_decimal(limit).quantize(TENTH)}"


def _decimal(exact: Fraction) -> Decimal:
    return Decimal(exact.numerator) / exact.denominator


def _buckets(
    scope: Scope, members: Sequence[CaseCost], limits: Sequence[Decimal], **choice: str | int | None
) -> list[Cell]:
    """Cases and mean surplus in each length of stay."""
    found: list[Cell] = []
    lower = Decimal(-1)
    for upper in (*limits, None):
        mine = [one for one in members if lower < one.case.stay_days and (upper is None or one.case.stay_days <= upper)]
        within = {"longer": int(lower) if lower >= 0 else None, "upto": None if upper is None else int(upper)}
        surplus = _mean_cells(scope, mine, **choice, **within)[3] if mine else Cell(None)
        found += [_number(scope, mine, **choice, **within), surplus]
        lower = upper or lower
    return found


def _further_day(
    run: PatientRun, members: Sequence[CaseCost], day_costs: Mapping[int, "_DayCost"], traits: Behaviour, found: Stays
) -> Cell:
    """What a further day costs the group: the mean over its cases of what it costs their departments."""
    numbers: dict[int, int] = defaultdict(int)
    for one in members:
        if one.case.department in day_costs:
            numbers[one.case.department] += 1
    if not numbers:
        return Cell(None)
    parts = []
    for department, number in sorted(numbers.items()):
        one_day = day_costs[department]
        unit = Part("一床日的变动成本", _decimal(one_day.cost / 100), made=one_day.opened(run, department, traits))
        cases = Part(f"{one_day.name}例数", number, "quantity")
        parts.append(Part(one_day.name, _decimal(one_day.cost * number / 100), made=product(cases, unit)))
    whole = total(parts)
    made = quotient(
        Part("各科室合计", whole.value or ZERO, made=whole), Part("例数", sum(numbers.values()), "quantity")
    )
    return Cell(_decimal(found.day_cost / 100), made=made)


def _beyond(days: Decimal | None, found: Stays, row: int) -> Derivation:
    """Days beyond the standard × what a further day costs."""
    return product(
        Part("超标准床日", days or ZERO, "decimal", at=(row, 9)),
        Part("多住一日的成本", _decimal(found.day_cost / 100), at=(row, 8)),
    )


@dataclass(frozen=True, slots=True)
class _DayCost:
    """Of a department: what a further day of its inpatients costs in fen, their days, and the cost items (`apart`: what
    drugs and separately charged materials are of two of them)."""

    name: str
    cost: Fraction
    days: int
    amounts: Mapping[str, Decimal]
    apart: Mapping[str, tuple[str, Decimal]]

    def opened(self, run: PatientRun, department: int, traits: Behaviour) -> Derivation:
        """Variable part of the cost items ÷ days."""

        def spent(measure: str, amount: Decimal) -> Part:
            return sources.encounters(run, measure, amount, department=department, inpatient=True)

        parts = {}
        for item, amount in self.amounts.items():
            parts[item] = spent(item, amount)
            if item in self.apart:
                measure, charged = self.apart[item]
                left = sources.difference(spent(item, amount + charged), spent(measure, charged))
                parts[item] = Part(parts[item].words, amount, made=left)
        varies = sources.variable(traits, parts)
        days = sources.encounters(run, "days", self.days, department=department, inpatient=True)
        return quotient(Part("变动成本", varies.value or ZERO, made=varies), days)


def _day_costs(run: PatientRun, traits: Behaviour) -> dict[int, _DayCost]:
    """By treating department: what a further day of its inpatients costs in fen. Drugs and separately charged materials
    follow orders and are left out; of the rest the variable share of each cost item. One query."""
    rows = PatientCost.objects.filter(run=run, inpatient=True).order_by().values_list("department", "department__name")
    own = {name: Sum(name) for name in COST_ITEMS}
    own[COST_ITEMS[DRUGS]] = Sum(F("drugs") - F("drug_cost"))
    own[COST_ITEMS[MATERIALS]] = Sum(F("materials") - F("material_cost"))
    sums = rows.annotate(
        stay=Sum("days"),
        drug=Sum("drug_cost"),
        material=Sum("material_cost"),
        **{f"of_{name}": one for name, one in own.items()},
    )
    found = {}
    for department, title, days, drug, material, *listed in sums:
        amounts = dict(zip(COST_ITEMS, listed, strict=True))
        variable = summed([traits.variable(name, amount) for name, amount in amounts.items()])
        if days:
            apart = {COST_ITEMS[DRUGS]: ("drug_cost", drug), COST_ITEMS[MATERIALS]: ("material_cost", material)}
            found[department] = _DayCost(title, Fraction(to_fen(variable), days), days, amounts, apart)
    return found


def _standards(
    scope: Scope, listed: Sequence[CaseCost], stays: dict[int, StayAt], least: Decimal
) -> dict[str, tuple[Decimal, str]]:
    """Standard stay of each group with its source: mean standard days of the pathways of its cases, else the alliance's
    mean."""
    held = in_force(institutions=[scope.institution], day=Period.parse(scope.run.period).last_day)
    of_pathways: dict[str, list[Decimal]] = defaultdict(list)
    for one in listed:
        found = pathway_of(one.case, stays.get(one.case.encounter), held)
        if found is not None:
            of_pathways[one.case.drg].append(found.standard_days)
    standards = {
        drg: (Decimal(days) / cases, f"医共体均值({members} 家 {cases} 例)")
        for drg, (members, cases, days) in _of_alliance(scope).items()
        if cases >= least
    }
    return standards | {drg: (sum(days, Decimal(0)) / len(days), "临床路径") for drg, days in of_pathways.items()}


def _of_alliance(scope: Scope) -> dict[str, tuple[int, int, int]]:
    """Institutions, discharges and days of the alliance's groups of which another institution has cases too: a mean of
    one's own cases is no standard. One query."""
    groups: dict[str, list[GroupSum]] = defaultdict(list)
    for one in group_sums(institutions=None, period=scope.run.period):
        groups[one.drg].append(one)
    return {
        drg: (len(members), sum(one.cases for one in members), sum(one.stay_days for one in members))
        for drg, members in groups.items()
        if any(one.institution != scope.institution for one in members)
    }
