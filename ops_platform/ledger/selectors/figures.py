"""Figures of books that are kept here, for any number of institutions in one query."""

from collections.abc import Sequence

from django.db import connection

from ops_platform.kernel import Period
from ops_platform.ledger.engine.figures import Figure

_SQL = """
SELECT b.institution_id, a.code, coalesce(d.counterparty_id, 0), d.cost_item,
       (coalesce(sum(b.debit - b.credit) FILTER (WHERE b.period < %(period)s), 0) * 100)::bigint,
       (coalesce(sum(b.debit - b.carried_debit) FILTER (WHERE b.period = %(period)s), 0) * 100)::bigint,
       (coalesce(sum(b.credit - b.carried_credit) FILTER (WHERE b.period = %(period)s), 0) * 100)::bigint,
       (coalesce(sum(b.debit - b.carried_debit) FILTER (WHERE b.period >= %(january)s), 0) * 100)::bigint,
       (coalesce(sum(b.credit - b.carried_credit) FILTER (WHERE b.period >= %(january)s), 0) * 100)::bigint,
       (coalesce(sum(b.carried_debit - b.carried_credit) FILTER (WHERE b.period = %(period)s), 0) * 100)::bigint
FROM ledger_periodbalance b
JOIN ledger_account a ON a.id = b.account_id
JOIN ledger_dimension d ON d.id = b.dimension_id
WHERE b.institution_id = ANY (%(institutions)s) AND b.period <= %(period)s
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def figures_of(institutions: Sequence[int], period: Period) -> list[Figure]:
    """The figures of a month, by institution, account, counterparty and cost item, in that order."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {"institutions": list(institutions), "period": str(period), "january": f"{period.year:04d}-01"},
        )
        return [
            Figure(
                institution=row[0],
                account=row[1],
                counterparty=row[2],
                cost_item=row[3],
                opening=row[4],
                debit=row[5],
                credit=row[6],
                year_debit=row[7],
                year_credit=row[8],
                carried=row[9],
            )
            for row in cursor.fetchall()
        ]
