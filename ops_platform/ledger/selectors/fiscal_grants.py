"""Fiscal grants of institutions in a year, by what a budget entry says of them."""

from collections.abc import Sequence

from django.db import connection

from ops_platform.kernel import Period
from ops_platform.ledger.engine.fiscal_grants import GrantSheet, Moved, grant_sheet

# An opening's income and expense of this year belong to the year, as carrying forward takes them.
_SQL = """
SELECT a.code, d.cost_item, d.funding_source, d.project,
       (coalesce(sum(b.debit - b.credit) FILTER (WHERE b.period < v.begin AND left(a.code, 1) = '8'), 0) * 100)::bigint,
       (coalesce(sum(b.debit - b.credit - b.carried_debit + b.carried_credit)
           FILTER (WHERE b.period >= v.begin OR left(a.code, 1) <> '8'), 0) * 100)::bigint,
       (coalesce(sum(b.carried_debit - b.carried_credit)
           FILTER (WHERE b.period >= v.begin AND left(a.code, 1) = '8'), 0) * 100)::bigint
FROM ledger_periodbalance b
JOIN masterdata_institution i ON i.id = b.institution_id
CROSS JOIN LATERAL (SELECT greatest(%(january)s, i.first_period) AS begin) v
JOIN ledger_account a ON a.id = b.account_id
JOIN ledger_dimension d ON d.id = b.dimension_id
WHERE b.institution_id = %(institution)s AND b.period <= %(period)s
    AND (left(a.code, 4) IN ('8101', '8102')
         OR (b.period >= %(january)s AND (left(a.code, 6) = '400101' OR left(a.code, 4) = '6001' OR left(a.code, 1) = '7')))
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def fiscal_grants(institution: int, period: Period) -> GrantSheet:
    """财政拨款预算收入支出表 of the year up to a month, of books that are kept here."""
    return grant_sheet(_moved(institution, period))


def _moved(institution: int, period: Period) -> Sequence[Moved]:
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"institution": institution, "period": str(period), "january": f"{period.year:04d}-01"})
        return [Moved(*row) for row in cursor.fetchall()]
