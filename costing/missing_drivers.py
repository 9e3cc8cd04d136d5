"""What becomes of the cost of a department whose driver measures nothing this month, or names a department that cannot
receive, as the institution's policy says."""

from collections.abc import Mapping
from dataclasses import replace
from enum import IntEnum

from costing.drivers import ChosenDriver, Weights, receivers_of, refused
from costing.engine.findings import yuan
from costing.facts import MonthFacts
from costing.models import DriverKind
from costing.tiers import TIERS
from ops_platform.kernel import Finding, Period, Severity
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
    for tier in TIERS:
        receivers = receivers_of(facts, tier)
        for number, department in facts.departments.items():
            if department.cost_class != tier or _divides(facts, weights, number, chosen[number], receivers):
                continue
            if policy is Policy.HOLD:
                held.add(number)
                continue
            standing_in = replace(
                chosen[number], kind=DriverKind.HEADCOUNT, metric="", stands_in_for=chosen[number].text
            )
            if _divides(facts, weights, number, standing_in, receivers):
                settled[number] = standing_in
    return settled, frozenset(held)


def _divides(facts: MonthFacts, weights: Weights, sender: int, driver: ChosenDriver, receivers: set[int]) -> bool:
    if refused(facts, sender, driver, receivers):
        return False
    return any(weight for number, weight in weights.of(sender, driver).items() if number in receivers)


def _why(facts: MonthFacts, number: int, driver: ChosenDriver) -> str:
    """What is wrong with the driver that a rule names, and what to do about it, in two parts of a sentence."""
    named = driver if not driver.stands_in_for else replace(driver, kind=DriverKind(driver.stands_in_for.split(":")[0]))
    department = facts.departments[number]
    others = refused(facts, number, named, receivers_of(facts, department.cost_class))
    return (
        f"的成本直接指定给{'、'.join(f'{one.label}({why})' for one, why in others)}" if others else "的分摊动因合计为零"
    )


def explained(facts: MonthFacts, chosen: Mapping[int, ChosenDriver], finding: Finding) -> Finding:
    """A missing driver of the engine's, told as what it is: an assignment to a department that cannot receive."""
    if finding.code != "costing.no_driver":
        return finding
    number = next(number for number, one in facts.departments.items() if one.code == finding.subject)
    driver = chosen.get(number)
    if driver is None or not driver.assigned:
        return finding
    department = facts.departments[number]
    why = _why(facts, number, driver)
    message = (
        f"科室 {department.name}({department.code}) {why}，{yuan(finding.context['fen'])}不能分摊。"
        "请为该科室改定接收科室或改选其他动因，或在参数中选择改用人员数量、暂不分摊。"
    )
    return Finding("costing.assignment_refused", finding.severity, message, finding.subject, finding.context)


def findings(
    facts: MonthFacts, chosen: Mapping[int, ChosenDriver], held: frozenset[int], moved: Mapping[int, int]
) -> list[Finding]:
    """What the policy did, by department, where cost was concerned: `moved` is what each held back or gave on, in fen."""
    found = []
    for number, fen in moved.items():
        department = facts.departments[number]
        label = f"{department.name}({department.code})"
        if number in held:
            why = _why(facts, number, chosen[number])
            message = f"科室 {label} {why}，{yuan(fen)}按政策暂不分摊。请{_mend(chosen[number])}后重新计算。"
            found.append(Finding("costing.held_back", Severity.WARNING, message, department.code, {"fen": fen}))
        elif chosen[number].stands_in_for:
            why = _why(facts, number, chosen[number])
            message = f"科室 {label} {why}，{yuan(fen)}按政策改用人员数量分摊。请{_mend(chosen[number])}后重新计算。"
            found.append(Finding("costing.fallback_driver", Severity.WARNING, message, department.code, {"fen": fen}))
    return found


def _mend(driver: ChosenDriver) -> str:
    return "改定接收科室" if driver.assigned else "补录动因数据"
