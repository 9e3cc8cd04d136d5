"""Writes of the ledger."""

from ops_platform.ledger.services.booking import Booking, book, book_all, lock_books
from ops_platform.ledger.services.events import book_events
from ops_platform.ledger.services.exporting import add_export_template, export_vouchers
from ops_platform.ledger.services.pending import expire_due, hold, post, void
from ops_platform.ledger.services.reversing import reverse
from ops_platform.ledger.services.years import book_opening, carry_year_forward

__all__ = [
    "Booking",
    "add_export_template",
    "book",
    "book_all",
    "book_events",
    "book_opening",
    "carry_year_forward",
    "expire_due",
    "export_vouchers",
    "hold",
    "lock_books",
    "post",
    "reverse",
    "void",
]
