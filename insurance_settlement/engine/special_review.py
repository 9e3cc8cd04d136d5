"""Which cases come into question for a special review (特例单议), and how many a hospital may put forward.

Source: ../shared/domain.md 2.5: complex, critical, long-stay, resource-heavy cases, new drugs and technology, several
departments; by DRG at most 5 % of the discharges, by DIP at most 5 ‰ (both parameters, as the areas' rules differ).

    quota 可申报例数 = ⌊discharges × share⌋           rounded down: one more would be above the share
    left             = quota − those put forward (in approval, declared, concluded; not drafts and not put away)

At nothing: without discharges the quota is 0. What is left is never below zero.

Grounds that figures can show are only a hint; that a case is complex or critical is for people to say.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from insurance_settlement.engine.rule_book import Kind

LONG_STAY = "long_stay"
RESOURCE_HEAVY = "resource_heavy"
UNGROUPED = "ungrouped"


@dataclass(frozen=True, slots=True)
class Quota:
    """How many cases may be put forward of so many discharges."""

    discharges: int
    share: Decimal
    used: int

    @property
    def most(self) -> int:
        """The quota."""
        return int(Fraction(self.share) * self.discharges)

    @property
    def left(self) -> int:
        """How many more may be put forward."""
        return max(self.most - self.used, 0)


@dataclass(frozen=True, slots=True)
class Hints:
    """From where on figures show a ground: more days than `long_stay`, charges above so many times the payment."""

    long_stay: int
    heavy: Decimal


def grounds(kind: str, stay_days: int, charges: int, payment: int | None, hints: Hints) -> tuple[str, ...]:
    """Which grounds a case's own figures show; amounts in fen."""
    found = []
    if stay_days > hints.long_stay:
        found.append(LONG_STAY)
    if kind == Kind.HIGH or (payment is not None and charges > payment * Fraction(hints.heavy)):
        found.append(RESOURCE_HEAVY)
    if kind == Kind.UNGROUPED:
        found.append(UNGROUPED)
    return tuple(found)
