"""Where numbers stand among known ones."""

import numpy as np

from costing.engine.exact import IntArray

ABSENT = -1
_ROOM = 16  # a table of all numbers between the first and the last may be so many times as long as what is asked for


def places(known: IntArray, numbers: IntArray) -> IntArray:
    """The place of each number among the known ones, which stand in order, each once; `ABSENT` for those that are not there.

    Numbers that a sequence gave lie close together: a table of them is read several times as fast as they are searched.
    """
    if not len(known):
        return np.full(len(numbers), ABSENT)
    first, last = int(known[0]), int(known[-1])
    if last - first < _ROOM * max(len(numbers), len(known)):
        table = np.full(last - first + 3, ABSENT)  # one more at either end, for what lies outside
        table[known - first + 1] = np.arange(len(known))
        return np.asarray(table.take(numbers.astype(np.int64, copy=False) - (first - 1), mode="clip"))
    at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.where(known[at] == numbers, at, ABSENT)
