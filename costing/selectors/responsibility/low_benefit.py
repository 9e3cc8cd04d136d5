"""Service items and disease groups of high cost and low benefit (高成本低效益), of which finance opens deviations."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from costing.engine.targets import is_low_benefit
from costing.models import CostDeviation, DeviationKind, PatientRun
from costing.selectors.groups import CaseCost, case_costs, group_of
from costing.selectors.patients import item_costs
from insurance_settlement.public import month_of_cases
from ops_platform.kernel import Period, to_fen
from ops_platform.masterdata.models import Department, Institution
from ops_platform.masterdata.selectors import parameter_at

FEN = Decimal("0.01")
PREFIX = "高成本低效益："  # of the names of its parameters
LEAST_COST, RATIO, LEAST_CASES = (
    "costing.low_benefit_least_cost",
    "costing.low_benefit_ratio",
    "costing.low_benefit_least_cases",
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which cost in yuan, up to which income (payment) per yuan of cost, from how many cases; and their marks."""

    least_cost: Decimal
    ratio: Decimal
    least_cases: int
    marks: tuple[str, ...]

    def fits(self, cost: Decimal, income: Decimal) -> bool:
        """High cost and low benefit."""
        return is_low_benefit(
            to_fen(cost), to_fen(income), least_cost=to_fen(self.least_cost), ratio=Fraction(self.ratio)
        )


@dataclass(frozen=True, slots=True)
class LowBenefit:
    """An item of an executing department, or a group of a treating one: cost, what it brought, and the deviation opened."""

    kind: str
    department: int
    department_name: str
    object: str
    name: str
    volume: Decimal
    cost: Decimal
    income: Decimal
    url: str
    deviation: CostDeviation | None = None

    @property
    def kind_words(self) -> str:
        """Which of the two it is."""
        return "项目" if self.kind == DeviationKind.ITEM else "病组"

    @property
    def ratio(self) -> Decimal:
        """What a yuan of cost brought."""
        return self.income / self.cost

    @property
    def surplus(self) -> Decimal:
        """Income − cost."""
        return self.income - self.cost


def thresholds(*, institution: Institution, period: str) -> Thresholds:
    """As the parameters of the month say; three queries."""
    day = Period.parse(period).last_day
    rows = {key: parameter_at(key=key, day=day, institution=institution) for key in (LEAST_COST, RATIO, LEAST_CASES)}
    marks = tuple(
        f"{row.name.removeprefix(PREFIX)} {row.value.normalize():f} {row.unit}({row.get_source_mark_display()})"
        for row in rows.values()
    )
    least_cost = rows[LEAST_COST].value.quantize(FEN)
    return Thresholds(least_cost, rows[RATIO].value, int(rows[LEAST_CASES].value), marks)


def low_benefits(*, run: PatientRun, limits: Thresholds) -> list[LowBenefit]:
    """Items, then groups, of a month, the greatest loss first; a fixed number of queries."""
    known = _opened(run)
    found = [*_items(run, limits, known), *_groups(run, limits, known)]
    return sorted(found, key=lambda one: (one.surplus, one.kind, one.department, one.object))


def departments_of_group(*, run: PatientRun, drg: str) -> list[LowBenefit]:
    """A disease group in each department where it is on the list, the greatest loss first."""
    limits = thresholds(institution=run.institution, period=run.period)
    found = [one for one in _groups(run, limits, _opened(run)) if one.object == drg]
    return sorted(found, key=lambda one: (one.surplus, one.department))


Known = dict[tuple[str, int | None, str], CostDeviation]


def _opened(run: PatientRun) -> Known:
    rows = CostDeviation.objects.filter(institution=run.institution_id, period=run.period)
    return {(row.kind, row.department_id, row.object): row for row in rows.exclude(kind=DeviationKind.TARGET)}


def _items(run: PatientRun, limits: Thresholds, known: Known) -> list[LowBenefit]:
    query = {"institution": run.institution_id, "period": run.period}
    items: Any = item_costs(run=run)  # annotated
    rows = items.filter(item__isnull=False, cost__gte=limits.least_cost)
    return [
        LowBenefit(
            kind=DeviationKind.ITEM,
            department=row.department_id,
            department_name=row.department.name,
            object=row.item.code,
            name=row.item.name,
            volume=row.quantity,
            cost=row.cost,
            income=row.income,
            url=f"{reverse('costing:item-costs')}?{urlencode({**query, 'words': row.item.code})}",
            deviation=known.get((DeviationKind.ITEM, row.department_id, row.item.code)),
        )
        for row in rows
        if row.item is not None and limits.fits(row.cost, row.income)
    ]


def _groups(run: PatientRun, limits: Thresholds, known: Known) -> list[LowBenefit]:
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    if settled is None:
        return []
    members: dict[tuple[int, str], list[CaseCost]] = {}
    for one in case_costs(institution=run.institution_id, cases=settled.cases):
        if one.surplus is not None:  # cost and payment are both known
            members.setdefault((one.case.department, one.case.drg), []).append(one)
    names = dict(Department.objects.filter(institution=run.institution_id).values_list("pk", "name"))
    query = urlencode({"institution": run.institution_id, "period": run.period})
    found = []
    for (department, drg), cases in sorted(members.items()):
        group = group_of(drg, settled.names.get(drg, ""), cases)
        if group.cases < limits.least_cases or not limits.fits(group.cost, group.payment):
            continue
        found.append(
            LowBenefit(
                kind=DeviationKind.GROUP,
                department=department,
                department_name=names.get(department, ""),
                object=drg,
                name=group.name,
                volume=Decimal(group.cases),
                cost=group.cost,
                income=group.payment,
                url=f"{reverse('costing:group', args=[drg])}?{query}",
                deviation=known.get((DeviationKind.GROUP, department, drg)),
            )
        )
    return found


def one_of(*, run: PatientRun, limits: Thresholds, kind: str, department: int, object_: str) -> LowBenefit | None:
    """One of the list; None for what is not on it."""
    for one in low_benefits(run=run, limits=limits):
        if (one.kind, one.department, one.object) == (kind, department, object_):
            return one
    return None
