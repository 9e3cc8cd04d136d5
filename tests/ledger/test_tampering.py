"""Whoever owns the database may switch the guards off; what they change then is found and named."""

import psycopg2

from ops_platform.ledger import integrity
from tests.ledger.books import booked, received
from tests.support import database, trade


def test_what_the_owner_tampers_with_is_found_and_named(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a"))
    booked(hospital, received("200.00", "b"))
    assert list(integrity.balances()) == list(integrity.chain()) == []
    tamper(committed_db, "ledger_leg", "UPDATE ledger_leg SET debit = 101 WHERE debit = 100")
    assert [finding.code for finding in integrity.chain()] == ["ledger.legs_altered"]
    assert {finding.code for finding in integrity.balances()} == {"ledger.balance_off", "ledger.month_not_balanced"}
    tamper(committed_db, "ledger_leg", "UPDATE ledger_leg SET debit = 100 WHERE debit = 101")
    tamper(committed_db, "ledger_entry", "UPDATE ledger_entry SET made_by = '别人' WHERE number = 2")
    (found,) = integrity.chain()
    assert found.code == "ledger.entry_altered"
    assert "H1 第 2 号凭证" in found.message


def tamper(name: str, table: str, sql: str) -> None:
    """As somebody who owns the database and switches the triggers off."""
    link = psycopg2.connect(database.url_of(name, "owner"))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER; {sql}; ALTER TABLE {table} ENABLE TRIGGER USER")
    link.close()
