"""What moved: kept in columns, one block for all that was closed together; flows are read from it one by one.

5,000 departments move tens of millions of amounts. They stay in arrays; a `Flow` is made when somebody reads it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from costing.engine.exact import IntArray
from costing.engine.weights import Weights, end_to_end
from ops_platform.kernel.money import SHARE_DIGITS


@dataclass(frozen=True, slots=True)
class Flow:
    """`amount` fen of `item` went from `sender` to `receiver` in `step` (from 1): share = driver / driver_total."""

    step: int
    sender: str
    receiver: str
    item: str
    share: Decimal
    amount: int
    driver: Fraction
    driver_total: Fraction


@dataclass(frozen=True, slots=True)
class Transfer:
    """What went from `sender` to `receiver` in all, `amount` fen over all items, by driver ÷ driver_total."""

    sender: str
    receiver: str
    amount: int
    driver: Fraction
    driver_total: Fraction


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What some senders sent: `amounts[item, entry]` by `weights`, whose row r is that of `senders[r]` in `steps[r]`."""

    steps: IntArray
    senders: IntArray
    weights: Weights
    amounts: IntArray

    def received(self, width: int) -> IntArray:
        """What every department receives, `[item, department]`."""
        sums: IntArray = np.zeros((len(self.amounts), width), dtype=self.amounts.dtype)
        for row, amounts in zip(sums, self.amounts, strict=True):
            np.add.at(row, self.weights.receivers, amounts)
        return sums


def joined(blocks: Sequence[Block]) -> Block:
    """All of them as one block, in order of steps and senders."""
    weights = end_to_end([block.weights for block in blocks])
    steps = np.concatenate([block.steps for block in blocks])
    senders = np.concatenate([block.senders for block in blocks])
    amounts = blocks[0].amounts if len(blocks) == 1 else np.concatenate([block.amounts for block in blocks], axis=1)
    order = np.lexsort((senders, steps))
    if (np.diff(order) > 0).all():
        return Block(steps, senders, weights, amounts)
    return Block(steps[order], senders[order], weights.take(order), amounts.take(weights.entries_of(order), axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """The flows of an allocation, ordered by step, sender, receiver, item; amounts of zero are left out."""

    codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    block: Block | None = None

    def __len__(self) -> int:
        return int(np.count_nonzero(self.block.amounts)) if self.block else 0

    def __iter__(self) -> Iterator[Flow]:
        return self._flows_of(range(self._entries()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flows) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def into(self, receiver: str) -> Iterator[Flow]:
        """What one department received."""
        yield from self._flows_of(self._entries_into(receiver))

    def out_of(self, sender: str) -> Iterator[Flow]:
        """What one department sent."""
        yield from self._flows_of(self._entries_out_of(sender))

    def transfers_into(self, receiver: str) -> Iterator[Transfer]:
        """What one department received, by sender."""
        yield from self._transfers_of(self._entries_into(receiver))

    def transfers_out_of(self, sender: str) -> Iterator[Transfer]:
        """What one department sent, by receiver."""
        yield from self._transfers_of(self._entries_out_of(sender))

    def received(self) -> Mapping[str, int]:
        """Fen that each department received in all."""
        if not self.block:
            return {}
        return self._by_code(self.block.received(len(self.codes)).sum(axis=0))

    def sent(self) -> Mapping[str, int]:
        """Fen that each department sent in all."""
        if not self.block:
            return {}
        sums = np.zeros(len(self.codes), dtype=self.block.amounts.dtype)
        np.add.at(sums, self.block.senders[self.block.weights.owners], self.block.amounts.sum(axis=0))
        return self._by_code(sums)

    def _by_code(self, sums: IntArray) -> Mapping[str, int]:
        return {code: int(fen) for code, fen in zip(self.codes, sums.tolist(), strict=True) if fen}

    def _entries_into(self, receiver: str) -> IntArray:
        if self.block is None or receiver not in self.codes:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero(self.block.weights.receivers == self.codes.index(receiver))

    def _entries_out_of(self, sender: str) -> IntArray:
        if self.block is None or sender not in self.codes:
            return np.empty(0, dtype=np.intp)
        return np.flatnonzero((self.block.senders == self.codes.index(sender))[self.block.weights.owners])

    def _transfers_of(self, entries: IntArray) -> Iterator[Transfer]:
        if not self.block:
            return
        weights = self.block.weights
        for entry, fen in zip(entries.tolist(), self.block.amounts[:, entries].sum(axis=0).tolist(), strict=True):
            row = weights.owners[entry]
            sender, receiver = self.codes[self.block.senders[row]], self.codes[weights.receivers[entry]]
            unit = weights.units[row]
            if fen:
                yield Transfer(
                    sender, receiver, fen, int(weights.values[entry]) * unit, int(weights.wholes[row]) * unit
                )

    def _entries(self) -> int:
        return len(self.block.weights.receivers) if self.block else 0

    def _flows_of(self, entries: Iterable[int]) -> Iterator[Flow]:
        if not self.block:
            return
        block, weights = self.block, self.block.weights
        owners = weights.owners
        for entry in entries:
            moved = block.amounts[:, entry]
            kept = np.flatnonzero(moved).tolist()
            if not kept:
                continue
            row = owners[entry]
            value, whole, unit = int(weights.values[entry]), int(weights.wholes[row]), weights.units[row]
            share = share_of(value, whole)
            for item in kept:
                yield Flow(
                    step=int(block.steps[row]),
                    sender=self.codes[block.senders[row]],
                    receiver=self.codes[weights.receivers[entry]],
                    item=self.items[item],
                    share=share,
                    amount=int(moved[item]),
                    driver=value * unit,
                    driver_total=whole * unit,
                )


def share_of(value: int, whole: int) -> Decimal:
    """value / whole for the eye: at most 12 decimals, no trailing zeros."""
    digits = round(Fraction(value * 10**SHARE_DIGITS, whole))
    return _plain(Decimal(digits).scaleb(-SHARE_DIGITS))


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent."""
    return Decimal(format(number.normalize(), "f"))
