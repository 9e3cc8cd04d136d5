"""Figures of a month for any number of institutions: of books that are kept here, and those that are official."""

from collections.abc import Sequence

from django.db import connection

from ops_platform.kernel import Period
from ops_platform.ledger.engine.chart import YEARLY
from ops_platform.ledger.engine.figures import Figure
from ops_platform.ledger.models import BooksMode
from ops_platform.ledger.selectors.imported import imported_figures
from ops_platform.ledger.selectors.modes import modes_at

# The columns are those of Figure, in its order.
# An opening is what stands before the first period: no turnover, also where the year is that of the opening.
_SQL = """
SELECT b.institution_id, a.code,
       (coalesce(sum(b.debit - b.credit) FILTER (WHERE b.period < greatest(%(period)s, i.first_period)), 0) * 100)::bigint,
       (coalesce(sum(b.debit - b.carried_debit) FILTER (WHERE b.period >= greatest(%(period)s, i.first_period)), 0)
           * 100)::bigint,
       (coalesce(sum(b.credit - b.carried_credit) FILTER (WHERE b.period >= greatest(%(period)s, i.first_period)), 0)
           * 100)::bigint,
       (coalesce(sum(b.debit - b.carried_debit) FILTER (WHERE b.period >= greatest(%(january)s, i.first_period)), 0)
           * 100)::bigint,
       (coalesce(sum(b.credit - b.carried_credit) FILTER (WHERE b.period >= greatest(%(january)s, i.first_period)), 0)
           * 100)::bigint,
       (coalesce(sum(b.carried_debit - b.carried_credit) FILTER (WHERE b.period = %(period)s), 0) * 100)::bigint,
       coalesce(d.counterparty_id, 0), d.cost_item,
       (coalesce(sum(b.debit - b.credit) FILTER (
           WHERE a.kind = ANY (%(yearly)s) AND b.period >= %(january)s AND b.period < i.first_period), 0) * 100)::bigint
FROM ledger_periodbalance b
JOIN masterdata_institution i ON i.id = b.institution_id
JOIN ledger_account a ON a.id = b.account_id
JOIN ledger_dimension d ON d.id = b.dimension_id
WHERE b.institution_id = ANY (%(institutions)s) AND b.period <= %(period)s
GROUP BY 1, 2, 9, 10 ORDER BY 1, 2, 9, 10
"""


def figures_of(institutions: Sequence[int], period: Period) -> list[Figure]:
    """The figures of a month, by institution, account, counterparty and cost item, in that order."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {
                "institutions": list(institutions),
                "period": str(period),
                "january": f"{period.year:04d}-01",
                "yearly": [str(kind) for kind in YEARLY],
            },
        )
        return [Figure(*row) for row in cursor.fetchall()]


def official_figures(institutions: Sequence[int], period: Period) -> list[Figure]:
    """The figures of a month from where each institution's official ones come: books here, or mapped trial balances of books
    kept elsewhere. Three queries, however many institutions there are."""
    elsewhere = {pk for pk, mode in modes_at(institutions, period).items() if mode is BooksMode.Mode.ELSEWHERE}
    own = figures_of([pk for pk in institutions if pk not in elsewhere], period)
    imported = imported_figures(sorted(elsewhere), period)
    return sorted([*own, *imported], key=lambda row: (row.institution, row.account, row.counterparty, row.cost_item))
