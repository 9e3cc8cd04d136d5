"""The gate: what lands, what is corrected, what is refused, and what stays as it was."""

from datetime import date

import pytest

from ops_platform.audit.models import AuditEvent
from ops_platform.his_intake import formats
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch, ChargeLine, CostEntry, Encounter, QuarantinedRow
from ops_platform.kernel import Conflict, Role
from ops_platform.masterdata.models import Department, Institution
from ops_platform.masterdata.services import close_period, hold_periods
from ops_platform.notifications.models import OutboxTask
from tests.support import trade
from tests.support.workbooks import PerCent, workbook

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """A county hospital with two departments, one item, one visit."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK"), trade.department("JYK", "medical_technology")])
    trade.landed(hospital, "charge-items", [trade.item("X1")])
    trade.landed(hospital, "encounters", [trade.visit("MZ1", "NK")])
    return hospital


def test_a_good_batch_lands_and_is_audited_once(hospital: Institution) -> None:
    receipt = trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00"), trade.cost("V2", "NK", "-20.50")])
    assert (receipt.batch.landed, receipt.batch.quarantined) == (2, 0)
    assert sorted(CostEntry.objects.values_list("amount", flat=True)) == [-20.50, 100]
    events = AuditEvent.objects.filter(action="his_intake.batch_accepted", subject=str(receipt.batch.pk))
    assert events.get().detail["rows"] == 2
    assert OutboxTask.objects.filter(task="his_intake.check_batch", arguments={"batch_id": receipt.batch.pk}).exists()


def test_the_same_batch_again_answers_the_first_result_and_changes_nothing(hospital: Institution) -> None:
    rows = [trade.cost("V1", "NK", "100.00"), trade.cost("V2", "nobody", "1.00")]
    first = trade.send(hospital, "cost-entries", rows, batch_no="B1")
    again = trade.send(hospital, "cost-entries", rows, batch_no="B1")
    assert again.repeated
    assert again.batch == first.batch
    assert again.errors == first.errors
    assert CostEntry.objects.count() == 1
    assert Batch.objects.filter(batch_no="B1").count() == 1


def test_the_same_number_with_other_content_is_refused(hospital: Institution) -> None:
    trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00")], batch_no="B1")
    with pytest.raises(Conflict) as refusal:
        trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "101.00")], batch_no="B1")
    assert refusal.value.code == "his_intake.batch_no_reused"
    assert CostEntry.objects.get().amount == 100


def test_a_correction_supersedes_and_the_old_row_stays_with_both_batches(hospital: Institution) -> None:
    first = trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00")])
    second = trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "120.00")])
    assert (second.batch.landed, second.batch.superseded) == (0, 1)
    old, new = CostEntry.objects.order_by("sequence")
    assert (old.amount, old.batch, old.superseded_batch) == (100, first.batch, second.batch)
    assert (new.amount, new.superseded_batch) == (120, None)
    as_of_first = CostEntry.objects.as_of(first.batch.sequence)
    assert [row.amount for row in as_of_first] == [100]
    assert [row.amount for row in CostEntry.objects.current()] == [120]


def test_a_row_with_the_same_content_is_unchanged(hospital: Institution) -> None:
    trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00")])
    again = trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.0")])
    assert again.batch.unchanged == 1
    assert CostEntry.objects.count() == 1


def test_a_retraction_withdraws_the_row(hospital: Institution) -> None:
    trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00")])
    gone = trade.send(hospital, "cost-entries", [{"voucher": "V1", "line": "1", "op": "retract"}])
    assert gone.batch.retracted == 1
    assert not CostEntry.objects.current().exists()
    nothing = trade.send(hospital, "cost-entries", [{"voucher": "V9", "line": "1", "op": "retract"}])
    assert [error.code for error in nothing.errors] == ["his_intake.nothing_to_retract"]


def test_faulty_rows_go_to_quarantine_with_place_value_and_reason(hospital: Institution) -> None:
    rows = [
        trade.cost("V1", "NK", "100.00"),
        trade.cost("V2", "NK", "12.345"),
        trade.cost("V3", "KXK", "1.00"),
        {**trade.cost("V4", "NK", "1.00"), "date": "2026-02-30"},
        {**trade.cost("V5", "NK", "1.00"), "colour": "red"},
        "not a row",
        trade.cost("V1", "NK", "7.00"),
        {**trade.cost("V6", "NK", "1.00"), "amount": 12.5},
    ]
    receipt = trade.send(hospital, "cost-entries", rows)
    assert receipt.batch.landed == 1
    assert [(error.row, error.field, error.code) for error in receipt.errors] == [
        (2, "amount", "his_intake.not_a_number"),
        (3, "department", "his_intake.unknown_department"),
        (4, "date", "his_intake.not_a_date"),
        (5, "", "his_intake.unknown_field"),
        (6, "", "his_intake.row_not_an_object"),
        (7, "line", "his_intake.repeated_key"),
        (8, "amount", "his_intake.not_a_number"),
    ]
    assert QuarantinedRow.objects.get(row_no=2).content["amount"] == "12.345"


def test_a_stay_without_procedures_may_say_so_by_an_empty_list_but_not_one_without_diagnoses(
    hospital: Institution,
) -> None:
    stay = trade.visit("ZY1", "NK", kind="inpatient", when="2026-03-01T08:00:00", discharged="2026-03-09T10:00:00")
    trade.landed(hospital, "encounters", [stay])
    front_page = {"encounter_no": "ZY1", "diagnoses": ["I21.900"], "sex": "1", "age": "67", "stay_days": "8",
                  "leaving_type": "1", "total_charges": "100.00"}  # fmt: skip
    interim = {"encounter_no": "ZY1", "seq": "1", "recorded_at": "2026-03-02T09:00:00", "diagnoses": ["I21.900"],
               "sex": "1", "age": "67"}  # fmt: skip
    for dataset, row in (("discharge-abstracts", front_page), ("interim-diagnoses", interim)):
        trade.landed(hospital, dataset, [row | {"procedures": []}])
        assert trade.landed(hospital, dataset, [row]).batch.unchanged == 1, "left out or empty is the same"
        (error,) = trade.send(hospital, dataset, [row | {"diagnoses": []}]).errors
        assert (error.field, error.code, error.message) == ("diagnoses", "his_intake.not_a_code", "应为代码列表")
    use = {field.name: field.example for field in DATASETS["equipment-uses"].fields} | {"department": "NK"}
    (error,) = trade.send(hospital, "equipment-uses", [use | {"items": [[]]}]).errors
    assert error.field == "items", "a list of nothing is not empty"
    trade.landed(hospital, "equipment-uses", [use | {"items": []}])


def test_an_identity_number_is_masked_before_the_row_is_kept(hospital: Institution) -> None:
    number = "11010519491231002X"
    trade.send(hospital, "cost-entries", [{**trade.cost("V1", "NK", "x"), "summary": f"报销 {number} 差旅"}])
    kept = QuarantinedRow.objects.get()
    assert number not in str(kept.content)
    assert kept.content["summary"] == "报销 [身份证号已屏蔽] 差旅"


def test_an_amount_must_equal_quantity_times_price(hospital: Institution) -> None:
    line = trade.charge("MZ1", 1, "X1", "NK", "JYK", "10.00")
    receipt = trade.send(hospital, "charge-lines", [line, {**line, "line_no": "2", "amount": "10.01"}])
    assert receipt.batch.landed == 1
    assert [error.code for error in receipt.errors] == ["his_intake.amount_mismatch"]


def test_a_closed_month_takes_no_rows_and_its_rows_cannot_be_superseded(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00", day="2026-01-31")])
    _close(hospital, "2026-01")
    late = trade.send(hospital, "cost-entries", [trade.cost("V2", "NK", "5.00", day="2026-01-30")])
    moved = trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "100.00", day="2026-02-01")])
    assert [error.code for error in (*late.errors, *moved.errors)] == ["his_intake.period_closed"] * 2
    assert "2026-01 期间已结账" in late.errors[0].message
    assert CostEntry.objects.current().get().amount == 100


def _close(hospital: Institution, period: str) -> None:
    from django.db import transaction

    from costing.services import cost_patients_of, run_allocation
    from insurance_settlement.services import run_grouping
    from ops_platform.kernel import Period
    from ops_platform.kernel.actor import PLATFORM
    from ops_platform.ledger.services import book_events

    trade.landed(hospital, "staff-headcounts", [{"department": "NK", "period": period, "headcount": "5"}])
    run_grouping(PLATFORM, institution=hospital, period=Period.parse(period))
    run_allocation(PLATFORM, institution=hospital, period=Period.parse(period))
    cost_patients_of(PLATFORM, institution=hospital, period=Period.parse(period))
    book_events(PLATFORM, institution=hospital, period=Period.parse(period))
    director = trade.actor(Role.FINANCE_DIRECTOR, hospital)
    with transaction.atomic():
        hold_periods(hospital, date(2026, 3, 31))
    close_period(director, institution_id=hospital.pk, period=period)


def test_a_charge_line_that_moves_to_another_month_does_not_exist_twice(hospital: Institution) -> None:
    line = trade.charge("MZ1", 1, "X1", "NK", "JYK", "10.00", when="2026-03-31T23:50:00")
    trade.landed(hospital, "charge-lines", [line])
    moved = trade.landed(hospital, "charge-lines", [{**line, "charged_at": "2026-04-01T00:10:00"}])
    assert moved.batch.superseded == 1
    assert moved.batch.months == ["2026-03", "2026-04"]
    assert [str(row.month) for row in ChargeLine.objects.current()] == ["2026-04-01"]
    assert ChargeLine.objects.count() == 2


def test_a_line_that_would_move_out_of_a_closed_month_is_refused(hospital: Institution) -> None:
    trade.landed(hospital, "encounters", [trade.visit("MZ0", "NK", when="2026-01-31T08:00:00")])
    line = trade.charge("MZ0", 1, "X1", "NK", "NK", "10.00", when="2026-01-31T23:50:00")
    trade.landed(hospital, "charge-lines", [line])
    _close(hospital, "2026-01")
    receipt = trade.send(hospital, "charge-lines", [{**line, "charged_at": "2026-02-01T00:10:00"}])
    assert [error.code for error in receipt.errors] == ["his_intake.period_closed"]
    assert ChargeLine.objects.current().get().month.isoformat() == "2026-01-01"


def test_a_stay_admitted_in_a_closed_month_can_still_be_discharged(hospital: Institution) -> None:
    stay = trade.visit("ZY1", "NK", when="2026-01-20T08:00:00", kind="inpatient")
    trade.landed(hospital, "encounters", [stay])
    _close(hospital, "2026-01")
    receipt = trade.landed(hospital, "encounters", [{**stay, "discharged": "2026-02-03T10:00:00"}])
    assert receipt.batch.superseded == 1
    first, second = Encounter.objects.filter(encounter_no="ZY1").order_by("sequence")
    assert first.entity == second.entity


def test_departments_keep_their_identity_when_their_class_changes(hospital: Institution) -> None:
    before = Department.objects.get(institution=hospital, code="NK").pk
    trade.landed(hospital, "departments", [trade.department("NK", "medical_support", "内科支持", since="2026-03-01")])
    after = Department.objects.get(institution=hospital, code="NK")
    assert after.pk == before
    assert after.name == "内科支持"
    assert [term.cost_class for term in after.terms.order_by("effective_from")] == ["clinical", "medical_support"]


def test_quarantined_rows_can_be_corrected_and_resubmitted(hospital: Institution) -> None:
    from ops_platform.his_intake.services import resubmit_rows

    trade.send(hospital, "cost-entries", [trade.cost("V1", "NKK", "100.00")])
    row = QuarantinedRow.objects.get()
    officer = trade.actor(Role.FINANCE_OFFICER, hospital)
    receipt = resubmit_rows(officer, row_ids=[row.pk], corrections={row.pk: {"department": "NK"}})
    assert receipt.batch.landed == 1
    row.refresh_from_db()
    assert (row.state, row.settled_by, row.resubmitted_in) == ("resubmitted", officer.name, receipt.batch)
    with pytest.raises(Conflict):
        resubmit_rows(officer, row_ids=[row.pk], corrections={})


def test_what_the_sender_has_corrected_itself_no_longer_waits_in_quarantine(hospital: Institution) -> None:
    trade.send(hospital, "cost-entries", [trade.cost("V1", "NK", "bad"), trade.cost("V2", "NK", "bad")])
    good = trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "7.00")])
    first, second = QuarantinedRow.objects.order_by("row_no")
    assert (first.state, first.resubmitted_in) == ("corrected", good.batch)
    assert second.state == "open"


@pytest.mark.parametrize(
    "table", ["masterdata_parameter", "masterdata_periodreopening", "his_intake_quarantinedrow", "costing_driverrule"]
)
def test_the_application_may_not_delete_history(table: str) -> None:
    from django.db import DatabaseError, connection, transaction

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


@pytest.mark.django_db
def test_a_row_with_an_identity_or_telephone_number_does_not_land() -> None:
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("NK")])
    rows = [
        {**trade.cost("V1", "NK", "1.00", day="2026-01-31"), "summary": "身份证 11010519491231002X"},
        {**trade.cost("V2", "NK", "1.00", day="2026-01-31"), "summary": "联系 13800138000 报销"},
        {**trade.cost("V3", "NK", "1.00", day="2026-01-31"), "summary": "发票 310115198801011234 号"},
    ]
    receipt = trade.send(hospital, "cost-entries", rows)
    assert (receipt.batch.landed, receipt.batch.quarantined) == (1, 2), receipt.errors
    kept = str(list(QuarantinedRow.objects.values_list("content", "faults")))
    assert "11010519491231002X" not in kept
    assert "13800138000" not in kept


def test_an_amount_in_a_per_cent_cell_is_told_and_not_taken_for_its_hundredth() -> None:
    """A person sees 1250%, a spreadsheet keeps 12.5: no dataset has per cents."""
    row = trade.cost("V-1", "NK01", "12.50")
    body = workbook(tuple(row), tuple(PerCent(12.5) if name == "amount" else told for name, told in row.items()))
    dataset = DATASETS["cost-entries"]
    amount = next(one for one in dataset.fields if one.name == "amount")
    column = amount.parse(formats.from_xlsx(dataset, body).columns["amount"])
    assert column.values == [None]
    assert column.faults[0].message.startswith("应为数字")
