"""A driver made ready: receivers by place, weights as the smallest integers in the same proportion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from math import gcd, lcm
from operator import methodcaller

import numpy as np

from costing.engine.exact import WEIGHT_LIMIT, BoolArray, FloatArray, IntArray, weight_type
from costing.engine.model import Driver

_AS_RATIO = methodcaller("as_integer_ratio")


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Receivers in order of their code and their weights > 0; weight · `unit` is what the driver said.

    The integers have no common divisor over the whole driver, so that a driver and its multiple are the same.
    """

    receivers: IntArray
    values: IntArray
    whole: int
    unit: Fraction

    @classmethod
    def of(cls, driver: Driver, places: Mapping[str, int]) -> "Weights":
        """From a driver without negative weights; receivers with weight zero are left out."""
        if not driver:
            return cls(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), 0, Fraction(1))
        numerators, denominators = zip(*map(_AS_RATIO, driver.values()), strict=True)
        scale = lcm(*set(denominators))
        if scale > 1:
            numerators = tuple(map(_scaled, numerators, denominators, repeat(scale)))
        common = gcd(*numerators) or 1
        whole = sum(numerators) // common
        values: IntArray = np.array(numerators, dtype=weight_type(whole * common)) // common
        receivers = np.fromiter(map(places.__getitem__, driver), dtype=np.intp, count=len(driver))
        order = np.argsort(receivers)
        order = order[values[order] > 0]
        return cls(receivers[order], values[order].astype(weight_type(whole)), whole, Fraction(common, scale))

    @classmethod
    def of_each(cls, drivers: Sequence[Driver], places: Mapping[str, int]) -> "list[Weights]":
        """`of` for each driver; where all are whole numbers, as counts are, in columns for all at once."""
        counts = [len(driver) for driver in drivers]
        values = list(chain.from_iterable(driver.values() for driver in drivers))
        if not all(counts) or {*map(type, values)} != {int} or max(values) * max(counts) >= WEIGHT_LIMIT:
            return [cls.of(driver, places) for driver in drivers]
        numbers = np.array(values, dtype=np.int64)
        receivers = np.fromiter(map(places.__getitem__, chain.from_iterable(drivers)), dtype=np.intp, count=len(values))
        owners, starts = np.repeat(np.arange(len(drivers)), counts), np.cumsum([0, *counts[:-1]])
        common = np.maximum(np.gcd.reduceat(numbers, starts), 1)
        numbers //= common[owners]
        wholes = np.add.reduceat(numbers, starts)
        order = np.argsort(owners * len(places) + receivers)
        order = order[numbers[order] > 0]
        receivers, numbers = receivers[order], numbers[order]
        ends = np.cumsum(np.bincount(owners[order], minlength=len(drivers))).tolist()
        return [
            cls(receivers[start:end], numbers[start:end], whole, Fraction(divisor))
            for start, end, whole, divisor in zip([0, *ends], ends, wholes.tolist(), common.tolist(), strict=False)
        ]

    def __bool__(self) -> bool:
        return self.whole > 0

    def among(self, admitted: BoolArray) -> "Weights":
        """Only the receivers that are admitted (one flag per department)."""
        return self.where(admitted[self.receivers])

    def without(self, place: int) -> "Weights":
        """All but one department."""
        return self.where(self.receivers != place)

    def where(self, kept: BoolArray) -> "Weights":
        """Only the receivers flagged, in their order."""
        if kept.all():
            return self
        values = self.values[kept]
        return Weights(self.receivers[kept], values, int(values.sum()), self.unit)

    def shares(self) -> FloatArray:
        """Weights as float64 shares of the whole."""
        if self.values.dtype == object:
            return np.array([value / self.whole for value in self.values.tolist()], dtype=np.float64)
        return np.asarray(self.values / self.whole, dtype=np.float64)


def end_to_end(weights: Sequence[Weights]) -> tuple[IntArray, IntArray]:
    """All weights of some senders in one row: which sender, and which receiver."""
    counts = [len(one.receivers) for one in weights]
    return np.repeat(np.arange(len(weights)), counts), np.concatenate([one.receivers for one in weights])


def shares_of(weights: Sequence[Weights]) -> FloatArray:
    """The same row as float64 shares of each sender's whole."""
    return np.concatenate([one.shares() for one in weights])


def _scaled(numerator: int, denominator: int, scale: int) -> int:
    return numerator * (scale // denominator)
