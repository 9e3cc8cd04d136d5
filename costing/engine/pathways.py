"""What a case cost inside and outside its clinical pathway (临床路径), and how that differs from the standard.

Source: domain.md 6.2 (路径内费用包干, 路径外费用审批) and 1.8 (factor analysis). A pathway says for each of its
items a standard quantity S, obligatory or optional. A case used U of it (refunds taken off) at a cost C:

    inside   = C · min(U, S) / U      outside = C − inside      (an item that is not on the pathway is outside as a whole)
    at standard = c · min(U, S) / S   where c is the cost of the standard quantity
    missing  = c of obligatory items of which nothing was used
    spared   = c − at standard of obligatory items of which less than S was used
    optional = at standard of optional items
    price    = inside − at standard    (the case's items were dearer or cheaper than the standard)

Identities, to the fen, of every case, for cost and for charges alike:

    actual = inside + outside
    inside = standard − missing − spared + optional + price       with standard = Σ c of obligatory items
    actual − standard = − missing − spared + optional + price + outside

Standard cost with entered or derived standards (标准成本): Q0 at unit cost c0 against Q1 that cost C1:

    volume variance = Q1·c0 − Q0·c0      rate variance = C1 − Q1·c0      total = C1 − Q0·c0 = volume + rate

Rounding: money in fen, quantities in 1/10,000; every product to the nearest fen, half away from zero, and the other part
is what remains, so that parts always sum. At zero: a net quantity of zero or below lies inside (nothing was used beyond a
standard); it counts as not used. Nothing known of c: c is 0 and the caller says so.
"""

from dataclasses import dataclass

import numpy as np

from costing.engine.exact import IntArray, nearest_rows, split_segments
from costing.engine.places import ABSENT, places

NO_ITEM = 0  # what no charge line of the case explains stands under this number; real items begin at 1


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """Rows of charge lines summed by (segment, item): a segment is a case in one month. `service` weighs the services' pot
    (fixed-point cost), `drug` and `material` weigh theirs (amounts in fen; 0 for rows of another class)."""

    segment: IntArray
    case: IntArray
    item: IntArray
    quantity: IntArray
    charges: IntArray
    service: IntArray
    drug: IntArray
    material: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Pots:
    """Cost of each segment in fen, and whose case it is of."""

    case: IntArray
    service: IntArray
    drug: IntArray
    material: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Used:
    """What cases used, one row for (case, item) in this order: quantity in 1/10,000, charges and cost in fen. Σ cost of a
    case = its cost."""

    case: IntArray
    item: IntArray
    quantity: IntArray
    charges: IntArray
    cost: IntArray


def used_by_cases(rows: Shares, pots: Pots) -> Used:
    """Each case's cost, divided over what it used. What no line explains (weights that sum to zero)
    is kept under `NO_ITEM`."""
    cost = np.zeros(len(rows.segment), dtype=np.int64)
    left = np.zeros(len(pots.case), dtype=np.int64)
    for total, weights in ((pots.service, rows.service), (pots.drug, rows.drug), (pots.material, rows.material)):
        cost += split_segments(total, rows.segment, weights)
        whole = np.zeros(len(pots.case), dtype=np.int64)
        np.add.at(whole, rows.segment, weights)
        left += np.where(whole == 0, total, 0)
    odd = np.flatnonzero(left)
    nothing = np.zeros(len(odd), dtype=np.int64)
    return _summed(
        np.concatenate([rows.case, pots.case[odd]]),
        np.concatenate([rows.item, np.full(len(odd), NO_ITEM)]),
        np.concatenate([rows.quantity, nothing]),
        np.concatenate([rows.charges, nothing]),
        np.concatenate([cost, left[odd]]),
    )


