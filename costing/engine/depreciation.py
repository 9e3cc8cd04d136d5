"""Depreciation and amortisation of asset cards by straight line (年限平均法), month by month, to the fen.

    depreciable   = original value − residual value − accumulated before the version
    remaining     = useful months − months used before the version
    after k of the remaining months: D(k) = depreciable × k / remaining, to the nearest fen, half a fen up
    charge of the k-th month         = D(k) − D(k − 1)

so that the charges of a card sum to its depreciable value exactly. An asset depreciates in the month in which it is put to
use and no longer in the month in which it is disposed of (政府会计准则第3号——固定资产; 第4号——无形资产: recalled).
Nothing is depreciated beyond the useful life. A new version of a card (value, life, department, funding) goes on from what
the earlier ones have come to, over the months that are left; when none is left, the rest is charged in its first month.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from ops_platform.kernel import Period


@dataclass(frozen=True, slots=True)
class CardVersion:
    """A card from `effective_from` on. Amounts in fen; `accumulated` None: what the earlier versions come to."""

    effective_from: date
    in_use_from: date
    department: int
    funding_source: str
    original_value: int
    residual_value: int
    useful_months: int
    accumulated: int | None = None
    disposed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What a card charges in a month, and where it stands then. `month_no` counts from the month of putting to use."""

    department: int
    funding_source: str
    amount: int
    accumulated: int
    net_value: int
    month_no: int


def charge(versions: Sequence[CardVersion], period: Period) -> Charge | None:
    """The month's charge of a card (`versions` by date); None before it is put to use and from its disposal on.

    The version that holds on the month's last day gives the department for the whole month.
    """
    held = [version for version in versions if version.effective_from <= period.last_day]
    if not held or held[-1].in_use_from > period.last_day:
        return None
    last = held[-1]
    if last.disposed_on is not None and last.disposed_on <= period.last_day:
        return None
    before = 0
    for version, following in pairwise(held):
        end = _months(version.in_use_from, following.effective_from)
        before = _accumulated(version, before, end, first=version is held[0])
    month_no = _months(last.in_use_from, period.first_day) + 1
    start = before if last.accumulated is None else last.accumulated
    until = _accumulated(last, start, month_no, first=last is held[0])
    earlier = _accumulated(last, start, month_no - 1, first=last is held[0])
    return Charge(
        department=last.department,
        funding_source=last.funding_source,
        amount=until - earlier,
        accumulated=until,
        net_value=last.original_value - until,
        month_no=month_no,
    )


def _accumulated(version: CardVersion, start: int, months: int, *, first: bool) -> int:
    """What has been depreciated when `months` months since the putting to use have ended, by this version."""
    if version.accumulated is not None:
        start = version.accumulated
    used = 0
    if not first or version.accumulated is not None:
        used = max(_months(version.in_use_from, version.effective_from), 0)
    depreciable = max(version.original_value - version.residual_value - start, 0)
    passed = months - used
    if passed <= 0:
        return start
    remaining = max(version.useful_months - used, 1)
    passed = min(passed, remaining)
    return start + (2 * depreciable * passed + remaining) // (2 * remaining)


def _months(begin: date, end: date) -> int:
    """Whole months from the month of `begin` to the month of `end`."""
    return (end.year - begin.year) * 12 + end.month - begin.month
