"""Data-quality rules: each finds what is wrong with valid rows, names it, and finds nothing in good ones."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ops_platform.his_intake.models import QualityFinding
from ops_platform.his_intake.quality.checking import check_batch, check_month
from ops_platform.his_intake.quality.rules import RULES
from ops_platform.kernel import Period
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger.engine.local_accounts import LocalMapping
from ops_platform.ledger.services import map_accounts
from ops_platform.masterdata.models import Institution, Parameter, Scope, SourceMark
from tests.support import trade
from tests.support.settled import settled

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """March of a hospital with a visit, a stay, costs, and charges on two days; thresholds fit for few rows."""
    hospital = trade.alliance()["H1"]
    Parameter.objects.create(
        key="quality.missing_day_minimum_lines",
        name="最少行数",
        scope=Scope.INSTITUTION,
        institution=hospital,
        effective_from="2026-01-01",
        value=Decimal(1),
        source_mark=SourceMark.DEFAULT,
    )
    trade.landed(hospital, "departments", [trade.department("NK")])
    trade.landed(hospital, "charge-items", [trade.item("X1", price_cap="20.00"), trade.item("X2")])
    trade.landed(
        hospital,
        "encounters",
        [
            trade.visit("M1", "NK", when="2026-03-01T08:00:00"),
            trade.visit("Z1", "NK", "2026-03-02T08:00:00", "inpatient", discharged="2026-03-08T10:00:00"),
        ],
    )
    trade.landed(hospital, "cost-entries", [trade.cost("V1", "NK", "10.00")])
    days = [f"2026-03-{day:02d}T09:00:00" for day in range(1, 32)]
    trade.landed(
        hospital,
        "charge-lines",
        [trade.charge("M1", number, "X2", "NK", "NK", "10.00", when=when) for number, when in enumerate(days, start=1)],
    )
    trade.landed(
        hospital,
        "discharge-abstracts",
        [_abstract(["J18.900"], ["36.0700"])],
    )
    return hospital


def _abstract(diagnoses: list[str], procedures: list[str]) -> dict[str, Any]:
    return {
        "encounter_no": "Z1",
        "diagnoses": diagnoses,
        **({"procedures": procedures} if procedures else {}),
        "sex": "1",
        "age": "60",
        "stay_days": "6",
        "leaving_type": "1",
        "total_charges": "0.00",
    }


def found(hospital: Institution) -> dict[str, list[str]]:
    """Rule → references of its sample."""
    check_month(hospital, MARCH)
    rows = QualityFinding.objects.filter(institution=hospital, period="2026-03")
    return {row.rule: [one["reference"] for one in row.sample] for row in rows}


def line(hospital: Institution, *fields: str, **more: str) -> None:
    encounter, number, item, amount, when = fields
    trade.landed(
        hospital, "charge-lines", [trade.charge(encounter, int(number), item, "NK", "NK", amount, when=when, **more)]
    )


def test_a_clean_month_has_no_finding(hospital: Institution) -> None:
    assert found(hospital) == {}


def test_a_charge_after_discharge_and_a_total_that_differs(hospital: Institution) -> None:
    line(hospital, "Z1", "1", "X2", "5.00", "2026-03-09T11:00:00")
    assert found(hospital) == {"charge_after_discharge": ["Z1 #1"], "charges_differ_from_abstract": ["Z1"]}


def test_a_price_above_the_cap_of_its_day(hospital: Institution) -> None:
    trade.landed(hospital, "charge-items", [trade.item("X1", price_cap="50.00", effective_from="2026-03-15")])
    line(hospital, "M1", "101", "X1", "30.00", "2026-03-14T23:00:00")
    line(hospital, "M1", "102", "X1", "30.00", "2026-03-15T00:30:00")
    assert found(hospital) == {"price_above_cap": ["X1 M1 #101"]}


def test_the_same_item_twice_at_the_same_moment(hospital: Institution) -> None:
    for number in ("101", "102"):
        line(hospital, "M1", number, "X2", "7.00", "2026-03-05T10:00:00")
    assert found(hospital) == {"repeated_charge": ["M1 X2"]}


def test_a_refund_of_nothing_or_of_more_than_was_charged(hospital: Institution) -> None:
    line(hospital, "M1", "101", "X2", "-10.00", "2026-03-05T10:00:00", refund_of="5")
    line(hospital, "M1", "102", "X2", "-10.01", "2026-03-05T11:00:00", refund_of="6")
    line(hospital, "M1", "103", "X2", "-1.00", "2026-03-05T12:00:00", refund_of="999")
    assert found(hospital) == {"refund_without_original": ["M1 #102", "M1 #103"]}


def test_a_day_without_any_charge(hospital: Institution) -> None:
    trade.landed(hospital, "charge-lines", [{"encounter_no": "M1", "line_no": "12", "op": "retract"}])
    assert found(hospital) == {"missing_day": ["2026-03-12"]}


def test_a_discharge_without_abstract(hospital: Institution) -> None:
    trade.landed(hospital, "discharge-abstracts", [{"encounter_no": "Z1", "op": "retract"}])
    assert found(hospital) == {"discharge_without_abstract": ["Z1"]}


def test_income_that_drops_against_the_month_before(hospital: Institution) -> None:
    line(hospital, "M1", "201", "X2", "600.00", "2026-02-10T10:00:00")
    assert found(hospital) == {"income_dropped": ["2026-03"]}


def test_charges_without_any_cost(hospital: Institution) -> None:
    trade.landed(hospital, "cost-entries", [{"voucher": "V1", "line": "1", "op": "retract"}])
    assert found(hospital) == {"month_without_costs": ["2026-03"]}


def test_codes_that_the_scheme_in_force_does_not_know(hospital: Institution) -> None:
    receipt = trade.landed(hospital, "discharge-abstracts", [_abstract(["J18.900", "J99.999"], ["12.3400", "36.0700"])])
    assert receipt.batch.superseded == 1, "a hospital system may be ahead of the scheme: the row lands"
    check_month(hospital, MARCH)
    findings = QualityFinding.objects.filter(institution=hospital, rule__startswith="unknown_").order_by("rule")
    assert [(one.rule, one.severity, one.sample) for one in findings] == [
        ("unknown_diagnosis", "warning", [{"reference": "Z1", "seen": "J99.999"}]),
        ("unknown_procedure", "warning", [{"reference": "Z1", "seen": "12.3400"}]),
    ]
    trade.landed(hospital, "discharge-abstracts", [_abstract(["J18.900"], [])])
    assert found(hospital) == {}


def test_the_code_table_of_the_month_counts(hospital: Institution) -> None:
    from insurance_settlement import reference_data
    from insurance_settlement.models import GroupingScheme, PriceBook

    trade.landed(hospital, "discharge-abstracts", [_abstract(["J18.900", "J99.999"], [])])
    old, book = GroupingScheme.objects.get(), PriceBook.objects.get()
    assert old.effective_from == reference_data.BEGIN
    wider = _copy(old, effective_from="2026-03-15", dx_codes=old.dx_codes + '"J99.999","新编码",\n')
    assert found(hospital) == {"unknown_diagnosis": ["Z1"]}, "a scheme is in force with its price book"
    _copy(book, effective_from="2026-04-01", scheme=wider)
    assert found(hospital) == {"unknown_diagnosis": ["Z1"]}
    _copy(book, effective_from="2026-03-31", scheme=wider)
    assert found(hospital) == {}


def _copy(row: Any, **changed: Any) -> Any:
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.fields if field.name not in ("id", *changed)
    }
    return type(row).objects.create(**values | changed)


def test_a_batch_is_looked_at_as_soon_as_it_is_in(hospital: Institution) -> None:
    receipt = trade.landed(
        hospital, "charge-lines", [trade.charge("M1", 101, "X1", "NK", "NK", "30.00", when="2026-03-14T23:00:00")]
    )
    check_batch(receipt.batch.pk)
    assert QualityFinding.objects.get().rule == "price_above_cap"


def test_a_second_batch_does_not_hide_what_the_first_one_brought(hospital: Institution) -> None:
    for numbers in ((101, 102), (103,)):
        lines = [trade.charge("M1", n, "X1", "NK", "NK", "30.00", when=f"2026-03-14T0{n % 10}:00:00") for n in numbers]
        check_batch(trade.landed(hospital, "charge-lines", lines).batch.pk)
    assert QualityFinding.objects.get().count == 3


def test_a_finding_goes_when_its_cause_is_mended(hospital: Institution) -> None:
    line(hospital, "M1", "101", "X1", "30.00", "2026-03-14T23:00:00")
    assert found(hospital)
    line(hospital, "M1", "101", "X1", "20.00", "2026-03-14T23:00:00")
    assert found(hospital) == {}


def of_balances(hospital: Institution) -> dict[str, list[str]]:
    """What is found in trial balances whose accounts nobody has mapped."""
    everything = found(hospital)
    everything.pop("local_account_unmapped", None)
    return everything


def test_a_trial_balance_that_does_not_balance(hospital: Institution) -> None:
    rows = [
        trade.balance("10", "资金", opening="100.00", debit="5.00"),  # the sum of what stands below it: left out
        trade.balance("1002", "银行存款", opening="100.00", debit="5.00"),
        trade.balance("2302", "应付账款", opening="-60.00", credit="5.00"),
    ]
    trade.landed(hospital, "trial-balances", rows)
    assert of_balances(hospital) == {"trial_balance_uneven": ["期初", "期末"]}
    trade.landed(hospital, "trial-balances", [trade.balance("3001", "累计盈余", opening="-40.00")])
    assert of_balances(hospital) == {}


def test_a_trial_balance_that_does_not_begin_as_the_month_before_ended(hospital: Institution) -> None:
    february = [
        trade.balance("1002", "银行存款", "2026-02", opening="100.00", debit="5.00"),
        trade.balance("3001", "累计盈余", "2026-02", opening="-100.00", credit="5.00"),
    ]
    trade.landed(hospital, "trial-balances", february)
    assert of_balances(hospital) == {}, "a month that was not sent yet is no break"
    trade.landed(hospital, "trial-balances", [trade.balance("1002", "银行存款", opening="105.00")])
    trade.landed(hospital, "trial-balances", [trade.balance("2302", "应付账款", opening="-105.00")])
    assert of_balances(hospital) == {"trial_balance_not_continuous": ["2302 应付账款", "3001 累计盈余"]}


def test_at_the_turn_of_the_year_only_assets_and_liabilities_go_on(hospital: Institution) -> None:
    Institution.objects.filter(pk=hospital.pk).update(first_period="2025-12")
    hospital.refresh_from_db()
    december = [
        trade.balance("1002", "银行存款", "2025-12", opening="100.00", debit="5.00"),
        trade.balance("4609", "其他收入", "2025-12", opening="-100.00", credit="5.00"),
    ]
    trade.landed(hospital, "trial-balances", december)
    january = [
        trade.balance("1002", "银行存款", "2026-01", opening="104.00"),
        trade.balance("3001", "累计盈余", "2026-01", opening="-104.00"),
    ]
    trade.landed(hospital, "trial-balances", january)
    check_month(hospital, Period.parse("2026-01"))
    finding = QualityFinding.objects.get(institution=hospital, rule="trial_balance_not_continuous")
    assert finding.sample == [{"reference": "1002 银行存款", "seen": "104.00 ≠ 105.00"}]


def test_an_account_that_nobody_has_mapped(hospital: Institution) -> None:
    rows = [
        trade.balance("1002.01", "基本户", opening="1.00"),
        trade.balance("9", "过渡科目", opening="-1.00"),
        trade.balance("1999", "不再使用"),
    ]
    trade.landed(hospital, "trial-balances", rows)
    mapping = LocalMapping("1002", "银行存款", "1002", date(2026, 3, 1))
    map_accounts(PLATFORM, institution=hospital, mappings=[mapping])
    assert found(hospital) == {"local_account_unmapped": ["9 过渡科目"]}


def test_a_piece_that_is_bought_again_without_having_been_given_back(hospital: Institution) -> None:
    trade.landed(hospital, "charge-items", [trade.item("YP", "drug", "western_drugs")])
    moves = [
        trade.move("1", "purchase", barcode="P1"),
        trade.move("2", "purchase", barcode="P1", day="2026-03-09"),
        trade.move("3", "purchase", barcode="P2"),
        trade.move("4", "purchase_return", barcode="P2"),
        trade.move("5", "purchase", barcode="P2"),
    ]
    trade.landed(hospital, "drug-and-material-moves", moves)
    assert found(hospital) == {"piece_bought_twice": ["P1"]}


def test_a_transfer_that_the_other_member_has_not_sent(hospital: Institution) -> None:
    township = Institution.objects.get(code="T1")
    for institution in (hospital, township):
        trade.landed(institution, "charge-items", [trade.item("YP", "drug", "western_drugs")])
    out = [
        trade.move("1", "transfer_out", quantity="20", counterparty="T1"),
        trade.move("2", "transfer_out", quantity="7", counterparty="T1"),
    ]
    trade.landed(hospital, "drug-and-material-moves", out)
    back = trade.move("9", "transfer_in", quantity="20", counterparty="H1", day="2026-03-06")
    trade.landed(township, "drug-and-material-moves", [back])
    assert found(hospital) == {"transfer_unmatched": ["2 #1"]}


def test_settlement_lists_that_do_not_add_up_to_the_bill(hospital: Institution) -> None:
    line(hospital, "Z1", "1", "X2", "5.00", "2026-03-07T11:00:00")
    trade.landed(hospital, "discharge-abstracts", [_abstract(["J18.900"], []) | {"total_charges": "5.00"}])
    lists = [settled("Z1", "2.00", number="JS1"), settled("Z1", "3.00", number="JS2")]
    trade.landed(hospital, "settlement-lists", lists)
    assert found(hospital) == {}
    trade.landed(hospital, "settlement-lists", [settled("Z1", "2.50", number="JS2")])
    assert found(hospital) == {"settlement_differs_from_charges": ["Z1"]}


def test_every_rule_is_tried_here() -> None:
    assert {rule.code for rule in RULES} == {
        "charge_after_discharge",
        "charges_differ_from_abstract",
        "settlement_differs_from_charges",
        "price_above_cap",
        "repeated_charge",
        "refund_without_original",
        "missing_day",
        "discharge_without_abstract",
        "income_dropped",
        "month_without_costs",
        "piece_bought_twice",
        "transfer_unmatched",
        "trial_balance_uneven",
        "trial_balance_gap",  # in tests/ledger/test_kept_elsewhere.py, with the books it speaks of
        "trial_balance_not_continuous",
        "local_account_unmapped",
        "unknown_diagnosis",
        "unknown_procedure",
    }
