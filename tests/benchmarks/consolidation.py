"""Consolidating 111 members × 500 accounts × 12 months, against the bare query for the members' figures."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext

from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import consolidation_integrity
from ops_platform.ledger.engine.consolidation import consolidate as engine
from ops_platform.ledger.models import Account, ConsolidationRun
from ops_platform.ledger.selectors import consolidation as reads
from ops_platform.ledger.selectors.behind import behind_line
from ops_platform.ledger.selectors.figures import figures_of
from ops_platform.ledger.selectors.worksheet import worksheet
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_inputs import read_inputs
from ops_platform.ledger.services.consolidation_members import include_everybody
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import load_alliance
from tests.benchmarks.figures import Figure, middle, seconds
from tests.benchmarks.ground import owner_link

MEMBERS, ACCOUNTS, MONTHS, YEAR = 111, 500, 12, 2025
ROUNDS = 3
# own balanced books, and a claim on the next member that says the same; every tenth of them says two fen less
_FILL = f"""
INSERT INTO ledger_dimension
    (counterparty_id, project, purpose, insurer, scheme, fund_type, cost_item, funding_source)
    SELECT i.id, '', '', '', '', '', '', '' FROM masterdata_institution i
    UNION ALL SELECT NULL::bigint, '', '', '', '', '', '', '' ON CONFLICT DO NOTHING;
WITH members AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM masterdata_institution),
accounts AS (SELECT id, row_number() OVER (ORDER BY code) AS n FROM ledger_account
             WHERE leaf AND book = 'financial' AND code NOT IN ('121890', '230790') ORDER BY code LIMIT {ACCOUNTS - 2}),
months AS (SELECT '{YEAR}-' || lpad(m::text, 2, '0') AS period, m FROM generate_series(1, {MONTHS}) m),
empty AS (SELECT id FROM ledger_dimension WHERE counterparty_id IS NULL AND department_id IS NULL AND cost_item = ''
          AND project = '' AND purpose = '' AND insurer = '' AND scheme = '' AND fund_type = '' AND funding_source = ''),
whole AS (
    SELECT i.id AS institution, a.id AS account, e.id AS dimension, m.period,
           CASE WHEN a.n % 2 = 0 THEN i.n * 7 + (a.n + 1) / 2 * 13 + m.m ELSE 0 END AS debit,
           CASE WHEN a.n % 2 = 1 THEN i.n * 7 + (a.n + 1) / 2 * 13 + m.m ELSE 0 END AS credit
    FROM members i CROSS JOIN accounts a CROSS JOIN months m CROSS JOIN empty e
    WHERE a.n <= {(ACCOUNTS - 2) // 2 * 2}),
dealings AS (
    SELECT i.id, (SELECT id FROM ledger_account WHERE code = '121890'), d.id, m.period, i.n * 100.00, 0
    FROM members i JOIN members o ON o.n = i.n % {MEMBERS} + 1 JOIN ledger_dimension d ON d.counterparty_id = o.id
    CROSS JOIN months m
    UNION ALL
    SELECT o.id, (SELECT id FROM ledger_account WHERE code = '230790'), d.id, m.period, 0,
           i.n * 100.00 - CASE WHEN i.n % 10 = 0 THEN 0.01 * 2 ELSE 0 END
    FROM members i JOIN members o ON o.n = i.n % {MEMBERS} + 1 JOIN ledger_dimension d ON d.counterparty_id = i.id
    CROSS JOIN months m)
INSERT INTO ledger_periodbalance
    (institution_id, account_id, dimension_id, period, debit, credit, carried_debit, carried_credit)
    SELECT *, 0, 0 FROM whole UNION ALL SELECT *, 0, 0 FROM dealings;
ANALYZE;
"""


def measure(database: str) -> list[Figure]:
    """A first consolidation of every month, its parts, one again, and the heaviest page."""
    rows = _fill(database)
    institutions = list(Institution.objects.order_by("pk").values_list("pk", flat=True))
    december = Period(YEAR, MONTHS)
    bare = middle([seconds(lambda: figures_of(institutions, december)) for _ in range(ROUNDS)])
    months = [Period(YEAR, month) for month in range(1, MONTHS + 1)]
    whole = [seconds(lambda month=month: consolidate(PLATFORM, period=month)) for month in months]
    run = ConsolidationRun.objects.get(period=str(december), is_current=True)
    read = read_inputs(december)
    parts: dict[str, Callable[[], object]] = {
        "reading its inputs": lambda: read_inputs(december),
        "the digest that recognises them": lambda: read.digest,
        "the engine": lambda: engine(read.inputs),
        "again without a change": lambda: consolidate(PLATFORM, period=december),
        "the work sheet by classes": lambda: worksheet(run=run, measure="end"),
        "the consolidated balance sheet": lambda: reads.statement(run=run, code="balance_sheet"),
        "the members behind a line": lambda: behind_line(run=run, code="balance_sheet", key="assets"),
    }
    spent = {name: middle([seconds(work) for _ in range(ROUNDS)]) for name, work in parts.items()}
    with CaptureQueriesContext(connection) as queries:
        consolidate(PLATFORM, period=december)
    if list(consolidation_integrity.consolidations()):
        raise RuntimeError("the consolidation of the measurement does not add up")
    pairs = run.pairs.count()
    how = (
        f"{rows:,} balances; {sum(whole):.1f} s for {MONTHS} months, {pairs} pairs each, "
        f"{len(queries)} queries when nothing changed"
    )
    what = f"consolidation of {MEMBERS} members × {ACCOUNTS} accounts, a month of {MONTHS}"
    return [
        Figure(
            "consolidation",
            f"{what}, against the bare query for its figures",
            max(whole) / bare,
            f"{how}; the slowest {max(whole):.2f} s against {bare:.2f} s",
        ),
        *(
            Figure(
                "consolidation", f"the same, {name}", each / bare, f"{each * 1000:.0f} ms against {bare * 1000:.0f} ms"
            )
            for name, each in spent.items()
        ),
    ]


def _fill(database: str) -> int:
    """The members, the accounts and a year of balances; gives the number of balances."""
    kinds = ("lead_hospital", *["township_hospital"] * 10, *["village_clinic"] * 100)
    load_alliance(
        PLATFORM,
        {
            "code": "BENCH",
            "name": "BENCH",
            "first_period": f"{YEAR}-01",
            "institutions": [
                {"code": f"M{number:03d}", "name": f"M{number:03d}", "kind": kind} for number, kind in enumerate(kinds)
            ],
        },
    )
    parent = Account.objects.get(code="1218", institution=None)
    leaves = Account.objects.filter(institution=None, leaf=True, book="financial").count()
    Account.objects.bulk_create(
        Account(
            code=f"1218{number:04d}",
            name=f"明细 {number}",
            parent=parent,
            kind="asset",
            book="financial",
            side="debit",
            source_mark="default",
        )
        for number in range(1000, 1000 + ACCOUNTS - leaves + 2)
    )
    with owner_link(database) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute(_FILL)
            cursor.execute("SELECT count(*) FROM ledger_periodbalance")
            rows = int(cursor.fetchone()[0])
    include_everybody(PLATFORM)
    return rows
