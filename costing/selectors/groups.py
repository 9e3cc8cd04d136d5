"""What disease groups cost, by the three official methods side by side, against what the insurer pays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from costing.engine.columns import COLUMNS, COST_ITEMS
from costing.engine.diseases import NONE
from costing.models import PatientCost
from costing.selectors.patients import MEDICAL_COST
from insurance_settlement.public import DischargedCase, MonthOfCases, month_of_cases

ZERO = Decimal("0.00")
PARTS = (*COLUMNS, "drug_cost", "material_cost", "top_down", "cost_to_income", "income")


@dataclass(frozen=True, slots=True)
class CaseCost:
    """A discharge with its cost over all months of the stay; `amounts` by name of `PARTS`, None while no month is costed."""

    case: DischargedCase
    amounts: dict[str, Decimal] | None

    @property
    def cost(self) -> Decimal | None:
        """医疗成本, bottom-up."""
        return sum((self.amounts[name] for name in COST_ITEMS), ZERO) if self.amounts is not None else None

    @property
    def surplus(self) -> Decimal | None:
        """Payment − medical cost; None without either."""
        if self.cost is None or self.case.payment is None:
            return None
        return self.case.payment - self.cost


@dataclass(frozen=True, slots=True)
class GroupCost:
    """A disease group of a month, or a disease (its code then stands as `drg`). Means are per costed case; `surplus` sums
    payment − cost over cases that have both."""

    drg: str
    name: str
    cases: int
    costed: int
    stay_days: int
    charges: Decimal
    amounts: dict[str, Decimal]
    priced: int
    payment: Decimal
    surplus: Decimal

    @property
    def title(self) -> str:
        """Code and name; the name alone of the cases without diagnosis."""
        return self.name if self.drg == NONE else f"{self.drg} {self.name}".strip()

    @property
    def cost(self) -> Decimal:
        """医疗成本 of all costed cases, bottom-up."""
        return sum((self.amounts[name] for name in COST_ITEMS), ZERO)

    @property
    def mean_cost(self) -> Decimal | None:
        """自下而上法"""
        return self._mean(self.cost)

    @property
    def mean_top_down(self) -> Decimal | None:
        """自上而下法"""
        return self._mean(self.amounts["top_down"])

    @property
    def mean_cost_to_income(self) -> Decimal | None:
        """成本收入比法"""
        return self._mean(self.amounts["cost_to_income"])

    @property
    def mean_charges(self) -> Decimal:
        """Per case, whether costed or not."""
        return self.charges / self.cases

    @property
    def mean_payment(self) -> Decimal | None:
        """Per priced case."""
        return self.payment / self.priced if self.priced else None

    @property
    def mean_days(self) -> Decimal:
        """Of the whole stay."""
        return Decimal(self.stay_days) / self.cases

    def _mean(self, amount: Decimal) -> Decimal | None:
        return amount / self.costed if self.costed else None

    def composition(self) -> list[tuple[str, Decimal, Decimal | None]]:
        """Cost item, mean per costed case, share of the medical cost."""
        whole = self.cost
        return [
            (name, self.amounts[name] / max(self.costed, 1), self.amounts[name] / whole if whole else None)
            for name in COST_ITEMS
        ]


def case_costs(*, institution: int, cases: Iterable[DischargedCase]) -> list[CaseCost]:
    """The cases with what their stays cost in the current runs of all months; one query."""
    listed = list(cases)
    rows = PatientCost.objects.filter(
        run__is_current=True, run__institution=institution, encounter__in=[case.encounter for case in listed]
    )
    sums = rows.order_by().values_list("encounter").annotate(*(Sum(name) for name in PARTS))
    found = {encounter: dict(zip(PARTS, amounts, strict=True)) for encounter, *amounts in sums}
    return [CaseCost(case, found.get(case.encounter)) for case in listed]


def case_totals(*, institution: int, cases: Iterable[DischargedCase]) -> dict[int, Decimal]:
    """Medical cost of the cases' stays over all months by encounter, in the current runs; none where nothing is costed. One
    query, summed there."""
    rows = PatientCost.objects.filter(
        run__is_current=True, run__institution=institution, encounter__in=[case.encounter for case in cases]
    )
    return dict(rows.order_by().values_list("encounter").annotate(cost=Sum(MEDICAL_COST)))


@dataclass(frozen=True, slots=True)
class MonthOfGroups:
    """The groups of a month, the greatest loss first, with what they were made from."""

    settled: MonthOfCases
    groups: tuple[GroupCost, ...]

    @property
    def uncosted(self) -> int:
        """Cases of which no month is costed."""
        return sum(group.cases - group.costed for group in self.groups)


def month_of_groups(*, institution: int, period: str) -> MonthOfGroups | None:
    """All groups of the month; None while nothing has been priced."""
    settled = month_of_cases(institution=institution, period=period)
    if settled is None:
        return None
    by_group: dict[str, list[CaseCost]] = {}
    for one in case_costs(institution=institution, cases=settled.cases):
        by_group.setdefault(one.case.drg, []).append(one)
    groups = [group_of(drg, settled.names.get(drg, ""), members) for drg, members in by_group.items()]
    return MonthOfGroups(settled, tuple(sorted(groups, key=lambda group: (group.surplus, group.drg))))


def group_of(drg: str, name: str, members: Sequence[CaseCost]) -> GroupCost:
    """Sums over the cases of a group."""
    costed = [one.amounts for one in members if one.amounts is not None]
    paid = [one.case.payment for one in members if one.case.payment is not None]
    gained = [one.surplus for one in members if one.surplus is not None]
    return GroupCost(
        drg=drg,
        name=name,
        cases=len(members),
        costed=len(costed),
        stay_days=sum(one.case.stay_days for one in members),
        charges=sum((one.case.charges for one in members), ZERO),
        amounts={part: sum((amounts[part] for amounts in costed), ZERO) for part in PARTS},
        priced=len(paid),
        payment=sum(paid, ZERO),
        surplus=sum(gained, ZERO),
    )
