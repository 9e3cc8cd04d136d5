"""The simultaneous equations (I - Pᵀ) x = b: solved in float64 as shares, quantised, turned into fen.

All is a share of Σ|b|, the cost of the item that the senders hold directly. x is quantised to 12 decimals at once;
whatever is computed from it afterwards is elementwise or integer, so that BLAS threads cannot change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from costing.engine.exact import FloatArray, IntArray, amount_type
from costing.engine.weights import Weights
from ops_platform.kernel.money import SHARE_DIGITS

MOST_ROUNDS = 10**6
_UNIT: int = 10**SHARE_DIGITS


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Gross amounts of the senders, `[item, sender]`: as quantised shares of `scales` and in fen."""

    shares: IntArray
    scales: list[int]
    fen: IntArray

    def received(self, weights: Sequence[Weights], width: int) -> list[list[int]]:
        """What every department receives, `[item][department]`, in fen · 10**12, not yet rounded to the fen."""
        sums = np.zeros((len(self.scales), width))
        for sender, one in enumerate(weights):
            sums[:, one.receivers] += (self.shares[:, sender] / _UNIT)[:, None] * one.shares()
        quantised = np.rint(sums * _UNIT).astype(np.int64).tolist()
        return [[share * scale for share in row] for row, scale in zip(quantised, self.scales, strict=True)]


def solve(held: IntArray, weights: Sequence[Weights], places: Sequence[int], width: int) -> Solution | None:
    """Gross amounts for `held[item, sender]`; None when (nearly) nothing gets out of a loop.

    One more right side, a cost of 1 for each sender, tells how often cost goes round: its solution is the
    greatest factor by which any gross amount exceeds the costs, since P has no negative entry.
    """
    rows = held.tolist()
    scales = [sum(map(abs, row)) for row in rows]
    right = np.ones((len(places), len(scales) + 1))
    for item, (row, scale) in enumerate(zip(rows, scales, strict=True)):
        right[:, item] = [fen / (scale or 1) for fen in row]
    try:
        solved = np.linalg.solve(_matrix(weights, places, width), right)
    except np.linalg.LinAlgError:
        return None
    rounds = solved[:, -1]
    if not (np.isfinite(rounds).all() and rounds.min() > 0 and rounds.max() < MOST_ROUNDS):
        return None
    shares = np.rint(solved[:, :-1].T * _UNIT).astype(np.int64)
    bound = 2 * sum(scales) * (int(rounds.max()) + 1) + width**2
    fen = [[to_nearest(share * scale) for share in row] for row, scale in zip(shares.tolist(), scales, strict=True)]
    return Solution(shares, scales, np.array(fen, dtype=amount_type(bound)).reshape(shares.shape))


def _matrix(weights: Sequence[Weights], places: Sequence[int], width: int) -> FloatArray:
    """I - Pᵀ among the senders."""
    position = np.full(width, -1, dtype=np.intp)
    position[list(places)] = np.arange(len(places))
    matrix = np.eye(len(places))
    for column, one in enumerate(weights):
        rows = position[one.receivers]
        inside = rows >= 0
        matrix[rows[inside], column] -= one.shares()[inside]
    return matrix


def to_nearest(amount: int) -> int:
    """Fen · 10**12 to the nearest fen, halves away from zero."""
    whole, rest = divmod(abs(amount), _UNIT)
    rounded = whole + 1 if 2 * rest >= _UNIT else whole
    return rounded if amount >= 0 else -rounded


def apportion(amounts: Sequence[int], total: int) -> list[int]:
    """Amounts of either sign (fen · 10**12) to whole fen that sum to `total`: those nearest to the next fen give way.

    The mirror of `amounts` and `total` gives the mirror.
    """
    fen = [to_nearest(amount) for amount in amounts]
    missing = total - sum(fen)
    sign = 1 if missing > 0 else -1
    rests = [sign * (amount - one * _UNIT) for amount, one in zip(amounts, fen, strict=True)]
    order = sorted((index for index, amount in enumerate(amounts) if amount), key=lambda index: (-rests[index], index))
    each, more = divmod(abs(missing), len(order) or 1)
    for turn, index in enumerate(order):
        fen[index] += sign * (each + (turn < more))
    return fen
