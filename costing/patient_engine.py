"""From what patient costing reads to what it writes: the engine's steps in the order of the trade. No tables here."""

from dataclasses import dataclass

import numpy as np

from costing.engine.columns import COLUMNS, DRUGS, MATERIALS, MEDICAL
from costing.engine.exact import IntArray, split_rows
from costing.engine.item_costs import by_weights
from costing.engine.patient_costs import Lines, bearing, patient_costs
from costing.engine.pools import Pools, pools
from costing.models import ItemMethod
from costing.patient_facts import ABSENT, DRUG, MATERIAL, SERVICE, Bases, Charged, Held, Stays

ENGINE_VERSION = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Service items by executing department (places), in order: volume in 1/10,000, income and cost in fen, and the weight
    that the cost was divided by."""

    department: IntArray
    item: IntArray
    quantity: IntArray
    income: IntArray
    weight: IntArray
    costs: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Everything in fen. `patients[encounter, column]` bottom-up, with what drugs and separately charged materials are of
    it; `income`, `top_down` and `cost_to_income` by encounter; `left[department, column]` is borne by nobody, which is
    zero for most. `methods` are the departments (numbers) whose services were divided by another method than income."""

    items: Items
    patients: IntArray
    income: IntArray
    drug_cost: IntArray
    material_cost: IntArray
    top_down: IntArray
    cost_to_income: IntArray
    left: IntArray
    methods: dict[int, str]


def cost_patients(held: Held, stays: Stays, charged: Charged, bases: Bases) -> Found:
    """Cost of the month's items and encounters."""
    departments = len(held.departments)
    material = (charged.item_class == MATERIAL) & (charged.executing != ABSENT)
    charges = np.zeros(departments, dtype=np.int64)
    np.add.at(charges, charged.executing[material], charged.amount[material])
    able = pools(
        held.amounts,
        drug_charges=int(charged.amount[charged.item_class == DRUG].sum()),
        material_charges=charges,
        all_materials=int(charged.amount[charged.item_class == MATERIAL].sum()),
    )
    items, cell_of, left, methods = _items(held, charged, able.services, bases)
    items, cell_of, left = _handed_out(charged, items, cell_of, left)
    direct = _direct(charged, able, len(stays.numbers))
    borne = cell_of != ABSENT
    measure = np.where(charged.item_class == SERVICE, charged.quantity, charged.amount)
    lines = Lines(charged.encounter[borne], cell_of[borne], measure[borne])
    patients = patient_costs(lines, items.costs, len(stays.numbers))
    patients += direct
    income = np.zeros(len(stays.numbers), dtype=np.int64)
    np.add.at(income, charged.encounter, charged.amount)
    followed = direct[:, MEDICAL].sum(axis=1)
    return Found(
        items=items,
        patients=patients,
        income=income,
        drug_cost=direct[:, DRUGS],
        material_cost=direct[:, MATERIALS],
        top_down=followed + _top_down(held, stays, able.services - left, income),
        cost_to_income=followed + _cost_to_income(charged, cell_of != ABSENT, able.services - left, len(stays.numbers)),
        left=left,
        methods=methods,
    )


def _direct(charged: Charged, able: Pools, encounters: int) -> IntArray:
    """Drugs and separately charged materials of each encounter, in their columns."""
    result = np.zeros((encounters, len(COLUMNS)), dtype=np.int64)
    for item_class, column, amount in ((DRUG, DRUGS, able.drugs), (MATERIAL, MATERIALS, able.materials)):
        chosen = charged.item_class == item_class
        if amount:
            lines = Lines(
                charged.encounter[chosen], np.zeros(int(chosen.sum()), dtype=np.int64), charged.amount[chosen]
            )
            result[:, column] = patient_costs(lines, np.array([[amount]]), encounters)[:, 0]
    return result


