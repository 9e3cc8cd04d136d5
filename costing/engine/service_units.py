"""The ratio of cost to income by service units (成本收入比法, 服务单元叠加).

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号 (domain.md 1.6, method 3, recalled; units and the ratio 1 of drugs and
materials: the published example of a hospital named there):

    ratio[u] = cost[u] / base[u]      C[p] = Σ_u  amount[p, u] · ratio[u]

The base of a unit is all that was charged for its services (and for goods that a pharmacy in it handed out). Units
`at_charge` have the ratio 1: drugs and separately charged materials are sold without mark-up, so their cost is their charge.

Exactness: fen. Each unit gives its whole cost to the encounters by largest remainder (`patient_costs`), and an encounter's
cost is the sum over its units: both margins hold to the fen. No ratio is ever rounded.

At zero: a unit whose base is not above zero gives nothing to anyone; `borne` says so, and the caller names what it kept.
"""

from dataclasses import dataclass

import numpy as np

from costing.engine.exact import BoolArray, IntArray
from costing.engine.patient_costs import Lines, patient_costs


@dataclass(frozen=True, slots=True, eq=False)
class UnitShare:
    """What a unit gave: the encounters (places) that it concerns, in order, and for each what it was charged, what measured
    its cost (`base`, more than the charge where goods were handed out), and the cost, in fen."""

    encounter: IntArray
    income: IntArray
    base: IntArray
    cost: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class UnitCosts:
    """Fen: `base` and `borne` by unit, `shares` of each unit, and `patients`, the cost of every encounter."""

    base: IntArray
    borne: IntArray
    shares: tuple[UnitShare, ...]
    patients: IntArray


def by_service_units(
    lines: Lines, charges: IntArray, costs: IntArray, at_charge: BoolArray, encounters: int
) -> UnitCosts:
    """Give `costs[unit]` to encounters by what they were charged in it; `lines` have the unit as cell and fen as measure.
    `charges` are what of each measure is a charge of the unit itself: all of it, or nothing for goods handed out."""
    units = len(costs)
    base, borne = lines.measured(units), np.zeros(units, dtype=np.int64)
    patients = np.zeros(encounters, dtype=np.int64)
    order = np.argsort(lines.cell, kind="stable")
    bounds = np.searchsorted(lines.cell[order], np.arange(units + 1))
    shares = []
    for unit, (first, last) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        mine = order[first:last]
        measured, income, given = (np.zeros(encounters, dtype=np.int64) for _ in range(3))
        np.add.at(measured, lines.encounter[mine], lines.measure[mine])
        np.add.at(income, lines.encounter[mine], charges[mine])
        if at_charge[unit]:
            given = measured
        elif base[unit] > 0 and costs[unit]:
            own = Lines(lines.encounter[mine], np.zeros(len(mine), dtype=np.int64), lines.measure[mine])
            given = patient_costs(own, costs[unit : unit + 1, None], encounters)[:, 0]
        borne[unit] = given.sum()
        patients += given
        concerned = np.flatnonzero((measured != 0) | (income != 0) | (given != 0))
        shares.append(UnitShare(concerned, income[concerned], measured[concerned], given[concerned]))
    return UnitCosts(base, borne, tuple(shares), patients)
