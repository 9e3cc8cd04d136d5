"""From what patient costing reads to what it writes: the engine's steps in the order of the trade. No tables here."""

from dataclasses import dataclass

import numpy as np

from costing.engine.columns import COLUMNS, DRUGS, MATERIALS, MEDICAL
from costing.engine.exact import IntArray, split_rows
from costing.engine.patient_costs import Lines, bearing, patient_costs
from costing.engine.places import ABSENT
from costing.engine.pools import Pools, pools
from costing.item_engine import ItemsFound, cost_items, handed_out
from costing.patient_facts import DRUG, MATERIAL, SERVICE, Bases, Charged, Held, Stays, Units
from costing.unit_engine import UnitsFound, cost_units

ENGINE_VERSION = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Everything in fen. `patients[encounter, column]` bottom-up, with what drugs and separately charged materials are of
    it; `income`, `top_down` and `cost_to_income` by encounter; `divided` are the items, with what no patient bears; `units`
    the service units, where the institution has defined any."""

    divided: ItemsFound
    patients: IntArray
    income: IntArray
    drug_cost: IntArray
    material_cost: IntArray
    top_down: IntArray
    cost_to_income: IntArray
    units: UnitsFound | None


def cost_patients(held: Held, stays: Stays, charged: Charged, bases: Bases, units: Units | None = None) -> Found:
    """Cost of the month's items and encounters. By cost to income the units are the defined ones, else the executing
    departments, whose ratio is over the amounts of their services with drugs and materials as they are."""
    departments = len(held.departments)
    material = (charged.item_class == MATERIAL) & (charged.executing != ABSENT)
    charges = np.zeros(departments, dtype=np.int64)
    np.add.at(charges, charged.executing.compress(material), charged.amount.compress(material))
    able = pools(
        held.amounts,
        drug_charges=int(charged.amount.compress(charged.item_class == DRUG).sum()),
        material_charges=charges,
        all_materials=int(charged.amount.compress(charged.item_class == MATERIAL).sum()),
    )
    divided = handed_out(charged, cost_items(held, charged, able.services, bases))
    items, cell_of = divided.items, divided.cell_of
    services = able.services - divided.left - divided.idle
    direct = _direct(charged, able, len(stays.numbers))
    borne = np.flatnonzero(cell_of != ABSENT)
    measure = np.where(charged.item_class == SERVICE, charged.quantity, charged.amount)
    lines = Lines(charged.encounter.take(borne), cell_of.take(borne), measure.take(borne))
    patients = patient_costs(lines, items.costs, len(stays.numbers))
    patients += direct
    income = np.zeros(len(stays.numbers), dtype=np.int64)
    np.add.at(income, charged.encounter, charged.amount)
    followed = direct[:, MEDICAL].sum(axis=1)
    count = len(stays.numbers)
    by_units = cost_units(held, charged, items, cell_of, able, units, count) if units else None
    return Found(
        patients=patients,
        income=income,
        drug_cost=direct[:, DRUGS],
        material_cost=direct[:, MATERIALS],
        top_down=followed + _top_down(held, stays, services, income),
        cost_to_income=by_units.given.patients
        if by_units
        else followed + _cost_to_income(charged, borne, services, count),
        units=by_units,
        divided=divided,
    )


def _direct(charged: Charged, able: Pools, encounters: int) -> IntArray:
    """Drugs and separately charged materials of each encounter, in their columns."""
    result = np.zeros((encounters, len(COLUMNS)), dtype=np.int64)
    for item_class, column, amount in ((DRUG, DRUGS, able.drugs), (MATERIAL, MATERIALS, able.materials)):
        chosen = charged.item_class == item_class
        if amount:
            amounts = charged.amount.compress(chosen)
            lines = Lines(charged.encounter.compress(chosen), np.zeros(len(amounts), dtype=np.int64), amounts)
            result[:, column] = patient_costs(lines, np.array([[amount]]), encounters)[:, 0]
    return result


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
    what it handed out (the places of the lines in `chosen`)."""
    lines = Lines(*(column.take(chosen) for column in (charged.encounter, charged.executing, charged.amount)))
    costs = services[:, MEDICAL].sum(axis=1)
    costs = np.where(bearing(lines.measured(len(costs))), costs, 0)
    return patient_costs(lines, costs[:, None], encounters)[:, 0]
