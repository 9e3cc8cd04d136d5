"""A discharge finds its DIP disease by the catalogue's rules of precedence, and says why."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import parse_code_table
from insurance_settlement.engine.dip import Catalogue, Match, match
from insurance_settlement.engine.dip_catalogue import read_catalogue
from ops_platform.kernel import Invalid

# of our own making: gall stones, by what was done, and all that is left by the kind of what was done
DOCUMENT: dict[str, Any] = {
    "catalogue": "示例DIP目录", "source": "default",
    "core": [
        {"code": "K80.1-B", "name": "胆囊结石伴胆囊炎，保守治疗", "diagnosis": "K80.1"},
        {"code": "K80.1-1", "name": "胆囊结石伴胆囊炎，腹腔镜胆囊切除", "diagnosis": "K80.1", "procedures": ["51.23"]},
        {"code": "K80.1-2", "name": "…并胆总管探查", "diagnosis": "K80.1", "procedures": ["51.23", "51.51"]},
        {"code": "K80.101-1", "name": "急性胆囊炎，腹腔镜胆囊切除", "diagnosis": "K80.101", "procedures": ["51.23"]},
    ],
    "comprehensive": [
        {"code": "K-OP", "name": "消化系统，手术", "diagnoses": ["K"], "kind": "operation"},
        {"code": "K80-OP", "name": "胆石症，手术", "diagnoses": ["K80"], "kind": "operation"},
        {"code": "ALL-C", "name": "保守治疗", "kind": "conservative"},
        {"code": "ALL-D", "name": "诊断性操作", "kind": "diagnostic"},
    ],
    "procedure_kinds": {"51": "operation", "51.10": "diagnostic", "45.13": "diagnostic", "96.04": "therapeutic"},
    "adjustments": [
        {"name": "高龄", "factor": "1.1", "age_from": 80},
        {"name": "合并糖尿病", "factor": "1.05", "any_diagnosis": ["E11"]},
        {"name": "多重合并症", "factor": "1.2", "secondary_at_least": 3, "diseases": ["K80.1-1"]},
    ],
}  # fmt: skip


def catalogue(**changed: Any) -> Catalogue:
    return read_catalogue(json.dumps(DOCUMENT | changed).encode())


def found(*diagnoses: str, done: tuple[str, ...] = (), age: int = 50, **changed: Any) -> Match:
    return match(catalogue(**changed), Case(gender=1, age=age, diagnoses=diagnoses, procedures=done))


@pytest.mark.parametrize(
    ("diagnosis", "done", "disease"),
    [
        ("K80.102", ("51.2300",), "K80.1-1"),  # the category stands for its subcategories
        ("K80.101", ("51.2300",), "K80.101-1"),  # the longer diagnosis wins
        ("K80.101", ("51.2300", "51.5100"), "K80.1-2"),  # more procedures win over it
        ("K80.102", ("51.5100", "51.2300"), "K80.1-2"),  # in any order
        ("K80.102", (), "K80.1-B"),
        ("K80.102", ("88.7600",), "K80.1-B"),  # what no list counts is no procedure
        ("K80.102", ("51.1000",), "ALL-D"),  # no core disease with it: by the kind of procedure
        ("K80.102", ("51.2200",), "K80-OP"),  # the narrower range
        ("K25.900", ("51.2200",), "K-OP"),
        ("J18.900", (), "ALL-C"),
        ("J18.900", ("96.0400",), "0000"),  # no range for therapeutic procedures
        ("K80.102", ("45.1300", "51.2200"), "K80-OP"),  # the kind that ranks highest
    ],
)
def test_precedence(diagnosis: str, done: tuple[str, ...], disease: str) -> None:
    assert found(diagnosis, done=done).disease == disease


def test_the_main_procedure_may_have_to_stand_first() -> None:
    swapped = ("51.5100", "51.2300")
    assert found("K80.102", done=swapped, main_procedure_first=True).disease == "K80-OP"
    assert found("K80.102", done=swapped[::-1], main_procedure_first=True).disease == "K80.1-2"


def test_without_a_diagnosis_nothing_is_matched() -> None:
    assert (found().disease, found().status) == ("0000", "CHECK_FAILED")


def test_a_main_diagnosis_that_the_code_table_does_not_know_is_matched_to_nothing() -> None:
    """The disease for all diagnoses would take any string."""
    table = parse_code_table("code,name,map_to\nJ18.900,肺炎,\n", "诊断")
    listed = read_catalogue(json.dumps(DOCUMENT).encode(), table)
    assert match(listed, Case(gender=1, age=50, diagnoses=("J18.900",), procedures=())).disease == "ALL-C"
    strange = match(listed, Case(gender=1, age=50, diagnoses=("XX",), procedures=()))
    assert (strange.disease, strange.status) == ("0000", "CHECK_FAILED")
    assert "不在诊断编码表中" in strange.reasons[0]


def test_the_decision_is_told_in_words() -> None:
    told = found("K80.102", "E11.900", done=("51.2300",), age=80)
    assert told.reasons == (
        "主要诊断 K80.102。",
        "核心病种：目录诊断 K80.1，操作 51.23 全部具备。",
        "病种 K80.1-1 胆囊结石伴胆囊炎，腹腔镜胆囊切除。",
        "辅助目录：高龄 × 1.1，合并糖尿病 × 1.05，系数 1.155。",
    )
    assert (told.factor, told.core) == (Decimal("1.155"), True)


@pytest.mark.parametrize(("combine", "factor"), [("product", "1.3860"), ("highest", "1.2"), ("first", "1.1")])
def test_adjustments_go_together_as_the_catalogue_says(combine: str, factor: str) -> None:
    many = ("K80.102", "E11.900", "I10.x00", "J18.900")
    assert found(*many, done=("51.2300",), age=80, combine=combine).factor == Decimal(factor)
    assert found(*many, age=79).factor == Decimal("1.05")  # another disease: the third list is not for it
    assert found("E11.900", age=79).factor == 1  # a principal diagnosis is no comorbidity


CODES = st.sampled_from(["K80.101", "K80.102", "E11.900", "I10.x00", "51.2300", "51.5100", "51.1000", "45.1300"])


@given(main=CODES, others=st.lists(CODES, max_size=5), done=st.lists(CODES, max_size=4), seed=st.randoms())
def test_the_order_of_others_does_not_matter(main: str, others: list[str], done: list[str], seed: Any) -> None:
    mixed, swapped = list(others), list(done)
    seed.shuffle(mixed)
    seed.shuffle(swapped)
    here = match(catalogue(), Case(1, 50, (main, *others), tuple(done)))
    there = match(catalogue(), Case(1, 50, (main, *mixed), tuple(swapped)))
    assert (here.disease, here.factor) == (there.disease, there.factor)


@pytest.mark.parametrize(
    ("part", "code"),
    [
        ({"core": [*DOCUMENT["core"], DOCUMENT["core"][0]]}, "duplicate"),
        ({"core": [*DOCUMENT["core"], {**DOCUMENT["core"][2], "code": "X", "procedures": ["51.51", "51.23"]}]}, "duplicate"),
        ({"core": [{"code": "0000", "name": "n", "diagnosis": "K"}]}, "wrong_value"),
        ({"core": [{"code": "A", "name": "n", "diagnosis": "K", "procedures": ["1", "1"]}]}, "duplicate"),
        ({"comprehensive": [{"code": "A", "name": "n", "kind": "other"}]}, "wrong_value"),
        ({"comprehensive": [{"code": "A", "name": "n", "kind": "operation", "diagnoses": []}]}, "missing_part"),
        ({"adjustments": [{"name": "n", "factor": "1"}]}, "missing_part"),
        ({"adjustments": [{"name": "n", "factor": "1", "diseases": ["?"]}]}, "unknown_disease"),
        ({"adjustments": [{"name": "n", "factor": "-1", "age_from": 1}]}, "out_of_range"),
        ({"combine": "sum"}, "wrong_value"),
        ({"more": 1}, "unknown_part"),
    ],
)  # fmt: skip
def test_a_catalogue_that_contradicts_itself_is_refused(part: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        catalogue(**part)
    assert refusal.value.code == f"insurance_settlement.catalogue_{code}"
