"""The language of conditions: what it says, what it refuses, and that it is never evaluated as Python."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import Invalid
from workflows.engine.conditions import Attribute, Kind, parse

DECLARED = {
    attribute.name: attribute
    for attribute in (
        Attribute("amount", "金额", Kind.AMOUNT),
        Attribute("kind", "类别", Kind.CHOICE, (("equipment", "设备购置"), ("office", "日常办公支出"))),
        Attribute("urgent", "加急", Kind.FLAG),
        Attribute("day", "日期", Kind.DAY),
        Attribute("place", "地点", Kind.TEXT),
    )
}
VALUES = {
    "amount": Decimal("499999.99"),
    "kind": "equipment",
    "urgent": False,
    "day": date(2026, 3, 1),
    "place": "县城",
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", True),
        ("amount > 50000", True),
        ("amount >= 500000", False),
        ("amount > 50000 and amount < 500000", True),
        ('kind = "equipment"', True),
        ('kind in ("office", "equipment")', True),
        ('kind not in ("office")', True),
        ("urgent", False),
        ("not urgent", True),
        ("urgent = no", True),
        ('day >= "2026-03-01"', True),
        ('amount > 900000 or (kind = "equipment" and not urgent)', True),
        ('place != "县城"', False),
    ],
)
def test_a_condition_holds_as_it_reads(source: str, expected: bool) -> None:
    assert parse(source, DECLARED).truth(VALUES) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount > 50000", None),
        ("not amount > 50000", None),
        ("amount > 50000 and urgent", False),
        ("amount > 50000 or not urgent", True),
        ('amount > 50000 or kind = "office"', None),
    ],
)
def test_what_rests_on_an_unknown_value_is_unknown(source: str, expected: bool | None) -> None:
    assert parse(source, DECLARED).truth({**VALUES, "amount": None}) is expected


@pytest.mark.parametrize(
    ("source", "position", "words"),
    [
        ("price > 5", 1, "可用的有"),
        ("amount", 7, "比较符号"),
        ("amount > ", 9, "应为数字"),
        ("amount > ten", 10, "应为数字"),
        ('kind = "boat"', 8, "设备购置"),
        ("kind = equipment", 8, "双引号"),
        ('kind > "office"', 6, "不能比较大小"),
        ("(urgent", 8, "右括号"),
        ("urgent urgent", 8, "and 或 or"),
        ("amount > 5 & urgent", 12, "不认识"),
        ('day = "1.3.2026"', 7, "应为日期"),
        ("__import__('os')", 12, "不认识"),
        ("__import__", 1, "可用的有"),
        ("amount.__class__ = 1", 7, "不认识"),
        ("not " * 20 + "urgent", 53, "嵌套太深"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(source: str, position: int, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        parse(source, DECLARED)
    assert refused.value.code == "workflows.bad_condition"
    assert refused.value.context["position"] == position


@given(st.text(max_size=80) | st.text(alphabet='amountkiurgent ()<>=!,"0123456789.-', max_size=80))
def test_any_text_is_a_condition_or_is_refused_in_words(source: str) -> None:
    try:
        found = parse(source, DECLARED)
    except Invalid:
        return
    assert found.truth(VALUES) in (True, False, None)


def test_a_condition_can_be_read_in_words() -> None:
    said = parse('amount > 50000 and (kind = "office" or urgent)', DECLARED).words()
    assert said == "金额 > 50,000 且 (类别 = 日常办公支出 或 加急)"
