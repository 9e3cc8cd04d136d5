"""Trial balances of books kept elsewhere, seen through the mapping of their accounts.

They are read as they hold now; a closed month takes no facts and no mapping any more, so its figures stay. Sum accounts
are left out (docs/intake-contract.md). What is mapped to nothing is in no figure: it stands in `local_lines` and in the
findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from ops_platform.his_intake.public import trial_balance_leaves
from ops_platform.kernel import Period
from ops_platform.ledger.engine.chart import NO_DIMENSIONS, YEARLY, Dimensions
from ops_platform.ledger.engine.figures import Figure

MAPPING = """(
    SELECT a.account_id, a.counterparty_id, a.cost_item, a.funding_source, a.code FROM ledger_localaccount a
    WHERE a.institution_id = l.institution_id AND a.effective_from <= l.since
        AND a.code = ANY (ARRAY(SELECT left(l.account, n) FROM generate_series(1, length(l.account)) AS n))
    ORDER BY length(a.code) DESC, a.effective_from DESC, a.id DESC LIMIT 1)"""
"""What stands behind the leaf account `l`, whose mapping is that of the day `l.since`."""

# The columns are those of Figure, in its order.
# Months between two changes of any mapping are added up before their accounts are looked up. Everything that narrows or
# groups the facts is a constant to the planner, which cannot guess how many rows the leaves are.
_SENT = """t.period >= %(january)s AND t.period <= %(period)s AND t.institution_id = ANY (ARRAY(
    SELECT x.institution_id FROM his_intake_trialbalance x WHERE x.institution_id = ANY (%(institutions)s)
    AND x.period = %(period)s AND x.superseded_sequence IS NULL GROUP BY 1))"""
_FIGURES = f"""
WITH leaves AS MATERIALIZED (
    SELECT e.institution_id, e.account, to_date(max(e.period), 'YYYY-MM') AS since,
           coalesce(sum(e.opening_debit - e.opening_credit) FILTER (WHERE e.period = %(period)s), 0) AS opening,
           coalesce(sum(e.debit) FILTER (WHERE e.period = %(period)s), 0) AS debit,
           coalesce(sum(e.credit) FILTER (WHERE e.period = %(period)s), 0) AS credit,
           sum(e.debit) AS year_debit, sum(e.credit) AS year_credit,
           coalesce(sum(e.opening_debit - e.opening_credit) FILTER (WHERE e.period = f.first), 0) AS brought
    FROM {trial_balance_leaves(_SENT)} e
    LEFT JOIN (SELECT institution_id, min(period) AS first FROM his_intake_trialbalance
               WHERE institution_id = ANY (%(institutions)s) AND superseded_sequence IS NULL
                     AND period >= %(january)s AND period <= %(period)s
               GROUP BY 1 HAVING min(period) > %(january)s) f ON f.institution_id = e.institution_id
    GROUP BY e.institution_id, e.account, width_bucket(to_date(e.period, 'YYYY-MM'), (
        SELECT array_agg(DISTINCT effective_from ORDER BY effective_from) FROM ledger_localaccount
        WHERE institution_id = ANY (%(institutions)s))))
SELECT l.institution_id, u.code,
       (sum(l.opening) * 100)::bigint, (sum(l.debit) * 100)::bigint, (sum(l.credit) * 100)::bigint,
       (sum(l.year_debit) * 100)::bigint, (sum(l.year_credit) * 100)::bigint,
       0, coalesce(m.counterparty_id, 0), m.cost_item,
       (coalesce(sum(l.brought) FILTER (WHERE u.kind = ANY (%(yearly)s)), 0) * 100)::bigint
