"""How large the year is and how long the night took over it."""

from collections.abc import Iterator

from tools.county_year.database import Database

COUNTS = (
    ("institutions with books", "SELECT count(DISTINCT institution_id) FROM ledger_entry"),
    ("entries", "SELECT count(*) FROM ledger_entry"),
    ("legs", "SELECT count(*) FROM ledger_leg"),
    ("balances of months", "SELECT count(*) FROM ledger_periodbalance"),
    ("charge lines", "SELECT count(*) FROM his_intake_chargeline"),
    ("database, MB", "SELECT pg_database_size(current_database()) / 1000000"),
    ("of it legs and entries, MB", "SELECT sum(pg_total_relation_size(name::regclass)) / 1000000 FROM"
     " (VALUES ('ledger_leg'), ('ledger_entry')) tables (name)"),
    ("the night, seconds", "SELECT extract(epoch FROM finished_at - started_at) FROM nightly_nightlyrun"
     " ORDER BY id LIMIT 1"),
)  # fmt: skip
STEPS = """
SELECT s.step, count(*), sum(extract(epoch FROM s.finished_at - s.started_at))::numeric(12, 1)
FROM nightly_steprun s JOIN nightly_lane l ON l.id = s.lane_id
WHERE l.run_id = (SELECT min(id) FROM nightly_nightlyrun) AND s.finished_at IS NOT NULL
GROUP BY 1 ORDER BY 3 DESC
"""


def figures(database: Database) -> Iterator[tuple[str, str]]:
    """What is told, and its figure."""
    for title, sql in COUNTS:
        yield title, f"{int(database.rows(sql)[0][0] or 0):,}"
    for step, count, seconds in database.rows(STEPS):
        yield f"step {step}, seconds in {count:,} steps", f"{seconds:,}"
