"""Two versions of a month side by side: what went in differently, and what came out differently."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from django.db.models import QuerySet

from costing import facts
from costing.models import CostRun, DepartmentMonth, DriverRule
from costing.titles import driver_title
from ops_platform.his_intake.public import BatchBetween, batches_between
from ops_platform.kernel import Period

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Moved:
    """A department in two versions; it moved where a figure differs."""

    department: int
    name: str
    income: Decimal
    income_before: Decimal
    cost: Decimal
    cost_before: Decimal

    @property
    def income_change(self) -> Decimal:
        """Income, later version minus earlier."""
        return self.income - self.income_before

    @property
    def cost_change(self) -> Decimal:
        """Direct cost with what was received, later version minus earlier."""
        return self.cost - self.cost_before

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
    nothing = ("", ZERO, ZERO)
    rows = [
        Moved(
            department=pk,
            name=now.get(pk, before.get(pk, nothing))[0],
            income=now.get(pk, nothing)[1],
            income_before=before.get(pk, nothing)[1],
            cost=now.get(pk, nothing)[2],
            cost_before=before.get(pk, nothing)[2],
        )
        for pk in {*now, *before}
    ]
    return sorted(rows, key=lambda row: (-abs(row.cost_change) - abs(row.income_change), row.department))


def _figures(run: CostRun) -> dict[int, tuple[str, Decimal, Decimal]]:
    rows = DepartmentMonth.objects.filter(run=run).order_by("department")
    return {
        pk: (name, income + other, direct + received)
        for pk, name, income, other, direct, received in rows.values_list(
            "department", "name", "income", "other_income", "direct_cost", "received_cost"
        )
    }


@dataclass(frozen=True, slots=True)
class MovedDataset:
    """A dataset with the batches that came in between the two versions."""

    title: str
    batches: tuple[BatchBetween, ...]

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
class MovedDriver:
    """Who is divided by another driver than before; empty where no rule of its own held."""

    whose: str
    now: str
    before: str


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
    engines = (f"{earlier.engine_version} · {earlier.method}", f"{run.engine_version} · {run.method}")
    return MovedInputs(
        datasets=tuple(MovedDataset(title, tuple(rows)) for title, rows in groupby(batches, key=lambda one: one.title)),
        drivers=_moved_drivers(run, earlier),
        engine=engines if engines[0] != engines[1] else None,
    )


def _moved_drivers(run: CostRun, earlier: CostRun) -> tuple[MovedDriver, ...]:
    changed = {*run.rules} ^ {*earlier.rules}
    found: dict[str, dict[bool, str]] = {}
    rules = DriverRule.objects.filter(pk__in=changed).select_related("institution", "department")
    for rule in rules.order_by("cost_class", "shared_as", "institution", "department", "effective_from", "pk"):
        title = driver_title(f"{rule.driver}:{rule.metric}" if rule.metric else rule.driver)
        place = rule.department or rule.institution or "医共体"
        whose = str(place) if rule.department else f"{place} · {rule.divided}"
        found.setdefault(whose, {})[rule.pk in run.rules] = f"{title}(自 {rule.effective_from})"
    return tuple(MovedDriver(whose, sides.get(True, ""), sides.get(False, "")) for whose, sides in found.items())