FROM leaves l CROSS JOIN LATERAL {MAPPING} m JOIN ledger_account u ON u.id = m.account_id
GROUP BY 1, 2, 9, 10 ORDER BY 1, 2, 9, 10
"""


def imported_figures(institutions: Sequence[int], period: Period) -> list[Figure]:
    """The figures of a month as the trial balances have them, in the form and order of the books kept here; none of an
    institution whose trial balance of that very month is missing. Where a year's first one is of a later month than January,
    its opening on accounts of the year was earned and spent in the year (`brought`)."""
    if not institutions:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            _FIGURES,
            {
                "institutions": list(institutions),
                "period": str(period),
                "january": f"{period.year:04d}-01",
                "yearly": [str(kind) for kind in YEARLY],
            },
        )
        return [Figure(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class LocalLine:
    """A leaf account of a trial balance with what is mapped to it: fen; `account` is nothing where nothing is."""

    code: str
    name: str
    opening_debit: int
    opening_credit: int
    debit: int
    credit: int
    account: str = ""
    dimensions: Dimensions = NO_DIMENSIONS
    mapped_by: str = ""

    @property
    def opening(self) -> int:
        """Debits less credits."""
        return self.opening_debit - self.opening_credit

    @property
    def closing(self) -> int:
        """Debits less credits."""
        return self.opening + self.debit - self.credit

    @property
    def has_amounts(self) -> bool:
        """Whether anything stands on it or moved."""
        return any((self.opening_debit, self.opening_credit, self.debit, self.credit))


_LINES = f"""
SELECT l.account, l.name, (l.opening_debit * 100)::bigint, (l.opening_credit * 100)::bigint, (l.debit * 100)::bigint,
       (l.credit * 100)::bigint, coalesce(u.code, ''), coalesce(m.counterparty_id, 0), coalesce(m.cost_item, ''),
       coalesce(m.funding_source, ''), coalesce(m.code, '')
FROM (SELECT leaf.*, to_date(leaf.period, 'YYYY-MM') AS since
      FROM {trial_balance_leaves("t.institution_id = %(institution)s AND t.period = %(period)s")} leaf) l
LEFT JOIN LATERAL {MAPPING} m ON true LEFT JOIN ledger_account u ON u.id = m.account_id
ORDER BY l.account COLLATE "C"
"""


def local_lines(institution: int, period: Period) -> list[LocalLine]:
    """The leaf accounts of a trial balance, by code."""
    with connection.cursor() as cursor:
        cursor.execute(_LINES, {"institution": institution, "period": str(period)})
        return [
            LocalLine(
                code=row[0],
                name=row[1],
                opening_debit=row[2],
                opening_credit=row[3],
                debit=row[4],
                credit=row[5],
                account=row[6],
                dimensions=Dimensions(counterparty=row[7], cost_item=row[8], funding_source=row[9]),
                mapped_by=row[10],
            )
            for row in cursor.fetchall()
        ]


UNMAPPED = f"""
SELECT l.account || ' ' || l.name,
       '期末 ' || (l.closing_debit - l.closing_credit) || '，本期借 ' || l.debit || '、贷 ' || l.credit
FROM (SELECT leaf.*, to_date(leaf.period, 'YYYY-MM') AS since
      FROM {trial_balance_leaves("t.institution_id = %(institution)s AND t.period = %(period)s")} leaf) l
LEFT JOIN LATERAL {MAPPING} m ON true
WHERE m.account_id IS NULL
      AND (l.opening_debit <> 0 OR l.opening_credit <> 0 OR l.debit <> 0 OR l.credit <> 0)"""
"""The quality rule: leaf accounts with amounts behind which nothing stands."""


# Months between the one sent last and this one, and the accounts that moved in them: the rule of the gate compares
# neighbouring months only. At the turn of a year only what is carried over as it stands is compared.
_LACKING = f"""
WITH former AS (
    SELECT max(t.period) AS period FROM his_intake_trialbalance t
    WHERE t.superseded_sequence IS NULL AND t.institution_id = %(institution)s AND t.period < %(period)s
          AND EXISTS (SELECT 1 FROM his_intake_trialbalance n WHERE n.superseded_sequence IS NULL
                      AND n.institution_id = %(institution)s AND n.period = %(period)s)),
