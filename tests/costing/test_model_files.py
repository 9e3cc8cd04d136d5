"""Model files are read strictly: what is wrong is named with its place, and never ends in a traceback."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costing.engine.allocation import allocate
from costing.engine.model import Method
from costing.model_files import as_document, parse_model, read_model, write_result
from ops_platform.kernel import Invalid

INTERFACE_EXAMPLE = """
{"method": "step_down",
 "departments": [{"code": "ADM", "class": "administration"}, {"code": "LAB", "class": "medical_technology"},
                 {"code": "MED", "class": "clinical"}],
 "costs": [{"department": "ADM", "item": "personnel", "amount": "160000.00"}],
 "steps": [{"from": ["ADM"], "driver": {"LAB": "10", "MED": "30"}},
           {"from": ["LAB"], "driver": {"MED": "1"}}]}
"""


def example(**changes: Any) -> str:
    return json.dumps({**json.loads(INTERFACE_EXAMPLE), **changes})


def test_example_of_the_interface_gives_the_promised_output(tmp_path: Path) -> None:
    model, output = tmp_path / "model.json", tmp_path / "output.json"
    model.write_text(INTERFACE_EXAMPLE, encoding="utf-8")
    write_result(allocate(read_model(model)), output)
    document = json.loads(output.read_text(encoding="utf-8"))
    assert document["full_costs"] == [{"department": "MED", "item": "personnel", "amount": "160000.00"}]
    assert document["flows"][0] == {
        "step": 1,
        "from": "ADM",
        "to": "LAB",
        "item": "personnel",
        "share": "0.25",
        "amount": "40000.00",
    }
    assert document["findings"] == []


def test_blocked_result_has_findings_only() -> None:
    document = as_document(allocate(parse_model(example(steps=[]))))
    assert list(document) == ["findings"]
    assert document["findings"][0]["code"] == "costing.not_closed"
    assert document["findings"][0]["department"] == "ADM"


def test_rows_of_the_same_department_and_item_add_up() -> None:
    row = {"department": "ADM", "item": "personnel", "amount": "-0.5"}
    assert parse_model(example(costs=[row, row])).costs == {("ADM", "personnel"): -100}


def test_numbers_are_read_as_written() -> None:
    text = example(costs=[{"department": "ADM", "item": "other", "amount": 0.29}])
    assert parse_model(text).costs == {("ADM", "other"): 29}


def test_department_without_class_is_left_to_the_engine() -> None:
    model = parse_model(example(departments=[{"code": "ADM", "class": None}, {"code": "X"}]))
    assert [one.cost_class for one in model.departments] == [None, None]


def test_negative_weight_is_left_to_the_engine_which_names_the_departments() -> None:
    model = parse_model(example(steps=[{"from": ["ADM"], "driver": {"MED": "-1"}}], method="reciprocal"))
    assert model.method is Method.RECIPROCAL
    assert [one.code for one in allocate(model).findings] == ["costing.negative_driver"]


def test_an_assignment_holds_beside_the_drivers_of_its_step() -> None:
    steps = [{"from": ["ADM", "LAB"], "driver": {"MED": "1"}, "assignments": {"ADM": {"MED": "100"}}}]
    (step,) = parse_model(example(steps=steps)).steps
    assert (step.driver_of("ADM"), step.driver_of("LAB")) == ({"MED": 100}, {"MED": 1})
    assert step.assignments == {"ADM": {"MED": 100}}


WRONG = [
    ("[]", "costing.model_shape", "文件"),
    ("{", "costing.model_json", "JSON"),
    ('{"method": "direct", "method": "direct"}', "costing.model_json", "method"),
    ("[" * 100_000, "costing.model_json", "JSON"),
    (example(method="magic"), "costing.model_choice", "step_down"),
    (example(method=None), "costing.model_shape", "method"),
    (example(steps=None), "costing.model_shape", "steps"),
    (example(extra=1), "costing.model_shape", "extra"),
    (example(departments=[{"code": "A"}, {"code": "A"}]), "costing.model_duplicate", "departments[1]"),
    (example(departments=[{"code": "A", "class": "kitchen"}]), "costing.model_choice", "departments[0].class"),
    (example(departments=[{"code": ""}]), "costing.model_shape", "departments[0].code"),
    (example(departments=["A"]), "costing.model_shape", "departments[0]"),
    (example(departments=[{"code": "\ud800"}]), "costing.model_shape", "departments[0].code"),
    (example(costs=[{"department": "A", "item": "tea", "amount": "1"}]), "costing.model_choice", "costs[0].item"),
    (example(costs=[{"department": "A", "item": [], "amount": "1"}]), "costing.model_choice", "costs[0].item"),
    (example(steps=[{"driver": {}}]), "costing.model_shape", "steps[0].from"),
    (example(steps=[{"from": ["A"], "driver": {}, "drivers": {}}]), "costing.model_shape", "steps[0]"),
    (example(steps=[{"from": ["A"], "drivers": {"B": {}}}]), "costing.model_shape", "steps[0].drivers"),
    (
        example(steps=[{"from": ["A"], "assignments": {"B": {"C": "100"}}}]),
        "costing.model_shape",
        "steps[0].assignments",
    ),
    (
        example(steps=[{"from": ["A"], "drivers": {"A": {"C": "1"}}, "assignments": {"A": {"C": "100"}}}]),
        "costing.model_shape",
        "steps[0]",
    ),
    *(
        (example(steps=[{"from": ["A"], "assignments": {"A": shares}}]), "costing.model_assignment", total)
        for shares, total in (
            ({"B": "60", "C": "30"}, "合计 90"),
            ({"B": "110", "C": "-10"}, "合计 100"),
            ({"B": "100", "C": "0"}, "合计 100"),
            ({}, "合计 0"),
        )
    ),
    (example(steps=[{"from": "A", "driver": {}}]), "costing.model_shape", "steps[0].from"),
    *(
        (example(costs=[{"department": "A", "item": "other", "amount": amount}]), "costing.model_amount", "costs[0]")
        for amount in ("1.234", "1e5", "NaN", "", " 1", "1,000.00", "１", None, True, [], float("nan"), "9" * 40)
    ),
    *(
        (example(steps=[{"from": ["A"], "driver": {"B": weight}}]), "costing.model_weight", "steps[0].driver.B")
        for weight in ("x", "1e999999", "NaN", "", None, True, {}, float("inf"), "9" * 99)
    ),
]


@pytest.mark.parametrize(("text", "code", "place"), WRONG, ids=range(len(WRONG)))
def test_wrong_model_is_refused_with_its_place(text: str, code: str, place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_model(text)
    assert refusal.value.code == code
    assert place in refusal.value.message


def test_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gbk.json").write_bytes("科室".encode("gbk"))
    for path in (tmp_path / "none.json", tmp_path, tmp_path / "gbk.json"):
        with pytest.raises(Invalid, match=r"costing\.model_file"):
            read_model(path)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["A", "1", "other"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["A", "from", "code"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("method", "departments", "costs", "steps"), anything)))
def test_no_file_ends_in_a_traceback(changes: dict[str, Any]) -> None:
    try:
        document = as_document(allocate(parse_model(example(**changes))))
    except Invalid:
        return
    assert "findings" in document
