"""Exact division of many amounts by the same weights, in columns.

`split_rows` is `kernel.split` for many amounts at once: the same fen for the same input, always. An amount a
and a weight w of the whole W give the quotient q and the remainder r of a·w = q·W + r, although a·w need not fit
into 64 bits: a first guess of q comes from the share w/W in float64 and is off by at most one (a < 2**48), and
r = a·w - q·W is exact in wrapping int64 since its true value lies in (-W, 2W) and W < 2**60; the sign of r
then tells the exact q. No amount is ever rounded by a float. Larger numbers go through Python integers.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ops_platform.kernel import split

IntArray = npt.NDArray[Any]
"""int64, or Python integers (dtype object) where 64 bits could overflow."""
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

AMOUNT_LIMIT = 2**48
WEIGHT_LIMIT = 2**60
_SHORT = 12


def amount_type(bound: int) -> type:
    """The array type that holds amounts, and sums of them, that stay below `bound` in magnitude."""
    return np.int64 if bound < AMOUNT_LIMIT else object


def weight_type(whole: int) -> type:
    """The array type for weights whose sum is `whole`."""
    return np.int64 if whole < WEIGHT_LIMIT else object


def split_rows(amounts: IntArray, weights: IntArray) -> IntArray:
    """One row per amount, each summing to it: `kernel.split` of every amount by `weights` (largest remainder)."""
    if len(weights) <= _SHORT or _is_long(amounts, weights):
        return _split_by_kernel(amounts, weights)
    magnitudes = np.abs(amounts)
    parts, remainders = _divide(magnitudes, weights, int(weights.sum()))
    _give_missing(parts, remainders, magnitudes - parts.sum(axis=1))
    return parts * np.sign(amounts)[:, None]


def nearest_rows(amounts: IntArray, weights: IntArray, whole: int) -> IntArray:
    """amount · weight / whole to the nearest fen (half away from zero): parts that need not sum to anything."""
    if _is_long(amounts, weights) or whole >= WEIGHT_LIMIT:
        rows = [[_nearest(amount * weight, whole) for weight in weights.tolist()] for amount in amounts.tolist()]
        return np.array(rows, dtype=amounts.dtype).reshape(len(amounts), len(weights))
    parts, remainders = _divide(np.abs(amounts), weights, whole)
    parts += remainders >= whole - remainders
    return parts * np.sign(amounts)[:, None]


def _is_long(amounts: IntArray, weights: IntArray) -> bool:
    return np.dtype(object) in (amounts.dtype, weights.dtype)


def _split_by_kernel(amounts: IntArray, weights: IntArray) -> IntArray:
    receivers = weights.tolist()
    rows = [split(amount, receivers) if amount else (0,) * len(receivers) for amount in amounts.tolist()]
    return np.array(rows, dtype=amounts.dtype).reshape(len(amounts), len(receivers))


def _divide(magnitudes: IntArray, weights: IntArray, whole: int) -> tuple[IntArray, IntArray]:
    """Quotients and remainders of magnitude · weight by `whole`, see the module's docstring."""
    quotients = (magnitudes[:, None] * (weights / whole)).astype(np.int64)
    remainders = magnitudes[:, None] * weights - quotients * whole
    too_high = remainders < 0
    too_low = remainders >= whole
    quotients += too_low
    quotients -= too_high
    remainders += np.multiply(too_high, whole, dtype=np.int64)
    remainders -= np.multiply(too_low, whole, dtype=np.int64)
    return quotients, remainders


def _give_missing(parts: IntArray, remainders: IntArray, missing: IntArray) -> None:
    """One fen each to the largest remainders of a row; among equals the earlier receiver goes first."""
    for row in np.flatnonzero(missing):
        count, rest = int(missing[row]), remainders[row]
        last = np.partition(rest, -count)[-count]
        above = rest > last
        parts[row] += above
        parts[row, np.flatnonzero(rest == last)[: count - np.count_nonzero(above)]] += 1


def _nearest(numerator: int, whole: int) -> int:
    """Nearest integer, half away from zero, so that a negative amount mirrors the positive one."""
    quotient, remainder = divmod(abs(numerator), whole)
    rounded = quotient + (2 * remainder >= whole)
    return rounded if numerator >= 0 else -rounded
