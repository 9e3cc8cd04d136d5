"""How many fen each changed input moved between two versions of a month.

One input after the other is put into the earlier month as the later run read it, in the order in which costs come to be:
facts by dataset, driver rules, policies; after each the month is computed anew. What each moved is the difference to the
step before, so that all of them sum to the whole difference, in every department. The order decides to whom a joint effect
goes. An input that cannot be computed alone (a rule whose driver comes only with a later dataset) is taken together with
the next one. Before all of them the earlier run's own inputs are computed as costs are computed today: what that moves, and
what is left at the end, came from the way of computing (计算方法), and from no input.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from costing.models import CostRun, DepartmentMonth, DriverRule
from costing.recomputing import Figures, Inputs, compute, figures, inputs_of
from costing.selectors.comparison import moved_inputs
from costing.titles import rule_title
from ops_platform.kernel import Conflict, from_fen, to_fen
from ops_platform.masterdata.models import Parameter

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
Change = tuple[str, Inputs]
Months = dict[int, Figures]


@dataclass(frozen=True, slots=True)
class MovedDepartment:
    """What one change moved in one department, in yuan."""

    name: str
    cost: Decimal
    income: Decimal


@dataclass(frozen=True, slots=True)
class Effect:
    """What one change moved, in yuan: the hospital's cost and income, how much went from one department to another, and the
    departments that moved furthest (`others`: how many more)."""

    title: str
    cost: Decimal
    income: Decimal
    between: Decimal
    departments: tuple[MovedDepartment, ...]
    others: int


def effects(*, run: CostRun, earlier: CostRun) -> list[Effect]:
    """Every change between the two, in order; they sum to the difference of the two runs."""
    names = _names(run, earlier)
    before, after = inputs_of(earlier), inputs_of(run)
    known = _stored(earlier)
    found, pending, now = [], [], known
    for title, inputs in ((ENGINE, before), *_changes(run, earlier, before, after)):
        pending.append(title)
        try:
            then = figures(inputs, compute(inputs))
        except Conflict:
            continue
        effect = _effect("、".join(pending), now, then, names)
        if effect.departments or not UNASKED.issuperset(pending):
            found.append(effect)
        pending, now = [], then
    rest = _effect("、".join(dict.fromkeys([*pending, ENGINE])), now, _stored(run), names)
    return [*found, rest] if rest.departments else found


def _changes(run: CostRun, earlier: CostRun, before: Inputs, after: Inputs) -> Iterator[Change]:
    """The inputs, one more of the later run at a time."""
    now = before
    for dataset in moved_inputs(run=run, earlier=earlier).datasets:
        code = dataset.batches[0].dataset
        if code == "assets":
            month = replace(now.month, asset_values=after.month.asset_values)
            now = replace(now, month=month, cards=after.cards)
        else:
            month = replace(now.month, **{name: getattr(after.month, name) for name in FIELDS[code]})
            now = replace(now, month=month)
        yield dataset.title, now
    now = replace(now, month=after.month, cards=after.cards)
    yield OTHER, now
    rules = DriverRule.objects.filter(pk__in=set(run.rules) - set(earlier.rules)).order_by("effective_from", "pk")
    for rule in rules.select_related("institution", "department").prefetch_related("assignments__department"):
        now = replace(now, rules=(now.rules or frozenset()) | {rule.pk})
        yield _rule_title(rule), now
    now = replace(now, rules=after.rules)
    if now.policies != after.policies:
        now = replace(now, policies=after.policies)
        yield _policy_title(before, after), now
    else:
        yield DROPPED, now


def _rule_title(rule: DriverRule) -> str:
    whose = rule.department.name if rule.department else rule.divided
    return f"分摊动因：{whose}按{rule_title(rule)}"


def _policy_title(before: Inputs, after: Inputs) -> str:
    names = dict(Parameter.objects.filter(key__in=after.policies).values_list("key", "name"))
    changed = [
        f"{names.get(key, key)} {before.policies[key]} → {value}"
        for key, value in after.policies.items()
        if before.policies[key] != value
    ]
    return "参数：" + "，".join(changed)


def _stored(run: CostRun) -> Months:
    """The departments as the run wrote them down."""
    rows = DepartmentMonth.objects.filter(run=run).values_list(
        "department", "income", "other_income", "direct_cost", "received_cost", "full_cost"
    )
    return {
        number: Figures(to_fen(income + other), to_fen(direct), to_fen(received), to_fen(full))
        for number, income, other, direct, received, full in rows
    }


def _names(*runs: CostRun) -> dict[int, str]:
    rows = DepartmentMonth.objects.filter(run__in=runs).order_by("run__version")
    return dict(rows.values_list("department", "name"))


def _effect(title: str, before: Months, after: Months, names: dict[int, str]) -> Effect:
    nothing = Figures()
    moved = []
    for number in {*before, *after}:
        old, new = before.get(number, nothing), after.get(number, nothing)
        cost, income = new.cost - old.cost, new.income - old.income
        if cost or income:
            moved.append((-abs(cost) - abs(income), number, cost, income))
    moved.sort()
    full = {number: after.get(number, nothing).full - before.get(number, nothing).full for number in {*before, *after}}
    change = sum(full.values())
    gained = sum(fen for fen in full.values() if fen > 0)
    lost = -sum(fen for fen in full.values() if fen < 0)
    return Effect(
        title=title,
        cost=from_fen(change),
        income=from_fen(sum(income for _, _, _, income in moved)),
        between=from_fen(min(gained, lost)),
        departments=tuple(
            MovedDepartment(names.get(number, ""), from_fen(cost), from_fen(income))
            for _, number, cost, income in moved[:SHOWN]
        ),
        others=max(len(moved) - SHOWN, 0),
    )
