"""Senders side by side, so that one pass over arrays divides what many of them hold.

Rows of one array must be equally long: shorter drivers are padded with weight 0, which never gets a fen. Only so many
senders are put together that the arrays stay in the processor's cache.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from costing.engine.exact import IntArray
from costing.engine.weights import Weights

_CELLS = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """`receivers[sender, column]` and `weights[sender, column]`; `turns[sender]` tells which of a sequence it is.

    A padded column names department 0, which gets nothing by it.
    """

    turns: IntArray
    receivers: IntArray
    weights: IntArray
    wholes: IntArray


def bundles(weights: Sequence[Weights], items: int) -> Iterator[Bundle]:
    """The senders of a sequence, neighbours together."""
    start = width = 0
    for turn, one in enumerate(weights):
        widened = max(width, len(one.receivers), 1)
        if turn > start and (turn + 1 - start) * widened * items > _CELLS:
            yield _bundle(weights[start:turn], start, width)
            start, widened = turn, max(len(one.receivers), 1)
        width = widened
    if weights:
        yield _bundle(weights[start:], start, width)


def _bundle(weights: Sequence[Weights], start: int, width: int) -> Bundle:
    kind = np.result_type(np.int64, *{one.values.dtype for one in weights})
    filled = np.arange(width) < np.array([len(one.receivers) for one in weights])[:, None]
    receivers: IntArray = np.zeros(filled.shape, dtype=np.intp)
    values: IntArray = np.zeros(filled.shape, dtype=kind)
    receivers[filled] = np.concatenate([one.receivers for one in weights])
    values[filled] = np.concatenate([one.values for one in weights])
    wholes: IntArray = np.array([one.whole for one in weights], dtype=kind)
    return Bundle(np.arange(start, start + len(weights)), receivers, values, wholes)
