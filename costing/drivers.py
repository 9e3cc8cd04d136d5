"""From the rules in force and the facts of a month to the steps of an allocation model."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from costing.engine.model import Step
from costing.facts import MonthFacts, totals_by
from costing.models import DriverKind, DriverRule
from ops_platform.kernel import Conflict, from_fen
from ops_platform.masterdata.models import CostClass, Institution

TIERS = (CostClass.ADMINISTRATION, CostClass.MEDICAL_SUPPORT, CostClass.MEDICAL_TECHNOLOGY)


@dataclass(frozen=True, slots=True)
class ChosenDriver:
    """The rule that applies to a department."""

    rule: int
    kind: DriverKind
    metric: str

    @property
    def text(self) -> str:
        """As it stands on reports."""
        return f"{self.kind}:{self.metric}" if self.metric else str(self.kind)


def choose(institution: Institution, facts: MonthFacts, day: date) -> dict[int, ChosenDriver]:
    """For every department that is closed in a tier: the narrowest rule in force on `day`.

    Raises Conflict when a class has no rule at all.
    """
    rules = DriverRule.objects.filter(effective_from__lte=day).order_by("effective_from", "id")
    rules = rules.filter(institution=None) | rules.filter(institution=institution)
    newest = {(rule.institution_id, rule.department_id, rule.cost_class): rule for rule in rules}
    chosen = {}
    for department in facts.departments.values():
        if department.cost_class not in TIERS:
            continue
        rule = (
            newest.get((institution.pk, department.id, department.cost_class))
            or newest.get((institution.pk, None, department.cost_class))
            or newest.get((None, None, department.cost_class))
        )
        if rule is None:
            raise Conflict(
                "costing.no_driver_rule",
                f"{CostClass(department.cost_class).label}没有分摊动因规则。请在「成本核算→分摊动因」中设置。",
            )
        chosen[department.id] = ChosenDriver(rule.pk, DriverKind(rule.driver), rule.metric)
    return chosen


def steps(facts: MonthFacts, chosen: Mapping[int, ChosenDriver]) -> tuple[Step, ...]:
    """One step a tier: its departments are closed together, each by its own driver."""
    weights = _Weights(facts)
    result = []
    for position, tier in enumerate(TIERS):
        receivers = {
            number
            for number, department in facts.departments.items()
            if department.cost_class not in TIERS[: position + 1]
        }
        senders = [d for d in facts.departments.values() if d.cost_class == tier]
        if senders:
            result.append(
                Step(
                    senders=tuple(d.code for d in senders),
                    drivers={
                        d.code: {
                            facts.departments[number].code: weight
                            for number, weight in weights.of(d.id, chosen[d.id]).items()
                            if number in receivers and weight
                        }
                        for d in senders
                    },
                )
            )
    return tuple(result)


class _Weights:
    """What each kind of driver measures, by department number. Income counts in yuan and never below zero."""

    def __init__(self, facts: MonthFacts) -> None:
        self.facts = facts
        self.ordered = totals_by(facts.incomes, "ordering")
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
            case DriverKind.INCOME:
                return {number: from_fen(max(fen, 0)) for number, fen in self.ordered.items()}
            case DriverKind.WORKLOAD:
                return {
                    number: quantity
                    for (metric, number), quantity in self.facts.workloads.items()
                    if metric == driver.metric
                }
            case DriverKind.ORDERED_INCOME:
                return {number: from_fen(max(fen, 0)) for number, fen in self.ordered_from.get(sender, {}).items()}
