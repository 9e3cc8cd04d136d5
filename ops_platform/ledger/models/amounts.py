"""What an amount must be in every table that the web writes: a number. NaN equals itself, so that no comparison of sums
ever notices it; it is not at or below the largest number, though."""

from decimal import Decimal

from django.db.models import CheckConstraint, Q

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.entry import LARGEST

LARGEST_OF_A_LEG = from_fen(LARGEST)
LARGEST_OF_A_COLUMN = Decimal("9999999999999999.99")


def numbers(*columns: str, name: str, largest: Decimal = LARGEST_OF_A_COLUMN) -> CheckConstraint:
    """None of these amounts is NaN or infinite, or larger than this on either side of nothing."""
    within = Q()
    for column in columns:
        within &= Q(**{f"{column}__gte": -largest, f"{column}__lte": largest})
    return CheckConstraint(condition=within, name=name)
