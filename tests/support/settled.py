"""Rows of settlement with the insurer, in the trade's words."""

from decimal import Decimal
from typing import Any


def settled(stay: str, total: str, *, number: str = "", fund: str = "0.00", **more: str) -> dict[str, Any]:
    """A row of the dataset settlement-lists; what the fund does not pay, the patient pays in cash."""
    others = sum((Decimal(more.get(name, "0")) for name in ("other_paid", "account_paid")), Decimal(0))
    return {
        "settle_no": number or f"JS-{stay}",
        "encounter_no": stay,
        "settled_on": "2026-03-12",
        "total": total,
        "self_paid": "0.00",
        "first_self_paid": "0.00",
        "deductible": "0.00",
        "fund_paid": fund,
        "other_paid": "0.00",
        "account_paid": "0.00",
        "cash_paid": f"{Decimal(total) - Decimal(fund) - others:.2f}",
        **more,
    }


def insurer_group(stay: str, group: str, **more: str) -> dict[str, Any]:
    """A row of the dataset insurer-groupings."""
    return {"encounter_no": stay, "told_on": "2026-04-15", "group": group, **more}
