"""The month's costs and charges put into service units, for the ratio of cost to income. No tables here."""

from dataclasses import dataclass

import numpy as np

from costing.engine.columns import MEDICAL
from costing.engine.exact import IntArray
from costing.engine.patient_costs import Lines
from costing.engine.places import ABSENT
from costing.engine.pools import Pools
from costing.engine.service_units import UnitCosts, by_service_units
from costing.item_engine import Items
from costing.models import UnitKind
from costing.patient_facts import DRUG, MATERIAL, SERVICE, Charged, Held, Units


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """A unit of the month: one that is defined, else an executing department; neither for drugs, materials, and services of
    departments that hold no cost."""

    unit: int | None
    department: int | None
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class UnitsFound:
    """By unit: which it is, `income` of charges and `cost` in fen; what it gave in `given`."""

    places: tuple[UnitPlace, ...]
    income: IntArray
    cost: IntArray
    given: UnitCosts


def cost_units(
    held: Held, charged: Charged, items: Items, cell_of: IntArray, able: Pools, units: Units, encounters: int
) -> UnitsFound:
    """The units with what they cost and gave. A department that is divided between units by fee class is so in cost as in
    income: each unit has the costs of the items that belong to it."""
    places = [UnitPlace(number, None, units.kinds[number]) for number in sorted(units.kinds)]
    at = {place: index for index, place in enumerate(places)}
    unit_of_cell = np.zeros(len(items.department), dtype=np.int64)
    for cell, (department, item) in enumerate(zip(items.department.tolist(), items.item.tolist(), strict=True)):
        place = _place(units, int(held.departments[department]), charged.fee_classes[item] if item != ABSENT else "")
        unit_of_cell[cell] = at.setdefault(place, len(at))
    drugs, materials, nowhere = (
        at.setdefault(UnitPlace(None, None, kind), len(at))
        for kind in (UnitKind.DRUGS, UnitKind.MATERIALS, UnitKind.DEPARTMENT)
    )
    cost, income = (np.zeros(len(at), dtype=np.int64) for _ in range(2))
    np.add.at(cost, unit_of_cell, items.costs[:, MEDICAL].sum(axis=1))
    cost[drugs], cost[materials] = able.drugs, able.materials
    service, borne = charged.item_class == SERVICE, cell_of != ABSENT
    unit = np.full(len(cell_of), nowhere)
    unit[charged.item_class == DRUG], unit[charged.item_class == MATERIAL] = drugs, materials
    unit[service & borne] = unit_of_cell[cell_of[service & borne]]
    np.add.at(income, unit, charged.amount)
    handed = borne & ~service  # goods measure the pharmacy that handed them out, besides what they are themselves
    lines = Lines(
        np.concatenate([charged.encounter, charged.encounter[handed]]),
        np.concatenate([unit, unit_of_cell[cell_of[handed]]]),
        np.concatenate([charged.amount, charged.amount[handed]]),
    )
    charges = np.concatenate([charged.amount, np.zeros(int(handed.sum()), dtype=np.int64)])
    at_charge = np.isin(np.arange(len(at)), [drugs, materials])
    return UnitsFound(tuple(at), income, cost, by_service_units(lines, charges, cost, at_charge, encounters))


def _place(units: Units, department: int, fee_class: str) -> UnitPlace:
    """The part of the fee class wins over that of the whole department; without any the department is the unit."""
    for part in ((department, fee_class), (department, "")):
        if part in units.parts:
            number = units.parts[part]
            return UnitPlace(number, None, units.kinds[number])
    return UnitPlace(None, department, UnitKind.DEPARTMENT)
