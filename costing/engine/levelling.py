"""Moving single fen between the receivers of one sender, so that more departments hold what they should.

What a sender sends in all stays as it is, no flow is turned round, and where flows of both signs are about, none begins.
Every item is levelled on its own, in rounds: whoever holds too much or too little looks to the sender that can help most,
the first among equals, and each sender moves as much as sums to zero among those that look to it. In the first round all
look to the first who serves them, which settles most of it at little cost. In every later round the sender that can help
most moves something: so the rounds end, and when they do no sender could help any more.
"""

from dataclasses import dataclass, replace

import numpy as np

from costing.engine.exact import BoolArray, IntArray
from costing.engine.flows import Block

_MOST_RANKED = 2**20  # fen; whoever can move more is as good, and a rank fits into 64 bits


def level(block: Block, lacking: IntArray) -> IntArray:
    """Change the block's amounts so that less is `lacking[item, department]` (too much where negative), and return the
    rest; a department that may neither take nor give lacks nothing."""
    if not (lacking.any() and block.amounts.any()):
        return lacking
    rest, amounts = lacking.flatten(), block.amounts.reshape(-1)
    bounds = int(amounts.min()), int(amounts.max())
    _move(_Cells.of(block, bounds, _firsts(block.weights.receivers, lacking.shape[1]), lacking), amounts, rest)
    cells = _Cells.of(block, bounds, np.arange(len(block.weights.receivers)), rest.reshape(lacking.shape))
    while len(cells):
        helped = _best(cells, amounts, rest)
        if not helped.any():
            break
        _move(cells.only(helped), amounts, rest)
        cells = cells.only(rest.take(cells.departments).astype(np.bool_))
    return rest.reshape(lacking.shape)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Flows of one item to one department, in order of item and sender. All are numbered through, so that the same
    department or sender has another number in another item. Every flow of the block lies from `lowest` to `highest`."""

    flows: IntArray
    departments: IntArray
    senders: IntArray
    lowest: int
    highest: int

    @classmethod
    def of(cls, block: Block, bounds: tuple[int, int], entries: IntArray, lacking: IntArray) -> "_Cells":
        """Of these entries, all that go to a department that lacks something of the item."""
        weights = block.weights
        receivers, owners = weights.receivers.take(entries), weights.owners.take(entries)
        columns = []
        for item, lacks in enumerate(lacking.astype(np.bool_)):
            chosen = np.flatnonzero(lacks.take(receivers))
            departments, senders = receivers.take(chosen), owners.take(chosen)
            columns.append(
                (
                    item * len(weights.receivers) + entries.take(chosen),
                    item * len(lacks) + departments,
                    item * len(weights) + senders,
                )
            )
        flows, departments, numbers = map(np.concatenate, zip(*columns, strict=True))
        return cls(flows, departments, numbers, *bounds)

    def __len__(self) -> int:
        return len(self.flows)

    def only(self, flags: BoolArray) -> "_Cells":
        """Those flagged."""
        return replace(
            self,
            flows=self.flows.compress(flags),
            departments=self.departments.compress(flags),
            senders=self.senders.compress(flags),
        )

    def starts(self) -> IntArray:
        """Where another sender begins."""
        first = np.ones(len(self), dtype=np.bool_)
        np.not_equal(self.senders[1:], self.senders[:-1], out=first[1:])
        return np.flatnonzero(first)

    def borne(self, amounts: IntArray, rest: IntArray) -> tuple[IntArray, IntArray]:
        """What each lacks, and what it has too much, as far as its flow can bear it."""
        wanted, has = rest.take(self.departments), amounts.take(self.flows)
        more, less = np.maximum(wanted, 0), np.maximum(-wanted, 0)
        if self.lowest < 0:
            more = np.where(has > 0, more, np.minimum(more, -has))
        if self.highest > 0:
            less = np.where(has < 0, less, np.minimum(less, has))
        return more, less


def _firsts(receivers: IntArray, width: int) -> IntArray:
    """The first entry of every receiver, in order."""
    first = np.full(width, -1, dtype=np.intp)
    first[receivers[::-1]] = np.arange(len(receivers))[::-1]
    return np.sort(first[first >= 0])


def _best(cells: _Cells, amounts: IntArray, rest: IntArray) -> BoolArray:
    """Flags of the cell of each department whose sender could move most, if any could."""
    starts, (more, less) = cells.starts(), cells.borne(amounts, rest)
    able = np.minimum(np.add.reduceat(more, starts), np.add.reduceat(less, starts))
    able = np.minimum(able, _MOST_RANKED).astype(np.int64)
    ranked = np.where(able > 0, (able + 1) * len(starts) - np.arange(len(starts)), 0)
    scores = np.repeat(ranked, _lengths(starts, len(cells)))
    best = np.ones(len(rest), dtype=np.int64)
    np.maximum.at(best, cells.departments, scores)
    return np.asarray(scores == best.take(cells.departments))


def _move(cells: _Cells, amounts: IntArray, rest: IntArray) -> None:
    """Within each sender as much as sums to zero, earlier receivers first; of a department one cell at most."""
    starts, (more, less) = cells.starts(), cells.borne(amounts, rest)
    counts = np.minimum(np.add.reduceat(more, starts), np.add.reduceat(less, starts))
    moved = _first(more, starts, counts) - _first(less, starts, counts)
    amounts[cells.flows] += moved
    rest[cells.departments] -= moved


def _lengths(starts: IntArray, end: int) -> IntArray:
    lengths: IntArray = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1:] = end - starts[-1:]
    return lengths


def _first(amounts: IntArray, starts: IntArray, counts: IntArray) -> IntArray:
    """Of each segment's amounts, none negative, the first that sum to its count."""
    lengths = _lengths(starts, len(amounts))
    before = amounts.cumsum() - amounts
    before -= np.repeat(before.take(starts), lengths)
    return np.asarray(np.minimum(amounts, np.maximum(np.repeat(counts, lengths) - before, 0)))
