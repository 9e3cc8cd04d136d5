"""The simultaneous equations (I - Pᵀ) x = b: solved in float64 as shares, quantised, turned into fen.

All is a share of Σ|b|, the cost of the item that the senders hold directly. x is quantised to 12 decimals at once;
whatever is computed from it afterwards is elementwise, summed in one fixed order, or integer, so that BLAS threads
cannot change it.
"""

from dataclasses import dataclass

import numpy as np

from costing.engine.exact import FloatArray, IntArray, amount_type, largest, nearest_rows
from costing.engine.weights import Weights
from ops_platform.kernel.money import SHARE_DIGITS

MOST_ROUNDS = 10**6
_UNIT: int = 10**SHARE_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Gross amounts of the senders, `[item, sender]`: as quantised shares of `scales` and in fen."""

    shares: IntArray
    scales: IntArray
    fen: IntArray

    def received(self, weights: Weights, width: int) -> IntArray:
        """What every department receives, `[item, department]`, as quantised shares of `scales`."""
        sums = [
            np.bincount(weights.receivers, sent.take(weights.owners) * weights.shares, width)
            for sent in self.shares / _UNIT
        ]
        return np.rint(np.array(sums).reshape(-1, width) * _UNIT).astype(np.int64)


def solve(held: IntArray, weights: Weights, places: IntArray, width: int) -> Solution | None:
    """Gross amounts for `held[item, sender]` of senders at `places`; None when (nearly) nothing gets out of a loop.

    One more right side, a cost of 1 for each sender, tells how often cost goes round: its solution is the
    greatest factor by which any gross amount exceeds the costs, since P has no negative entry.
    """
    scales = np.abs(held).sum(axis=1)
    right = np.ones((len(places), len(scales) + 1))
    right[:, :-1] = (held / np.maximum(scales, 1)[:, None]).T
    try:
        solved = np.linalg.solve(_matrix(weights, places, width), right)
    except np.linalg.LinAlgError:
        return None
    rounds = solved[:, -1]
    if not (np.isfinite(rounds).all() and rounds.min() > 0 and rounds.max() < MOST_ROUNDS):
        return None
    shares = np.rint(solved[:, :-1].T * _UNIT).astype(np.int64)
    bound = 2 * int(scales.sum()) * (int(rounds.max()) + 1) + width**2
    scales = scales.astype(amount_type(bound))
    return Solution(shares, scales, _in_fen(scales, shares))


def _matrix(weights: Weights, places: IntArray, width: int) -> FloatArray:
    """I - Pᵀ among the senders."""
    position = np.full(width, -1, dtype=np.intp)
    position[places] = np.arange(len(places))
    rows = position.take(weights.receivers)
    inside = np.flatnonzero(rows >= 0)
    matrix = np.eye(len(places))
    cells = rows.take(inside) * len(places) + weights.owners.take(inside)
    matrix.reshape(-1)[cells] -= weights.shares.take(inside)
    return matrix


def apportion(scales: IntArray, shares: IntArray, totals: IntArray) -> IntArray:
    """Quantised shares `[item, receiver]` of `scales[item]`, of either sign, to whole fen that sum to `totals[item]`.

    Each to the nearest fen, halves away from zero; then those nearest to the next fen give way. The mirror of `shares`
    and `totals` gives the mirror.
    """
    fen = _in_fen(scales, shares)
    missing = totals - fen.sum(axis=1)
    sign = np.where(missing > 0, 1, -1)[:, None]
    rests = sign * (scales[:, None] * shares - fen * _UNIT)  # within half a fen, so exact even where the products wrap
    concerned = (shares != 0) & (scales != 0)[:, None]
    many = np.maximum(concerned.sum(axis=1), 1)
    each, more = np.abs(missing) // many, np.abs(missing) % many
    return np.asarray(fen + sign * concerned * (each[:, None] + largest(np.where(concerned, rests, -_UNIT), more)))


def _in_fen(scales: IntArray, shares: IntArray) -> IntArray:
    """Quantised shares `[item, …]` of `scales[item]` to the nearest fen, halves away from zero."""
    return np.asarray(np.sign(shares) * nearest_rows(scales, np.abs(shares), _UNIT))
