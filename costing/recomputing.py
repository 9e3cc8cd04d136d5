"""Computing a month once more from what a run read, with something else put in its place: for explaining what moved between
two runs, and for scenarios. Nothing is written; departments are never touched by charge lines again, so that it is quick."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from costing import asset_cards, drivers, missing_drivers
from costing.asset_cards import Source
from costing.collection import Collected, collect
from costing.engine.allocation import Allocation, allocate
from costing.engine.model import AllocationModel, CostClass, Department, Method
from costing.facts import MonthFacts, month_of_run, totals_by
from costing.missing_drivers import Policy
from costing.models import CostRun
from costing.titles import COST_ITEM_TITLES, FUNDING_TITLES
from ops_platform.kernel import Conflict, Finding, Period, Severity
from ops_platform.masterdata import models as masterdata
from ops_platform.masterdata.models import Institution

Policies = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Scaled:
    """Direct cost taken times a factor once it is collected, whether booked, a share of a bill or depreciation of cards: by
    department (None: all), its factor by cost item (one that is not named stays)."""

    department: int | None
    factors: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that an allocation depends on. `rules` None: all that are in force; `cards` is the sequence as of which
    asset cards are read. `scaled`: direct cost that a scenario changes, in order."""

    institution: Institution
    period: Period
    month: MonthFacts
    cards: int
    rules: frozenset[int] | None
    policies: Policies
    chosen: Mapping[int, drivers.ChosenDriver] | None = None
    shared: Mapping[str, drivers.ChosenDriver] | None = None
    scaled: tuple[Scaled, ...] = ()


@dataclass(frozen=True, slots=True)
class Computation:
    """What an allocation was made from, step by step, and what it gave."""

    collected: Collected
    chosen: dict[int, drivers.ChosenDriver]
    held: frozenset[int]
    allocation: Allocation
    rules: frozenset[int]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A department's month in fen: income with other income, direct cost, what it received, and what it kept."""

    income: int = 0
    direct: int = 0
    received: int = 0
    full: int = 0

    @property
    def cost(self) -> int:
        """Before anything is sent on."""
        return self.direct + self.received


def policies_of(institution: Institution, period: Period) -> dict[str, int]:
    """The policies in force for a month, by the keys of their parameters."""
    return {
        asset_cards.PARAMETER: int(asset_cards.source_of(institution, period)),
        missing_drivers.PARAMETER: int(missing_drivers.policy_of(institution, period)),
    }


def inputs_of(run: CostRun) -> Inputs:
    """What the run read. Policies of a run that kept none are those in force now."""
    period = Period.parse(run.period)
    return Inputs(
        institution=run.institution,
        period=period,
        month=month_of_run(run),
        cards=run.input_sequence,
        rules=frozenset(run.rules),
        policies=run.policies or policies_of(run.institution, period),
    )


def compute(inputs: Inputs) -> Computation:
    """Collect and allocate. Raises Conflict with the words of what forbids it."""
    institution, period, month = inputs.institution, inputs.period, inputs.month
    last = period.last_day
    rules = {**drivers.choose(institution, month, last, inputs.rules), **(inputs.chosen or {})}
    shared = {**drivers.choose_shared(institution, month, last, inputs.rules), **(inputs.shared or {})}
    source = Source(inputs.policies[asset_cards.PARAMETER])
    collected = _scaled(collect(institution, period, inputs.cards, month, shared, source), inputs.scaled)
    _refuse_departments_not_begun(inputs, collected)
    policy = Policy(inputs.policies[missing_drivers.PARAMETER])
    chosen, held = missing_drivers.settle(month, rules, policy)
    allocation = allocate(model_of(month, collected, chosen, held))
    if allocation.blocked:
        blocking = [
            missing_drivers.explained(month, chosen, finding)
            for finding in allocation.findings
            if finding.severity is Severity.BLOCKING
        ]
        raise Conflict(
            "costing.blocked",
            f"{institution.name} {period} 的成本不能分摊：" + " ".join(finding.message for finding in blocking),
            findings=[finding.code for finding in blocking],
        )
    done = missing_drivers.findings(month, chosen, held, _moved(month, held, allocation))
    return Computation(
        collected=collected,
        chosen=chosen,
        held=held,
        allocation=allocation,
        rules=frozenset(driver.rule for driver in (*rules.values(), *shared.values())),
        findings=(*allocation.findings, *done),
    )


