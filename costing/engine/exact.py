"""Exact division of many amounts at once, in columns.

`split_rows` is `kernel.split` for many amounts, each by its own weights: the same fen for the same input, always. An
amount a and a weight w of the whole W give the quotient q and the remainder r of a·w = q·W + r, although a·w need not
fit into 64 bits: a first guess of q comes from the share w/W in float64 and is off by at most one (a < 2**48), and
r = a·w - q·W is exact in wrapping int64 since its true value lies in (-W, 2W) and W < 2**60; the sign of r
then tells the exact q. No amount is ever rounded by a float. Larger numbers are Python integers (dtype object) and
need no guess.

Amounts have any shape `[…]`; weights, parts and remainders have one axis more, the receivers. Shapes are broadcast.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[Any]
"""int64, or Python integers (dtype object) where 64 bits could overflow."""
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

AMOUNT_LIMIT = 2**48
WEIGHT_LIMIT = 2**60


def amount_type(bound: int) -> type:
    """The array type that holds amounts, and sums of them, that stay below `bound` in magnitude."""
    return np.int64 if bound < AMOUNT_LIMIT else object


def weight_type(whole: int) -> type:
    """The array type for weights whose sum is `whole`."""
    return np.int64 if whole < WEIGHT_LIMIT else object


def split_rows(amounts: IntArray, weights: IntArray) -> IntArray:
    """Parts `[…, receiver]` of every amount by its row of weights: `kernel.split`.

    Each row sums to its amount; largest remainder, among equals the earlier receiver; a negative amount is the mirror
    of the positive one; a weight of zero gets nothing. Raises ValueError when the weights of a row sum to zero.
    """
    whole = weights.sum(axis=-1, keepdims=True)
    if not whole.all():
        raise ValueError("weights sum to zero")
    magnitudes = np.abs(amounts)
    parts, remainders = _divide(magnitudes[..., None], weights, whole)
    parts += largest(remainders, magnitudes - parts.sum(axis=-1))
    return _mirrored(parts, amounts)


def nearest_rows(amounts: IntArray, weights: IntArray, whole: IntArray | int) -> IntArray:
    """amount · weight / whole to the nearest fen (half away from zero): parts that need not sum to anything.

    A weight may exceed the whole, as long as the parts stay below the limit of amounts.
    """
    parts, remainders = _divide(np.abs(amounts)[..., None], weights, whole)
    parts += remainders >= whole - remainders
    return _mirrored(parts, amounts)


def split_segments(totals: IntArray, segment: IntArray, weights: IntArray) -> IntArray:
    """One part for each row: the total of its segment by the row's weight among the segment's rows, in columns.

    Rows of a segment sum to its total exactly. Where all weights of a segment are positive this is `kernel.split`; weights
    of both signs (something given back) give parts of both signs. A segment whose weights sum to zero gives nothing, and
    its total is left to the caller. |totals| < 2**48, |weights of a segment| < 2**60.
    """
    if not len(segment):
        return np.zeros(0, dtype=np.int64)
    whole = np.zeros(len(totals), dtype=np.int64)
    np.add.at(whole, segment, weights)
    able = whole[segment] != 0
    sign = np.sign(totals[segment]) * np.sign(weights) * np.sign(whole[segment])
    quotients, remainders = _divide(
        np.abs(totals[segment]), np.abs(weights), np.where(able, np.abs(whole[segment]), np.int64(1))
    )
    parts = np.where(able, quotients * sign, 0)
    remainders = np.where(able, remainders, 0)
    given = np.zeros(len(totals), dtype=np.int64)
    np.add.at(given, segment, parts)
    missing = np.where(whole != 0, totals - given, 0)
    # only rows that were cut towards zero in the direction of what is missing can take a fen more
    direction = np.sign(missing)[segment]
    ranked = np.where((direction != 0) & (sign == direction), remainders, -1)
    order = np.lexsort((np.arange(len(segment)), -ranked, segment))
    starts = np.searchsorted(segment[order], np.arange(len(totals)))
    rank = np.arange(len(segment)) - starts[segment[order]]
    chosen = np.zeros(len(segment), dtype=np.bool_)
    chosen[order] = rank < np.abs(missing)[segment[order]]
    result: IntArray = parts + np.where(chosen, direction, 0)
    return result


def largest(values: IntArray, counts: IntArray) -> BoolArray:
    """Flags of the `counts[…]` largest values of each row `[…, column]`; among equals the earlier goes first."""
    if not counts.any():
        return np.zeros(values.shape, dtype=np.bool_)
    width, counts = values.shape[-1], counts[..., None].astype(np.intp)
    if values.dtype != object and max(-int(values.min()), int(values.max())) >= 2**62 // width:
        values = values.astype(object)
    unequal = values * width
    unequal += np.arange(width)[::-1]
    last = np.take_along_axis(np.sort(unequal, axis=-1), width - np.maximum(counts, 1), axis=-1)
    last[counts == 0] += width
    return np.asarray(unequal >= last)


def _mirrored(parts: IntArray, amounts: IntArray) -> IntArray:
    """Parts of magnitudes with the sign of the amounts, and of their type."""
    if (amounts < 0).any():
        parts *= np.sign(amounts)[..., None]
    return parts.astype(amounts.dtype, copy=False)


def _divide(magnitudes: IntArray, weights: IntArray, whole: IntArray | int) -> tuple[IntArray, IntArray]:
    """Quotients and remainders of magnitude · weight by `whole`, none negative; see the module's docstring."""
    if _is_long(magnitudes, weights, whole):
        products = magnitudes.astype(object) * weights
        return products // whole, products % whole
    remainders = magnitudes * weights
    quotients: IntArray = np.empty(remainders.shape, dtype=np.int64)
    np.multiply(magnitudes, weights / whole, out=quotients, casting="unsafe")  # cut to whole numbers on the way
    remainders -= quotients * whole
    # read as unsigned, a remainder below zero is a large one
    off = np.flatnonzero(remainders.view(np.uint64) >= np.asarray(whole).view(np.uint64))
    if len(off):
        wholes = np.broadcast_to(whole, remainders.shape).flat[off]
        by_one = np.where(remainders.flat[off] < 0, -1, 1)
        quotients.flat[off] += by_one
        remainders.flat[off] -= by_one * wholes
    return quotients, remainders


def _is_long(magnitudes: IntArray, weights: IntArray, whole: IntArray | int) -> bool:
    """Whether 64 bits could overflow: whoever made the arrays chose their type by that."""
    kind = whole.dtype if isinstance(whole, np.ndarray) else np.dtype(weight_type(whole))
    return np.dtype(object) in (magnitudes.dtype, weights.dtype, kind)
