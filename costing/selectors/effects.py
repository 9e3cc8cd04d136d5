"""What materials cost and what came of it: imported against domestic, or product against product, within a disease group.

A comparison of what happened, not an experiment: nothing is adjusted for how ill people were. Cases that used goods of both
sides belong to neither and are counted apart. Below the number of cases that a parameter names nothing is concluded.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from costing.engine.columns import COST_ITEMS
from costing.engine.procurement import ratio
from costing.models import PatientCost
from insurance_settlement.public import DischargedCase, cases_of_stays
from ops_platform.his_intake.public import ORIGINS, UsedGoods, leaving_types, uses_of_item
from ops_platform.masterdata.selectors import parameter_value

ZERO = Decimal("0.00")
Days = tuple[date, date]
ORIGIN_TITLES = dict(ORIGINS)
HOME, DIED = "1", "5"


@dataclass(frozen=True, slots=True)
class EffectCase:
    """A discharge that used goods of one side. `cost` is its medical cost over the whole stay, None while not costed."""

    institution: int
    arm: str
    case: DischargedCase
    pieces: Decimal
    material: Decimal
    cost: Decimal | None
    leaving: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One side within a disease group."""

    code: str
    title: str
    cases: tuple[EffectCase, ...]

    def __len__(self) -> int:
        return len(self.cases)

    @property
    def count(self) -> int:
        """例数"""
        return len(self.cases)

    @property
    def material(self) -> Decimal | None:
        """Purchase price of the compared goods, mean of a case."""
        return _mean([one.material for one in self.cases])

    @property
    def pieces(self) -> Decimal | None:
        """Pieces, mean of a case."""
        return _mean([one.pieces for one in self.cases])

    @property
    def costed(self) -> int:
        """Cases of which the cost is known."""
        return sum(one.cost is not None for one in self.cases)

    @property
    def cost(self) -> Decimal | None:
        """医疗成本, mean of the costed cases."""
        return _mean([one.cost for one in self.cases if one.cost is not None])

    @property
    def charges(self) -> Decimal | None:
        """Mean of a case."""
        return _mean([one.case.charges for one in self.cases])

    @property
    def days(self) -> Decimal | None:
        """Mean stay."""
        return _mean([Decimal(one.case.stay_days) for one in self.cases])

    @property
    def told(self) -> int:
        """Cases of which an abstract says how they left."""
        return sum(bool(one.leaving) for one in self.cases)

    @property
    def home(self) -> Decimal | None:
        """医嘱离院 among the cases that are told."""
        return self._share(HOME)

    @property
    def died(self) -> Decimal | None:
        """死亡 among the cases that are told."""
        return self._share(DIED)

    def _share(self, leaving: str) -> Decimal | None:
        return ratio(sum(one.leaving == leaving for one in self.cases), self.told) if self.told else None


def _mean(values: Sequence[Decimal]) -> Decimal | None:
    return ratio(sum(values, ZERO), len(values)) if values else None


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """A disease group with its sides; `enough` when each has at least the least number of cases."""

    drg: str
    name: str
    arms: tuple[Arm, ...]
    mixed: int
    least: int

    @property
    def enough(self) -> bool:
        """Whether anything may be concluded."""
        return len(self.arms) == 2 and all(arm.count >= self.least for arm in self.arms)

    @property
    def differences(self) -> dict[str, Decimal] | None:
        """Second side − first side, where enough cases are known on both: material, cost, days, and share that left home (in
        percentage points)."""
        if not self.enough:
            return None
        first, second = self.arms
        found = {}
        for name in ("material", "days", "charges"):
            found[name] = getattr(second, name) - getattr(first, name)
        if min(first.costed, second.costed) >= self.least and first.cost is not None and second.cost is not None:
            found["cost"] = second.cost - first.cost
        if min(first.told, second.told) >= self.least and first.home is not None and second.home is not None:
            found["home"] = (second.home - first.home) * 100
        return found


@dataclass(frozen=True, slots=True)
class Effects:
    """The comparison over some days: groups with most cases first; encounters that are in no group are counted."""

    groups: tuple[GroupEffect, ...]
    sides: tuple[tuple[str, str], ...]
    ungrouped: int
    least: int

    @property
    def told(self) -> list[GroupEffect]:
        """Groups of which something may be concluded."""
        return [group for group in self.groups if group.differences]


def effects(
    *, institutions: Collection[int], days: Days, item_code: str, by: str = "origin", sides: Sequence[str] = ()
) -> Effects:
    """Compare the goods charged as an item. `by` is origin or goods; `sides` names the two products, else the two most used.
    A fixed number of queries."""
    least = int(parameter_value(key="costing.effect_minimum_cases", day=days[1]))
    uses = uses_of_item(institutions=institutions, days=days, item_code=item_code)
    chosen = _sides(uses, by, sides)
    of_stay: dict[int, dict[str, list[UsedGoods]]] = {}
    for use in uses:
        arm = use.origin if by == "origin" else use.goods
        if arm in dict(chosen):
            of_stay.setdefault(use.encounter, {}).setdefault(arm, []).append(use)
    stays = cases_of_stays(encounters=list(of_stay))
    leaving = leaving_types(encounters=list(stays.cases))
    costs = _costs(list(stays.cases))
    arms: dict[str, dict[str, list[EffectCase]]] = {}
    mixed: Counter[str] = Counter()
    for encounter, case in stays.cases.items():
        goods = of_stay[encounter]
        if len(goods) > 1:
            mixed[case.drg] += 1
            arms.setdefault(case.drg, {})
            continue
        ((arm, used),) = goods.items()
        arms.setdefault(case.drg, {}).setdefault(arm, []).append(
            EffectCase(
                institution=used[0].institution,
                arm=arm,
                case=case,
                pieces=sum((one.quantity for one in used), Decimal(0)),
                material=sum((one.amount for one in used), ZERO),
                cost=costs.get(encounter),
                leaving=leaving.get(encounter, ""),
            )
        )
    groups = [
        GroupEffect(
            drg=drg,
            name=stays.names.get(drg, ""),
            arms=tuple(Arm(code, title, tuple(members.get(code, ()))) for code, title in chosen),
            mixed=mixed[drg],
            least=least,
        )
        for drg, members in arms.items()
    ]
    ordered = sorted(groups, key=lambda one: (-sum(arm.count for arm in one.arms), one.drg))
    return Effects(tuple(ordered), chosen, len(of_stay) - len(stays.cases), least)


def products(uses: Sequence[UsedGoods]) -> list[tuple[str, str]]:
    """The products among some uses, the most used first."""
    names = {use.goods: use.name for use in uses}
    often = Counter(use.goods for use in uses)
    return sorted(names.items(), key=lambda one: (-often[one[0]], one[0]))


def products_of_item(*, institutions: Collection[int], days: Days, item_code: str) -> list[tuple[str, str]]:
    """The products charged as an item, the most used first; one query."""
    return products(uses_of_item(institutions=institutions, days=days, item_code=item_code))


def _sides(uses: Sequence[UsedGoods], by: str, asked: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if by == "origin":
        return tuple((code, str(title)) for code, title in ORIGIN_TITLES.items())
    known = products(uses)
    named = [one for code in asked for one in known if one[0] == code]
    return tuple(dict([*named, *known]).items())[:2]


def _costs(encounters: Collection[int]) -> dict[int, Decimal]:
    rows = PatientCost.objects.filter(run__is_current=True, encounter__in=encounters).order_by()
    sums = rows.values_list("encounter").annotate(*(Sum(name) for name in COST_ITEMS))
    return {encounter: sum(amounts, ZERO) for encounter, *amounts in sums}
