"""Whether the life of a piece of high value fits together: purchase → storage → issue → use → charge.

Source: domain.md 6.2 (seed 003: 耗材条码追溯). A piece is looked at within one institution. It arrives by purchase,
transfer in or inventory gain, and leaves by return to the supplier, transfer out or inventory loss. For each use, moves of
the same day count as before it:

    never_arrived       used, but it never arrived
    before_purchase     used on a day before its first arrival
    after_return        when it was used it had left: arrivals − departures up to that day ≤ 0
    not_issued          it was there, but no department had drawn it by that day
    used_twice          used more than once (found once a piece, at its last use)

Charge lines name no piece. So an encounter's pieces of one item are set against the quantity that the encounter was charged
for that item, refunds taken off:

    used_not_charged    used > 0, charged ≤ 0            charged_not_used   used = 0, charged > 0
    undercharged        used > charged > 0               charged_twice      charged > used > 0

`missing` is the absolute difference. Nothing is rounded; without use and charge there is no gap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

ARRIVALS = frozenset({"purchase", "transfer_in", "gain"})
DEPARTURES = frozenset({"purchase_return", "transfer_out", "loss"})


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a piece."""

    kind: str
    day: date


@dataclass(frozen=True, slots=True)
class Gap:
    """What does not fit together, and on which day it shows."""

    code: str
    day: date


def gaps_of(steps: Iterable[Step]) -> tuple[Gap, ...]:
    """Every gap in the moves of one piece, in the order of its uses."""
    moves = sorted(steps, key=lambda step: step.day)
    uses = [step.day for step in moves if step.kind == "use"]
    found = [gap for day in uses if (gap := _at_use(moves, day)) is not None]
    if len(uses) > 1:
        found.append(Gap("used_twice", uses[-1]))
    return tuple(found)


def _at_use(moves: Sequence[Step], day: date) -> Gap | None:
    arrivals = [step.day for step in moves if step.kind in ARRIVALS]
    departures = [step.day for step in moves if step.kind in DEPARTURES and step.day <= day]
    issues = [step for step in moves if step.kind == "issue" and step.day <= day]
    come = [arrived for arrived in arrivals if arrived <= day]
    if not arrivals:
        return Gap("never_arrived", day)
    if not come:
        return Gap("before_purchase", day)
    if len(come) <= len(departures):
        return Gap("after_return", day)
    return None if issues else Gap("not_issued", day)


def charge_gap(used: int, charged: Decimal) -> str | None:
    """The gap between the pieces that an encounter used and the quantity it was charged; None where they agree."""
    if charged == used or (used == 0 and charged <= 0):
        return None
    if used == 0:
        return "charged_not_used"
    if charged <= 0:
        return "used_not_charged"
    return "undercharged" if charged < used else "charged_twice"


def missing(used: int, charged: Decimal) -> Decimal:
    """How many pieces the two differ by."""
    return abs(charged - used)
