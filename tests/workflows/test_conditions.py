"""The language of conditions: what it says, what it refuses, and that it is never evaluated as Python."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops_platform.kernel import Invalid
from workflows.engine.condition_text import canonical, parse, written
from workflows.engine.conditions import Attribute, Both, Comparison, Condition, Either, Flag, Kind, Not

DECLARED = {
    attribute.name: attribute
    for attribute in (
        Attribute("amount", "金额", Kind.AMOUNT),
        Attribute("kind", "类别", Kind.CHOICE, (("equipment", "设备购置"), ("office", "日常办公支出"))),
        Attribute("urgent", "加急", Kind.FLAG),
        Attribute("day", "日期", Kind.DAY),
        Attribute("place", "地点", Kind.TEXT),
        Attribute(
            "institution_kind",
            "机构类型",
            Kind.CHOICE,
            (("township_hospital", "乡镇卫生院"), ("village_clinic", "村卫生室")),
        ),
    )
}
VALUES = {
    "amount": Decimal("499999.99"),
    "kind": "equipment",
    "urgent": False,
    "day": date(2026, 3, 1),
    "place": "县城",
    "institution_kind": "township_hospital",
}
LETTERS = 'amountkiurgent ()<>=!,"0123456789.-金额类别加急且或非属于（，）≤“”'


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
        ("kind = boat", 8, "设备购置"),
        ("place = 县城", 9, "引号"),
        ("价格 > 5", 1, "可用的有：金额"),
        ("机构类 = 村卫生室", 1, "是不是“机构类型”"),
        ("金额 ≤ 五万", 6, "应为数字"),
        ("金额 在 5万 之间", 9, "另一端的值"),
        ("金额 在 5万 到 1万 之间", 6, "没有值在它们之间"),
        ("类别 在 办公 到 设备", 4, "比较符号"),
        ("金额 ≤ 50,00", 8, "每三位一个"),
        ("金额 ≤ 50,000 并 加急", 13, "且"),
        ("金额 属于 (1,000、2,000)", 8, "千分位"),
        ('kind > "office"', 6, "不能比较大小"),
        ("(urgent", 8, "右括号"),
        ("urgent urgent", 8, "且”或“或”相连"),
        ("amount > 5 & urgent", 12, "不认识"),
        ('day = "1.3.2026"', 7, "应为日期"),
        ("__import__('os')", 1, "可用的有"),
        ("__import__", 1, "可用的有"),
        ("amount.__class__ = 1", 7, "比较符号"),
        ("not " * 20 + "urgent", 53, "嵌套太深"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(source: str, position: int, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refused:
        parse(source, DECLARED, typed=True)
    assert refused.value.code == "workflows.bad_condition"
    assert refused.value.context["position"] == position


@given(
    st.text(max_size=80)
    | st.text(alphabet='amountkiurgent ()<>=!,"0123456789.-金额类别加急且或非属于（，）≤“”', max_size=80)
)
def test_any_text_is_a_condition_or_is_refused_in_words(source: str) -> None:
    try:
        found = parse(source, DECLARED, typed=True)
    except Invalid as refused:
        place = refused.context["position"]
    else:
        place = 1
        assert found.truth(VALUES) in (True, False, None)
    assert 1 <= place <= len(source) + 1


def test_a_condition_can_be_read_in_words() -> None:
    said = parse('amount > 50000 and (kind = "office" or urgent)', DECLARED).words()
    assert said == "金额 > 50,000 且 (类别 = 日常办公支出 或 加急)"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("金额 ≤ 50,000 且 机构类别 = 乡镇卫生院", 'amount <= 50000 and institution_kind = "township_hospital"'),
        ("金额≤50,000且机构类型=乡镇卫生院", 'amount <= 50000 and institution_kind = "township_hospital"'),
        ("金额　＜＝　５０，０００．５０", "amount <= 50000.50"),
        ("金额 不超过 5万元", "amount <= 50000"),
        ("金额大于等于1,234,567.89元", "amount >= 1234567.89"),
        ("50,000 < 金额 < 500,000", "amount > 50000 and amount < 500000"),
        ("50,000 ≥ 金额", "amount <= 50000"),
        ("金额 在 1万 到 5万 之间", "amount >= 10000 and amount <= 50000"),
        ("金额介于１万－５万元之间 且 加急", "amount >= 10000 and amount <= 50000 and urgent"),
        ("非 (金额 在 1,000 至 2,000)", "not (amount >= 1000 and amount <= 2000)"),
        ("AMOUNT > 5 AND NOT urgent", "amount > 5 and not (urgent)"),
        ("非 加急 或 （类别 属于 （设备购置、office））", 'not (urgent) or kind in ("equipment", "office")'),
        ("类别 属于 设备购置、日常办公支出", 'kind in ("equipment", "office")'),
        ("类别 不是 “设备购置”", 'kind != "equipment"'),
        ("加急 = 是 并且 日期 >= 2026年3月1日", 'urgent = yes and day >= "2026-03-01"'),
        ("地点 = 「县“城”」", 'place = "县“城”"'),
        ('地点 ≠ “a"b”', 'place != “a"b”'),
        ("金额 属于(100、 2000)", "amount in (100, 2000)"),
        ("非(非 加急)", "urgent"),
        ("（金额 > 1 且 （金额 > 2 且 加急））", "amount > 1 and amount > 2 and urgent"),
    ],
)
def test_a_condition_is_read_as_people_write_it_and_stored_by_codes(typed: str, stored: str) -> None:
    assert canonical(typed, DECLARED) == stored


def test_numbers_stored_without_spaces_are_still_as_many_values() -> None:
    assert parse("amount in (100,200)", DECLARED).truth({"amount": Decimal(200)}) is True


NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
OF_AMOUNT = st.builds(
    lambda operator, number: Comparison(DECLARED["amount"], operator, (number,)),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    NUMBERS,
) | st.builds(
    lambda operator, numbers: Comparison(DECLARED["amount"], operator, tuple(numbers)),
    st.sampled_from(["in", "not in"]),
    st.lists(NUMBERS, min_size=1, max_size=3),
)
OF_CHOICE = st.builds(
    lambda operator, codes: Comparison(DECLARED["institution_kind"], operator, tuple(codes)),
    st.sampled_from(["in", "not in"]),
    st.lists(st.sampled_from(["township_hospital", "village_clinic"]), min_size=1, max_size=2),
) | st.builds(
    lambda operator, code: Comparison(DECLARED["kind"], operator, (code,)),
    st.sampled_from(["=", "!="]),
    st.sampled_from(["equipment", "office"]),
)
OF_TEXT = st.builds(
    lambda text: Comparison(DECLARED["place"], "=", (text,)),
    st.text(alphabet='县城 且"“”「，（A<非', max_size=6),  # some pair of quotation marks can hold it
)
OF_DAY = st.builds(
    lambda operator, day: Comparison(DECLARED["day"], operator, (day,)),
    st.sampled_from(["=", "<", ">="]),
    st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31)),
)
LEAVES: st.SearchStrategy[Condition] = OF_AMOUNT | OF_CHOICE | OF_TEXT | OF_DAY | st.just(Flag(DECLARED["urgent"]))
TREES = st.recursive(
    LEAVES,
    lambda part: (
        st.builds(lambda parts: Both(tuple(parts)), st.lists(part, min_size=2, max_size=3))
        | st.builds(lambda parts: Either(tuple(parts)), st.lists(part, min_size=2, max_size=3))
        | st.builds(Not, part)
    ),
    max_leaves=6,
)


@given(tree=TREES, amount=NUMBERS | st.none(), urgent=st.booleans() | st.none())
def test_what_is_drawn_can_be_typed_back_and_what_is_stored_says_the_same(
    tree: Condition, amount: Decimal | None, urgent: bool | None
) -> None:
    values = {**VALUES, "amount": amount, "urgent": urgent}
    drawn = parse(tree.words(), DECLARED, typed=True)
    stored = parse(written(tree), DECLARED)
    assert drawn == stored
    assert drawn.truth(values) == tree.truth(values)
    assert canonical(drawn.words(), DECLARED) == written(drawn)
