"""Why an entry changes the year's surplus otherwise than the budget: the legs behind the difference, by account and side.

Only entries count whose surplus (income less expense) differs from their budget surplus: where goods come in on credit,
neither changes. Of such an entry every leg that is of neither says a part of the difference, debits adding, credits taking
off; which cause an account stands for on which side is data (`surplus_causes` in reference_data/statements.json). Cash and
the fiscal quota stand against 资金结存: what one moves beyond the other is a part of its own. Each book balances, so that
the parts of an entry add up to its difference exactly. Openings and carrying forward earn and spend nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ops_platform.kernel import Period
from ops_platform.ledger.engine.statements import Amount
from ops_platform.ledger.selectors.cash import CASH

DEBIT, CREDIT, MONEY, UNKNOWN = "debit", "credit", "money", "unknown"
AGAINST_FUNDS = (*CASH, "1201")

_PARTS = """
WITH told AS (
    SELECT l.entry_id, l.period, left(a.code, 6) AS account, left(a.code, 1) AS kind,
           left(a.code, 4) = ANY (%(money)s) AS money, sum(l.debit) * 100 AS debit, sum(l.credit) * 100 AS credit
    FROM ledger_leg l
    JOIN ledger_account a ON a.id = l.account_id
    JOIN masterdata_institution i ON i.id = l.institution_id
    JOIN ledger_entry e ON e.id = l.entry_id LEFT JOIN ledger_entry o ON o.id = e.reverses_id
    WHERE l.institution_id = %(institution)s AND l.period BETWEEN greatest(%(first)s, i.first_period) AND %(period)s
        AND 'carry_forward' NOT IN (e.kind, coalesce(o.kind, '')) GROUP BY 1, 2, 3, 4, 5),
concerned AS (
    SELECT entry_id FROM told GROUP BY 1
    HAVING sum(CASE WHEN kind IN ('4', '5') THEN debit - credit WHEN kind IN ('6', '7') THEN credit - debit
               ELSE 0 END) <> 0),
parts AS (
    SELECT t.entry_id, t.period, p.source, p.fen FROM told t JOIN concerned c USING (entry_id)
    CROSS JOIN LATERAL (VALUES
        ('debit:' || t.account, CASE WHEN t.kind IN ('1', '2', '3') AND NOT t.money THEN t.debit ELSE 0 END),
        ('credit:' || t.account, CASE WHEN t.kind IN ('1', '2', '3') AND NOT t.money THEN -t.credit ELSE 0 END),
        ('money', CASE WHEN t.money THEN t.debit - t.credit WHEN t.kind = '8' THEN t.credit - t.debit ELSE 0 END)
    ) p (source, fen) WHERE p.fen <> 0)
"""
_SUMS = """
SELECT source, coalesce(sum(fen) FILTER (WHERE period = %(period)s), 0)::bigint, sum(fen)::bigint
FROM parts GROUP BY 1 ORDER BY 1
"""
_ENTRIES = "SELECT entry_id, sum(fen)::bigint FROM parts WHERE source = %(source)s GROUP BY 1 HAVING sum(fen) <> 0"


@dataclass(frozen=True, slots=True)
class Part:
    """What an account on one side (`source`: "debit:1212") adds to the year's surplus beyond the budget's: fen of the month
    and of the year."""

    source: str
    month: int
    year: int


def difference_parts(institution: int, period: Period) -> list[Part]:
    """The difference of a month and of its year, by account and side."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS + _SUMS, _values(institution, Period(period.year, 1), period))
        return [Part(*row) for row in cursor.fetchall()]


def difference_entries(institution: int, source: str, first: Period, last: Period) -> dict[int, int]:
    """The entries behind a part, from month to month: fen by entry."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTS + _ENTRIES, {**_values(institution, first, last), "source": source})
        return dict(cursor.fetchall())


def _values(institution: int, first: Period, period: Period) -> dict[str, Any]:
    return {"institution": institution, "first": str(first), "period": str(period), "money": list(AGAINST_FUNDS)}


def difference_amounts(amounts: Sequence[Amount], parts: Iterable[Part]) -> tuple[Amount, ...]:
    """What the statement of causes takes: income, expense and their budget by account, the parts, and what of the difference
    no part explains (books kept elsewhere tell no entries)."""
    listed = [Amount(each.source, month=each.month, year=each.year) for each in parts]
    month = year = 0
    for each in amounts:
        sign = {"4": -1, "5": -1, "6": 1, "7": 1}.get(each.account[0], 0)
        month, year = month + sign * each.month, year + sign * each.moved
    month -= sum(each.month for each in listed)
    year -= sum(each.year for each in listed)
    return (*amounts, *listed, Amount(UNKNOWN, month=month, year=year))
