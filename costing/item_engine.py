"""The month's service items by executing department and what each costs, by the department's method. No tables here."""

from dataclasses import dataclass, replace

import numpy as np

from costing.engine.columns import COLUMNS
from costing.engine.exact import IntArray, weight_type
from costing.engine.item_costs import Activity, ItemCosts, by_activities, by_weights
from costing.engine.patient_costs import bearing
from costing.engine.places import ABSENT
from costing.models import ItemMethod
from costing.patient_facts import SERVICE, ActivityBasis, Bases, Charged, Held


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Service items by executing department (places), in order: volume in 1/10,000, income and cost in fen, and the weight
    that the cost was divided by (0 where activities divided it)."""

    department: IntArray
    item: IntArray
    quantity: IntArray
    income: IntArray
    weight: IntArray
    costs: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Borne:
    """What items bear of an activity (its number): place of the item, `ABSENT` for an activity that no item used; what was
    used of it in 1/10,000 · 1/10,000; costs in fen by column."""

    activity: int
    item: IntArray
    volume: IntArray
    costs: IntArray


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A department with activities, of which `items` (numbers) were carried out and use none of them. `all` says that this
    is so of every item, so that its cost was divided by income."""

    department: int
    items: tuple[int, ...]
    all: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """An activity that cost something and that no item used, in fen."""

    department: int
    activity: str
    cost: int


@dataclass(frozen=True, slots=True, eq=False)
class ItemsFound:
    """The items; for each charge line its item's place among them (`ABSENT` for no service of a bearing department); what
    each department's services could not give to any item: `left` for want of one, `idle` of activities that none used;
    the methods other than income; how activities came to each item, and what was odd about them."""

    items: Items
    cell_of: IntArray
    left: IntArray
    idle: IntArray
    methods: dict[int, str]
    borne: tuple[Borne, ...]
    odd: tuple[Unmeasured | Idle, ...]


def cost_items(held: Held, charged: Charged, services: IntArray, bases: Bases) -> ItemsFound:
    """Divide what each department's services cost (fen by column) over the items that it carried out."""
    width = max(len(charged.items), 1)
    service = (charged.item_class == SERVICE) & (charged.executing != ABSENT)
    keys = np.where(service, charged.executing * width + charged.item, 0)
    served = np.flatnonzero(service)
    size = len(held.departments) * width
    quantity, income = (np.zeros(size, dtype=np.int64) for _ in range(2))
    cells_served = keys.take(served)
    np.add.at(quantity, cells_served, charged.quantity.take(served))
    np.add.at(income, cells_served, charged.amount.take(served))
    lines = np.bincount(cells_served, minlength=size)
    cells = np.flatnonzero(lines)
    place = np.full(size, ABSENT)
    place[cells] = np.arange(len(cells))
    department, item = cells // width, cells % width
    weight, methods = _weights(held, charged, bases, department, item, quantity[cells], income[cells])
    weight[~bearing(quantity[cells])] = 0
    costs = np.zeros((len(cells), len(COLUMNS)), dtype=np.int64)
    left, idle = np.zeros_like(services), np.zeros_like(services)
    borne: list[Borne] = []
    odd: list[Unmeasured | Idle] = []
    bounds = np.searchsorted(department, np.arange(len(held.departments) + 1))
    for at, (first, last) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        number = int(held.departments[at])
        if last > first and bases.method_of(number) == ItemMethod.ACTIVITY:
            volume = np.maximum(quantity[cells[first:last]], 0)
            one = _by_activities(
                number, services[at], bases.activities.get(number, ()), charged.items, item[first:last], volume
            )
            odd += one.odd
            if one.found is not None:
                costs[first:last], left[at], idle[at] = one.found.costs, one.found.left, one.idle
                weight[first:last], methods[number] = 0, str(ItemMethod.ACTIVITY)
                borne += one.borne
                continue
        found = by_weights(services[at], weight[first:last])
        costs[first:last], left[at] = found.costs, found.left
    items = Items(department, item, quantity[cells], income[cells], weight, costs)
    cell_of = np.where(service, place.take(keys), ABSENT)
    return ItemsFound(items, cell_of, left, idle, methods, tuple(borne), tuple(odd))


@dataclass(frozen=True, slots=True, eq=False)
class _Divided:
    """What activities made of a department; `found` is None where no item uses any."""

    found: ItemCosts | None
    idle: IntArray
    borne: list[Borne]
    odd: list[Unmeasured | Idle]


