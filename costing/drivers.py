"""From the rules in force and the facts of a month to the steps of an allocation, and to the drivers of shared bills."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from costing.engine.model import Driver, Step
from costing.facts import MonthFacts, totals_by
from costing.models import DriverKind, DriverRule
from costing.tiers import TIERS, is_later
from ops_platform.his_intake.public import SHARED_KINDS
from ops_platform.kernel import Conflict, from_fen
from ops_platform.masterdata.models import CostClass, Institution


@dataclass(frozen=True, slots=True)
class Assigned:
    """A department that is named to bear a share (per cent) of a cost; `label` names it where the month does not know it."""

    department: int
    label: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class ChosenDriver:
    """The rule that applies to a department, or to a kind of bill; `stands_in_for` is the driver that it takes the place of
    because that one measures nothing, or names (`assigned`) a department that cannot receive."""

    rule: int
    kind: DriverKind
    metric: str
    stands_in_for: str = ""
    assigned: tuple[Assigned, ...] = ()

    @classmethod
    def of(cls, rule: DriverRule) -> "ChosenDriver":
        """The driver of a rule."""
        assigned = tuple(
            Assigned(one.department_id, f"{one.department.name}({one.department.code})", one.share)
            for one in rule.assignments.all()
        )
        return cls(rule.pk, DriverKind(rule.driver), rule.metric, assigned=assigned)

    @property
    def text(self) -> str:
        """As it stands on reports."""
        return f"{self.kind}:{self.metric}" if self.metric else str(self.kind)


def choose(
    institution: Institution, facts: MonthFacts, day: date, only: Collection[int] | None = None
) -> dict[int, ChosenDriver]:
    """For every department that is closed in a tier: the narrowest rule in force on `day`, of all rules or `only` of some.

    Raises Conflict when a class has no rule at all.
    """
    rules = _in_force(institution, day, only).exclude(cost_class="")
    newest = by_place(rules)
    chosen = {}
    for department in facts.departments.values():
        if department.cost_class not in TIERS:
            continue
        rule = narrowest(newest, institution.pk, department.id, department.cost_class)
        if rule is None:
            raise Conflict(
                "costing.no_driver_rule",
                f"{CostClass(department.cost_class).label}没有分摊动因规则。请在「成本核算→分摊动因」中设置。",
            )
        chosen[department.id] = ChosenDriver.of(rule)
    return chosen


Place = tuple[int | None, int | None, str]


def by_place(rules: Iterable[DriverRule]) -> dict[Place, DriverRule]:
    """Rules for classes, oldest first, by institution, department and class: the newest of each."""
    return {(rule.institution_id, rule.department_id, rule.cost_class): rule for rule in rules}


def narrowest(
    rules: Mapping[Place, DriverRule], institution: int, department: int, cost_class: str
) -> DriverRule | None:
    """The rule of a department: its own, its institution's, the alliance's."""
    return (
        rules.get((institution, department, cost_class))
        or rules.get((institution, None, cost_class))
        or rules.get((None, None, cost_class))
    )


def choose_shared(
    institution: Institution, facts: MonthFacts, day: date, only: Collection[int] | None = None
) -> dict[str, ChosenDriver]:
    """For every kind of bill that came in for all: the institution's rule in force on `day`, else the alliance's.

    Raises Conflict when a kind has no rule at all.
    """
    newest = {
        (rule.institution_id, rule.shared_as): rule for rule in _in_force(institution, day, only).filter(cost_class="")
    }
    chosen = {}
    for kind in sorted({kind for kind, _item, _source in facts.shared}):
        rule = newest.get((institution.pk, kind)) or newest.get((None, kind))
        if rule is None:
            raise Conflict(
                "costing.no_driver_rule",
                f"{dict(SHARED_KINDS).get(kind, kind)}没有分配动因规则。请在「成本核算→分摊动因」中设置。",
            )
        chosen[kind] = ChosenDriver.of(rule)
    return chosen


def _in_force(institution: Institution, day: date, only: Collection[int] | None) -> QuerySet[DriverRule]:
    """Rules of the alliance and of the institution that have begun, oldest first."""
    rules = DriverRule.objects.filter(effective_from__lte=day).order_by("effective_from", "id")
    if only is not None:
        rules = rules.filter(pk__in=only)
    rules = rules.filter(institution=None) | rules.filter(institution=institution)
    return rules.prefetch_related("assignments__department")


def receivers_of(facts: MonthFacts, cost_class: str) -> set[int]:
    """Who may receive from departments of a class in the official method: later tiers, and those that are in none."""
    return {number for number, one in facts.departments.items() if is_later(one.cost_class, cost_class)}


def refused(
    facts: MonthFacts, sender: int, driver: ChosenDriver, receivers: Collection[int]
) -> tuple[tuple[Assigned, str], ...]:
    """Those that an assignment names and that cannot receive in the month, each with why; nobody of any other driver."""
    found = []
    for one in driver.assigned if driver.kind is DriverKind.ASSIGNED else ():
        department = facts.departments.get(one.department)
        if department is None:
            found.append((one, "当月尚未生效"))
        elif department.closed:
            found.append((one, "已关闭"))
        elif one.department == sender:
            found.append((one, "就是本科室"))
        elif one.department not in receivers:
            found.append((one, f"是{CostClass(department.cost_class).label}，不在其后分摊"))
    return tuple(found)


def steps(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], held: frozenset[int] = frozenset()
) -> tuple[Step, ...]:
    """One step a tier: its departments are closed together, each by its own driver, but for those `held` back."""
    weights = Weights(facts)
    result = []
    for tier in TIERS:
        receivers = receivers_of(facts, tier)
        senders = [d.id for d in facts.departments.values() if d.cost_class == tier and d.id not in held]
        if senders:
            sending = {number: chosen[number] for number in senders}
            result.append(_step_of(facts, weights, sending, lambda _, admitted=receivers: admitted))  # type: ignore[misc]
    return tuple(result)


def steps_in_order(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], order: Sequence[int], held: frozenset[int] = frozenset()
) -> tuple[Step, ...]:
    """One step a department, in the order given (numbers of all departments that send): each gives to those behind it and to
    those that keep cost, of its own class, too. 顺序分摊, for comparison."""
    weights = Weights(facts)
    still_open = set(facts.departments)
    result = []
    for number in order:
        still_open.discard(number)
        if number not in held:
            result.append(_step_of(facts, weights, {number: chosen[number]}, lambda _: still_open))
    return tuple(result)


def step_of_all(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], held: frozenset[int] = frozenset()
) -> tuple[Step, ...]:
    """One step in which every department that sends gives to all others. 交互分摊, for comparison."""
    everybody = set(facts.departments)
    sending = {number: driver for number, driver in chosen.items() if number not in held}
    return (_step_of(facts, Weights(facts), sending, lambda number: everybody - {number}),) if sending else ()


def _step_of(
    facts: MonthFacts,
    weights: "Weights",
    sending: Mapping[int, ChosenDriver],
    receivers: Callable[[int], set[int]],
) -> Step:
    """An assignment of which one cannot receive is no driver: the engine then finds none, and blocks where there is cost."""
    departments = facts.departments
    drivers: dict[str, Driver] = {}
    assignments: dict[str, Driver] = {}
    for number, driver in sending.items():
        admitted = receivers(number)
        kept = {
            departments[receiver].code: weight
            for receiver, weight in weights.of(number, driver).items()
            if weight and receiver in admitted
        }
        whole = not refused(facts, number, driver, admitted)
        into = assignments if driver.kind is DriverKind.ASSIGNED and whole else drivers
        into[departments[number].code] = kept if whole else {}
    senders = tuple(departments[number].code for number in sending)
    return Step(senders=senders, drivers=drivers, assignments=assignments)


class Weights:
    """What each kind of driver measures, by department number. Income counts in yuan and never below zero.

    A department's income (收入比重) is that of the services it carried out: technology departments have income of their own
    (domain.md 1.3, step 2: Σ over technology and clinical), and nothing counts twice."""

    def __init__(self, facts: MonthFacts) -> None:
        self.facts = facts
        self.own = totals_by(facts.incomes, "executing")
        executed: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for income in facts.incomes:
            executed[income.executing][income.ordering] += income.amount
        self.ordered_from = executed

    def of(self, sender: int, driver: ChosenDriver) -> Mapping[int, Decimal]:
        match driver.kind:
            case DriverKind.HEADCOUNT:
                return self.facts.headcounts
            case DriverKind.FLOOR_AREA:
                return self.facts.areas
            case DriverKind.ASSET_VALUE:
                return self.facts.asset_values
            case DriverKind.INCOME:
                return {number: from_fen(max(fen, 0)) for number, fen in self.own.items()}
            case DriverKind.WORKLOAD:
                return {
                    number: quantity
                    for (metric, number), quantity in self.facts.workloads.items()
                    if metric == driver.metric
                }
            case DriverKind.ASSIGNED:
                return {one.department: one.share for one in driver.assigned}
            case DriverKind.ORDERED_INCOME:
                return {number: from_fen(max(fen, 0)) for number, fen in self.ordered_from.get(sender, {}).items()}
