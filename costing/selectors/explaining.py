"""How many fen each changed input moved between two versions of a month.

One input after the other is put into the earlier month as the later run read it, in the order in which costs come to be:
facts by dataset, driver rules, policies; after each the month is computed anew. What each moved is the difference to the
step before, so that all of them sum to the whole difference, in every department. The order decides to whom a joint effect
goes. An input that cannot be computed alone (a rule whose driver comes only with a later dataset) is taken together with
the next one. Before all of them the earlier run's own inputs are computed as costs are computed today: what that moves, and
what is left at the end, came from the way of computing (计算方法), and from no input.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from costing.models import CostRun, DepartmentMonth, DriverRule
from costing.recomputing import Figures, Inputs, compute, figures, inputs_of
from costing.selectors.comparison import moved_inputs
from costing.titles import rule_title
from ops_platform.kernel import Conflict, from_fen, to_fen
from ops_platform.masterdata.models import CostClass, Parameter

SHOWN = 12
FIELDS = {
    "departments": ("departments",),
    "charge-items": ("incomes",),
    "charge-lines": ("incomes",),
    "staff-headcounts": ("headcounts",),
    "floor-areas": ("areas",),
    "workloads": ("workloads",),
    "cost-entries": ("costs", "shared"),
    "income-entries": ("other_income",),
    "encounters": ("visits", "discharges", "days"),
}
OTHER, DROPPED, ENGINE = "其他数据", "不再适用的分摊动因", "计算方法"
UNASKED = {OTHER, DROPPED, ENGINE}  # told only where they moved something
Months = dict[int, Figures]
_CHOICE = re.compile(r"(\d+) (\S+)")  # of a parameter whose unit says what its values mean: 0 停止 1 改用人员数量


@dataclass(frozen=True, slots=True)
class Cause:
    """What changed, in words, and where that is: a dataset, a rule, or parameters by key."""

    title: str
    dataset: str = ""
    rule: int = 0
    parameters: tuple[tuple[str, str], ...] = ()


Change = tuple[Cause, Inputs]


@dataclass(frozen=True, slots=True)
class MovedTier:
    """What the departments of a class gained and lost in cost (direct and received), in yuan."""

    title: str
    gained: Decimal
    lost: Decimal


@dataclass(frozen=True, slots=True)
class MovedDepartment:
    """What one change moved in one department, in yuan."""

    department: int
    name: str
    cost: Decimal
    income: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change moved, in yuan: the hospital's cost and income, how much went from one department that keeps its cost
    to another, what every class gained and lost, and the departments that moved furthest (`others`: how many more)."""

    causes: tuple[Cause, ...]
    cost: Decimal
    income: Decimal
    between: Decimal
    tiers: tuple[MovedTier, ...]
    departments: tuple[MovedDepartment, ...]
    others: int

    @property
    def title(self) -> str:
        """All that changed together."""
        return "、".join(cause.title for cause in self.causes)


def effects(*, run: CostRun, earlier: CostRun) -> list[Effect]:
    """Every change between the two, in order; they sum to the difference of the two runs."""
    known_as = _known_as(run, earlier)
    before, after = inputs_of(earlier), inputs_of(run)
    known = _stored(earlier)
    found: list[Effect] = []
    pending: list[Cause] = []
    now = known
    for cause, inputs in ((Cause(ENGINE), before), *_changes(run, earlier, before, after)):
        pending.append(cause)
        try:
            then = figures(inputs, compute(inputs))
        except Conflict:
            continue
        effect = _effect(pending, now, then, known_as)
        if effect.departments or not UNASKED.issuperset(cause.title for cause in pending):
            found.append(effect)
        pending, now = [], then
    rest = _effect([*pending, Cause(ENGINE)], now, _stored(run), known_as)
    return [*found, rest] if rest.departments else found


