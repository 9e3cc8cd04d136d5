"""What moved: one transfer per sender, kept in columns; flows are read from it one by one.

5,000 departments move tens of millions of amounts. They stay in arrays; a `Flow` is made when somebody reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from costing.engine.exact import IntArray
from costing.engine.weights import Weights
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


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """All that one sender sent: `amounts[item, receiver]` by `weights`."""

    step: int
    sender: int
    weights: Weights
    amounts: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """The flows of an allocation, ordered by step, sender, receiver, item; amounts of zero are left out."""

    codes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(transfer.amounts)) for transfer in self.transfers)

    def __iter__(self) -> Iterator[Flow]:
        for transfer in self.transfers:
            yield from self._flows_of(transfer, range(len(transfer.weights.receivers)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Flows) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def into(self, receiver: str) -> Iterator[Flow]:
        """What one department received."""
        if receiver not in self.codes:
            return
        place = self.codes.index(receiver)
        for transfer in self.transfers:
            yield from self._flows_of(transfer, np.flatnonzero(transfer.weights.receivers == place).tolist())

    def out_of(self, sender: str) -> Iterator[Flow]:
        """What one department sent."""
        for transfer in self.transfers:
            if self.codes[transfer.sender] == sender:
                yield from self._flows_of(transfer, range(len(transfer.weights.receivers)))

    def _flows_of(self, transfer: Transfer, columns: range | list[int]) -> Iterator[Flow]:
        weights = transfer.weights
        for column in columns:
            moved = transfer.amounts[:, column]
            kept = np.flatnonzero(moved).tolist()
            if not kept:
                continue
            value = int(weights.values[column])
            share = share_of(value, weights.whole)
            for row in kept:
                yield Flow(
                    step=transfer.step,
                    sender=self.codes[transfer.sender],
                    receiver=self.codes[weights.receivers[column]],
                    item=self.items[row],
                    share=share,
                    amount=int(moved[row]),
                    driver=value * weights.unit,
                    driver_total=weights.whole * weights.unit,
                )


def share_of(value: int, whole: int) -> Decimal:
    """value / whole for the eye: at most 12 decimals, no trailing zeros."""
    digits = round(Fraction(value * 10**SHARE_DIGITS, whole))
    return _plain(Decimal(digits).scaleb(-SHARE_DIGITS))


def _plain(number: Decimal) -> Decimal:
    """Without trailing zeros and without an exponent."""
    return Decimal(format(number.normalize(), "f"))
