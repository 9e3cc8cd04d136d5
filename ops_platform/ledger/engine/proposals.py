"""What an elimination by hand would take off the difference of a pair: legs to begin with, for a person to judge [default].

What both members say is eliminated already (`engine.pairs`). Of a difference of d the side that says more gives d, from
its largest amounts first. The other leg, in this order:

1. *alone*: the two differ by the same d in another kind of dealings, too: one member booked both (its claim and its income,
   or its debt and its cost) and the other nothing. Both are taken back.
2. *unnamed*: the other member has d, exactly, on an account of its side that names no counterparty (a cost whose
   counterparty was forgotten; a debt on an account for strangers). It is taken off there.
3. *open*: neither; the other member's account is left to be chosen.

Fen, debits less credits. Nothing differs: no legs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ops_platform.ledger.engine.pairs import PairKind

FOR_STRANGERS = ("12", "22", "23")  # receivables, payables


class Ground(StrEnum):
    """Why the other leg is where it is."""

    ALONE = "alone"
    UNNAMED = "unnamed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Said:
    """What a member says on an account: `amount` in fen, debits less credits, as its kind of pair compares it."""

    institution: int
    account: str
    cost_item: str
    counterparty: int
    amount: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What is left of a pair's difference (claim less debt)."""

    kind: PairKind
    creditor: int
    debtor: int
    rest: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Legs that balance; an account of "" is to be chosen."""

    legs: tuple[Said, ...] = ()
    ground: Ground = Ground.OPEN


def propose(
    pair: Difference, others: Iterable[Difference], standing: Sequence[Said], moved: Sequence[Said]
) -> Proposal:
    """The legs for a difference. `others` are the other pairs of the two members; `standing` and `moved` what both say by
    balance and by the year's turnover."""
    if not pair.rest:
        return Proposal()
    first = _given(pair, standing if pair.kind.balance else moved)
    for other in others:
        same = (other.creditor, other.debtor, other.rest) == (pair.creditor, pair.debtor, pair.rest)
        if same and other.kind.balance != pair.kind.balance:
            return Proposal((*first, *_given(other, standing if other.kind.balance else moved)), Ground.ALONE)
    member = pair.debtor if pair.rest > 0 else pair.creditor
    missing = -sum(leg.amount for leg in first)
    forgotten = _unnamed(pair, member, missing, standing if pair.kind.balance else moved)
    if forgotten:
        return Proposal((*first, replace(forgotten, amount=missing)), Ground.UNNAMED)
    return Proposal((*first, Said(member, "", "", 0, missing)), Ground.OPEN)


def _given(pair: Difference, said: Sequence[Said]) -> tuple[Said, ...]:
    """What the side that says more gives."""
    claims = pair.rest > 0
    member, other = (pair.creditor, pair.debtor) if claims else (pair.debtor, pair.creditor)
    prefixes = pair.kind.claims if claims else pair.kind.debts
    sign = 1 if claims == pair.kind.balance else -1  # a claim that stands is a debit, one that moved a credit
    own = [
        each
        for each in said
        if (each.institution, each.counterparty) == (member, other) and each.account.startswith(prefixes)
    ]
    own.sort(key=lambda each: (-sign * each.amount, each.account, each.cost_item))
    left, legs = abs(pair.rest), []
    for each in own:
        taken = min(left, sign * each.amount)
        if taken > 0:
            legs.append(replace(each, amount=-sign * taken))
            left -= taken
    if left:  # said nothing of the kind itself: the other side stands the wrong way round
        legs.append(Said(member, "", "", other, -sign * left))
    return tuple(legs)


def _unnamed(pair: Difference, member: int, missing: int, said: Sequence[Said]) -> Said | None:
    """Where the other member has exactly that amount without naming anybody."""
    prefixes = FOR_STRANGERS if pair.kind.balance else pair.kind.debts if pair.rest > 0 else pair.kind.claims
    found = [
        each
        for each in said
        if (each.institution, each.counterparty) == (member, 0)
        and each.account.startswith(prefixes)
        and each.amount == -missing
    ]
    return min(found, key=lambda each: (each.account, each.cost_item), default=None)
