"""Settlement lists and the insurer's own groups come in like every other fact: landed, corrected, withdrawn, refused."""

from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from ops_platform.his_intake import selectors
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch, InsurerGrouping, SettlementList
from ops_platform.masterdata.models import AccountingPeriod, Institution
from tests.support import trade
from tests.support.settled import insurer_group, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Institution:
    """An insured stay from February into March, a self-pay one, and a visit."""
    hospital = trade.alliance()["H1"]
    trade.landed(hospital, "departments", [trade.department("HX")])
    stay = {"kind": "inpatient", "when": "2026-02-26T08:00:00", "discharged": "2026-03-05T10:00:00"}
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("Z1", "HX", **stay),
            trade.visit("Z2", "HX", **stay) | {"scheme": "self_pay"},
            trade.visit("M1", "HX"),
        ],
    )
    return hospital


def current(hospital: Institution) -> list[tuple[str, Decimal, Decimal]]:
    rows = SettlementList.objects.filter(institution=hospital).current().order_by("settle_no")
    return list(rows.values_list("settle_no", "total", "fund_paid"))


def test_a_list_is_landed_in_the_month_of_the_discharge_corrected_and_withdrawn(hospital: Institution) -> None:
    receipt = trade.landed(
        hospital, "settlement-lists", [settled("Z1", "2900.30", fund="1500.00", settled_on="2026-04-02")]
    )
    assert receipt.batch.months == ["2026-03"]
    trade.landed(hospital, "settlement-lists", [settled("Z1", "2900.30", fund="1600.00")])
    assert current(hospital) == [("JS-Z1", Decimal("2900.30"), Decimal("1600.00"))]
    receipt = trade.landed(hospital, "settlement-lists", [{"settle_no": "JS-Z1", "op": "retract"}])
    assert (receipt.batch.retracted, receipt.batch.months, current(hospital)) == (1, ["2026-03"], [])
    assert SettlementList.objects.filter(institution=hospital).count() == 2, "both versions stay"


@pytest.mark.parametrize(
    ("faulty", "code", "told"),
    [
        ({"cash_paid": "1000.00"}, "settlement_payers", "四项合计 2500.00，总费用 2900.30"),
        ({"self_paid": "2900.30", "deductible": "0.01", "fund_paid": "0.00", "cash_paid": "2900.30"}, "settlement_parts",
         "三项合计 2900.31，总费用 2900.30"),
        ({"self_paid": "1200.00", "first_self_paid": "100.30", "deductible": "200.00"}, "settlement_fund_too_high",
         "统筹基金 1500.00，至多 1400.00"),
        ({"new_technology": "2900.31"}, "settlement_new_technology", ""),
        ({"reimbursement_ratio": "1.01"}, "reimbursement_ratio", ""),
        ({"encounter_no": "Z2"}, "settlement_self_pay", ""),
        ({"encounter_no": "Z9"}, "unknown_encounter", ""),
        ({"deductible": "-1.00"}, "not_a_number", "不能为负数"),
        ({"incomplete": "2"}, "unknown_code", ""),
    ],
)  # fmt: skip
def test_a_list_that_does_not_add_up_is_told_its_figures(
    hospital: Institution, faulty: dict[str, str], code: str, told: str
) -> None:
    row = settled("Z1", "2900.30", fund="1500.00") | faulty
    errors = trade.send(hospital, "settlement-lists", [row]).errors
    assert [error.code for error in errors] == [f"his_intake.{code}"]
    assert told in errors[0].message
    assert current(hospital) == []


def test_a_stay_settled_in_between_has_two_lists(hospital: Institution) -> None:
    lists = [settled("Z1", "2000.00", number="JS1"), settled("Z1", "900.30", number="JS2")]
    trade.landed(hospital, "settlement-lists", lists)
    assert [number for number, _, _ in current(hospital)] == ["JS1", "JS2"]


def test_a_closed_month_takes_no_list(hospital: Institution) -> None:
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": "closed"})
    errors = trade.send(hospital, "settlement-lists", [settled("Z1", "2900.30")]).errors
    assert [error.code for error in errors] == ["his_intake.period_closed"]


def test_the_insurer_may_answer_when_the_month_is_closed(hospital: Institution) -> None:
    AccountingPeriod.objects.update_or_create(institution=hospital, period="2026-03", defaults={"state": "closed"})
    assert trade.landed(hospital, "insurer-groupings", [insurer_group("Z1", "ES31")]).batch.months == []


def test_the_insurers_group_is_landed_corrected_and_withdrawn(hospital: Institution) -> None:
    trade.landed(hospital, "insurer-groupings", [insurer_group("Z1", "ES31", weight="1.2000", reason="计入 CC")])
    trade.landed(hospital, "insurer-groupings", [insurer_group("Z1", "0000")])
    now = InsurerGrouping.objects.filter(institution=hospital).current()
    assert [(row.drg, row.weight, row.reason) for row in now] == [("0000", None, None)]
    trade.landed(hospital, "insurer-groupings", [{"encounter_no": "Z1", "op": "retract"}])
    assert not now.all().exists()


def test_the_insurer_groups_inpatients_by_weight_or_by_points(hospital: Institution) -> None:
    rows = [insurer_group("M1", "ES31"), insurer_group("Z1", "ES31", weight="1", points="100")]
    errors = trade.send(hospital, "insurer-groupings", rows).errors
    assert [(error.row, error.code) for error in errors] == [
        (1, "his_intake.insurer_grouping_not_inpatient"),
        (2, "his_intake.weight_and_points"),
    ]


@pytest.mark.parametrize("table", ["his_intake_settlementlist", "his_intake_insurergrouping"])
def test_what_stands_there_is_superseded_never_changed(hospital: Institution, table: str) -> None:
    trade.landed(hospital, "settlement-lists", [settled("Z1", "2900.30")])
    trade.landed(hospital, "insurer-groupings", [insurer_group("Z1", "ES31")])
    for statement in (f"UPDATE {table} SET encounter = 1", f"DELETE FROM {table}"):
        with pytest.raises(ProgrammingError, match="denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal")
        assert cursor.fetchone() == (3,), "the owner is refused, too"


def test_nobody_waits_for_lists_where_the_insurer_sends_none(hospital: Institution) -> None:
    for code in ("settlement-lists", "insurer-groupings"):
        assert not selectors.is_expected(DATASETS[code], hospital)
    assert not Batch.objects.filter(dataset="settlement-lists").exists()