def _changes(run: CostRun, earlier: CostRun, before: Inputs, after: Inputs) -> Iterator[Change]:
    """The inputs, one more of the later run at a time."""
    now = before
    for dataset in moved_inputs(run=run, earlier=earlier).datasets:
        code = dataset.code
        if code == "assets":
            month = replace(now.month, asset_values=after.month.asset_values)
            now = replace(now, month=month, cards=after.cards)
        else:
            month = replace(now.month, **{name: getattr(after.month, name) for name in FIELDS[code]})
            now = replace(now, month=month)
        yield Cause(dataset.title, dataset=code), now
    now = replace(now, month=after.month, cards=after.cards)
    yield Cause(OTHER), now
    rules = DriverRule.objects.filter(pk__in=set(run.rules) - set(earlier.rules)).order_by("effective_from", "pk")
    for rule in rules.select_related("institution", "department").prefetch_related("assignments__department"):
        now = replace(now, rules=(now.rules or frozenset()) | {rule.pk})
        yield Cause(_rule_title(rule), rule=rule.pk), now
    now = replace(now, rules=after.rules)
    if now.policies != after.policies:
        now = replace(now, policies=after.policies)
        yield _policy(before, after), now
    else:
        yield Cause(DROPPED), now


def _rule_title(rule: DriverRule) -> str:
    whose = rule.department.name if rule.department else rule.divided
    return f"分摊动因：{whose}按{rule_title(rule)}"


def _policy(before: Inputs, after: Inputs) -> Cause:
    """The policies that changed, their values as the parameter's unit names them."""
    rows = Parameter.objects.filter(key__in=after.policies).order_by("key", "pk").values_list("key", "name", "unit")
    known = {key: (name, dict(_CHOICE.findall(unit))) for key, name, unit in rows}
    changed, words = [], []
    for key, value in after.policies.items():
        if before.policies[key] != value:
            name, meant = known.get(key, (key, {}))
            old, new = str(before.policies[key]), str(value)
            changed.append((key, name))
            words.append(f"{name} {meant.get(old, old)} → {meant.get(new, new)}")
    return Cause("参数：" + "，".join(words), parameters=tuple(changed))


def _stored(run: CostRun) -> Months:
    """The departments as the run wrote them down."""
    rows = DepartmentMonth.objects.filter(run=run).values_list(
        "department", "income", "other_income", "direct_cost", "received_cost", "full_cost"
    )
    return {
        number: Figures(to_fen(income + other), to_fen(direct), to_fen(received), to_fen(full))
        for number, income, other, direct, received, full in rows
    }


def _known_as(*runs: CostRun) -> dict[int, tuple[str, str]]:
    """Name and class of every department."""
    rows = DepartmentMonth.objects.filter(run__in=runs).order_by("run__version")
    return {pk: (name, cost_class) for pk, name, cost_class in rows.values_list("department", "name", "cost_class")}


def _effect(causes: Sequence[Cause], before: Months, after: Months, known_as: Mapping[int, tuple[str, str]]) -> Effect:
    nothing = Figures()
    moved = []
    by_class: dict[str, list[int]] = {}
    for number in {*before, *after}:
        old, new = before.get(number, nothing), after.get(number, nothing)
        cost, income = new.cost - old.cost, new.income - old.income
        if cost or income:
            moved.append((-abs(cost) - abs(income), number, cost, income))
            by_class.setdefault(known_as.get(number, ("", ""))[1], []).append(cost)
    moved.sort()
    full = [after.get(number, nothing).full - before.get(number, nothing).full for number in {*before, *after}]
    return Effect(
        causes=tuple({cause.title: cause for cause in causes}.values()),
        cost=from_fen(sum(full)),
        income=from_fen(sum(income for _, _, _, income in moved)),
        between=min(_gained(full), _gained([-fen for fen in full])),
        tiers=tuple(
            MovedTier(str(one.label), _gained(by_class[one]), _gained([-fen for fen in by_class[one]]))
            for one in CostClass
            if any(by_class.get(one, ()))
        ),
        departments=tuple(
            MovedDepartment(number, known_as.get(number, ("", ""))[0], from_fen(cost), from_fen(income))
            for _, number, cost, income in moved[:SHOWN]
        ),
        others=max(len(moved) - SHOWN, 0),
    )


def _gained(changes: Iterable[int]) -> Decimal:
    """The sum of what grew, in yuan."""
    return from_fen(sum(fen for fen in changes if fen > 0))
