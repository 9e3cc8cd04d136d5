"""What the path of a price prints is true: every equation of it comes to its right side, worked out by who reads it."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.rounding import half_up, plain, shown
from insurance_settlement.engine.rule_book import Kind
from insurance_settlement.engine.worth import GroupedCase, Review
from tests.insurance_settlement.rule_books import GUANGZHOU, JINHUA, RATE, book

SIGNS = {"×": "*", "÷": "/", "−": "-", "+": "+", "(": "(", ")": ")"}
TOKEN = re.compile(r"\d[\d,]*\.?\d*|[×÷−+()=]")
CAPPED = GUANGZHOU | {"outliers": GUANGZHOU["outliers"] | {"high_cap": "1.4"}}
BOOKS = [book(RATE), book(JINHUA), book(GUANGZHOU), book(CAPPED)]
GROUPS = ("ES35", "LIGHT", "G", "D", "BED")


def result(tokens: list[str]) -> Fraction:
    """What an expression of digits and signs comes to."""
    told = "".join(SIGNS.get(one, f"Fraction('{one.replace(',', '')}')") for one in tokens)
    return Fraction(eval(told, {"Fraction": Fraction}))  # noqa: S307 digits and signs only


def false_equations(note: str) -> list[str]:
    """The equations of a note whose left side does not round to the right; one that begins with × goes on from the last."""
    wrong, before = [], ""
    for part in re.split("[，：；]", note):
        if "=" not in part:
            continue
        tokens = TOKEN.findall(part)
        at = tokens.index("=")
        left, (right, *_rest) = tokens[:at], tokens[at + 1 :]
        if left[0] in "×÷":
            left = [before, *left]
        negative = part.split("=")[1].strip().startswith(("-", "−"))
        stated = Decimal(right.replace(",", "")) * (-1 if negative else 1)
        places = -int(stated.as_tuple().exponent)
        if Decimal(half_up(result(left) * 10**places)).scaleb(-places) != stated:
            wrong.append(part)
        before = right
    return wrong


def equations(found: Price) -> int:
    """How many there are, none of them false."""
    notes = [line.note for line in found.explanation.lines]
    assert [wrong for note in notes for wrong in false_equations(note)] == []
    return sum(note.count(" = ") for note in notes)


@given(
    st.sampled_from(BOOKS),
    st.sampled_from(GROUPS),
    st.integers(1, 10**8),
    st.sampled_from([frozenset(), frozenset({"incomplete"}), frozenset({"readmitted"})]),
    st.sampled_from([None, Review(), Review(Decimal("1.25"))]),
    st.integers(0, 99),
)
def test_every_equation_of_a_path_is_true(
    rules: object, group: str, charges: int, flags: frozenset[str], review: Review | None, percent: int
) -> None:
    case = GroupedCase(
        "1", "H001", group, charges, stay_days=7, flags=flags, review=review, excluded=charges * percent // 100
    )
    case = replace(case, self_paid=charges // 10, first_self_paid=charges // 20, reimbursement_ratio=Decimal("0.85"))
    found = price(rules, case)  # type: ignore[arg-type]
    assert equations(found) or found.payment is None or found.kind is Kind.UNPRICED


@pytest.mark.parametrize(
    ("rules", "case", "kind"),
    [
        (JINHUA, GroupedCase("1", "H001", "G", 5_000_00, flags=frozenset({"incomplete"})), Kind.INCOMPLETE),
        (JINHUA, GroupedCase("1", "H001", "G", 20_000_00, flags=frozenset({"incomplete"})), Kind.INCOMPLETE),
        (JINHUA, GroupedCase("1", "H001", "G", 5_000_00, flags=frozenset({"readmitted"})), Kind.READMISSION),
        (JINHUA, GroupedCase("1", "H001", "BED", 5_000_00, stay_days=9), Kind.PER_DIEM),
        (GUANGZHOU, GroupedCase("1", "H001", "D", 8_998_20), Kind.LOW),
        (GUANGZHOU, GroupedCase("1", "H001", "D", 50_000_01), Kind.HIGH),
        (CAPPED, GroupedCase("1", "H001", "D", 50_000_01), Kind.HIGH),
        (RATE, GroupedCase("1", "H001", "ES35", 70_000_03), Kind.HIGH),
    ],
)
def test_each_kind_of_case_tells_how_its_amount_came_about(
    rules: dict[str, object], case: GroupedCase, kind: Kind
) -> None:
    found = price(book(rules), case)
    assert found.kind is kind
    assert equations(found) >= 2


def test_a_ratio_just_beyond_its_bound_does_not_look_like_the_bound() -> None:
    """1,785.59 of 4,464.00 is less than 0.4 by less than one part in ten thousand."""
    assert shown(Fraction(178_559, 446_400)) == "0.4000"
    assert shown(Fraction(178_559, 446_400), Decimal("0.4")) == "0.39999776"
    assert shown(Fraction(2, 5), Decimal("0.4")) == "0.4000", "at the bound it is the bound"
    found = price(book(GUANGZHOU), GroupedCase("1", "H001", "D", 8_999_99))
    told = next(line for line in found.explanation.lines if line.label == "倍率")
    assert told.value == "0.49999944"


def test_a_capped_case_by_points_ends_at_the_points_that_it_has() -> None:
    found = price(book(CAPPED), GroupedCase("1", "H001", "D", 50_000_01))
    last = next(line for line in found.explanation.lines if line.label == "封顶")
    assert (last.value, found.points) == ("2100.0000 点", Decimal("2100.0000"))
    assert found.payment == 21_000_00


def test_by_points_a_cap_is_worth_its_points() -> None:
    """382 × 3 = 1,146 points × 0.6667 × 7.2345 = 5,527.43; three times the rounded standard would be a fen more."""
    rules = GUANGZHOU | {
        "points": {"D": "382"}, "point_places": 0, "point_value": {"budget": "7.2345"}, "default_coefficient": "0.6667",
        "mean_charges": {"D": "1000"}, "outliers": GUANGZHOU["outliers"] | {"high_cap": "3"},
    }  # fmt: skip
    found = price(book(rules), GroupedCase("1", "H001", "D", 90_000_00))
    assert (found.points, found.payment) == (Decimal("1146"), 5_527_43)
    assert equations(found)


def test_a_number_of_a_column_is_told_without_its_zeros() -> None:
    assert [f"{plain(Decimal(one))}" for one in ("0.90000000", "10.00", "1.25")] == ["0.9", "10", "1.25"]


def test_who_pays_himself_pays_the_charges_whatever_the_book_says() -> None:
    """No rule of the insurer is his: no outlier, no special review, no fund; the weight is that of his group."""
    mine = GroupedCase(
        "1", "H001", "ES35", 70_000_00, scheme="self_pay", review=Review(Decimal("9")), excluded=1_000_00
    )
    found = price(book(RATE), mine)
    assert (found.kind, found.payment, found.balance, found.fund) == (Kind.SELF_PAY, 70_000_00, 0, None)
    assert found.weight == Decimal("1.5")
    assert price(book(JINHUA), replace(mine, group="G")).weight is None, "points are no weights"
