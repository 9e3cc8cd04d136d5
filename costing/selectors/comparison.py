"""Two versions of a month side by side: what went in differently, and what came out differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import QuerySet

from costing import drivers, facts
from costing.models import CostRun, DepartmentMonth, DriverRule
from costing.tiers import TIERS
from costing.titles import method_title, rule_title
from ops_platform.his_intake.public import BatchBetween, batches_between
from ops_platform.kernel import Period
from ops_platform.masterdata.models import CostClass

ZERO = Decimal("0.00")
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Side:
    """A department in one version, in yuan. `income` is charges with other income."""

    income: Decimal = ZERO
    other: Decimal = ZERO
    direct: Decimal = ZERO
    received: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """Direct cost with what was received."""
        return self.direct + self.received


@dataclass(frozen=True, slots=True)
class Moved:
    """A department in two versions; it moved where a figure differs."""

    department: int
    name: str
    cost_class: str
    before: Side
    now: Side

    @property
    def income_change(self) -> Decimal:
        """Income, later version minus earlier."""
        return self.now.income - self.before.income

    @property
    def cost_change(self) -> Decimal:
        """Direct cost with what was received, later version minus earlier."""
        return self.now.cost - self.before.cost

    @property
    def moved(self) -> bool:
        """Whether anything differs."""
        return bool(self.income_change or self.cost_change)


def versions(*, run: CostRun) -> QuerySet[CostRun]:
    """All runs of the same month, newest first."""
    rows = CostRun.objects.filter(institution=run.institution_id, period=run.period)
    return rows.order_by("-version", "pk")


def compare(*, run: CostRun, earlier: CostRun) -> list[Moved]:
    """Every department of either version, the greatest change first."""
    now, before = _figures(run), _figures(earlier)
    nothing = ("", "", Side())
    rows = [
        Moved(
            department=pk,
            name=now.get(pk, before.get(pk, nothing))[0],
            cost_class=now.get(pk, before.get(pk, nothing))[1],
            before=before.get(pk, nothing)[2],
            now=now.get(pk, nothing)[2],
        )
        for pk in {*now, *before}
    ]
    return sorted(rows, key=lambda row: (-abs(row.cost_change) - abs(row.income_change), row.department))


def _figures(run: CostRun) -> dict[int, tuple[str, str, Side]]:
    rows = DepartmentMonth.objects.filter(run=run).order_by("department")
    return {
        pk: (name, cost_class, Side(income + other, other, direct, received))
        for pk, name, cost_class, income, other, direct, received in rows.values_list(
            "department", "name", "cost_class", "income", "other_income", "direct_cost", "received_cost"
        )
    }


@dataclass(frozen=True, slots=True)
class MovedDataset:
    """A dataset with the batches that came in between the two versions."""

    title: str
    batches: tuple[BatchBetween, ...]

    @property
    def code(self) -> str:
        """The dataset's code."""
        return self.batches[0].dataset

    @property
    def landed(self) -> int:
        """New rows."""
        return sum(batch.landed for batch in self.batches)

    @property
    def superseded(self) -> int:
        """Corrected rows."""
        return sum(batch.superseded for batch in self.batches)

    @property
    def retracted(self) -> int:
        """Withdrawn rows."""
        return sum(batch.retracted for batch in self.batches)


@dataclass(frozen=True, slots=True)
class Applied:
    """The rule that a version applied, in words: driver, whose rule, from when."""

    rule: int
    words: str


@dataclass(frozen=True, slots=True)
class MovedDriver:
    """Whose cost another rule divided than before; None where a version divided nothing of it."""

    whose: str
    before: Applied | None
    now: Applied | None


@dataclass(frozen=True, slots=True)
class MovedInputs:
    """Everything that went into a version and not, or otherwise, into the earlier one."""

    datasets: tuple[MovedDataset, ...]
    drivers: tuple[MovedDriver, ...]
    engine: tuple[str, str] | None

    @property
    def any(self) -> bool:
        """Whether anything is known to differ."""
        return bool(self.datasets or self.drivers or self.engine)


def moved_inputs(*, run: CostRun, earlier: CostRun) -> MovedInputs:
    """Batches that came in between, drivers that changed, the engine; two queries."""
    batches = batches_between(
        run.institution,
        Period.parse(run.period),
        facts.DATASETS,
        after=earlier.input_sequence,
        up_to=run.input_sequence,
    )
    engines = (method_title(earlier), method_title(run))
    return MovedInputs(
        datasets=tuple(MovedDataset(title, tuple(rows)) for title, rows in groupby(batches, key=lambda one: one.title)),
        drivers=_moved_drivers(run, earlier),
        engine=engines if engines[0] != engines[1] else None,
    )


def _moved_drivers(run: CostRun, earlier: CostRun) -> tuple[MovedDriver, ...]:
    """Every department that sends, and every kind of bill, by the rule that applied to it in either version; departments of
    a class that moved from the same rule to the same other one stand together."""
    rules = DriverRule.objects.filter(pk__in={*run.rules, *earlier.rules}).select_related("institution", "department")
    known = list(rules.prefetch_related("assignments__department").order_by("effective_from", "pk"))
    before, now = _applied(earlier, known), _applied(run, known)
    places = sorted({*before, *now}, key=lambda place: (place.kind, place.order, place.name, place.department))
    together: dict[tuple[str, int, int], list[_Place]] = {}
    for place in places:
        old, new = before.get(place), now.get(place)
        if (old and old.pk) != (new and new.pk):
            together.setdefault((place.kind, old.pk if old else 0, new.pk if new else 0), []).append(place)
    words = {rule.pk: Applied(rule.pk, _words(rule)) for rule in known}
    return tuple(
        MovedDriver(_whose(group, [one for one in places if one.kind == kind]), words.get(old), words.get(new))
        for (kind, old, new), group in together.items()
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """What a rule divides: the cost of a department of a class, or a kind of bill."""

    order: int
    kind: str
    department: int = 0
    name: str = ""


def _applied(run: CostRun, rules: Sequence[DriverRule]) -> dict[_Place, DriverRule]:
    """The rule of each department and bill of a version, of those that it applied."""
    used = [rule for rule in rules if rule.pk in set(run.rules)]
    newest = drivers.by_place(rule for rule in used if rule.cost_class)
    found: dict[_Place, DriverRule] = {}
    rows = DepartmentMonth.objects.filter(run=run, cost_class__in=TIERS)
    for pk, name, cost_class in rows.values_list("department", "name", "cost_class"):
        rule = drivers.narrowest(newest, run.institution_id, pk, cost_class)
        if rule is not None:
            found[_Place(TIERS.index(CostClass(cost_class)), str(CostClass(cost_class).label), pk, name)] = rule
    for rule in sorted(used, key=lambda one: one.institution_id or 0):
        if rule.shared_as:
            found[_Place(-1, rule.divided)] = rule
    return found


def _whose(group: Sequence[_Place], everybody: Sequence[_Place]) -> str:
    """The class, where all of it moved; else the departments."""
    if len(group) == len(everybody):
        return group[0].kind
    names = "、".join(place.name for place in group[:MOST_NAMED])
    return names if len(group) <= MOST_NAMED else f"{names}等 {len(group)} 个科室"


def _words(rule: DriverRule) -> str:
    place = rule.department or rule.institution or "医共体"
    return f"{rule_title(rule)}({place}的规则，自 {rule.effective_from})"
