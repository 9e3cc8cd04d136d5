"""Tables of the ledger."""

from ops_platform.ledger.models.account import Account, AccountKind, Book, Floor, Side
from ops_platform.ledger.models.balance import PeriodBalance, RunningBalance
from ops_platform.ledger.models.consolidation import (
    ConsolidatedCash,
    ConsolidatedFigure,
    ConsolidationMember,
    ConsolidationRun,
    Elimination,
    EliminationLeg,
    MinorityInterest,
    PairMatch,
)
from ops_platform.ledger.models.dimension import Dimension
from ops_platform.ledger.models.entry import Entry, EntryKind, Leg
from ops_platform.ledger.models.pending import PendingEntry, PendingLeg

__all__ = [
    "Account",
    "AccountKind",
    "Book",
    "ConsolidatedCash",
    "ConsolidatedFigure",
    "ConsolidationMember",
    "ConsolidationRun",
    "Dimension",
    "Elimination",
    "EliminationLeg",
    "Entry",
    "EntryKind",
    "Floor",
    "Leg",
    "MinorityInterest",
    "PairMatch",
    "PendingEntry",
    "PendingLeg",
    "PeriodBalance",
    "RunningBalance",
    "Side",
]
