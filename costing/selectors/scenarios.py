"""Scenarios and what they come to beside the run that they start from."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from costing.assignments import of_rows
from costing.drivers import Assigned
from costing.models import ChangeKind, Scenario, ScenarioChange
from costing.recomputing import Computation, Figures, Inputs, compute, figures, inputs_of
from costing.scenarios import Change, applied
from costing.selectors.access import READERS
from costing.titles import COST_ITEM_TITLES
from ops_platform.kernel import Actor, Conflict, NotFound, from_fen
from ops_platform.masterdata.models import CostClass, Department

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Beside:
    """A department, or all of them (number 0), as it was and as it would be; yuan. `before` and `after` say in fen of what
    the cost of a department is made."""

    department: int
    name: str
    income_before: Decimal
    income: Decimal
    cost_before: Decimal
    cost: Decimal
    before: Figures = field(default_factory=Figures)
    after: Figures = field(default_factory=Figures)

    @property
    def surplus_before(self) -> Decimal:
        """Income less full cost of the run."""
        return self.income_before - self.cost_before

    @property
    def surplus(self) -> Decimal:
        """Income less full cost of the scenario."""
        return self.income - self.cost

    @property
    def change(self) -> Decimal:
        """What the surplus would gain."""
        return self.surplus - self.surplus_before


@dataclass(frozen=True, slots=True)
class Remaining:
    """What a closed department costs although it is closed, in yuan: its direct cost before, what of it stays (by cost item,
    the greatest first), and what of that others bear since the department itself keeps no cost."""

    department: int
    name: str
    before: Decimal
    stays: Decimal
    items: tuple[tuple[str, Decimal], ...]
    passed_on: Decimal


@dataclass(frozen=True, slots=True)
class Outcome:
    """The departments that keep cost or earn, then the hospital, and what closing a department does not save, with what was
    computed from what; or why nothing comes out."""

    rows: tuple[Beside, ...] = ()
    remains: tuple[Remaining, ...] = ()
    refusal: str = ""
    changed: Inputs | None = None
    computed: Computation | None = None


def scenarios(*, actor: Actor) -> QuerySet[Scenario]:
    """Of the institutions that the actor may see, newest first; put away ones last."""
    rows = Scenario.objects.visible_to(actor, *READERS).select_related("institution", "run", "created_by")
    changes = Count("changes", filter=Q(changes__removed=False))
    return rows.annotate(number=changes).order_by("archived", "-created_at", "-pk")


def access_scenario(*, actor: Actor, scenario_id: int) -> Scenario:
    """One scenario; NotFound for what the actor may not see."""
    found = scenarios(actor=actor).filter(pk=scenario_id).first()
    if found is None:
        raise NotFound("costing.no_scenario", "没有这个测算方案。")
    return found


def changes_of(scenario: Scenario) -> list[tuple[int, Change]]:
    """The changes that hold, with their numbers, in order."""
    rows = ScenarioChange.objects.filter(scenario=scenario, removed=False).select_related("department").order_by("pk")
    codes = {code for row in rows for code, _share in row.assigned}
    named = {one.code: one for one in Department.objects.filter(institution=scenario.institution_id, code__in=codes)}
    return [
        (
            row.pk,
            Change(
                row.kind,
                row.department_id,
                row.department.name if row.department else "",
                row.target,
                row.code,
                row.metric,
                row.value,
                tuple(
                    Assigned(named[one.department].pk, named[one.department].name, one.share)
                    for one in of_rows(row.assigned)
                ),
            ),
        )
        for row in rows
    ]


def outcome(scenario: Scenario) -> Outcome:
    """The scenario beside its run, the greatest change of surplus first. Nothing is written."""
    base = inputs_of(scenario.run)
    changes = [change for _, change in changes_of(scenario)]
    try:
        before = figures(base, compute(base))
        changed = applied(base, changes)
        computed = compute(changed)
        after = figures(changed, computed)
    except Conflict as refusal:
        return Outcome(refusal=refusal.message)
    rows = [_beside(number, changed, before, after) for number in {*before, *after}]
    kept = [row for row in rows if row.cost or row.cost_before or row.income or row.income_before]
    kept.sort(key=lambda row: (-abs(row.change), row.name, row.department))
    whole = Beside(
        0,
        "全院",
        sum((row.income_before for row in rows), ZERO),
        sum((row.income for row in rows), ZERO),
        sum((row.cost_before for row in rows), ZERO),
        sum((row.cost for row in rows), ZERO),
    )
    closed = dict.fromkeys(change.department for change in changes if change.kind == ChangeKind.CLOSE)
    remains = [_remaining(number, changed, computed, before, after) for number in closed if number is not None]
    stays = tuple(one for one in remains if one.stays)
    return Outcome((*kept, whole), stays, changed=changed, computed=computed)


def _remaining(
    number: int, inputs: Inputs, computed: Computation, before: dict[int, Figures], after: dict[int, Figures]
) -> Remaining:
    items: dict[str, int] = defaultdict(int)
    for (department, item, _source), fen in computed.collected.direct.items():
        if department == number:
            items[item] += fen
    now = after.get(number, Figures())
    return Remaining(
        number,
        inputs.month.departments[number].name if number in inputs.month.departments else "",
        from_fen(before.get(number, Figures()).direct),
        from_fen(now.direct),
        tuple(
            (COST_ITEM_TITLES[item], from_fen(fen))
            for item, fen in sorted(items.items(), key=lambda one: (-abs(one[1]), one[0]))
            if fen
        ),
        from_fen(now.cost - now.full),
    )


def _beside(number: int, inputs: Inputs, before: dict[int, Figures], after: dict[int, Figures]) -> Beside:
    old, new = before.get(number, Figures()), after.get(number, Figures())
    department = inputs.month.departments.get(number)
    clinical = department is not None and department.cost_class == CostClass.CLINICAL
    name = department.name if department else ""
    return Beside(
        number,
        name if clinical or not new.full else f"{name}(未分摊)",
        from_fen(old.income),
        from_fen(new.income),
        from_fen(old.full),
        from_fen(new.full),
        old,
        new,
    )