def _items(
    held: Held, charged: Charged, services: IntArray, bases: Bases
) -> tuple[Items, IntArray, IntArray, dict[int, str]]:
    """Costs of the service items; for each charge line its item's place among them (`ABSENT` for no service of a bearing
    department), what each department's services could not give to any item, and the methods other than income."""
    width = max(len(charged.items), 1)
    service = (charged.item_class == SERVICE) & (charged.executing != ABSENT)
    keys = np.where(service, charged.executing * width + charged.item, 0)
    size = len(held.departments) * width
    quantity, income, lines = (np.zeros(size, dtype=np.int64) for _ in range(3))
    np.add.at(quantity, keys[service], charged.quantity[service])
    np.add.at(income, keys[service], charged.amount[service])
    np.add.at(lines, keys[service], 1)
    cells = np.flatnonzero(lines)
    place = np.full(size, ABSENT)
    place[cells] = np.arange(len(cells))
    department, item = cells // width, cells % width
    weight, methods = _weights(held, charged, bases, department, item, quantity[cells], income[cells])
    weight[~bearing(quantity[cells])] = 0
    costs = np.zeros((len(cells), len(COLUMNS)), dtype=np.int64)
    left = np.zeros_like(services)
    bounds = np.searchsorted(department, np.arange(len(held.departments) + 1))
    for number, (first, last) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        found = by_weights(services[number], weight[first:last])
        costs[first:last], left[number] = found.costs, found.left
    found_items = Items(department, item, quantity[cells], income[cells], weight, costs)
    return found_items, np.where(service, place[keys], ABSENT), left, methods


def _handed_out(charged: Charged, items: Items, cell_of: IntArray, left: IntArray) -> tuple[Items, IntArray, IntArray]:
    """A department that carries out no service but hands out drugs and materials, as a pharmacy does: its cost follows the
    amounts that it handed out, as one more item (`ABSENT` for its number) whose volume is yuan."""
    goods = (charged.item_class != SERVICE) & (charged.executing != ABSENT)
    amounts = np.zeros(len(left), dtype=np.int64)
    np.add.at(amounts, charged.executing[goods], charged.amount[goods])
    able = np.flatnonzero(left.any(axis=1) & (amounts > 0))
    if not len(able):
        return items, cell_of, left
    place = np.full(len(left), ABSENT)
    place[able] = len(items.item) + np.arange(len(able))
    mine = goods & (place[charged.executing] != ABSENT)
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
    return more, np.where(mine, place[charged.executing], cell_of), rest


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
        if method == ItemMethod.INCOME:
            continue
        mine = department == place
        factors = np.array([bases.coefficient(method, number, int(charged.items[each])) for each in item[mine]])
        if factors.any():
            weight[mine] = factors * np.maximum(quantity[mine], 0)
            used[number] = method
    return weight, used


def _top_down(held: Held, stays: Stays, services: IntArray, income: IntArray) -> IntArray:
    """Medical cost of the clinical departments' services, with what technology gave them, over days of stay and visits. A
    department that treats both gives each its part by income of its patients."""
    own = services[:, MEDICAL].sum(axis=1)
    full = np.where(held.clinical, own, 0)
    for sender, weights in held.passed.items():
        receivers = np.array(sorted(weights), dtype=np.int64)
        shares = np.array([[weights[each] for each in receivers.tolist()]], dtype=np.int64)
        full[receivers] += split_rows(own[sender : sender + 1], shares)[0]
    place = held.place_of(stays.department)
    measure = np.where(stays.inpatient, stays.days, 1)
    unit = place * 2 + stays.inpatient
    known = (place != ABSENT) & (measure > 0)
    units = 2 * len(held.departments)
    earned, measured = np.zeros(units, dtype=np.int64), np.zeros(units, dtype=np.int64)
    np.add.at(earned, unit[known], np.maximum(income[known], 0))
    np.add.at(measured, unit[known], measure[known])
    costs = _by_units(full, earned, measured)
    lines = Lines(np.flatnonzero(known), unit[known], measure[known])
    return patient_costs(lines, costs[:, None], len(stays.numbers))[:, 0]


def _by_units(full: IntArray, earned: IntArray, measured: IntArray) -> IntArray:
    """Each department's cost over its outpatient and inpatient unit by income; all to the one that has patients."""
    weights = np.where(measured > 0, earned, 0).reshape(-1, 2)
    present = (measured > 0).astype(np.int64).reshape(-1, 2)
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, present)
    costs = np.zeros(weights.shape, dtype=np.int64)
    able = weights.sum(axis=1) > 0
    costs[able] = split_rows(full[able], weights[able])
    return costs.ravel()


def _cost_to_income(charged: Charged, chosen: IntArray, services: IntArray, encounters: int) -> IntArray:
    """Medical cost by the ratio of cost to income of each executing department, over the amounts of its services, or of
    what it handed out (the lines `chosen`)."""
    lines = Lines(charged.encounter[chosen], charged.executing[chosen], charged.amount[chosen])
    costs = services[:, MEDICAL].sum(axis=1)
    costs = np.where(bearing(lines.measured(len(costs))), costs, 0)
    return patient_costs(lines, costs[:, None], encounters)[:, 0]
