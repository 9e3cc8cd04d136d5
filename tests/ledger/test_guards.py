"""What the database itself refuses, even to direct SQL of the web's role."""

import pytest
from django.db import DatabaseError, connection, transaction

from ops_platform.kernel import from_fen
from ops_platform.ledger.engine.entry import EntryInput
from ops_platform.ledger.models import Account, Entry, Leg
from ops_platform.ledger.services.dimensions import numbers_of
from tests.ledger.books import booked, floor, paid, received
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Entry:
    return booked(trade.alliance()["H1"], received("100.00"))


def refused(sql: str, *values: object) -> str:
    """Runs the statement as the web's role to the end of its transaction; the database's words."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as refusal:
        return str(refusal)
    raise AssertionError(f"not refused: {sql}")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger_leg SET debit = debit + 1",
        "UPDATE ledger_entry SET summary = '别的'",
        "DELETE FROM ledger_leg",
        "DELETE FROM ledger_entry",
        "TRUNCATE ledger_leg",
        "UPDATE ledger_periodbalance SET debit = 0",
        "INSERT INTO ledger_periodbalance SELECT * FROM ledger_periodbalance",
        "UPDATE ledger_runningbalance SET held_credit = 0",
        "ALTER TABLE ledger_leg DISABLE TRIGGER ALL",
    ],
)
def test_the_web_cannot_change_the_books(row: Entry, sql: str) -> None:
    words = refused(sql)
    assert "permission denied" in words or "must be owner" in words


def test_not_even_the_owner_changes_a_posted_entry(row: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledger_leg'::regclass AND NOT tgisinternal")
        assert {"ledger_leg_refuse_change", "ledger_leg_refuse_truncate"} <= {name for (name,) in cursor.fetchall()}


COLUMNS = "entry_id, position, institution_id, period, book, account_id, dimension_id, debit, credit, summary"
LEG = f"""
INSERT INTO ledger_leg ({COLUMNS})
SELECT entry_id, position + 10, institution_id, period, book, account_id, dimension_id, {{amounts}}, '' FROM ledger_leg
"""


@pytest.mark.parametrize("amounts", ["debit, credit", "debit * 2, credit * 2", "debit + credit, 0"])
def test_no_leg_is_added_to_a_posted_entry_not_even_a_balanced_pair(row: Entry, amounts: str) -> None:
    assert "is complete" in refused(LEG.format(amounts=amounts))


def test_an_entry_of_one_side_does_not_reach_its_commit(row: Entry) -> None:
    copy_entry = f"""
        WITH fresh AS (
            INSERT INTO ledger_entry (institution_id, number, period, day, voucher_no, kind, summary, source, key, digest,
                document, leg_count, made_by, checked_by, posted_at, previous_hash, hash)
            SELECT institution_id, number + 1, period, day, voucher_no + 1, kind, summary, source, key || 'x', digest,
                document, leg_count, made_by, checked_by, posted_at, hash, hash FROM ledger_entry RETURNING id)
        INSERT INTO ledger_leg ({COLUMNS})
        SELECT fresh.id, position, institution_id, period, book, account_id, dimension_id, debit + credit, 0, ''
        FROM ledger_leg, fresh"""
    assert "does not balance" in refused(copy_entry)
    assert "legs instead of" in refused(
        copy_entry.split("INSERT INTO ledger_leg", maxsplit=1)[0].replace("RETURNING id)", ")") + "SELECT 1"
    )


@pytest.mark.parametrize("change", ["institution_id + 1 AS institution_id", "'2026-04' AS period", "'budget' AS book"])
def test_a_leg_stands_in_the_books_and_the_month_of_its_entry(row: Entry, change: str) -> None:
    column = change.rpartition(" ")[2]
    chosen = COLUMNS.replace("position", "position + 10").replace(column, change)
    words = refused(f"INSERT INTO ledger_leg ({COLUMNS}) SELECT {chosen} FROM ledger_leg")
    assert "may not stand" in words


def test_an_account_with_a_floor_is_not_overdrawn_by_direct_sql_either(row: Entry) -> None:
    floor(row.institution)
    with pytest.raises(DatabaseError, match=r"1002 would be overdrawn by 0\.01"), transaction.atomic():
        unchecked(row, paid("100.01"))


def test_a_floor_is_refused_where_the_account_is_overdrawn_already(row: Entry) -> None:
    booked(row.institution, paid("150.00"))
    with pytest.raises(DatabaseError, match=r"overdrawn by 50\.00"), transaction.atomic():
        floor(row.institution)


def unchecked(row: Entry, wanted: EntryInput) -> None:
    """Entry and legs written without the service."""
    accounts = {account.code: account for account in Account.objects.all()}
    entry = Entry.objects.create(
        institution=row.institution,
        number=row.number + 1,
        period="2026-03",
        day=wanted.day,
        voucher_no=row.voucher_no + 1,
        kind="ordinary",
        summary="x",
        source="x",
        key="x",
        digest="x",
        leg_count=len(wanted.legs),
        made_by="x",
        posted_at=row.posted_at,
        previous_hash="x",
        hash="x",
    )
    numbers = numbers_of({leg.dimensions for leg in wanted.legs})
    Leg.objects.bulk_create(
        Leg(
            entry=entry,
            position=position,
            institution=row.institution,
            period="2026-03",
            book="financial",
            account=accounts[leg.account],
            dimension_id=numbers[leg.dimensions],
            debit=from_fen(leg.debit),
            credit=from_fen(leg.credit),
        )
        for position, leg in enumerate(wanted.legs)
    )
