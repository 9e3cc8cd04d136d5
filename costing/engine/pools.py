"""What of the departments' cost patients are charged with directly, and what their services bear.

Source: 《公立医院成本核算规范》国卫财务发〔2021〕4号 (domain.md 1.5 and 1.6, recalled): service items are costed
without drugs and without separately charged materials, which follow the patient who used them.

Held is what technology and clinical departments hold before technology is closed: direct cost and what administration
and medical support gave. Held sums to the full cost of the hospital, so everything here does.

    drugs      = Σ held drug cost                                        (all departments; follows drug charges)
    materials  = Σ taken,  taken[d] = min(held materials[d], charges[d])  (sold without mark-up: cost is charge), then
                 what is left of min(Σ held, Σ charges) from the others in proportion to what they still hold; what
                 other departments' refunds make too much goes back in proportion to what was taken
    services[d] = held[d] − drugs[d] − taken[d]

At zero: without drug charges no patient bears the drug cost; it stays with the services of its departments. A department
whose material cost is negative gives nothing.
"""

from dataclasses import dataclass

import numpy as np

from costing.engine.columns import DRUGS, MATERIALS
from costing.engine.exact import IntArray, split_rows


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """Fen: all drugs, all separately charged materials, and `services[department, column]`."""

    drugs: int
    materials: int
    services: IntArray


def pools(held: IntArray, *, drug_charges: int, material_charges: IntArray, all_materials: int) -> Pools:
    """Part `held[department, column]` (fen) by the month's charges (fen, net of refunds): of all drugs, and of separately
    charged materials by executing department and in all, whoever carried them out."""
    services = held.copy()
    drugs = int(held[:, DRUGS].sum()) if drug_charges > 0 else 0
    if drugs:
        services[:, DRUGS] = 0
    taken = _taken(held[:, MATERIALS], material_charges, all_materials)
    services[:, MATERIALS] -= taken
    return Pools(drugs, int(taken.sum()), services)


def _taken(held: IntArray, charges: IntArray, all_materials: int) -> IntArray:
    able = np.maximum(held, 0)
    taken = np.minimum(able, np.maximum(charges, 0))
    missing = min(int(able.sum()), max(all_materials, 0)) - int(taken.sum())
    if missing:
        taken = taken + split_rows(np.array([missing]), (able - taken if missing > 0 else taken)[None, :])[0]
    return taken
