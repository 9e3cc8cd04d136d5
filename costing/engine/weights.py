"""Drivers made ready: receivers by place, weights as the smallest integers in the same proportion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import chain
from math import gcd, lcm
from operator import methodcaller

import numpy as np

from costing.engine.exact import WEIGHT_LIMIT, BoolArray, FloatArray, IntArray, weight_type
from costing.engine.model import Driver

_AS_RATIO = methodcaller("as_integer_ratio")


@dataclass(frozen=True, eq=False)
class Weights:
    """Drivers end to end: entries `starts[row]` up to `starts[row + 1]` are the receivers of a row, in order of their code.

    `values` are above zero and sum to `wholes[row]`; a value times `units[row]` is what the driver said. The integers have
    no common divisor over the whole driver, so that a driver and its multiple are the same.
    """

    starts: IntArray
    receivers: IntArray
    values: IntArray
    wholes: IntArray
    units: tuple[Fraction, ...]

    @classmethod
    def of(cls, drivers: Sequence[Driver], places: Mapping[str, int]) -> "Weights":
        """One row for each driver without negative weights; receivers with weight zero are left out."""
        counts = [len(driver) for driver in drivers]
        said = list(chain.from_iterable(driver.values() for driver in drivers))
        receivers = np.fromiter(map(places.__getitem__, chain.from_iterable(drivers)), dtype=np.intp, count=len(said))
        owners = np.repeat(np.arange(len(drivers)), counts)
        units: Sequence[Fraction]
        if {*map(type, said)} <= {int} and max(said, default=0) * max(counts, default=0) < WEIGHT_LIMIT:
            values, units = _without_divisors(np.array(said, dtype=np.int64), owners, counts)
        else:
            values, units = _in_proportion(drivers)
        order = np.argsort(owners * len(places) + receivers, kind="stable")
        order = order.compress(values.take(order) > 0)
        return cls._of_rows(owners.take(order), receivers.take(order), values.take(order), tuple(units))

    @classmethod
    def _of_rows(
        cls, owners: IntArray, receivers: IntArray, values: IntArray, units: tuple[Fraction, ...]
    ) -> "Weights":
        """From entries in order of their rows."""
        starts = np.concatenate([[0], np.bincount(owners, minlength=len(units)).cumsum()])
        return cls(starts, receivers, values, _sums(values, starts), units)

    def __len__(self) -> int:
        return len(self.units)

    @cached_property
    def owners(self) -> IntArray:
        """The row of every entry."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def shares(self) -> FloatArray:
        """Every entry as float64 share of its row's whole."""
        wholes = self.wholes.take(self.owners)
        if self.values.dtype == object:
            return np.array([value / whole for value, whole in zip(self.values, wholes, strict=True)], dtype=np.float64)
        return np.asarray(self.values / wholes, dtype=np.float64)

    def receivers_of(self, row: int) -> IntArray:
        """The receivers of one row."""
        return self.receivers[self.starts[row] : self.starts[row + 1]]

    def filled(self) -> BoolArray:
        """One flag per row: whether anybody receives."""
        return np.asarray(self.starts[1:] > self.starts[:-1])

    def take(self, rows: IntArray) -> "Weights":
        """These rows, in this order; one row may be taken more than once."""
        entries = self.entries_of(rows)
        counts = np.diff(self.starts)[rows]
        starts = np.concatenate([[0], counts.cumsum()])
        units = tuple(map(self.units.__getitem__, rows))
        return Weights(starts, self.receivers[entries], self.values[entries], self.wholes[rows], units)

    def entries_of(self, rows: IntArray) -> IntArray:
        """Where the entries of these rows stand, row after row."""
        counts = np.diff(self.starts)[rows]
        ends = counts.cumsum()
        return np.asarray(np.arange(counts.sum()) + np.repeat(self.starts[:-1][rows] - ends + counts, counts))

    def where(self, kept: BoolArray) -> "Weights":
        """Only the entries flagged, as many rows as before."""
        if kept.all():
            return self
        return self._of_rows(
            self.owners.compress(kept), self.receivers.compress(kept), self.values.compress(kept), self.units
        )


def end_to_end(parts: Sequence[Weights]) -> Weights:
    """The rows of several, one after the other."""
    if len(parts) == 1:
        return parts[0]
    ends = np.cumsum([0, *(part.starts[-1] for part in parts)])
    return Weights(
        np.concatenate([[0], *(part.starts[1:] + end for part, end in zip(parts, ends, strict=False))]),
        np.concatenate([part.receivers for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.wholes for part in parts]),
        tuple(chain.from_iterable(part.units for part in parts)),
    )


def greatest(weights: Weights, eligible: BoolArray) -> IntArray:
    """For each row the eligible entry with the greatest weight, among equals the first. No row is empty; one without an
    eligible entry has its first."""
    values = np.where(eligible, weights.values, 0)
    most = np.maximum.reduceat(values, weights.starts[:-1])
    entries = np.flatnonzero(values == most.take(weights.owners))
    return entries.take(np.searchsorted(entries, weights.starts[:-1]))


def _sums(values: IntArray, starts: IntArray) -> IntArray:
    """Sums of the rows; what runs over 64 bits on the way comes back by the subtraction."""
    running = np.concatenate([np.zeros(1, dtype=values.dtype), values.cumsum()])
    return np.asarray(running[starts[1:]] - running[starts[:-1]])


def _without_divisors(values: IntArray, owners: IntArray, counts: Sequence[int]) -> tuple[IntArray, list[Fraction]]:
    """Whole numbers as counts are, in columns for all drivers at once: divided by what all of a row have in common."""
    common = np.ones(len(counts), dtype=np.int64)
    filled = np.flatnonzero(counts)
    if len(filled):
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        common[filled] = np.maximum(np.gcd.reduceat(values, starts[filled]), 1)
    return values // common[owners], list(map(Fraction, common.tolist()))


def _in_proportion(drivers: Iterable[Driver]) -> tuple[IntArray, list[Fraction]]:
    """Decimals, fractions and large numbers, driver by driver."""
    values: list[int] = []
    units: list[Fraction] = []
    greatest = 0
    for driver in drivers:
        ratios = list(map(_AS_RATIO, driver.values()))
        scale = lcm(*{denominator for _, denominator in ratios})
        scaled = [numerator * (scale // denominator) for numerator, denominator in ratios]
        common = gcd(*scaled) or 1
        values += [value // common for value in scaled]
        greatest = max(greatest, sum(scaled) // common)
        units.append(Fraction(common, scale))
    return np.array(values, dtype=weight_type(greatest)), units
