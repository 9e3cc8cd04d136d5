"""Moves of drugs and materials, and hours of devices, come in like every other fact; what is wrong with a row is said."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from ops_platform.his_intake import integrity, selectors
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import EquipmentUse, GoodsMove
from ops_platform.masterdata.models import Institution
from tests.support import trade

pytestmark = pytest.mark.django_db
MOVES = "drug-and-material-moves"


@pytest.fixture
def hospital() -> Institution:
    """A hospital with a department, a drug, a stent, and a stay."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK", name="内科")])
    trade.landed(
        hospital,
        "charge-items",
        [trade.item("YP", "drug", "western_drugs"), trade.item("ZJ", "chargeable_material", "materials")],
    )
    trade.landed(hospital, "encounters", [trade.visit("Z1", "NK", kind="inpatient", when="2026-03-02T08:00:00")])
    return hospital


def test_a_purchase_is_landed_corrected_and_withdrawn(hospital: Institution) -> None:
    trade.landed(hospital, MOVES, [trade.move("RK1", "purchase", quantity="3", price="3.3333")])
    trade.landed(hospital, MOVES, [trade.move("RK1", "purchase", quantity="4", price="3.3333")])
    current = GoodsMove.objects.current()
    assert [(str(row.amount), row.item.code if row.item else "") for row in current] == [("13.33", "YP")]
    receipt = trade.landed(hospital, MOVES, [{"document": "RK1", "line": "1", "op": "retract"}])
    assert receipt.batch.retracted == 1
    assert GoodsMove.objects.count() == 2
    assert not current.all().exists()


STENT = {"goods": "HC1", "item": "ZJ", "goods_class": "chargeable_material", "barcode": "B-1"}


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        (trade.move("1", "purchase") | {"amount": "9.99"}, "amount_mismatch", "amount"),
        (trade.move("1", "purchase", quantity="2", **STENT), "barcode_quantity", "quantity"),
        (trade.move("1", "issue"), "move_without_department", "department"),
        (trade.move("1", "purchase") | {"supplier": ""}, "move_without_supplier", "supplier"),
        (trade.move("1", "purchase") | {"procurement": ""}, "move_without_supplier", "supplier"),
        (trade.move("1", "use", department="NK"), "move_encounter", "encounter_no"),
        (trade.move("1", "issue", department="NK", encounter_no="Z1"), "move_encounter", "encounter_no"),
        (trade.move("1", "transfer_out"), "move_counterparty", "counterparty"),
        (trade.move("1", "gain", counterparty="T1"), "move_counterparty", "counterparty"),
        (trade.move("1", "gain") | {"item": ""}, "goods_item", "item"),
        (trade.move("1", "gain") | {"goods_class": "free_material"}, "goods_item", "item"),
        (trade.move("1", "gain") | {"goods_class": "chargeable_material"}, "goods_other_class", "goods_class"),
        (trade.move("1", "gain", quantity="1") | {"quantity": "-1"}, "not_a_number", "quantity"),
        (trade.move("1", "gain") | {"item": "XX"}, "unknown_item", "item"),
        (trade.move("1", "use", department="NK", encounter_no="Z9"), "unknown_encounter", "encounter_no"),
        (trade.move("1", "transfer_in", counterparty="H1"), "unknown_institution", "counterparty"),
    ],
)
def test_a_faulty_move_is_told_its_field(hospital: Institution, row: dict[str, Any], code: str, field: str) -> None:
    receipt = trade.send(hospital, MOVES, [row, trade.move("2", "purchase")])
    assert [(error.code, error.field) for error in receipt.errors] == [(f"his_intake.{code}", field)]
    assert receipt.batch.landed == 1


def test_every_kind_of_move_lands_in_its_own_form(hospital: Institution) -> None:
    free = trade.move("9", "issue", department="NK") | {"goods_class": "free_material", "item": ""}
    rows = [
        trade.move("1", "purchase", **STENT),
        trade.move("2", "issue", department="NK", **STENT),
        trade.move("3", "use", department="NK", encounter_no="Z1", **STENT),
        trade.move("4", "issue_return", department="NK"),
        trade.move("5", "transfer_out", counterparty="T1"),
        trade.move("6", "transfer_in", counterparty="T1"),
        trade.move("7", "gain"),
        trade.move("8", "loss"),
        free,
    ]
    assert trade.landed(hospital, MOVES, rows).batch.landed == 9


def test_a_device_has_one_row_a_day_of_at_most_24_hours(hospital: Institution) -> None:
    trade.landed(hospital, "equipment-uses", [trade.device("SB1", "CT", "6.5")])
    trade.landed(hospital, "equipment-uses", [trade.device("SB1", "CT", "7.25")])
    assert [str(row.used_hours) for row in EquipmentUse.objects.current()] == ["7.25"]
    errors = trade.send(hospital, "equipment-uses", [trade.device("SB2", "CT", "25")]).errors
    assert [error.code for error in errors] == ["his_intake.hours_of_a_day"]
    trade.landed(hospital, "equipment-uses", [{"card": "SB1", "date": "2026-03-05", "op": "retract"}])
    assert not EquipmentUse.objects.current().exists()


def test_what_stands_there_is_superseded_never_changed(hospital: Institution) -> None:
    trade.landed(hospital, MOVES, [trade.move("RK1", "purchase")])
    for table in ("his_intake_goodsmove", "his_intake_equipmentuse"):
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal")
            assert cursor.fetchone()[0] >= 3, "the owner is refused, too"


def test_nobody_waits_for_them_and_moves_count_as_patient_level(hospital: Institution) -> None:
    assert not selectors.is_expected(DATASETS[MOVES], hospital)
    assert MOVES in selectors.PATIENT_LEVEL


def test_a_use_whose_encounter_is_gone_is_found_by_the_integrity_check(hospital: Institution) -> None:
    use = trade.move("3", "use", department="NK", encounter_no="Z1", **STENT)
    trade.landed(hospital, MOVES, [use])
    assert list(integrity.orphan_uses()) == []
    assert list(integrity.batches_add_up()) == []
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO his_intake_goodsmove (institution_id, batch_id, sequence, row_no, document, line, move_kind, date,"
            " goods, name, goods_class, unit, quantity, price, amount, encounter) SELECT institution_id, batch_id,"
            " sequence, 2, 'X', 1, move_kind, date, goods, name, goods_class, unit, 1, 1, 1.00, -7"
            " FROM his_intake_goodsmove"
        )
    (finding,) = integrity.orphan_uses()
    assert "-7" in finding.message
