"""What becomes of the cost of a department whose driver measures nothing this month, as the institution's policy says."""

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum

from costing.drivers import TIERS, ChosenDriver, Weights
from costing.facts import MonthFacts
from costing.models import DriverKind
from ops_platform.kernel import Finding, Period, Severity, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import parameter_value

PARAMETER = "costing.missing_driver_policy"


class Policy(IntEnum):
    """The values of the parameter."""

    STOP = 0
    HEADCOUNT = 1
    HOLD = 2


def policy_of(institution: Institution, period: Period) -> Policy:
    """In force on the month's last day; a value that is none of them stops, which is what loses nothing."""
    value = parameter_value(key=PARAMETER, day=period.last_day, institution=institution)
    return Policy(int(value)) if value in tuple(Policy) else Policy.STOP


def settle(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], policy: Policy
) -> tuple[dict[int, ChosenDriver], frozenset[int]]:
    """The drivers to go on with, and the departments that keep their cost (未分摊). Headcount stands in only where it
    measures something; what then still has no driver stops the allocation."""
    settled, held = dict(chosen), set()
    if policy is Policy.STOP:
        return settled, frozenset()
    weights = Weights(facts)
    for position, tier in enumerate(TIERS):
        receivers = {number for number, one in facts.departments.items() if one.cost_class not in TIERS[: position + 1]}
        for number, department in facts.departments.items():
            if department.cost_class != tier or _measures(weights, number, chosen[number], receivers):
                continue
            if policy is Policy.HOLD:
                held.add(number)
                continue
            standing_in = replace(
                chosen[number], kind=DriverKind.HEADCOUNT, metric="", stands_in_for=chosen[number].text
            )
            if _measures(weights, number, standing_in, receivers):
                settled[number] = standing_in
    return settled, frozenset(held)


def _measures(weights: Weights, sender: int, driver: ChosenDriver, receivers: set[int]) -> bool:
    return any(weight for number, weight in weights.of(sender, driver).items() if number in receivers)


def findings(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], held: frozenset[int], moved: Mapping[int, int]
) -> list[Finding]:
    """What the policy did, by department, where cost was concerned: `moved` is what each held back or gave on, in fen."""
    found = []
    for number, fen in moved.items():
        department = facts.departments[number]
        label = f"{department.name}({department.code})"
        if number in held:
            message = f"科室 {label} 的分摊动因合计为零，{from_fen(fen):,} 元按政策暂不分摊。请补录动因数据后重新计算。"
            found.append(Finding("costing.held_back", Severity.WARNING, message, department.code, {"fen": fen}))
        elif chosen[number].stands_in_for:
            message = (
                f"科室 {label} 的分摊动因合计为零，{from_fen(fen):,} 元按政策改用人员数量分摊。请补录动因后重新计算。"
            )
            found.append(Finding("costing.fallback_driver", Severity.WARNING, message, department.code, {"fen": fen}))
    return found
