"""Division of what many senders hold, each by its own weights, in one pass over arrays.

Rows of one array must be equally long: shorter drivers are padded with weight 0, which never gets a fen. Only so many
senders are put together that the arrays stay in the processor's cache.
"""

from collections.abc import Iterator

import numpy as np

from costing.engine.exact import IntArray, split_rows
from costing.engine.weights import Weights

_CELLS = 2**14


def split_each(amounts: IntArray, weights: Weights) -> IntArray:
    """Parts `[item, entry]` of `amounts[item, row]` by the weights of the row, of which none is empty: `kernel.split`."""
    items = len(amounts)
    parts: IntArray = np.empty((items, len(weights.receivers)), dtype=amounts.dtype)
    for rows in _neighbours(weights, items):
        lengths = np.diff(weights.starts[rows.start : rows.stop + 1])
        entries = slice(weights.starts[rows.start], weights.starts[rows.stop])
        if (lengths == lengths[0]).all():
            rectangle = weights.values[entries].reshape(len(lengths), -1)
            parts[:, entries] = split_rows(amounts[:, rows], rectangle).reshape(items, rectangle.size)
            continue
        filled = np.arange(lengths.max()) < lengths[:, None]
        padded: IntArray = np.zeros(filled.shape, dtype=weights.values.dtype)
        padded[filled] = weights.values[entries]
        parts[:, entries] = split_rows(amounts[:, rows], padded)[:, filled]
    return parts


def _neighbours(weights: Weights, items: int) -> Iterator[slice]:
    """All rows, cut into runs that fit into the cache when they are padded."""
    start = width = 0
    for row, length in enumerate(np.diff(weights.starts).tolist()):
        widened = max(width, length)
        if row > start and (row + 1 - start) * widened * items > _CELLS:
            yield slice(start, row)
            start, widened = row, length
        width = widened
    if len(weights):
        yield slice(start, len(weights))
