"""Whoever owns the database may switch the guards off; what they change then is found and named."""

from io import StringIO

import psycopg2
import pytest
from django.core.management import call_command
from django.db import transaction

from ops_platform.kernel import Conflict
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.models import Entry
from ops_platform.ledger.services.booking import earlier_hash_of
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


def test_amounts_that_are_no_numbers_are_named_and_stop_no_check(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a"))
    nan = "ALTER TABLE {0} DROP CONSTRAINT {1}; UPDATE {0} SET debit = 'NaN' WHERE debit <> 0"
    tamper(committed_db, "ledger_leg", nan.format("ledger_leg", "leg_amounts"))
    tamper(committed_db, "ledger_periodbalance", "UPDATE ledger_periodbalance SET debit = 'NaN' WHERE debit <> 0")
    tamper(committed_db, "ledger_runningbalance", "UPDATE ledger_runningbalance SET debit = 'NaN' WHERE debit <> 0")
    assert [finding.code for finding in integrity.chain()] == ["ledger.no_number"]
    assert [finding.code for finding in integrity.balances() if finding.code == "ledger.no_number"] == [
        "ledger.no_number"
    ] * 3
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_integrity", stdout=said)
    assert "不是数字" in said.getvalue()


def test_who_made_an_entry_and_whose_it_is_are_in_the_chain_and_older_chains_stay(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a"))
    user = trade.person("somebody", None)
    tamper(
        committed_db, "ledger_entry", f"SET CONSTRAINTS ALL IMMEDIATE; UPDATE ledger_entry SET checker_id = {user.pk}"
    )
    assert [finding.code for finding in integrity.chain()] == ["ledger.entry_altered"]
    row = Entry.objects.get()
    tamper(committed_db, "ledger_entry", f"UPDATE ledger_entry SET hash = '{earlier_hash_of(row)}'")
    assert list(integrity.chain()) == []


def test_a_reversal_that_mirrors_nothing_is_named(committed_db: str) -> None:
    hospital = trade.alliance()["H1"]
    row = booked(hospital, received("100.00", "a"))
    services.reverse(PLATFORM, entry_id=row.pk, day=row.day, reason="错")
    assert list(integrity.balances()) == []
    tamper(committed_db, "ledger_leg", "UPDATE ledger_leg SET debit = -99 WHERE debit = -100")
    assert "ledger.not_a_mirror" in {finding.code for finding in integrity.balances()}


def test_sums_that_no_column_holds_are_refused_in_words(committed_db: str) -> None:
    """Thousands of the largest vouchers, or one from before there was a limit: never a fault of the server."""
    hospital = trade.alliance()["H1"]
    booked(hospital, received("100.00", "a"))
    full = "UPDATE ledger_runningbalance SET {0} = 9999999999999999.00"
    tamper(committed_db, "ledger_runningbalance", full.format("held_debit"))
    with pytest.raises(Conflict) as refusal:
        services.hold(PLATFORM, institution=hospital, entry=received("100.00", "b"))
    assert refusal.value.code == "ledger.balance_too_large"
    tamper(committed_db, "ledger_runningbalance", full.format("debit"))
    with pytest.raises(Conflict, match="超出"):
        booked(hospital, received("100.00", "c"))
    with pytest.raises(Conflict, match="超出"), transaction.atomic():
        services.book(PLATFORM, institution=hospital, entry=received("100.00", "d"))


def tamper(name: str, table: str, sql: str) -> None:
    """As somebody who owns the database and switches the triggers off."""
    link = psycopg2.connect(database.url_of(name, "owner"))
    link.autocommit = True
    with link.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER; {sql}; ALTER TABLE {table} ENABLE TRIGGER USER")
    link.close()
