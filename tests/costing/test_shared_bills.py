"""Bills that one department takes in for all are divided over the departments, to the fen."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from costing.engine.shared_bills import Bill, divide

TITLES = {"water": "水费", "electricity": "电费"}
amounts = st.integers(-(10**14), 10**14)
weights = st.dictionaries(st.sampled_from("ABCDEFGH"), st.decimals(0, 10**6, places=2), min_size=1, max_size=8).filter(
    lambda found: any(found.values())
)


def test_a_bill_follows_its_driver_and_keeps_its_item_and_funding() -> None:
    bills = [Bill("water", "other", "basic", 100_00), Bill("water", "other", "research", 10_00)]
    shares, findings = divide(bills, {"water": {"A": 1, "B": Decimal("2.5"), "C": 0, "D": Decimal("0.5")}}, TITLES)
    assert findings == []
    assert [(one.department, one.bill.source, one.amount) for one in shares] == [
        ("A", "basic", 25_00),
        ("B", "basic", 62_50),
        ("D", "basic", 12_50),
        ("A", "research", 2_50),
        ("B", "research", 6_25),
        ("D", "research", 1_25),
    ]
    assert {one.total for one in shares} == {4}


def test_a_bill_without_any_weight_is_named_and_not_divided() -> None:
    bills = [Bill("water", "other", "basic", 100_00), Bill("electricity", "other", "basic", 8)]
    shares, findings = divide(bills, {"water": {"A": 0}, "electricity": {"A": 3}}, TITLES)
    assert [(one.bill.kind, one.amount) for one in shares] == [("electricity", 8)]
    assert [(one.code, one.subject) for one in findings] == [("costing.no_driver", "water")]
    assert "水费 100.00 元" in findings[0].message


def test_a_negative_weight_is_named() -> None:
    shares, findings = divide([Bill("water", "other", "basic", 1)], {"water": {"A": -1, "B": 2}}, TITLES)
    assert shares == []
    assert [one.code for one in findings] == ["costing.negative_driver"]


@given(amounts, weights)
def test_shares_sum_to_the_bill_and_a_reversal_mirrors_it(amount: int, by_department: dict[str, Decimal]) -> None:
    shares, _ = divide([Bill("water", "other", "basic", amount)], {"water": by_department}, TITLES)
    mirror, _ = divide([Bill("water", "other", "basic", -amount)], {"water": by_department}, TITLES)
    assert sum(one.amount for one in shares) == amount
    assert [(one.department, -one.amount) for one in shares] == [(one.department, one.amount) for one in mirror]


@given(amounts, weights, st.integers(2, 1000))
def test_a_driver_and_its_multiple_are_the_same(amount: int, by_department: dict[str, Decimal], factor: int) -> None:
    bill = Bill("water", "other", "basic", amount)
    once, _ = divide([bill], {"water": by_department}, TITLES)
    more, _ = divide([bill], {"water": {code: weight * factor for code, weight in by_department.items()}}, TITLES)
    assert [(one.department, one.amount) for one in once] == [(one.department, one.amount) for one in more]