gap AS (
    SELECT period AS since FROM former WHERE {{which}})
SELECT to_char(month, 'YYYY-MM'), '未报送科目余额表，该月发生额不在本年累计中'
FROM gap, generate_series(to_date(since, 'YYYY-MM') + interval '1 month',
                          to_date(%(period)s, 'YYYY-MM') - interval '1 month', interval '1 month') AS month
UNION ALL
SELECT coalesce(n.account, b.account) || ' ' || coalesce(n.name, b.name),
       %(period)s || ' 期初 ' || coalesce(n.opening_debit - n.opening_credit, 0.00) || ' ≠ ' || since || ' 期末 '
       || coalesce(b.closing_debit - b.closing_credit, 0.00)
FROM (SELECT * FROM {trial_balance_leaves("t.institution_id = %(institution)s AND t.period = %(period)s")} l) n
FULL JOIN (SELECT * FROM {
    trial_balance_leaves("t.institution_id = %(institution)s AND t.period = (SELECT since FROM gap)")
} l) b ON b.account = n.account
CROSS JOIN gap
WHERE (left(since, 4) = left(%(period)s, 4) OR left(coalesce(n.account, b.account), 1) IN ('1', '2'))
      AND coalesce(n.opening_debit - n.opening_credit, 0) <> coalesce(b.closing_debit - b.closing_credit, 0)"""
GAPS = _LACKING.format(which="to_date(period, 'YYYY-MM') + interval '1 month' < to_date(%(period)s, 'YYYY-MM')")
"""The quality rule: months that were left out, and accounts that moved in them."""


def gaps(institution: int, period: Period) -> list[tuple[str, str]]:
    """What lacks between a month's trial balance and the one sent before it: (month or account, what is seen).
    Also where an account does not go on from one month to the next."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LACKING.format(which="period IS NOT NULL") + " ORDER BY 1, 2",
            {"institution": institution, "period": str(period)},
        )
        return [(row[0], row[1]) for row in cursor.fetchall()]


def gaps_of_the_year(institution: int, period: Period) -> list[str]:
    """The gaps before each month that was sent of the year up to this one, in words."""
    return [
        f"{subject}：{seen}。"
        for month in sent_of_the_year(institution, period)
        for subject, seen in gaps(institution, Period.parse(month))
    ]


def months_sent(institutions: Sequence[int]) -> set[tuple[int, str]]:
    """(institution, month) of which a trial balance has been sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT institution_id, period FROM his_intake_trialbalance"
            " WHERE institution_id = ANY (%s) AND superseded_sequence IS NULL",
            [list(institutions)],
        )
        return {(row[0], row[1]) for row in cursor.fetchall()}


def without_trial_balance(institutions: Sequence[int], period: Period) -> list[int]:
    """Those of the institutions that have sent no trial balance of the month."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pk FROM unnest(%s::bigint[]) AS pk WHERE NOT EXISTS (SELECT 1 FROM his_intake_trialbalance t"
            " WHERE t.institution_id = pk AND t.period = %s AND t.superseded_sequence IS NULL) ORDER BY 1",
            [list(institutions), str(period)],
        )
        return [row[0] for row in cursor.fetchall()]


def months_with_trial_balances(institution: int) -> list[str]:
    """The months of which a trial balance has been sent, newest first."""
    return sorted((month for _, month in months_sent([institution])), reverse=True)


def sent_of_the_year(institution: int, period: Period) -> list[str]:
    """The months of the year up to this one of which a trial balance has been sent, oldest first."""
    return sorted(month for _, month in months_sent([institution]) if in_the_year(month, period))


def in_the_year(month: str, period: Period) -> bool:
    """Whether a month, as it is written, is of the year of the period and not after it."""
    return f"{period.year:04d}-" <= month <= str(period)
