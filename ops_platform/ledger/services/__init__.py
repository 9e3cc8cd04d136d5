"""Writes of the ledger."""

from ops_platform.ledger.services.accounts import add_own_account, close_own_account, forbid_overdraft
from ops_platform.ledger.services.booking import Booking, book, book_all, lock_books
from ops_platform.ledger.services.errands import sweep as sweep_errands
from ops_platform.ledger.services.events import book_events
from ops_platform.ledger.services.exporting import add_export_template
from ops_platform.ledger.services.local_accounts import adopt_proposals, map_accounts, set_books_mode
from ops_platform.ledger.services.long_work import (
    ask_again,
    ask_booking,
    ask_export,
    ask_outlook,
    ask_preview,
    do_errand,
)
from ops_platform.ledger.services.openings import book_opening_from_trial_balance
from ops_platform.ledger.services.pending import expire_due, hold, post, void
from ops_platform.ledger.services.retention import let_old_files_go
from ops_platform.ledger.services.reversing import reverse
from ops_platform.ledger.services.vouchers import (
    MAKERS,
    ask_reversal,
    change_voucher,
    make_voucher,
    own_voucher,
    post_voucher,
    void_voucher,
)
from ops_platform.ledger.services.years import book_opening, carry_everybody, carry_year_forward

__all__ = [
    "MAKERS",
    "Booking",
    "add_export_template",
    "add_own_account",
    "adopt_proposals",
    "ask_again",
    "ask_booking",
    "ask_export",
    "ask_outlook",
    "ask_preview",
    "ask_reversal",
    "book",
    "book_all",
    "book_events",
    "book_opening",
    "book_opening_from_trial_balance",
    "carry_everybody",
    "carry_year_forward",
    "change_voucher",
    "close_own_account",
    "do_errand",
    "expire_due",
    "forbid_overdraft",
    "hold",
    "let_old_files_go",
    "lock_books",
    "make_voucher",
    "map_accounts",
    "own_voucher",
    "post",
    "post_voucher",
    "reverse",
    "set_books_mode",
    "sweep_errands",
    "void",
    "void_voucher",
]
