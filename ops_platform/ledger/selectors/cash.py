"""Cash received and paid by counter account: the other legs of entries that touch cash.

In an entry the legs beside cash say where it came from or went to: their credits are receipts, their debits payments, and
together they are what cash moved by. Entries that only move cash from one account to another have no such legs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from ops_platform.kernel import Period

CASH = ("1001", "1002", "1011")
_SQL = """
WITH wanted AS (SELECT * FROM unnest(%(institutions)s::bigint[], %(since)s::text[]) AS w (institution, since)),
touched AS (
    SELECT DISTINCT l.entry_id FROM wanted w
    JOIN ledger_leg l ON l.institution_id = w.institution AND l.period BETWEEN w.since AND %(period)s
        AND l.account_id IN (SELECT id FROM ledger_account WHERE left(code, 4) = ANY (%(cash)s)))
SELECT l.institution_id, left(a.code, 6), d.counterparty_id IS NOT NULL AND d.counterparty_id = ANY (%(institutions)s),
       (coalesce(sum(l.credit) FILTER (WHERE l.period = %(period)s), 0) * 100)::bigint, (sum(l.credit) * 100)::bigint,
       (coalesce(sum(l.debit) FILTER (WHERE l.period = %(period)s), 0) * 100)::bigint, (sum(l.debit) * 100)::bigint
FROM touched t
JOIN ledger_leg l ON l.entry_id = t.entry_id AND l.book = 'financial'
JOIN ledger_account a ON a.id = l.account_id AND left(a.code, 4) <> ALL (%(cash)s)
JOIN ledger_dimension d ON d.id = l.dimension_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class CashFlow:
    """Fen that an institution received and paid against a counter account (first six digits), from or to another of the
    institutions asked for when `internal`."""

    institution: int
    account: str
    internal: bool
    received_month: int
    received_year: int
    paid_month: int
    paid_year: int


def cash_flows(since: Mapping[int, Period], period: Period) -> list[CashFlow]:
    """Of each institution the month's flows, and those since its month (January, or when it joined)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "institutions": list(since),
                "since": [str(month) for month in since.values()],
                "period": str(period),
                "cash": list(CASH),
            },
        )
        return [CashFlow(*row) for row in cursor.fetchall()]