def _by_activities(
    department: int,
    pool: IntArray,
    activities: tuple[ActivityBasis, ...],
    numbers: IntArray,
    item: IntArray,
    volume: IntArray,
) -> _Divided:
    """A department whose items of the month use no activity at all is divided by income and says so, as one without
    coefficients is: its cost is not lost for want of a table. Else an item without use bears nothing and is named, and an
    activity without use keeps its cost by name."""
    used = [numbers[each] for each in item[volume > 0].tolist()]
    missing = tuple(int(each) for each in used if not any(one.uses.get(int(each)) for one in activities))
    nothing = np.zeros(len(COLUMNS), dtype=np.int64)
    if len(missing) == len(used):
        return _Divided(None, nothing, [], [Unmeasured(department, missing, all=True)] if used else [])
    uses = [_uses(one, numbers, item, volume) for one in activities]
    found = by_activities(
        pool,
        [Activity(one.name, _resources(one, activities), use) for one, use in zip(activities, uses, strict=True)],
        len(item),
    )
    borne: list[Borne] = []
    odd: list[Unmeasured | Idle] = [Unmeasured(department, missing, all=False)] if missing else []
    for at, (one, use) in enumerate(zip(activities, uses, strict=True)):
        using = np.flatnonzero(use)
        if len(using):
            borne.append(Borne(one.number, item[using], use[using], found.parts[at][using]))
        elif found.idle[at].any():
            borne.append(Borne(one.number, np.array([ABSENT]), np.array([0]), found.idle[at][None, :]))
            odd.append(Idle(department, one.name, int(found.idle[at].sum())))
    return _Divided(ItemCosts(found.costs, found.left), found.idle.sum(axis=0), borne, odd)


def _uses(one: ActivityBasis, numbers: IntArray, item: IntArray, volume: IntArray) -> IntArray:
    """Unit use · volume of each item; Python integers where 64 bits could overflow."""
    unit = [one.uses.get(int(numbers[each]), 0) for each in item.tolist()]
    kind = weight_type(max(unit, default=0) * int(volume.sum()) + 1)
    used: IntArray = np.array(unit, dtype=kind) * volume.astype(kind)
    return used


def _resources(one: ActivityBasis, activities: tuple[ActivityBasis, ...]) -> IntArray:
    """The activity's driver in each column: its own one where any activity has one there, else the one for the rest."""
    own = {column for each in activities for column in each.resources if column}
    return np.array([one.resources.get(column if column in own else "", 0) for column in COLUMNS], dtype=np.int64)


def _weights(
    held: Held,
    charged: Charged,
    bases: Bases,
    department: IntArray,
    item: IntArray,
    quantity: IntArray,
    income: IntArray,
) -> tuple[IntArray, dict[int, str]]:
    """Income, or coefficient · volume where the department's method asks for it. A department of which no item has a
    coefficient falls back on income, so that its cost is not lost for want of a table. Also which departments did not."""
    weight, used = np.maximum(income, 0), {}
    for place in np.unique(department).tolist():
        number = int(held.departments[place])
        method = bases.method_of(number)
        if method in (ItemMethod.INCOME, ItemMethod.ACTIVITY):
            continue
        mine = department == place
        factors = np.array([bases.coefficient(method, number, int(charged.items[each])) for each in item[mine]])
        if factors.any():
            weight[mine] = factors * np.maximum(quantity[mine], 0)
            used[number] = method
    return weight, used


def handed_out(charged: Charged, found: ItemsFound) -> ItemsFound:
    """A department that carries out no service but hands out drugs and materials, as a pharmacy does: its cost follows the
    amounts that it handed out, as one more item (`ABSENT` for its number) whose volume is yuan."""
    items, left = found.items, found.left
    goods = (charged.item_class != SERVICE) & (charged.executing != ABSENT)
    amounts = np.zeros(len(left), dtype=np.int64)
    np.add.at(amounts, charged.executing.compress(goods), charged.amount.compress(goods))
    able = np.flatnonzero(left.any(axis=1) & (amounts > 0))
    if not len(able):
        return found
    place = np.full(len(left), ABSENT)
    place[able] = len(items.item) + np.arange(len(able))
    mine = goods & (place.take(charged.executing) != ABSENT)
    nothing = np.zeros(len(able), dtype=np.int64)
    more = Items(
        department=np.concatenate([items.department, able]),
        item=np.concatenate([items.item, np.full(len(able), ABSENT)]),
        quantity=np.concatenate([items.quantity, amounts[able] * 100]),
        income=np.concatenate([items.income, nothing]),
        weight=np.concatenate([items.weight, amounts[able]]),
        costs=np.concatenate([items.costs, left[able]]),
    )
    rest = left.copy()
    rest[able] = 0
    return replace(found, items=more, cell_of=np.where(mine, place[charged.executing], found.cell_of), left=rest)
