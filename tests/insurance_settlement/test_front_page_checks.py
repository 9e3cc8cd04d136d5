"""What the checks of an abstract find, by hand-made abstracts (tests/golden/front_page), and what they never say."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import EMPTY, CodeTable
from insurance_settlement.engine.front_page import BY_CODE, CHECKS, FrontPage, examine, without
from insurance_settlement.engine.front_page_rules import CodeClass, RuleSet, marks_of, read_rules
from ops_platform.kernel import Invalid, to_fen

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = yaml.safe_load((ROOT / "tests/golden/front_page/abstracts.yaml").read_text(encoding="utf-8"))
CONTENT = (ROOT / "insurance_settlement/reference/front_page_rules.json").read_bytes()
RULES = read_rules(CONTENT)


def page_of(given_: dict[str, Any]) -> FrontPage:
    items: dict[str, tuple[str, ...]] = {}
    for name in given_.get("items", ()):
        fee_class = "surgery" if "术" in name or "麻醉" in name else "western_drugs"
        for mark in marks_of(RULES, name, fee_class):
            items[mark] = (*items.get(mark, ()), name)
    stay = given_.get("stay_days", 7)
    return FrontPage(
        case=Case(
            gender=given_.get("sex", 1),
            age=given_.get("age", 67),
            diagnoses=tuple(given_["diagnoses"]),
            procedures=tuple(given_.get("procedures", ())),
            age_days=given_.get("age_days"),
            weight=given_.get("weight"),
        ),
        stay_days=stay,
        nights=given_.get("nights", 7),
        stated=to_fen(given_.get("stated", "8000.00")),
        charges=to_fen(given_.get("charges", "8000.00")),
        status=given_.get("status", "SUCCESS"),
        reasons=("请核对病案首页。",),
        items=items,
    )


@pytest.mark.parametrize("abstract", GOLDEN, ids=[one["what"] for one in GOLDEN])
def test_an_abstract_has_exactly_the_findings_that_hand_and_eye_find(abstract: dict[str, Any]) -> None:
    known = CodeTable(known=frozenset(abstract["known"])) if "known" in abstract else EMPTY
    found = examine(RULES, page_of(abstract), known, EMPTY)
    assert {one.rule: one.subject for one in found} == abstract["finds"]


def test_every_check_has_an_abstract_that_it_finds_something_on() -> None:
    assert {rule for abstract in GOLDEN for rule in abstract["finds"]} == set(BY_CODE)
    assert len(BY_CODE) == len(CHECKS)


CODES = st.sampled_from(["J18.900", "R07.400", "D25.900", "P22.000", "W01.000", "N40.x00", "O80.000", "E11.900"])


@given(
    st.lists(CODES, max_size=6),
    st.lists(st.sampled_from(["51.2300", "96.7201", "60.2900", "68.4100"]), max_size=3),
    st.integers(0, 100),
    st.sampled_from([1, 2]),
)
def test_no_sentence_names_a_code_that_is_not_on_the_abstract(
    diagnoses: list[str], procedures: list[str], age: int, sex: int
) -> None:
    """No hint that leads to another code, and none that speaks of what is paid."""
    names = ["胰岛素注射液", "瑞替普酶注射剂", "悬浮红细胞"]
    page = page_of({"diagnoses": diagnoses, "procedures": procedures, "age": age, "sex": sex, "items": names})
    codes = ["J18.900", "R07.400", "D25.900", "P22.000", "W01.000", "N40.x00", "O80.000", "E11.900", "51.23"]
    written = " ".join((*diagnoses, *procedures))
    for one in examine(RULES, page, EMPTY, EMPTY):
        assert not [code for code in codes if code in one.message and code not in written]
        assert not any(word in one.message for word in ("权重", "支付", "点数", "高于", "盈亏", "入更高"))


def test_a_contradictory_code_is_taken_off_unless_it_is_the_first() -> None:
    case = Case(gender=1, age=60, diagnoses=("J18.900", "D25.900", "J18.900"), procedures=("60.2900",))
    assert without(case, "sex_conflict", "D25.900").diagnoses == ("J18.900", "J18.900")  # type: ignore[union-attr]
    assert without(case, "repeated_code", "J18.900").diagnoses == ("J18.900", "D25.900")  # type: ignore[union-attr]
    assert without(case, "sex_conflict", "60.2900") is None
    assert without(case, "main_symptom", "J18.900") is None
    assert without(case, "sex_conflict", "N40.x00") is None


def test_ranges_of_codes_are_written_out() -> None:
    ranges = next(one for one in RULES.sexes if one.of_procedures and one.sex == 2).codes
    assert [ranges.holds(code) for code in ("64.0", "65.1", "75.9", "76.0")] == [False, True, True, False]
    assert CodeClass("", ("E10",)).holds("E10.900")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b'"E10-E14"', b'"E14-E10"', "E14-E10"),
        (b'"E10-E14"', b'"E10-F14"', "E10-F14"),
        (b'"sex": 1', b'"sex": 3', "3"),
        (b'"of": "diagnoses"', b'"of": "drugs"', "drugs"),
        (b'"version": "1",', b"", "version"),
    ],
)
def test_rules_that_are_not_understood_are_refused_with_their_place(old: bytes, new: bytes, words: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_rules(CONTENT.replace(old, new, 1))
    assert words in refusal.value.message
    assert refusal.value.code.startswith("insurance_settlement.front_page_rules_")


def test_the_rules_say_that_they_are_not_official() -> None:
    assert isinstance(RULES, RuleSet)
    assert RULES.source == "default"
    assert b'"official"' not in CONTENT
