"""What patient costing reads: the departments' costs of a cost run, and the month's services and encounters as of its
sequence, as columns by place."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import numpy as np
from django.db.models import Sum

from costing.engine.columns import COLUMNS, column_of
from costing.engine.exact import IntArray
from costing.engine.places import ABSENT, places
from costing.models import (
    Activity,
    ActivityResource,
    ActivityUse,
    AllocationFlow,
    CostRun,
    DepartmentCost,
    DepartmentMonth,
    ItemBasis,
    ItemCoefficient,
    ItemMethod,
    ServiceUnitPart,
    UnitDefinition,
)
from ops_platform.his_intake.public import (
    items_as_of,
    read_encounter_columns,
    read_named_encounter_columns,
    read_service_columns,
)
from ops_platform.kernel import Period, to_fen
from ops_platform.masterdata.models import CostClass, ItemClass

BEARERS = (CostClass.MEDICAL_TECHNOLOGY, CostClass.CLINICAL)
TEN_THOUSAND = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Technology and clinical departments (numbers, by place) with what they hold before technology is closed:
    `amounts[department, column]` in fen. `passed[technology, clinical]` are the driver weights by which technology gives on,
    by place; `clinical` marks the receivers."""

    departments: IntArray
    amounts: IntArray
    clinical: IntArray
    passed: dict[int, dict[int, int]]

    def place_of(self, numbers: IntArray) -> IntArray:
        """The place of each department number; `ABSENT` for those that hold nothing."""
        return places(self.departments, numbers)


@dataclass(frozen=True, slots=True, eq=False)
class Stays:
    """Encounters by place, in order of their number. `days` of the stay within the month, at least 1 for who was in; visits
    have 0. `discharged` marks who had left by the month's end, and visits."""

    numbers: IntArray
    inpatient: IntArray
    department: IntArray
    days: IntArray
    discharged: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """Charge lines: places of encounter, item and executing department (`ABSENT` for one that holds no cost), the class of
    the item (place in `ItemClass`), quantity in 1/10,000 and amount in fen. `items` and `fee_classes` are the item numbers
    and their fee classes by place."""

    encounter: IntArray
    item: IntArray
    executing: IntArray
    item_class: IntArray
    quantity: IntArray
    amount: IntArray
    items: IntArray
    fee_classes: tuple[str, ...]


CLASSES = tuple(ItemClass)
SERVICE, DRUG, MATERIAL = (
    CLASSES.index(each) for each in (ItemClass.SERVICE, ItemClass.DRUG, ItemClass.CHARGEABLE_MATERIAL)
)


def held_of(run: CostRun) -> Held:
    """From the stored results of the run: received from technology is taken off the clinical departments again."""
    classes = dict(DepartmentMonth.objects.filter(run=run).values_list("department", "cost_class"))
    numbers = np.array(sorted(number for number, each in classes.items() if each in BEARERS), dtype=np.int64)
    place = {number: index for index, number in enumerate(numbers.tolist())}
    amounts = np.zeros((len(numbers), len(COLUMNS)), dtype=np.int64)
    costs = DepartmentCost.objects.filter(run=run, department__in=place).order_by()
    for number, item, source, direct, received in costs.values_list(
        "department", "cost_item", "funding_source", "direct", "received"
    ):
        amounts[place[number], column_of(item, source)] += to_fen(direct) + to_fen(received)
    technology = [number for number, each in classes.items() if each == CostClass.MEDICAL_TECHNOLOGY]
    given = AllocationFlow.objects.filter(run=run, sender__in=technology).order_by()
    for number, item, source, amount in given.values_list("receiver", "cost_item", "funding_source").annotate(
        amount=Sum("amount")
    ):
        amounts[place[number], column_of(item, source)] -= to_fen(amount)
    passed: dict[int, dict[int, int]] = defaultdict(dict)
    for sender, receiver, weight in given.values_list("sender", "receiver", "weight").distinct():
        passed[place[sender]][place[receiver]] = int(weight * TEN_THOUSAND)
    clinical = np.array([classes[number] == CostClass.CLINICAL for number in numbers.tolist()], dtype=np.bool_)
    return Held(numbers, amounts, clinical, dict(passed))


def kept_back(run: CostRun) -> dict[int, IntArray]:
    """What administration and support departments without driver kept (未分摊), in fen by column; no patient bears it."""
    classes = dict(DepartmentMonth.objects.filter(run=run).values_list("department", "cost_class"))
    others = [number for number, each in classes.items() if each not in BEARERS]
    kept: dict[int, IntArray] = {}
    rows = DepartmentCost.objects.filter(run=run, department__in=others).exclude(full=0).order_by("department", "pk")
    for number, item, source, full in rows.values_list("department", "cost_item", "funding_source", "full"):
        kept.setdefault(number, np.zeros(len(COLUMNS), dtype=np.int64))[column_of(item, source)] += to_fen(full)
    return kept


def read_patients(run: CostRun, held: Held) -> tuple[Stays, Charged]:
    """The month's encounters and charge lines as of the cost run's sequence, and encounters of other times that were charged
    in the month."""
    period = Period.parse(run.period)
    lines = read_service_columns(run.institution, period, run.input_sequence)
    found = _in_order(read_encounter_columns(run.institution, period, run.input_sequence))
    encounter = places(found["encounter"], lines["encounter"])
    others = np.unique(lines["encounter"][encounter == ABSENT])
    if len(others):
        more = read_named_encounter_columns(run.institution, period, run.input_sequence, others)
        found = _in_order({name: np.concatenate([found[name], more[name]]) for name in found})
        encounter = places(found["encounter"], lines["encounter"])
    stays = _stays(found, (period.last_day - period.first_day).days + 1)
    known = items_as_of(run.institution, period.last_day, run.input_sequence)
    items = np.array(sorted(known), dtype=np.int64)
    classes = np.array([CLASSES.index(ItemClass(known[number].item_class)) for number in items.tolist()])
    item = places(items, lines["item"])
    return stays, Charged(
        encounter=encounter,
        item=item,
        executing=held.place_of(lines["executing"]),
        item_class=classes[item] if len(items) else item,
        quantity=lines["quantity"],
        amount=lines["amount"],
        items=items,
        fee_classes=tuple(known[number].fee_class for number in items.tolist()),
    )


