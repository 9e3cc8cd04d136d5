"""What of a consolidation is signed when it becomes final, and who made it."""

import hashlib

from django.db import connection

from ops_platform.identity.models import User
from ops_platform.ledger.models import ConsolidationRun, Elimination, PairMatch

# one line a figure, in an order that does not hang on when it was written
_SIGNED = """
SELECT 'figure', part, coalesce(institution_id, 0)::text, account_id::text, cost_item, start::text, month::text, year::text
FROM ledger_consolidatedfigure WHERE run_id = %(run)s
UNION ALL
SELECT 'cash', way, institution_id::text, account, internal::text, month::text, year::text, ''
FROM ledger_consolidatedcash WHERE run_id = %(run)s
UNION ALL
SELECT 'minority', institution_id::text, share::text, net_assets_start::text, net_assets::text, surplus_month::text,
       surplus_year::text, ''
FROM ledger_minorityinterest WHERE run_id = %(run)s
UNION ALL
SELECT 'pair', kind, creditor_id::text, debtor_id::text, claim::text, debt::text, by_hand::text, state || explanation
FROM ledger_pairmatch WHERE run_id = %(run)s
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8
"""


def figures_digest(run: ConsolidationRun) -> str:
    """SHA-256 of all that the run says: figures, cash, minority interest, pairs with their explanations."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        cursor.execute(_SIGNED, {"run": run.pk})
        for row in cursor.fetchall():
            digest.update("\x1f".join(row).encode())
            digest.update(b"\x1e")
    return digest.hexdigest()


def makers_of(run: ConsolidationRun) -> frozenset[int]:
    """Who made anything of the run: consolidated it, explained a difference, asked for an elimination by hand."""
    explained = run.pairs.filter(state=PairMatch.State.EXPLAINED).order_by().values_list("explained_by", flat=True)
    people = User.objects.filter(username__in={run.actor, *explained}).values_list("pk", flat=True)
    asked = Elimination.objects.filter(pk__in=run.by_hand, asked_by__isnull=False).values_list("asked_by", flat=True)
    return frozenset(people) | frozenset(filter(None, asked))
