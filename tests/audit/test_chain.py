"""The audit chain: gapless, hashed, and closed to change for the application and for the owner of the tables."""

import json
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from ops_platform.audit import chain
from ops_platform.audit.head import export_head, verify_heads
from ops_platform.audit.models import AuditEvent
from ops_platform.kernel.actor import PLATFORM
from tests.support import database


def _three() -> None:
    for number in range(3):
        chain.record(PLATFORM, "test.deed", subject=number, detail={"amount": "1.00", "what": "中文"})


@pytest.mark.django_db
def test_each_event_carries_the_hash_of_the_one_before() -> None:
    _three()
    events = list(AuditEvent.objects.order_by("number"))
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert events[0].previous_hash == chain.GENESIS
    for before, after in pairwise(events):
        assert after.previous_hash == before.hash
    assert list(chain.verify()) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor = 'nobody'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_auditevent_refuse_change ON audit_auditevent",
        "SET session_replication_role = replica",
    ],
)
def test_the_application_can_neither_change_events_nor_switch_the_guard_off(statement: str) -> None:
    _three()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_the_application_role_has_no_power_over_the_schema() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        user, *powers = cursor.fetchone()
    assert user == "ops_app"
    assert powers == [False, False, False]
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE mine (id int)")


def test_even_the_owner_is_refused_by_the_triggers(committed_db: str) -> None:
    with transaction.atomic():
        _three()
    database.as_owner()
    try:
        for statement in (
            "UPDATE audit_auditevent SET actor = 'nobody'",
            "DELETE FROM audit_auditevent",
            "TRUNCATE audit_auditevent",
        ):
            with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
                cursor.execute(statement)
    finally:
        database.as_app_role()


def _tamper(statement: str) -> None:
    """What only somebody with the owner's password could do: take the guard away and write."""
    database.as_owner()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER ALL")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER ALL")
    database.as_app_role()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE audit_auditevent SET actor = 'nobody' WHERE action = 'test.deed' AND subject = '1'", "audit.altered"),
        ("DELETE FROM audit_auditevent WHERE action = 'test.deed' AND subject = '1'", "audit.gap"),
    ],
)
def test_verification_names_the_first_broken_link(committed_db: str, statement: str, code: str) -> None:
    with transaction.atomic():
        _three()
    spoilt = AuditEvent.objects.get(action="test.deed", subject="1").number
    _tamper(statement)
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_integrity", "--json", stdout=out)
    assert ended.value.code == 1
    faults = {check["check"]: check["faults"] for check in json.loads(out.getvalue())["checks"]}
    assert [(fault["code"], fault["subject"]) for fault in faults["audit.chain"]] == [(code, str(spoilt))]


def test_a_chain_cut_at_its_end_contradicts_the_exported_head(committed_db: str, settings, tmp_path) -> None:
    settings.AUDIT_HEAD_DIR = tmp_path
    with transaction.atomic():
        _three()
    export_head()
    assert verify_heads() == []
    _tamper("DELETE FROM audit_auditevent WHERE action = 'test.deed' AND subject = '2'")
    assert list(chain.verify()) == []
    assert [finding.code for finding in verify_heads()] == ["audit.head_contradicted"]


def test_an_event_outside_a_transaction_is_a_mistake(committed_db: str) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        chain.record(PLATFORM, "test.deed")


@pytest.mark.django_db
def test_no_float_gets_into_the_chain() -> None:
    with pytest.raises(TypeError):
        chain.record(PLATFORM, "test.deed", detail={"amount": 1.5})
