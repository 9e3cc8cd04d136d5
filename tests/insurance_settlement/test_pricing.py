"""Prices are exact to the fen and say how they came about."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.case import Grouping
from insurance_settlement.engine.indicators import cmi, grouping_rate
from insurance_settlement.engine.pricing import price
from insurance_settlement.engine.rounding import to_the_fen
from insurance_settlement.engine.rule_book import Kind, RuleBook, read_rule_book
from insurance_settlement.engine.standards import standard_of
from insurance_settlement.engine.worth import GroupedCase
from ops_platform.kernel import Invalid

BOOK = RuleBook(
    version="2026-01",
    scheme="示例",
    source="default",
    weights={"ES35": Decimal("1.5"), "ES31": Decimal("1.2345"), "ES39": Decimal(0), "KS15": Decimal("0.333333")},
    base_rate=Decimal("12000"),
    coefficients={"H001": Decimal("1.05"), "H002": Decimal("0.987654")},
)


@pytest.mark.parametrize(
    ("group", "institution", "rate", "payment"),
    [
        ("ES35", "H001", "12000", 18_900_00),  # domain.md 2.3: 1.5 × 12,000 × 1.05
        ("ES31", "H001", "11764.71", 15_249_71),  # 1.2345 × 11,764.71 × 1.05 = 15,249.711224…
        ("ES31", "H002", "7200.00", 8_778_66),  # 1.2345 × 7,200 × 0.987654 = 8,778.664…
        ("KS15", "H001", "0.30", 10),  # 0.104999895 → 0.10
        ("ES35", "H001", "0.9968254", 1_57),  # 1.57000000500 → 1.57
        ("ES39", "H001", "12000", 0),
    ],
)
def test_the_payment_standard_is_right_to_the_fen(group, institution, rate, payment):
    book = RuleBook("v", "s", "default", BOOK.weights, Decimal(rate), BOOK.coefficients)
    priced = price(book, GroupedCase("1", institution, group, 0))
    assert priced.kind is Kind.NORMAL
    assert priced.payment == payment


@pytest.mark.parametrize(
    ("yuan", "fen"), [("0.005", 1), ("0.0049999", 0), ("2.675", 268), ("-0.005", -1), ("18900", 1890000)]
)
def test_half_a_fen_goes_up(yuan, fen):
    assert to_the_fen(Decimal(yuan)) == fen


def test_the_path_of_the_price_is_told_line_by_line():
    priced = price(BOOK, GroupedCase("N1", "H001", "ES35", 20_000_00))
    told = {line.label: line for line in priced.explanation.lines}
    assert priced.balance == -1_100_00
    assert told["支付标准"].note == "权重 1.5 × 费率 12000 × 机构系数 1.05 = 18,900.00"
    assert told["盈亏"].value == "-1,100.00 元"
    assert "18,900.00 − 实际费用 20,000.00 = -1,100.00" in told["盈亏"].note


@pytest.mark.parametrize("group", ["0000", "EQY", ""])
def test_an_ungrouped_case_is_not_priced(group):
    priced = price(BOOK, GroupedCase("1", "H001", group, 100))
    assert (priced.kind, priced.payment, priced.balance, priced.findings) == (Kind.UNGROUPED, None, None, ())
    assert priced.explanation.lines


def test_what_the_rule_book_lacks_is_named_and_never_guessed():
    weightless = price(BOOK, GroupedCase("1", "H001", "ZZ19", 100))
    assert (weightless.kind, weightless.payment) == (Kind.UNPRICED, None)
    assert [one.code for one in weightless.findings] == ["insurance_settlement.no_weight"]
    assert "ZZ19" in weightless.findings[0].message
    stranger = price(BOOK, GroupedCase("1", "H999", "ES35", 100))
    assert [one.code for one in stranger.findings] == ["insurance_settlement.no_coefficient"]
    general = RuleBook("v", "s", "d", BOOK.weights, BOOK.base_rate, {}, Decimal(1))
    assert price(general, GroupedCase("1", "H999", "ES35", 100)).payment == 18_000_00


@given(
    weight=st.decimals(0, 999, places=4),
    rate=st.decimals(0, 99999, places=6),
    coefficient=st.decimals(0, 9, places=6),
)
def test_the_standard_is_within_half_a_fen_of_the_product(weight, rate, coefficient):
    book = RuleBook("v", "s", "d", {"G": weight}, rate, {"H": coefficient})
    standard = standard_of(book, "G", "H")
    from fractions import Fraction

    exact = Fraction(weight) * Fraction(rate) * Fraction(coefficient) * 100
    assert -Fraction(1, 2) <= exact - standard.amount < Fraction(1, 2)


def test_a_rule_book_is_read_and_a_bad_one_refused():
    document = {"scheme": "s", "source": "demo", "weights": {"G": "1.2345"}, "base_rate": "7200.00"}
    book = read_rule_book(json.dumps(document).encode(), "1")
    assert (book.weights["G"], book.base_rate, book.default_coefficient) == (
        Decimal("1.2345"),
        Decimal("7200.00"),
        None,
    )
    with pytest.raises(Invalid, match="rule_book_not_json"):
        read_rule_book(b"\xb5\xb5", "1")
    for bad in (
        {"base_rate": "-1"},
        {"base_rate": "x"},
        {"base_rate": None},
        {"base_rate": "1e400"},
        {"base_rate": True},
        {"weights": []},
        {"weights": {"G": "NaN"}},
        {"point_value": "1"},
        {"source": ""},
    ):
        with pytest.raises(Invalid) as refusal:
            read_rule_book(json.dumps({**document, **bad}).encode(), "1")
        assert refusal.value.code.startswith("insurance_settlement.rule_book_")


def test_cmi_is_the_mean_weight_of_grouped_cases():
    weights = {"A": Decimal("1.2"), "B": Decimal("0.8"), "C": Decimal("2.5")}
    index = cmi({"A": 50, "B": 30, "C": 20, "0000": 7, "EQY": 3}, weights)  # domain.md 2.2: 1.34
    assert (index.value, index.numerator, index.denominator) == (Decimal("1.340000"), Decimal("134.0"), 100)
    assert cmi({"A": 1, "B": 2}, weights).value == Decimal("0.933333")


def test_cmi_names_groups_without_a_weight_and_is_none_without_cases():
    index = cmi({"A": 1, "Z": 4}, {"A": Decimal("1.5")})
    assert index.value == Decimal("1.500000")
    assert [(one.subject, one.context["cases"]) for one in index.findings] == [("Z", 4)]
    assert cmi({}, {}).value is None


def test_grouping_rate_counts_neither_ambiguous_nor_ungrouped():
    groupings = [Grouping("MDCE", "ES3", "ES35", "SUCCESS")] * 2 + [Grouping("MDCE", "QY", "EQY", "QY")]
    assert grouping_rate(groupings).value == Decimal("0.666667")
    assert grouping_rate([]).value is None
