"""What a measurement gives: figures against goals, and figures that only explain."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Goal:
    """What must and what should be reached. `higher` tells in which direction better lies."""

    must: float
    aim: float | None = None
    higher: bool = False
    unit: str = "×"

    def verdict(self, ratio: float) -> str:
        """In a word: aim, must, or missed."""
        if self.aim is not None and self._reached(ratio, self.aim):
            return "aim reached"
        return "must reached" if self._reached(ratio, self.must) else "MISSED"

    def _reached(self, ratio: float, bound: float) -> bool:
        return ratio >= bound if self.higher else ratio <= bound

    def bound(self, value: float | None) -> str:
        """A bound as it stands in the table."""
        return "" if value is None else f"{'≥' if self.higher else '≤'} {self.shown(value)}"

    def shown(self, ratio: float) -> str:
        """A ratio as it stands in the table."""
        return f"{ratio * 100:.0f} %" if self.unit == "%" else f"{ratio:.2f} ×"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `ratio` is None when it could not be measured here; `how` says why, or from what."""

    subject: str
    what: str
    ratio: float | None
    how: str
    goal: Goal | None = None


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def p95(times: Sequence[float]) -> float:
    """The time that 95 of 100 stay below."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]


def middle(values: Sequence[float]) -> float:
    """The median."""
    return float(median(values))


def thousands(rate: float) -> str:
    """A rate of rows or cases a second, as 123 k/s."""
    return f"{rate / 1000:.1f} k/s" if rate < 10_000 else f"{rate / 1000:.0f} k/s"
