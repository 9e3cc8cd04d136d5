"""Books that are kept here against the same books kept elsewhere: where they differ, and how.

Figures are summed by institution and account, since counterparties and cost items need not be told apart elsewhere. Compared
are opening, debit, credit and closing, in fen, tolerance 0. An account on which nothing stands and nothing moved counts as
not there. Three reasons: only the books elsewhere have it, only those here have it, or both have it with other amounts.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ops_platform.ledger.engine.figures import Figure


class Reason(StrEnum):
    """Why an account differs."""

    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Amounts:
    """What books say of an account in a month: fen, debits less credits for opening and closing."""

    opening: int = 0
    debit: int = 0
    credit: int = 0
    closing: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One account in both books; None where a book does not have it, no reason where they agree."""

    institution: int
    account: str
    own: Amounts | None
    imported: Amounts | None
    reason: Reason | None

    @property
    def difference(self) -> Amounts:
        """Here less there."""
        own, imported = self.own or NOTHING, self.imported or NOTHING
        return Amounts(
            own.opening - imported.opening,
            own.debit - imported.debit,
            own.credit - imported.credit,
            own.closing - imported.closing,
        )


NOTHING = Amounts()


def compare(own: Iterable[Figure], imported: Iterable[Figure]) -> tuple[Compared, ...]:
    """Every account that one of the books has, by institution and account."""
    here, there = _by_account(own), _by_account(imported)
    return tuple(
        Compared(*key, here.get(key), there.get(key), _reason(here.get(key), there.get(key)))
        for key in sorted(here.keys() | there.keys())
    )


def _by_account(figures: Iterable[Figure]) -> dict[tuple[int, str], Amounts]:
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for figure in figures:
        total = sums[figure.institution, figure.account]
        # carrying a year forward is no turnover, and no trial balance from elsewhere has it
        for place, fen in enumerate((figure.opening, figure.debit, figure.credit, figure.net - figure.carried)):
            total[place] += fen
    amounts = {key: Amounts(*total) for key, total in sums.items()}
    return {key: each for key, each in amounts.items() if each != NOTHING}


def _reason(own: Amounts | None, imported: Amounts | None) -> Reason | None:
    if own == imported:
        return None
    if own is None:
        return Reason.MISSING_HERE
    return Reason.MISSING_THERE if imported is None else Reason.AMOUNT
