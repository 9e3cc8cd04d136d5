"""Dealings between members: the other side is named by its code, and only another member can be it."""

import pytest

from ops_platform.his_intake.datasets.catalogue import COST_ENTRIES, INCOME_ENTRIES
from ops_platform.his_intake.examples import own_examples
from ops_platform.his_intake.models import CostEntry, IncomeEntry
from ops_platform.his_intake.public import cost_entries
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution
from tests.support import trade

pytestmark = pytest.mark.django_db


@pytest.fixture
def members() -> dict[str, Institution]:
    members = trade.alliance()
    trade.landed(members["H1"], "departments", [trade.department("NK")])
    return members


def income(counterparty: str | None = None) -> dict[str, object]:
    row = {
        "voucher": "S1", "line": "1", "department": "NK", "date": "2026-03-25", "income_kind": "other",
        "amount": "10.00",
    }  # fmt: skip
    return row if counterparty is None else {**row, "counterparty": counterparty}


def test_another_member_is_taken_and_shown(members: dict[str, Institution]) -> None:
    hospital = members["H1"]
    trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "5.00") | {"counterparty": "T1"}])
    trade.landed(hospital, "income-entries", [income("V1")])
    assert CostEntry.objects.get().counterparty == members["T1"]
    assert IncomeEntry.objects.get().counterparty == members["V1"]
    shown = cost_entries(institution=hospital.pk, period=Period(2026, 3), sequence=99)
    assert [line.counterparty for line in shown.rows] == [members["T1"].pk]


@pytest.mark.parametrize("absent", [None, ""])
def test_dealings_with_others_name_nobody(members: dict[str, Institution], absent: str | None) -> None:
    trade.landed(members["H1"], "income-entries", [income(absent)])
    assert IncomeEntry.objects.get().counterparty is None


@pytest.mark.parametrize("wrong", ["H1", "X9", "h1", "T1 "])
def test_a_wrong_code_or_the_own_one_is_quarantined_in_words(members: dict[str, Institution], wrong: str) -> None:
    receipt = trade.send(members["H1"], "income-entries", [income(wrong)])
    assert receipt.batch.quarantined == 1
    (error,) = receipt.errors
    assert (error.field, error.code) == ("counterparty", "his_intake.unknown_institution")
    assert "另一家机构" in error.message
    assert not IncomeEntry.objects.exists()


def test_naming_another_counterparty_is_a_correction(members: dict[str, Institution]) -> None:
    trade.landed(members["H1"], "income-entries", [income()])
    receipt = trade.landed(members["H1"], "income-entries", [income("T1")])
    assert receipt.batch.superseded == 1
    assert IncomeEntry.objects.current().get().counterparty == members["T1"]


def test_the_template_shows_a_fellow_member(members: dict[str, Institution]) -> None:
    assert own_examples(COST_ENTRIES, members["H1"])["counterparty"] == "T1"
    assert own_examples(INCOME_ENTRIES, members["T1"])["counterparty"] == "H1"
