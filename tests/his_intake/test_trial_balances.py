"""Trial balances come in like every other fact: landed, corrected, withdrawn, and refused with the figures."""

import pytest
from django.db import ProgrammingError, connection, transaction

from ops_platform.his_intake import selectors
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import TrialBalance
from ops_platform.kernel.actor import PLATFORM
from tests.support import trade

pytestmark = pytest.mark.django_db


def test_an_account_is_landed_corrected_and_withdrawn() -> None:
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "trial-balances", [trade.balance("1002", "银行存款", opening="10.00", debit="5.00")])
    trade.landed(hospital, "trial-balances", [trade.balance("1002", "银行存款", opening="10.00", debit="-1.00")])
    current = TrialBalance.objects.filter(institution=hospital, superseded_sequence=None)
    assert [(row.debit, row.closing_debit) for row in current] == [(-1, 9)]
    receipt = trade.landed(hospital, "trial-balances", [{"period": "2026-03", "account": "1002", "op": "retract"}])
    assert receipt.batch.retracted == 1
    assert not current.all().exists()


def test_a_row_that_does_not_add_up_is_told_its_three_figures() -> None:
    hospital = trade.alliance()["H1"]
    row = trade.balance("2302", "应付账款", opening="-10.00", debit="4.00", credit="1.00") | {"closing_credit": "8.00"}
    errors = trade.send(hospital, "trial-balances", [row, trade.balance("1002", "银行存款")]).errors
    assert [(error.code, error.row) for error in errors] == [("his_intake.closing_mismatch", 1)]
    assert errors[0].message.endswith("期初 -10.00，本期 3.00，期末 -8.00")


def test_what_stands_there_is_superseded_never_changed() -> None:
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "trial-balances", [trade.balance("1002", "银行存款", opening="10.00")])
    for statement in ("UPDATE his_intake_trialbalance SET debit = 1", "DELETE FROM his_intake_trialbalance"):
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'his_intake_trialbalance'::regclass AND NOT tgisinternal"
        )
        assert cursor.fetchone() == (3,), "the owner is refused, too"


def test_nobody_waits_for_what_only_some_institutions_send() -> None:
    hospital = trade.alliance()["H1"]
    assert not selectors.is_expected(DATASETS["trial-balances"], hospital)
    before = selectors.reporting_states(actor=PLATFORM, period="2026-03").get(pk=hospital.pk)
    trade.landed(hospital, "trial-balances", [trade.balance("1002", "银行存款")])
    after = selectors.reporting_states(actor=PLATFORM, period="2026-03").get(pk=hospital.pk)
    assert (before.reported, before.expected) == (after.reported, after.expected)
