"""What the database itself refuses, even to direct SQL of the web's role."""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from ops_platform.kernel import Conflict, from_fen
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import integrity, services
from ops_platform.ledger.engine.chart import Dimensions
from ops_platform.ledger.engine.entry import EntryInput
from ops_platform.ledger.models import Account, Entry, EntryKind, Leg
from ops_platform.ledger.services.booking import Booking
from ops_platform.ledger.services.dimensions import numbers_of
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField
from tests.ledger.books import OTHER_INCOME, booked, floor, paid, received
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


ENTRY = """
WITH fresh AS (
    INSERT INTO ledger_entry (institution_id, number, period, day, voucher_no, kind, summary, source, key, digest, document,
        leg_count, reverses_id, made_by, checked_by, posted_at, previous_hash, hash)
    SELECT {institution}, number + 1, {period}, {day}, voucher_no + 1, {kind}, summary, source, key || 'x', digest, document,
        leg_count, {reverses}, made_by, checked_by, posted_at, hash, hash FROM ledger_entry WHERE number = 1 RETURNING *)
INSERT INTO ledger_leg ({columns})
SELECT fresh.id, position, fresh.institution_id, fresh.period, book, account_id, {dimension}, {debit}, {credit}, ''
FROM ledger_leg, fresh"""


def entry_sql(**changes: str) -> str:
    """The entry once more, with changes."""
    given = {
        "institution": "institution_id",
        "period": "period",
        "day": "day",
        "kind": "kind",
        "reverses": "null::bigint",
        "dimension": "dimension_id",
        "debit": "debit",
        "credit": "credit",
    }
    return ENTRY.format(columns=COLUMNS, **(given | changes))


@pytest.mark.parametrize("amount", ["'NaN'", "1000000000000.01", "-1000000000000.01", "'Infinity'"])
def test_an_amount_is_a_number_of_a_sensible_size(row: Entry, amount: str) -> None:
    """NaN equals itself: it passed the check of balance, and balances were NaN for ever."""
    sides = {side: f"CASE WHEN {side} = 0 THEN 0 ELSE {amount}::numeric END" for side in ("debit", "credit")}
    words = refused(entry_sql(**sides))
    assert "leg_amounts" in words or "overflow" in words, words
    pending = services.hold(PLATFORM, institution=row.institution, entry=received("1.00", "p"))
    words = refused(
        "INSERT INTO ledger_pendingleg (pending_id, position, account_id, dimension_id, debit, credit, summary) "
        f"SELECT pending_id, 9, account_id, dimension_id, {amount}, 0, '' FROM ledger_pendingleg WHERE pending_id = %s "
        "LIMIT 1",
        pending.pk,
    )
    assert "pending_leg_amounts" in words or "overflow" in words, words


def test_no_money_column_that_the_web_writes_takes_nan() -> None:
    """Every MoneyField of the ledger but balances, which only the database writes from legs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.conrelid::regclass::text, pg_get_constraintdef(c.oid) FROM pg_constraint c
               WHERE c.contype = 'c' AND c.conname LIKE %s""",
            ["%amounts"],
        )
        checks = dict(cursor.fetchall())
    for model in apps.get_app_config("ledger").get_models():
        columns = [field.name for field in model._meta.fields if isinstance(field, MoneyField)]
        if "INSERT" in model.app_privileges:
            for column in columns:
                assert f"{column} <=" in checks[model._meta.db_table], (model, column)


MIRROR = {"kind": "'reversal'", "reverses": "ledger_entry.id", "debit": "-debit", "credit": "-credit"}


@pytest.mark.parametrize(
    "change",
    [
        {"debit": "debit", "credit": "credit"},
        {"debit": "-debit * 2", "credit": "-credit * 2"},
        {"debit": "-credit", "credit": "-debit"},
        {"dimension": "(SELECT id FROM ledger_dimension WHERE project = 'x')"},
        {"institution": "(SELECT id FROM masterdata_institution WHERE code = 'T1')"},
    ],
)
def test_a_reversal_is_the_red_mirror_of_an_entry_of_its_institution(row: Entry, change: dict[str, str]) -> None:
    numbers_of({Dimensions(project="x")})
    assert "red mirror" in refused(entry_sql(**(MIRROR | change)))


def test_an_exact_mirror_is_taken_and_is_not_reversed_itself(row: Entry) -> None:
    with connection.cursor() as cursor:
        cursor.execute(entry_sql(**MIRROR))
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert list(integrity.balances()) == []
    again = entry_sql(**(MIRROR | {"debit": "debit", "credit": "credit"}))
    again = again.replace("number = 1", "kind = 'reversal'").replace(
        "FROM ledger_leg, fresh", "FROM ledger_leg, fresh LIMIT 2"
    )
    assert "red mirror" in refused(again.replace("|| 'x'", "|| 'y'"))


def test_the_service_books_no_reversal_that_is_none(row: Entry) -> None:
    wanted = received("99.00", "r")
    for institution in (row.institution, Institution.objects.get(code="T1")):
        with pytest.raises(Conflict) as refusal:
            services.book(
                PLATFORM,
                institution=institution,
                entry=wanted,
                booking=Booking(wanted, kind=EntryKind.REVERSAL, reverses=row),
            )
        assert refusal.value.code == "ledger.not_a_mirror"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "'carry_forward'"}, "carried forward in December"),
        ({"period": "'2062-03'", "day": "'2062-03-05'::date"}, "lies ahead"),
        ({"day": "'2026-04-05'::date"}, "in period"),
        ({"kind": "'opening'"}, "books begin"),
        ({"kind": "'opening'", "period": "'2025-11'", "day": "'2025-11-30'::date"}, "books begin"),
        ({"period": "'2025-12'", "day": "'2025-12-31'::date"}, "books begin"),
        (MIRROR | {"period": "'2025-12'", "day": "'2025-12-31'::date"}, "books begin"),
    ],
)
def test_each_kind_of_entry_lies_where_it_may(row: Entry, change: dict[str, str], words: str) -> None:
    assert Institution.objects.get(code="H1").first_period == "2026-01"
    assert words in refused(entry_sql(**change))


def test_a_leg_says_what_its_account_requires(row: Entry) -> None:
    Account.objects.filter(code=OTHER_INCOME).update(required=["project"])
    assert "may not stand" in refused(entry_sql())


@pytest.mark.parametrize("change", ["kind = 'liability'", "side = 'credit'", "code = '1003x'", "institution_id = 1"])
def test_an_account_in_use_stays_what_it_is(row: Entry, change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_account SET name = name || '.', note = 'x' WHERE code = '1002'")
        cursor.execute("UPDATE ledger_account SET side = 'credit' WHERE code = '1901'")
    assert "is in use" in refused(f"UPDATE ledger_account SET {change} WHERE code = '1002'")
