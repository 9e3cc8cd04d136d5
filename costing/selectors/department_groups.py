"""Why a department earned or lost on its disease groups (病组结余): payment against cost, and the cost items that lie above
the group's norm."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from costing.engine.columns import COST_ITEMS
from costing.models import PatientRun
from costing.selectors.access import DRILL_READERS, READERS
from costing.selectors.groups import ZERO, CaseCost, GroupCost, case_costs, group_of
from costing.titles import COST_ITEM_TITLES
from insurance_settlement.public import month_of_cases
from ops_platform.kernel import Actor, NotFound, Period
from ops_platform.masterdata.models import Department
from ops_platform.web import formats

MONTHS_OF_NORM = 3
NAMED = 3
HALF_PERCENT = Decimal("0.005")

Norm = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Before:
    """What a case of a group cost in the institution in the three months before, by cost item in yuan, empty where there was
    none; `months` are those of them that had cases, `cases` how many."""

    norm: Norm
    months: tuple[str, ...]
    cases: int


NOTHING = Before({}, (), 0)


@dataclass(frozen=True, slots=True)
class DepartmentGroup:
    """A disease group of a department's discharges of a month, beside what a case of it cost `before`."""

    group: GroupCost
    before: Before

    @property
    def norm(self) -> Norm:
        """What a case cost before, by cost item."""
        return self.before.norm

    @property
    def mean_surplus(self) -> Decimal | None:
        """Payment − medical cost, per priced case."""
        return self.group.surplus / self.group.priced if self.group.priced and self.group.costed else None

    @property
    def norm_cost(self) -> Decimal | None:
        """医疗成本 of a case in the months before."""
        return sum(self.norm.values(), ZERO) if self.norm else None

    @property
    def above(self) -> str:
        """The cost items above the norm, in words."""
        costed = self.group.costed
        return above_norm({item: self.group.amounts[item] / costed for item in COST_ITEMS}, self.norm) if costed else ""

    def composition(self) -> list[tuple[str, Decimal, Decimal | None]]:
        """Cost item, mean of the department's cases, norm."""
        costed = max(self.group.costed, 1)
        return [(item, self.group.amounts[item] / costed, self.norm.get(item)) for item in COST_ITEMS]


@dataclass(frozen=True, slots=True)
class NormedCase:
    """A case beside the mean of the other cases of its group in the institution's month."""

    one: CaseCost
    norm: Norm

    @property
    def above(self) -> str:
        """The cost items above those of the other cases, in words."""
        return above_norm(self.one.amounts or {}, self.norm) if self.one.amounts else ""


def access_department(*, actor: Actor, department_id: int) -> Department:
    """A department whose costs the actor may read: every one of their institutions, or the own. Raises NotFound."""
    row = Department.objects.select_related("institution").filter(pk=department_id).first()
    if row is not None and (
        actor.may(row.institution_id, *READERS) or actor.may(row.institution_id, *DRILL_READERS, department=row.pk)
    ):
        return row
    raise NotFound("costing.no_department", "没有这个科室，或您不能看它的成本。")


def above_norm(amounts: Mapping[str, Decimal], norm: Norm) -> str:
    """The three cost items furthest above the norm, in words: 卫生材料费 +1,200.00(35%). What rounds to 0 % is left out."""
    more = sorted(((amounts[item] - mean, item) for item, mean in norm.items()), reverse=True)
    return "；".join(
        f"{COST_ITEM_TITLES[item]} +{formats.money(amount)}"
        + (f"({formats.percent(amount / norm[item], 0)})" if norm[item] else "")
        for amount, item in more[:NAMED]
        if amount > 0 and (not norm[item] or amount / norm[item] >= HALF_PERCENT)
    )


def groups_of_department(*, department: Department, period: str) -> list[DepartmentGroup]:
    """The groups of its discharges, the greatest loss first."""
    settled = month_of_cases(institution=department.institution_id, period=period)
    if settled is None:
        return []
    cases = [case for case in settled.cases if case.department == department.pk]
    by_group: dict[str, list[CaseCost]] = {}
    for one in case_costs(institution=department.institution_id, cases=cases):
        by_group.setdefault(one.case.drg, []).append(one)
    befores = _befores(department.institution_id, period, by_group.keys())
    groups = [
        DepartmentGroup(group_of(drg, settled.names.get(drg, ""), members), befores.get(drg, NOTHING))
        for drg, members in by_group.items()
    ]
    return sorted(groups, key=lambda one: (one.group.surplus, one.group.drg))


def _befores(institution: int, period: str, names: Collection[str]) -> dict[str, Before]:
    found: dict[str, list[tuple[str, dict[str, Decimal]]]] = {}
    for back in range(MONTHS_OF_NORM, 0, -1):
        before = str(Period.parse(period).shift(-back))
        settled = month_of_cases(institution=institution, period=before)
        cases = [case for case in settled.cases if case.drg in names] if settled else []
        for one in case_costs(institution=institution, cases=cases) if cases else ():
            if one.amounts is not None:
                found.setdefault(one.case.drg, []).append((before, one.amounts))
    return {
        drg: Before(_means([amounts for _month, amounts in cases]), tuple(dict(cases)), len(cases))
        for drg, cases in found.items()
    }


def _means(amounts: Sequence[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    return {item: sum((each[item] for each in amounts), ZERO) / len(amounts) for item in COST_ITEMS}


def cases_of_group(*, department: Department, run: PatientRun, drg: str) -> list[NormedCase]:
    """The department's cases of a group in the month, the greatest loss first, each beside the institution's others."""
    settled = month_of_cases(institution=run.institution_id, period=run.period)
    members = [case for case in settled.cases if case.drg == drg] if settled else []
    costed = case_costs(institution=run.institution_id, cases=members)
    sums = {item: sum((one.amounts[item] for one in costed if one.amounts), ZERO) for item in COST_ITEMS}
    number = sum(one.amounts is not None for one in costed)
    own = [one for one in costed if one.case.department == department.pk]
    own.sort(key=lambda one: (one.surplus is None, one.surplus or ZERO, one.case.encounter))
    return [NormedCase(one, _others(one, sums, number)) for one in own]


def _others(one: CaseCost, sums: Norm, number: int) -> Norm:
    if one.amounts is None or number < 2:
        return {}
    return {item: (sums[item] - one.amounts[item]) / (number - 1) for item in COST_ITEMS}
