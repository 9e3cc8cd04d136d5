"""Scenarios and what they come to beside the run that they start from."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from costing.models import Scenario, ScenarioChange
from costing.recomputing import Figures, Inputs, compute, figures, inputs_of
from costing.scenarios import Change, applied
from costing.selectors.access import READERS
from ops_platform.kernel import Actor, Conflict, NotFound, from_fen
from ops_platform.masterdata.models import CostClass

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
class Outcome:
    """The departments that keep cost or earn, then the hospital; or why nothing comes out."""

    rows: tuple[Beside, ...] = ()
    refusal: str = ""


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
            ),
        )
        for row in rows
    ]


def outcome(scenario: Scenario) -> Outcome:
    """The scenario beside its run, the greatest change of surplus first. Nothing is written."""
    base = inputs_of(scenario.run)
    try:
        before = figures(base, compute(base))
        changed = applied(base, [change for _, change in changes_of(scenario)])
        after = figures(changed, compute(changed))
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
    return Outcome((*kept, whole))


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
