"""Writes of the ledger."""

from ops_platform.ledger.services.booking import Booking, book, book_all, lock_books
from ops_platform.ledger.services.local_accounts import adopt_proposals, map_accounts, set_books_mode
from ops_platform.ledger.services.openings import book_opening_from_trial_balance
from ops_platform.ledger.services.pending import expire_due, hold, post, void
from ops_platform.ledger.services.reversing import reverse
from ops_platform.ledger.services.years import book_opening, carry_year_forward

__all__ = [
    "Booking",
    "adopt_proposals",
    "book",
    "book_all",
    "book_opening",
    "book_opening_from_trial_balance",
    "carry_year_forward",
    "expire_due",
    "hold",
    "lock_books",
    "map_accounts",
    "post",
    "reverse",
    "set_books_mode",
    "void",
]
