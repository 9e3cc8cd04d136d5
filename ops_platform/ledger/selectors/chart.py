"""The chart of an institution, as engines see it."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from ops_platform.ledger.engine.chart import Account, AccountKind, Side
from ops_platform.ledger.models import Account as AccountRow
from ops_platform.masterdata.models import Institution


def accounts_of(institution: Institution, codes: Collection[str] | None = None) -> dict[str, AccountRow]:
    """The unified accounts and the institution's own, by code; only these codes where they are named."""
    rows = AccountRow.objects.filter(Q(institution=None) | Q(institution=institution))
    if codes is not None:
        rows = rows.filter(code__in=codes)
    return {row.code: row for row in rows.order_by("code")}


def chart_at(rows: dict[str, AccountRow], day: date) -> dict[str, Account]:
    """The accounts as they are on a day, for engines."""
    return {
        row.code: Account(
            code=row.code,
            name=row.name,
            kind=AccountKind(row.kind),
            side=Side(row.side),
            leaf=row.leaf,
            required=frozenset(row.required),
            optional=frozenset(row.optional),
            closed=row.closed_on is not None and row.closed_on <= day,
        )
        for row in rows.values()
    }
