"""The rules of an area are data: the published methods come out to the fen, borders included."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.rule_book import Kind
from insurance_settlement.engine.worth import GroupedCase, Review
from ops_platform.kernel import Invalid
from tests.insurance_settlement.rule_books import GUANGZHOU, JINHUA, RATE, book


def case(group: str, charges: int, **more: Any) -> GroupedCase:
    """Charges in yuan."""
    return GroupedCase("1", more.pop("institution", "H001"), group, charges * 100, **more)


def paid(found: Price) -> Decimal:
    assert found.payment is not None
    return Decimal(found.payment) / 100


# -- by rate (domain.md 2.3, 2.4) ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charges", "payment", "kind"),
    [(6_000, 6_000, Kind.LOW), (20_000, 18_900, Kind.NORMAL), (70_000, 32_200, Kind.HIGH)],
)
def test_outliers_by_rate_are_paid_as_the_example_says(charges: int, payment: int, kind: Kind) -> None:
    found = price(book(RATE), case("ES35", charges))
    assert (found.kind, paid(found)) == (kind, payment)


@pytest.mark.parametrize(
    ("fen", "kind", "payment"),
    [
        (7_560_00 - 1, Kind.LOW, 7_560_00 - 1),  # 18,900 × 0.4 = 7,560
        (7_560_00, Kind.NORMAL, 18_900_00),
        (56_700_00, Kind.NORMAL, 18_900_00),  # × 3
        (56_700_00 + 1, Kind.HIGH, 18_900_00 + 1),
    ],
)
def test_both_borders_belong_to_the_normal_cases(fen: int, kind: Kind, payment: int) -> None:
    found = price(book(RATE), GroupedCase("1", "H001", "ES35", fen))
    assert (found.kind, found.payment) == (kind, payment)


def test_a_heavier_group_is_a_high_outlier_from_a_lower_multiple_on() -> None:
    bands = [
        {"weight_up_to": "1", "above": "3", "share": "0.5"},
        {"weight_up_to": "2", "above": "2.5", "share": "0.5"},
        {"above": "2", "share": "0.5"},
    ]
    area = book(RATE, outliers={"measured_by": "standard", "high": bands}, default_coefficient="1", coefficients={})
    assert paid(price(area, case("LIGHT", 40_000))) == 10_800 + (40_000 - 32_400) * Decimal("0.5")
    assert paid(price(area, case("ES35", 50_000))) == 18_000 + (50_000 - 45_000) * Decimal("0.5")
    assert paid(price(area, case("HEAVY", 80_000))) == 30_000 + (80_000 - 60_000) * Decimal("0.5")


def test_a_high_outlier_gets_no_more_than_the_cap() -> None:
    area = book(RATE, outliers={"measured_by": "standard", "high": [{"above": "3", "share": "1"}], "high_cap": "2"})
    found = price(area, case("ES35", 100_000))
    assert (found.kind, paid(found)) == (Kind.HIGH, 37_800)


def test_the_fund_by_method_a_is_14535() -> None:
    """domain.md 2.3: (18,900 − 600 − 400 − 800) × 85 %."""
    found = price(book(RATE), case("ES35", 20_000, self_paid=600_00, first_self_paid=400_00))
    assert found.fund == 14_535_00
    told = found.explanation.lines[-1]
    assert told.note == "(18,900.00 − 自费 600.00 − 先自付 400.00 − 起付线 800.00) × 报销比例 0.85 = 14,535.00"


def test_the_fund_by_method_b_is_the_payment_less_what_others_paid() -> None:
    """Charges 20,000: the patient bears 600 + 400 + 800 + 15 % of 18,200 = 4,530; 18,900 − 4,530."""
    area = book(RATE, fund={"method": "B", "negative": "keep", "reimbursement_ratio": "0.85", "deductible": "800"})
    mine = case("ES35", 20_000, self_paid=600_00, first_self_paid=400_00)
    assert price(area, mine).fund == 14_370_00
    reported = case("ES35", 20_000, paid=19_000_00)
    assert price(area, reported).fund == -100_00
    zero = book(RATE, fund={"method": "B", "negative": "zero"})
    assert price(zero, reported).fund == 0


def test_the_case_may_bring_its_own_ratio_and_without_any_there_is_no_fund() -> None:
    assert price(book(RATE), case("ES35", 20_000, reimbursement_ratio=Decimal("0.5"))).fund == 9_050_00
    area = book(RATE, fund={"method": "A", "negative": "keep"})
    assert price(area, case("ES35", 20_000)).fund is None


# -- by points: Jinhua (domain.md 2.3) ----------------------------------------------------------------------------------


def test_points_of_a_complete_stay_are_158_33() -> None:
    """18,000 ÷ 12,000 × 100 = 150 base points; cost coefficient 19,000 ÷ 18,000."""
    found = price(book(JINHUA), case("G", 20_000))
    assert (found.points, paid(found)) == (Decimal("158.33"), Decimal("15833.00"))


def test_a_new_group_has_the_cost_coefficient_1() -> None:
    assert price(book(JINHUA), case("G", 20_000, institution="H002")).points == Decimal("150.00")


@pytest.mark.parametrize(("charges", "points"), [(5_000, "41.67"), (18_000, "150.00"), (20_000, "150.00")])
def test_an_incomplete_stay_is_paid_by_what_it_cost_and_capped(charges: int, points: str) -> None:
    found = price(book(JINHUA), case("G", charges, flags=frozenset({"incomplete"})))
    assert (found.kind, found.points) == (Kind.INCOMPLETE, Decimal(points))


def test_the_first_exception_that_fits_holds() -> None:
    found = price(book(JINHUA), case("G", 5_000, flags=frozenset({"incomplete", "readmitted"})))
    assert found.kind is Kind.INCOMPLETE
    again = price(book(JINHUA), case("G", 20_000, flags=frozenset({"readmitted"})))
    assert (again.kind, again.points) == (Kind.READMISSION, Decimal("79.17"))  # half of 158.33


def test_a_bed_day_group_is_paid_by_the_day() -> None:
    found = price(book(JINHUA), case("BED", 20_000, stay_days=30))
    assert (found.kind, found.points, paid(found)) == (Kind.PER_DIEM, Decimal("96.00"), Decimal(9600))
    unknown = price(book(JINHUA), case("BED", 20_000))
    assert [one.code for one in unknown.findings] == ["insurance_settlement.no_stay_days"]


# -- by points: Guangzhou DIP (domain.md 2.6) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charges", "points", "kind"),
    [
        ("7200", "600", Kind.LOW),  # r 0.4
        ("8998.20", "749.85", Kind.LOW),  # r 0.4999
        ("9000", "1500", Kind.NORMAL),  # r 0.5
        ("36000", "1500", Kind.NORMAL),  # r 2.0
        ("36000.01", "1500.0008", Kind.HIGH),  # just above 2: continuous
        ("45000", "2250", Kind.HIGH),  # r 2.5
    ],
)
def test_deviation_cases_are_paid_as_published(charges: str, points: str, kind: Kind) -> None:
    found = price(book(GUANGZHOU), GroupedCase("1", "H001", "D", int(Decimal(charges) * 100)))
    assert (found.kind, found.points) == (kind, Decimal(points))


def test_the_settled_point_value_wins_over_that_of_the_budget() -> None:
    assert paid(price(book(GUANGZHOU), case("D", 18_000))) == 15_000
    budget = book(GUANGZHOU, point_value={"budget": "10.40"})
    assert paid(price(budget, case("D", 18_000))) == 15_600
    without = price(book(GUANGZHOU, point_value={}), case("D", 18_000))
    assert [one.code for one in without.findings] == ["insurance_settlement.no_point_value"]


def test_the_case_may_bring_the_mean_charges_of_its_group() -> None:
    found = price(book(GUANGZHOU), case("D", 18_000, mean_charges=9_000_00))
    assert (found.kind, found.points) == (Kind.NORMAL, Decimal(1500))  # r = 2
    missing = book(GUANGZHOU, points={"D": "1500", "E": "900"})
    assert [one.code for one in price(missing, case("E", 1)).findings] == ["insurance_settlement.no_mean_charges"]


# -- exceptions, review, new technology ---------------------------------------------------------------------------------

ABOVE_3 = {"above": "3", "share": "1"}
LONG_STAY = {"name": "住院超过60天", "kind": "excluded", "when": {"stay_days_over": 60}, "pay": "charges"}


@pytest.mark.parametrize(("days", "kind"), [(60, Kind.NORMAL), (61, Kind.EXCLUDED), (None, Kind.NORMAL)])
def test_a_long_stay_is_excluded_and_paid_as_billed(days: int | None, kind: Kind) -> None:
    found = price(book(RATE, exceptions=[LONG_STAY]), case("ES35", 20_000, stay_days=days))
    assert found.kind is kind
    assert paid(found) == (20_000 if kind is Kind.EXCLUDED else 18_900)


def test_what_is_ungrouped_is_paid_as_the_area_says() -> None:
    by_item = {"name": "未入组", "kind": "fee_for_service", "when": {"ungrouped": True}, "pay": "charges"}
    area = book(RATE, exceptions=[by_item])
    for group in ("0000", "EQY"):
        assert (price(area, case(group, 3_000)).kind, paid(price(area, case(group, 3_000)))) == (
            Kind.FEE_FOR_SERVICE,
            3_000,
        )
    assert price(area, case("ES35", 20_000)).kind is Kind.NORMAL
    assert price(book(RATE), case("0000", 3_000)).payment is None


def test_capitation_pays_nothing_by_case() -> None:
    headed = {"name": "门诊慢特病包干", "kind": "capitation", "when": {"schemes": ["resident"]}, "pay": "nothing"}
    area = book(RATE, exceptions=[headed])
    assert (paid(price(area, case("ES35", 20_000, scheme="resident"))), price(area, case("ES35", 1)).kind) == (
        0,
        Kind.LOW,
    )


def test_an_approved_review_comes_before_every_exception() -> None:
    area = book(RATE, exceptions=[LONG_STAY])
    by_item = price(area, case("ES35", 90_000, stay_days=90, review=Review()))
    assert (by_item.kind, paid(by_item)) == (Kind.SPECIAL_REVIEW, 90_000)
    weighed = price(area, case("ES35", 90_000, review=Review(Decimal(4))))
    assert (weighed.kind, paid(weighed)) == (Kind.SPECIAL_REVIEW, 50_400)  # 4 × 12,000 × 1.05


def test_new_technology_is_paid_apart_and_makes_no_outlier() -> None:
    found = price(book(RATE), case("ES35", 70_000, excluded=50_000_00))
    assert (found.kind, paid(found), found.balance) == (Kind.NORMAL, 68_900, -1_100_00)


def test_groups_of_one_price_take_no_coefficient() -> None:
    assert paid(price(book(RATE, same_price=["ES35"]), case("ES35", 20_000))) == 18_000


# -- laws ---------------------------------------------------------------------------------------------------------------

CHARGES = st.integers(1, 10_000_000)


@given(charges=CHARGES)
def test_the_price_by_rate_never_falls_with_the_charges_but_at_the_low_border(charges: int) -> None:
    """It is continuous at the high border and jumps at the low one only, upwards."""
    area = book(RATE)
    here, next_fen = (price(area, GroupedCase("1", "H001", "ES35", each)) for each in (charges, charges + 1))
    assert here.payment is not None
    assert next_fen.payment is not None
    rise = next_fen.payment - here.payment
    assert rise in (0, 1) or (here.kind, next_fen.kind) == (Kind.LOW, Kind.NORMAL)


@given(charges=CHARGES)
def test_points_are_the_exact_ratio_to_their_last_place(charges: int) -> None:
    found = price(book(GUANGZHOU), GroupedCase("1", "H001", "D", charges))
    ratio = Fraction(charges, 18_000_00)
    exact = 1500 * (ratio if ratio < Fraction(1, 2) else 1 if ratio <= 2 else ratio - 1)
    assert found.points is not None
    assert abs(Fraction(found.points) - exact) <= Fraction(1, 20_000)


@pytest.mark.parametrize(
    ("document", "part", "code"),
    [
        (RATE, {"point_value": {}}, "unknown_part"),
        (RATE, {"method": "guess"}, "wrong_value"),
        (JINHUA, {"base_rate": "1"}, "unknown_part"),
        (RATE, {"same_price": ["ZZ99"]}, "unknown_group"),
        (RATE, {"mean_charges": {"ES35": "1.001"}}, "wrong_value"),
        (RATE, {"outliers": {"measured_by": "mean_charges"}}, "missing_part"),
        (RATE, {"outliers": {"measured_by": "standard", "high": [{**ABOVE_3, "weight_up_to": "1"}]}}, "wrong_value"),
        (RATE, {"outliers": {"measured_by": "standard", "high": [{**ABOVE_3, "above": "0"}]}}, "out_of_range"),
        (RATE, {"outliers": {"measured_by": "standard", "high": [{**ABOVE_3, "share": "1.1"}]}}, "out_of_range"),
        (RATE, {"outliers": RATE["outliers"] | {"low": {"below": "4", "pay": "charges"}}}, "wrong_value"),
        (GUANGZHOU, {"outliers": {"measured_by": "standard"}}, "wrong_value"),
        (RATE, {"exceptions": [{**LONG_STAY, "when": {}}]}, "missing_part"),
        (RATE, {"exceptions": [{**LONG_STAY, "amount": "1"}]}, "wrong_value"),
        (RATE, {"exceptions": [{**LONG_STAY, "pay": "days"}]}, "wrong_value"),
        (RATE, {"exceptions": [{**LONG_STAY, "kind": "normal"}]}, "wrong_value"),
        (RATE, {"exceptions": [{**LONG_STAY, "when": {"stay_days_over": -1}}]}, "out_of_range"),
        (RATE, {"exceptions": [{**LONG_STAY, "pay": "ratio"}]}, "missing_part"),
        (RATE, {"fund": {"method": "C", "negative": "keep"}}, "wrong_value"),
    ],
)  # fmt: skip
def test_a_rule_book_that_says_something_odd_is_refused_by_name(
    document: dict[str, Any], part: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        book(document, **part)
    assert refusal.value.code == f"insurance_settlement.rule_book_{code}"
