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
from ops_platform.ledger.models.errand import Errand
from ops_platform.ledger.models.event import (
    EventBooking,
    EventMonth,
    VoucherRules,
    VoucherRulesDraft,
    VoucherRulesProposal,
)
from ops_platform.ledger.models.export import ExportedContent, ExportedEntry, ExportTemplate, VoucherExport
from ops_platform.ledger.models.local_account import BooksMode, LocalAccount
from ops_platform.ledger.models.pending import PendingEntry, PendingLeg
from ops_platform.ledger.models.voucher import Voucher

__all__ = [
    "Account",
    "AccountKind",
    "Book",
    "BooksMode",
    "ConsolidatedCash",
    "ConsolidatedFigure",
    "ConsolidationMember",
    "ConsolidationRun",
    "Dimension",
    "Elimination",
    "EliminationLeg",
    "Entry",
    "EntryKind",
    "Errand",
    "EventBooking",
    "EventMonth",
    "ExportTemplate",
    "ExportedContent",
    "ExportedEntry",
    "Floor",
    "Leg",
    "LocalAccount",
    "MinorityInterest",
    "PairMatch",
    "PendingEntry",
    "PendingLeg",
    "PeriodBalance",
    "RunningBalance",
    "Side",
    "Voucher",
    "VoucherExport",
    "VoucherRules",
    "VoucherRulesDraft",
    "VoucherRulesProposal",
]
