"""The gate of a saving (节约分享的门槛): whether what was saved may be proposed for sharing at all.

Source: domain.md 6.2 (seed 003): the share of a saving is "gated by quality and zero confirmed violations". Which figures
are quality, and by how much one may rise, the document does not say: both are defaults of ours, the latter parameters.

    rate          = cases concerned ÷ discharges        (deaths; stays that came back within 31 days)
    not worse     rate of the months ≤ rate of the same months of last year + what it may rise
    gate          shut where one condition fails; undecided where none fails but one cannot be told; else open

Rates are compared exactly, before they are rounded for display; a rate that is just as high as allowed is not worse. With
fewer discharges than the least number in either year nothing can be told (None), as at zero. Where of some discharges of
these months it is not known yet, it is told only if it holds, or fails, however they turn out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Gate(StrEnum):
    """Whether a saving may be shared."""

    OPEN = "open"
    SHUT = "shut"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Rate:
    """Cases concerned among the discharges of some months; `open` are those of which it is not known yet."""

    concerned: int
    discharges: int
    open: int = 0

    @property
    def value(self) -> Fraction | None:
        """None of nothing."""
        return Fraction(self.concerned, self.discharges) if self.discharges else None


def not_worse(now: Rate, before: Rate, *, rise: Fraction, least: int) -> bool | None:
    """Whether the rate did not rise by more than it may; None with too few discharges, or while it hangs on open ones."""
    if now.value is None or before.value is None or min(now.discharges, before.discharges) < least:
        return None
    allowed = before.value + rise
    if now.value > allowed:
        return False
    return True if Fraction(now.concerned + now.open, now.discharges) <= allowed else None


def gate_of(conditions: Iterable[bool | None]) -> Gate:
    """The gate behind its conditions; without any it stays undecided."""
    told = list(conditions)
    if any(one is False for one in told):
        return Gate.SHUT
    return Gate.UNDECIDED if not told or any(one is None for one in told) else Gate.OPEN