def _summed(case: IntArray, item: IntArray, quantity: IntArray, charges: IntArray, cost: IntArray) -> Used:
    width = int(item.max()) + 1 if len(item) else 1
    keys, where = np.unique(case * width + item, return_inverse=True)
    sums = []
    for values in (quantity, charges, cost):
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, where, values)
        sums.append(total)
    return Used(keys // width, keys % width, sums[0], sums[1], sums[2])


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """A pathway's items, by item number: standard quantity (1/10,000, above zero), whether obligatory, and what the standard
    quantity costs and is charged at (fen)."""

    item: IntArray
    quantity: IntArray
    obligatory: IntArray
    cost: IntArray
    charges: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Of each case in fen; see the module's identities. `standard` is the same for all cases."""

    standard: int
    missing: IntArray
    spared: IntArray
    optional: IntArray
    price: IntArray
    inside: IntArray
    outside: IntArray

    @property
    def actual(self) -> IntArray:
        """inside + outside"""
        result: IntArray = self.inside + self.outside
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Cases against a pathway: `absent[case]` obligatory items of which nothing was used; for each row of `used` what of it
    lies inside."""

    cost: Parts
    charges: Parts
    absent: IntArray
    inside_quantity: IntArray
    inside_cost: IntArray
    inside_charges: IntArray


def compare(used: Used, cases: int, standard: Standard) -> Compared:
    """All cases of one pathway at once; `used.case` counts from 0 to `cases` − 1."""
    order = np.argsort(standard.item, kind="stable")
    place = places(standard.item[order], used.item)
    place = np.where(place == ABSENT, ABSENT, order[place]) if len(order) else place
    on = place != ABSENT
    limit = np.where(on, standard.quantity[place] if len(order) else 0, 0)
    over = on & (used.quantity > limit)
    inside_quantity = np.where(on, np.minimum(used.quantity, limit), 0)
    quantity = np.zeros((cases, len(standard.item)), dtype=np.int64)
    quantity[used.case[on], place[on]] = used.quantity[on]
    kept = np.clip(quantity, 0, standard.quantity[None, :])
    sides = []
    for amounts, told in ((used.cost, standard.cost), (used.charges, standard.charges)):
        inside = np.where(on, amounts, 0)
        inside[over] = nearest_rows(amounts[over], limit[over][:, None], used.quantity[over][:, None])[:, 0]
        sides.append((inside, _parts(used, cases, standard, kept, inside, amounts, told)))
    absent = ((kept == 0) & standard.obligatory.astype(np.bool_)[None, :]).sum(axis=1)
    return Compared(sides[0][1], sides[1][1], absent, inside_quantity, sides[0][0], sides[1][0])


def _parts(
    used: Used,
    cases: int,
    standard: Standard,
    kept: IntArray,
    inside: IntArray,
    amounts: IntArray,
    told: IntArray,
) -> Parts:
    obligatory = standard.obligatory.astype(np.bool_)
    at_standard = nearest_rows(told, kept.T, standard.quantity[:, None]).T if len(told) else kept
    unused = np.where(obligatory[None, :], told[None, :] - at_standard, 0)
    nothing = kept == 0
    within, whole = np.zeros(cases, dtype=np.int64), np.zeros(cases, dtype=np.int64)
    np.add.at(within, used.case, inside)
    np.add.at(whole, used.case, amounts)
    return Parts(
        standard=int(told[obligatory].sum()),
        missing=np.where(nothing, unused, 0).sum(axis=1),
        spared=np.where(nothing, 0, unused).sum(axis=1),
        optional=np.where(obligatory[None, :], 0, at_standard).sum(axis=1),
        price=within - at_standard.sum(axis=1),
        inside=within,
        outside=whole - within,
    )


@dataclass(frozen=True, slots=True)
class Variance:
    """In fen; `standard` is Q0·c0, `flexed` Q1·c0, `actual` C1."""

    standard: int
    flexed: int
    actual: int

    @property
    def volume(self) -> int:
        """数量差异: (Q1 − Q0)·c0"""
        return self.flexed - self.standard

    @property
    def rate(self) -> int:
        """价格差异: (c1 − c0)·Q1"""
        return self.actual - self.flexed

    @property
    def total(self) -> int:
        """volume + rate"""
        return self.actual - self.standard

    def __add__(self, other: "Variance") -> "Variance":
        return Variance(self.standard + other.standard, self.flexed + other.flexed, self.actual + other.actual)


def variance(*, standard_quantity: int, unit_cost: int, quantity: int, cost: int) -> Variance:
    """Quantities in 1/10,000, unit cost in 1/1,000,000 yuan, cost in fen."""
    return Variance(_product(standard_quantity, unit_cost), _product(quantity, unit_cost), cost)


_SCALE = 10_000 * 1_000_000 // 100  # 1/10,000 × 1/1,000,000 yuan → fen


def _product(quantity: int, unit_cost: int) -> int:
    """Fen, half away from zero."""
    exact = quantity * unit_cost
    sign = -1 if exact < 0 else 1
    return sign * ((2 * abs(exact) + _SCALE) // (2 * _SCALE))