def _scaled(collected: Collected, scaled: tuple[Scaled, ...]) -> Collected:
    """Cell by cell to the fen, half away from zero."""
    direct = dict(collected.direct)
    for one in scaled:
        for key, fen in direct.items():
            number, item, _source = key
            if one.department in (None, number) and item in one.factors:
                direct[key] = int((fen * one.factors[item]).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return replace(collected, direct=direct)


def _refuse_departments_not_begun(inputs: Inputs, collected: Collected) -> None:
    """An amount of a department that does not exist yet would vanish: refuse, and name the department."""
    month = inputs.month
    named = {number for number, _, _ in collected.direct} | set(month.other_income)
    named |= {number for income in month.incomes for number in (income.ordering, income.executing)}
    strangers = sorted(named - set(month.departments))
    if strangers:
        codes = masterdata.Department.objects.filter(pk__in=strangers).order_by("code").values_list("code", flat=True)
        raise Conflict(
            "costing.department_not_begun",
            f"{inputs.institution.name} {inputs.period} 有金额记在尚未生效的科室 {'、'.join(codes)}。"
            "请更正科室的生效日期或记账科室。",
        )


def figures(inputs: Inputs, computed: Computation) -> dict[int, Figures]:
    """Every department of the month."""
    month = inputs.month
    numbers = {department.code: number for number, department in month.departments.items()}
    income: dict[int, int] = defaultdict(int, totals_by(month.incomes, "ordering"))
    for number, fen in month.other_income.items():
        income[number] += fen
    direct: dict[int, int] = defaultdict(int)
    for (number, _item, _source), fen in computed.collected.direct.items():
        direct[number] += fen
    received: dict[int, int] = defaultdict(int)
    for code, fen in computed.allocation.flows.received().items():
        received[numbers[code]] = fen
    full: dict[int, int] = defaultdict(int)
    for (code, _item), fen in computed.allocation.full_costs.items():
        full[numbers[code]] += fen
    return {
        number: Figures(income[number], direct[number], received[number], full[number])
        for number in {*month.departments, *income, *direct}
    }


def _key(item: str, source: str) -> str:
    return f"{item}|{source}"


def model_of(
    month: MonthFacts, collected: Collected, chosen: dict[int, drivers.ChosenDriver], held: frozenset[int]
) -> AllocationModel:
    """The official method: step-down by tiers. To the engine a department that keeps its cost is one that ends with it, as
    clinical ones do."""
    departments = month.departments
    return AllocationModel(
        method=Method.STEP_DOWN,
        departments=tuple(
            Department(d.code, CostClass.CLINICAL if d.id in held else CostClass(d.cost_class), d.name)
            for d in departments.values()
        ),
        costs={
            (departments[number].code, _key(item, source)): fen
            for (number, item, source), fen in collected.direct.items()
        },
        steps=drivers.steps(month, chosen, held),
        titles={
            _key(item, source): f"{COST_ITEM_TITLES[item]}({FUNDING_TITLES[source]})"
            for _number, item, source in collected.direct
        },
    )


def _moved(month: MonthFacts, held: frozenset[int], allocation: Allocation) -> dict[int, int]:
    """What each department that is held back keeps, and what each other one gave on, in fen; nothing for those without."""
    numbers = {department.code: number for number, department in month.departments.items()}
    moved: dict[int, int] = defaultdict(int)
    for code, fen in allocation.flows.sent().items():
        moved[numbers[code]] = fen
    for (code, _item), fen in allocation.full_costs.items():
        if numbers[code] in held:
            moved[numbers[code]] += fen
    return dict(sorted(moved.items()))
