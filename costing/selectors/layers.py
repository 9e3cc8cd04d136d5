"""Costs of a run by department in one layer of cost (domain.md 1.1), and what each class of departments gave on."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, Sum

from costing.engine.columns import FISCAL_PROJECT, RESEARCH
from costing.models import AllocationFlow, CostRun, DepartmentCost, DepartmentMonth
from costing.titles import COST_ITEM_TITLES, FUNDING_TITLES
from ops_platform.masterdata.models import CostClass

ZERO = Decimal("0.00")
ITEMS = tuple(COST_ITEM_TITLES)
OWN = tuple(source for source in FUNDING_TITLES if source not in (FISCAL_PROJECT, RESEARCH))


class Layer(StrEnum):
    """医疗成本 (the seven items of own and basic fiscal funds), 医疗全成本 (+ fiscal projects), 医院全成本 (+ research)."""

    MEDICAL = "medical"
    FULL_MEDICAL = "full_medical"
    HOSPITAL = "hospital"

    @property
    def words(self) -> str:
        """As reports say it."""
        return {"medical": "医疗成本", "full_medical": "医疗全成本", "hospital": "医院全成本"}[self.value]

    @property
    def sources(self) -> tuple[str, ...]:
        """The funding sources that it counts."""
        more = {"medical": (), "full_medical": (FISCAL_PROJECT,), "hospital": (FISCAL_PROJECT, RESEARCH)}
        return (*OWN, *more[self.value])


@dataclass(frozen=True, slots=True)
class Amounts:
    """Of a department and cost item: direct + received − sent = full."""

    direct: Decimal = ZERO
    received: Decimal = ZERO
    sent: Decimal = ZERO
    full: Decimal = ZERO

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.direct + other.direct,
            self.received + other.received,
            self.sent + other.sent,
            self.full + other.full,
        )

    def __sub__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.direct - other.direct,
            self.received - other.received,
            self.sent - other.sent,
            self.full - other.full,
        )


@dataclass(frozen=True, slots=True)
class LayerCosts:
    """Departments of a run by code, with their costs in one layer; `from_class` by (receiver, class of senders), `between`
    by (sender, receiver)."""

    run: CostRun
    layer: Layer
    departments: tuple[DepartmentMonth, ...]
    by_item: dict[tuple[int, str], Amounts]
    from_class: dict[tuple[int, str], Decimal]
    between: dict[tuple[int, int], Decimal]

    def of(self, department: int, item: str) -> Amounts:
        """One cost item of a department."""
        return self.by_item.get((department, item), Amounts())

    def items_of(self, department: int) -> dict[str, Amounts]:
        """Each of the seven cost items of a department."""
        return {item: self.of(department, item) for item in ITEMS}

    def whole(self, department: int) -> Amounts:
        """All seven items of a department."""
        return sum((self.of(department, item) for item in ITEMS), Amounts())

    def received_from(self, department: int, cost_class: str) -> Decimal:
        """What a department got from those of a class, with what these had received themselves."""
        return self.from_class.get((department, cost_class), ZERO)

    @property
    def clinical(self) -> tuple[DepartmentMonth, ...]:
        """The departments that end with the cost; and those whose cost was held back (未分摊)."""
        return tuple(
            one
            for one in self.departments
            if one.cost_class == CostClass.CLINICAL or self.whole(one.department_id).full
        )


def direct_by_source(*, run: CostRun) -> list[tuple[DepartmentMonth, dict[str, Decimal]]]:
    """Direct cost of each department by funding source, by code; two queries."""
    rows = DepartmentCost.objects.filter(run=run).order_by().values_list("department", "funding_source")
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for department, source, amount in rows.annotate(amount=Sum("direct")):
        found[department][source] = amount
    months = DepartmentMonth.objects.filter(run=run).order_by("department__code", "pk")
    return [(one, found[one.department_id]) for one in months]


def layer_costs(*, run: CostRun, layer: Layer) -> LayerCosts:
    """The costs of the layer; three queries."""
    departments = (
        DepartmentMonth.objects.filter(run=run).select_related("department").order_by("department__code", "pk")
    )
    rows = DepartmentCost.objects.filter(run=run, funding_source__in=layer.sources).order_by()
    by_item = {
        (department, item): Amounts(*amounts)
        for department, item, *amounts in rows.values_list("department", "cost_item").annotate(
            Sum("direct"), Sum("received"), Sum("sent"), Sum("full")
        )
    }
    classes = {one.department_id: one.cost_class for one in departments}
    flows = AllocationFlow.objects.filter(run=run, funding_source__in=layer.sources).order_by()
    from_class: dict[tuple[int, str], Decimal] = defaultdict(lambda: ZERO)
    between: dict[tuple[int, int], Decimal] = {}
    for receiver, sender, amount in flows.values_list("receiver", "sender").annotate(amount=Sum(F("amount"))):
        from_class[receiver, classes.get(sender, "")] += amount
        between[sender, receiver] = amount
    return LayerCosts(run, layer, tuple(departments), by_item, dict(from_class), between)
