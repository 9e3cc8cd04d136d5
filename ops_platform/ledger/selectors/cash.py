"""Cash received and paid by counter account: the cash legs themselves, told apart by what stands on the other side.

Receipts are the debits of cash accounts, payments their credits; what one cash account gives another within an entry is
neither. Each amount falls on the counter accounts of the opposite side of its entry in proportion to their amounts, to the
fen (docs/algorithms/consolidation.md). An opening is no flow: books begin with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from ops_platform.kernel import Period

CASH = ("1001", "1002", "1011", "1021")

# sides: what an entry says of each counter account, cash as ''. moved: what it received and paid, transfers apart: a cash
# debit is one only as far as the other credits do not reach. shares: the amount by weight, rounded down; the fen that are
# left go to the largest remainders. All of it changes its sign with the entry, so that a reversal undoes it exactly.
_SHARES = """
WITH wanted AS (
    SELECT w.institution, greatest(w.since, i.first_period) AS since
    FROM unnest(%(institutions)s::bigint[], %(since)s::text[]) AS w (institution, since)
    JOIN masterdata_institution i ON i.id = w.institution),
touched AS (
    SELECT DISTINCT l.entry_id FROM wanted w
    JOIN ledger_leg l ON l.institution_id = w.institution AND l.period BETWEEN w.since AND %(period)s
        AND l.account_id IN (SELECT id FROM ledger_account WHERE left(code, 4) = ANY (%(cash)s))),
sides AS (
    SELECT l.entry_id, l.institution_id, l.period,
           CASE WHEN left(a.code, 4) = ANY (%(cash)s) THEN '' ELSE left(a.code, 6) END AS account,
           left(a.code, 4) <> ALL (%(cash)s) AND d.counterparty_id IS NOT NULL
               AND d.counterparty_id = ANY (%(institutions)s) AS internal,
           sum(l.debit) * 100 AS debit, sum(l.credit) * 100 AS credit
    FROM touched t
    JOIN ledger_leg l ON l.entry_id = t.entry_id AND l.book = 'financial'
    JOIN ledger_account a ON a.id = l.account_id
    JOIN ledger_dimension d ON d.id = l.dimension_id
    GROUP BY 1, 2, 3, 4, 5),
wholes AS (
    SELECT s.*, coalesce(sum(debit) FILTER (WHERE account = '') OVER entry, 0) AS cash_in,
           coalesce(sum(credit) FILTER (WHERE account = '') OVER entry, 0) AS cash_out,
           coalesce(sum(debit) FILTER (WHERE account <> '') OVER entry, 0) AS debits,
           coalesce(sum(credit) FILTER (WHERE account <> '') OVER entry, 0) AS credits
    FROM sides s WINDOW entry AS (PARTITION BY entry_id)),
moved AS (
    SELECT w.*, CASE WHEN sign(cash_in) = sign(cash_out) THEN sign(cash_in) * least(
                    greatest(sign(cash_in) * (cash_in - credits), 0), abs(cash_in), abs(cash_out)) ELSE 0 END AS transfer
    FROM wholes w WHERE account <> ''),
weights AS (
    SELECT m.entry_id, m.institution_id, m.period, m.account, m.internal, v.way, v.amount,
           CASE WHEN v.whole <> 0 AND abs(v.amount) <= abs(v.whole) THEN v.leg * sign(v.whole)
                ELSE greatest(sign(v.amount) * (v.leg - v.other), 0) END AS weight
    FROM moved m CROSS JOIN LATERAL (VALUES
        ('in', cash_in - transfer, credit, debit, credits),
        ('out', cash_out - transfer, debit, credit, debits)) v (way, amount, leg, other, whole)
    WHERE v.amount <> 0),
products AS (
    SELECT w.*, abs(amount) * weight AS product, sum(weight) OVER (PARTITION BY entry_id, way) AS basis
    FROM weights w WHERE weight <> 0),
floors AS (
    SELECT p.*, div(product, basis) - CASE WHEN mod(product, basis) < 0 THEN 1 ELSE 0 END AS share,
           mod(mod(product, basis) + basis, basis) AS remainder
    FROM products p),
shares AS (
    SELECT entry_id, institution_id, account, internal, period, way, sign(amount) * (share + CASE WHEN
               row_number() OVER (PARTITION BY entry_id, way ORDER BY remainder DESC, account, internal)
               <= abs(amount) - sum(share) OVER (PARTITION BY entry_id, way) THEN 1 ELSE 0 END) AS share
    FROM floors)
"""
_SUMS = """
SELECT institution_id, account, internal,
       coalesce(sum(share) FILTER (WHERE way = 'in' AND period = %(period)s), 0)::bigint,
       coalesce(sum(share) FILTER (WHERE way = 'in'), 0)::bigint,
       coalesce(sum(share) FILTER (WHERE way = 'out' AND period = %(period)s), 0)::bigint,
       coalesce(sum(share) FILTER (WHERE way = 'out'), 0)::bigint
FROM shares GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_ENTRIES = """
SELECT entry_id, sum(share)::bigint FROM shares
WHERE way = %(way)s AND account = %(account)s AND period >= %(first)s GROUP BY 1 HAVING sum(share) <> 0
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
    """Of each institution the month's flows, and those since its month (January, or when it joined), none from before its
    books begin."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARES + _SUMS,
            {
                "institutions": list(since),
                "since": [str(month) for month in since.values()],
                "period": str(period),
                "cash": list(CASH),
            },
        )
        return [CashFlow(*row) for row in cursor.fetchall()]


def cash_entries(institution: int, way: str, account: str, first: Period, last: Period) -> dict[int, int]:
    """The entries behind what an institution received ("in") or paid ("out") against a counter account from month to month:
    fen by entry."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SHARES + _ENTRIES,
            {
                "institutions": [institution],
                "since": [str(first)],
                "first": str(first),
                "period": str(last),
                "cash": list(CASH),
                "way": way,
                "account": account,
            },
        )
        return dict(cursor.fetchall())