def _in_order(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    order = np.argsort(found["encounter"], kind="stable")
    return {name: column[order] for name, column in found.items()}


def _stays(found: dict[str, np.ndarray], days_of_month: int) -> Stays:
    inpatient = found["inpatient"].astype(np.bool_)
    begin, end = np.maximum(found["admitted"], 0), np.minimum(found["left"], days_of_month)
    here = inpatient & (found["admitted"] < days_of_month) & (found["left"] >= 0)
    return Stays(
        numbers=found["encounter"],
        inpatient=inpatient,
        department=found["department"],
        days=np.where(here, np.maximum(end - begin, 1), 0),
        discharged=~inpatient | (found["left"] < days_of_month),
    )


@dataclass(frozen=True, slots=True)
class ActivityBasis:
    """An activity of a department: its number, its resource drivers by column of cost ("" for those without any of their
    own) and its unit use by item (number); in 1/10,000."""

    number: int
    name: str
    resources: dict[str, int]
    uses: dict[int, int]


@dataclass(frozen=True, slots=True)
class Bases:
    """By what each department's services are divided, and the coefficients in force: by (method, item), and by (method,
    department, item) for those of one department; in 1/10,000. `activities` of the departments that have some in force."""

    institution: str
    departments: dict[int, str]
    general: dict[tuple[str, int], int]
    special: dict[tuple[str, int, int], int]
    activities: dict[int, tuple[ActivityBasis, ...]]
    rows: list[list[int]]

    def method_of(self, department: int) -> str:
        """The department's own method, else the institution's."""
        return self.departments.get(department, self.institution)

    def coefficient(self, method: str, department: int, item: int) -> int:
        """0 where nobody has entered one."""
        return self.special.get((method, department, item), self.general.get((method, item), 0))


def bases_of(institution: int, day: date) -> Bases:
    """What is in force on the day."""
    rules = ItemBasis.objects.filter(institution=institution, effective_from__lte=day).order_by("effective_from", "id")
    newest = {rule.department_id: rule for rule in rules}
    rows = ItemCoefficient.objects.filter(institution=institution, effective_from__lte=day)
    latest = {
        (row.method, row.department_id, row.item_id): row for row in rows.order_by("effective_from", "id").iterator()
    }
    general = newest.get(None)
    activities = _activities_of([rule for rule in newest.values() if rule.method == ItemMethod.ACTIVITY])
    numbers = sorted(one.number for listed in activities.values() for one in listed)
    return Bases(
        institution=general.method if general else str(ItemMethod.INCOME),
        departments={number: rule.method for number, rule in newest.items() if number is not None},
        general={
            (method, item): int(row.value * TEN_THOUSAND)
            for (method, department, item), row in latest.items()
            if department is None
        },
        special={
            (method, department, item): int(row.value * TEN_THOUSAND)
            for (method, department, item), row in latest.items()
            if department is not None
        },
        activities=activities,
        # without activities the digest of a run stays what it was before there were any
        rows=[
            sorted(rule.pk for rule in newest.values()),
            sorted(row.pk for row in latest.values()),
            *([numbers] if numbers else []),
        ],
    )


def _activities_of(rules: list[ItemBasis]) -> dict[int, tuple[ActivityBasis, ...]]:
    """The activities of these bases by department, in their order; three queries."""
    found: dict[int, list[ActivityBasis]] = defaultdict(list)
    if not rules:
        return {}
    of_basis = {rule.pk: rule.department_id for rule in rules}
    activities = Activity.objects.filter(basis__in=of_basis).order_by("basis", "number")
    known = {row.pk: ActivityBasis(row.pk, row.name, {}, {}) for row in activities}
    for resource in ActivityResource.objects.filter(activity__in=known).order_by("pk"):
        known[resource.activity_id].resources[resource.column] = int(resource.value * TEN_THOUSAND)
    for use in ActivityUse.objects.filter(activity__in=known).order_by("pk"):
        known[use.activity_id].uses[use.item_id] = int(use.value * TEN_THOUSAND)
    for row in activities:
        department = of_basis[row.basis_id]
        if department is not None:
            found[department].append(known[row.pk])
    return {department: tuple(listed) for department, listed in found.items()}


@dataclass(frozen=True, slots=True)
class Units:
    """The service units of a definition (number): kind by unit (number), and the unit of each (department, fee class),
    where "" stands for every other fee class of the department."""

    definition: int
    kinds: dict[int, str]
    parts: dict[tuple[int, str], int]


def units_of(institution: int, day: date) -> Units | None:
    """What is in force on the day; None where the executing departments are the units."""
    definitions = UnitDefinition.objects.filter(institution=institution, effective_from__lte=day)
    newest = definitions.order_by("-effective_from", "-pk").first()
    if newest is None or newest.ended:
        return None
    kinds = dict(newest.units.order_by("pk").values_list("pk", "kind"))
    parts = ServiceUnitPart.objects.filter(definition=newest).order_by("pk")
    return Units(
        newest.pk,
        kinds,
        {(department, fee): unit for department, fee, unit in parts.values_list("department", "fee_class", "unit")},
    )
