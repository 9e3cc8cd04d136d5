"""The chart of an institution, as engines see it."""

from collections.abc import Collection
from datetime import date

from django.db.models import Q

from ops_platform.ledger.engine.chart import Account, AccountKind, Side
from ops_platform.ledger.models import Account as AccountRow
from ops_platform.masterdata.models import Institution


def accounts_of(institution: Institution, codes: Collection[str] | None = None) -> dict[str, AccountRow]:
    """The unified accounts and the institution's own, by code; where codes are named, of the unified ones only these."""
    unified = Q(institution=None) if codes is None else Q(institution=None, code__in=codes)
    rows = AccountRow.objects.filter(unified | Q(institution=institution))
    return {row.code: row for row in rows.order_by("code")}


def chart_at(rows: dict[str, AccountRow], day: date) -> dict[str, Account]:
    """The accounts as they are on a day, for engines. One with own accounts of the institution below it is no leaf."""
    above = {row.parent_id for row in rows.values() if row.institution_id is not None}
    return {
        row.code: Account(
            code=row.code,
            name=row.name,
            kind=AccountKind(row.kind),
            side=Side(row.side),
            leaf=row.leaf and row.pk not in above,
            required=frozenset(row.required),
            optional=frozenset(row.optional),
            closed=row.closed_on is not None and row.closed_on <= day,
        )
        for row in rows.values()
    }
