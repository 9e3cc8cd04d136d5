"""A scheme is refused with place and reason, and what no case can reach is reported."""

import copy
import json
import random
from typing import Any

import pytest

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.grouping import explain, group
from insurance_settlement.engine.json_parts import line_of
from insurance_settlement.engine.scheme import parse_scheme, read_scheme
from insurance_settlement.engine.scheme_checks import findings
from ops_platform.kernel import Invalid

SMALL: dict[str, Any] = {
    "format": 1,
    "scheme": "小方案",
    "source": "test",
    "mdcs": [
        {
            "mdc": "E",
            "conditions": [{"type": "main_dx_in", "dx": ["D1", "D2"]}],
            "adrgs": ["EB1", "ES1"],
            "qy": {"enabled": True, "before_adrg_index": 1},
        }
    ],
    "adrgs": {
        "EB1": {
            "mdc": "E",
            "conditions": [{"type": "main_proc_in", "proc": ["P1"]}],
            "drgs": [{"drg": "EB19", "severity": "any", "name": "手术"}],
        },
        "ES1": {
            "mdc": "E",
            "conditions": [],
            "drgs": [
                {"drg": "ES11", "severity": "mcc", "name": "重"},
                {"drg": "ES13", "severity": "mcc_or_cc", "name": "中"},
                {"drg": "ES15", "severity": "any", "name": "轻"},
            ],
        },
    },
    "mcc": {"1": ["M1"]},
    "cc": {"1": ["C1"], "2": ["C2"]},
    "main_dx_exclusion": {"1": ["D1"]},
    "valid_procedures": ["P1", "P2"],
}


def small(change) -> dict[str, Any]:
    document = copy.deepcopy(SMALL)
    change(document)
    return document


def test_a_small_scheme_groups_by_hand():
    scheme = parse_scheme(SMALL, "")
    assert group(scheme, Case(1, 40, ("D1",), ("P1",))).drg == "EB19"
    assert group(scheme, Case(1, 40, ("D1",), ("x", "P2"))).answer == ("MDCE", "QY", "EQY", "QY")
    assert group(scheme, Case(1, 40, ("D1", "M1", "C1"))).drg == "ES15"  # both in the table of D1
    assert group(scheme, Case(1, 40, ("D1", "M1", "C2"))).drg == "ES13"
    assert group(scheme, Case(1, 40, ("D2", "C2", "M1"))).drg == "ES11"
    assert group(scheme, Case(1, 40, ("M1", "D2"))).status == "FAIL"
    assert group(scheme, Case(1, 40)).status == "FAIL"
    assert "没有主要诊断" in "".join(explain(scheme, Case(1, 40)).reasons)


def test_the_ambiguity_group_behind_the_last_adrg_takes_what_none_took():
    def move(document):
        document["adrgs"]["ES1"]["conditions"] = [{"type": "no_valid_proc"}]
        document["mdcs"][0]["qy"]["before_adrg_index"] = 2

    scheme = parse_scheme(small(move), "")
    assert group(scheme, Case(1, 40, ("D1",), ("P2",))).drg == "EQY"
    assert group(scheme, Case(1, 40, ("D1",))).drg == "ES15"


def put(*path_and_value):
    *path, value = path_and_value

    def change(document):
        for step in path[:-1]:
            document = document[step]
        if value is DELETE:
            del document[path[-1]]
        else:
            document[path[-1]] = value

    return change


DELETE = object()
ES1 = ("adrgs", "ES1")


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        (put("mdcs", 0, "conditions", 0, "type", "icu_hours_ge"), "unknown_condition", "mdcs[0].conditions[0].type"),
        (put("mdcs", 0, "conditions", 0, "type", 7), "wrong_type", "mdcs[0].conditions[0].type"),
        (put("mdcs", 0, "conditions", 0, {}), "missing_part", "mdcs[0].conditions[0]"),
        (put("mdcs", 0, "conditions", 0, "dx", DELETE), "missing_part", "mdcs[0].conditions[0]"),
        (put("mdcs", 0, "conditions", 0, "dx", "D1"), "wrong_type", "mdcs[0].conditions[0].dx"),
        (put("mdcs", 0, "conditions", 0, "dx", ["D1", 5]), "wrong_type", "mdcs[0].conditions[0].dx[1]"),
        (put("mdcs", 0, "conditions", 0, "proc", []), "unknown_part", "mdcs[0].conditions[0].proc"),
        (put("mdcs", 0, "adrgs", 1, "ES9"), "unknown_adrg", "mdcs[0].adrgs[1]"),
        (put("mdcs", 0, "adrgs", 1, "EB1"), "duplicate", "mdcs[0].adrgs[1]"),
        (put("mdcs", 0, "qy", "before_adrg_index", 3), "out_of_range", "mdcs[0].qy.before_adrg_index"),
        (put("mdcs", 0, "qy", "enabled", 1), "wrong_type", "mdcs[0].qy.enabled"),
        (put("mdcs", []), "missing_part", "mdcs"),
        (put(*ES1, "mdc", "F"), "other_mdc", "mdcs[0].adrgs[1]"),
        (put(*ES1, "drgs", 0, "severity", "worst"), "unknown_severity", "adrgs.ES1.drgs[0].severity"),
        (put(*ES1, "drgs", 0, "drg", "EB19"), "duplicate", "adrgs.ES1.drgs[0].drg"),
        (put(*ES1, "drgs", 2, "severity", "mcc"), "no_final_drg", "adrgs.ES1.drgs"),
        (put(*ES1, "conditions", [{"type": "gender_eq", "value": 3}]), "out_of_range", "adrgs.ES1.conditions[0].value"),
        (
            put(*ES1, "conditions", [{"type": "proc_roles", "roles": {"1": ["P1"]}, "any_of": [["2"]]}]),
            "unknown_role",
            "adrgs.ES1.conditions[0].any_of[0][0]",
        ),
        (put("cc", "2", ["C1"]), "code_in_two_tables", "cc.2[0]"),
        (put("format", 2), "unknown_format", "format"),
        (put("mcc", DELETE), "missing_part", "最外层"),
        (put("extra", 1), "unknown_part", "extra"),
    ],
)
def test_a_malformed_part_is_refused_with_its_place_and_line(change, code, where):
    content = json.dumps(small(change), ensure_ascii=False, indent=1)
    with pytest.raises(Invalid) as refusal:
        read_scheme(content.encode())
    assert refusal.value.code == f"insurance_settlement.scheme_{code}"
    assert refusal.value.context["where"] == where
    assert f"第 {refusal.value.context['line']} 行" in refusal.value.message
    assert "请改正" in refusal.value.message


def test_an_unknown_condition_is_named_and_its_line_is_the_right_one():
    content = json.dumps(small(put("mdcs", 0, "conditions", 0, "type", "icu_hours_ge")), ensure_ascii=False, indent=1)
    with pytest.raises(Invalid) as refusal:
        read_scheme(content.encode())
    assert "icu_hours_ge" in refusal.value.message
    assert "icu_hours_ge" in content.splitlines()[refusal.value.context["line"] - 1]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'{"a": NaN}', b"\xff\xfe", b'{"a": 1, "a": 2}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_refused(content):
    with pytest.raises(Invalid):
        read_scheme(content)


def test_a_thousand_mutilated_schemes_are_refused_or_read_but_never_break():
    chance = random.Random(20260321)
    junk: list[Any] = [None, True, -1, 0, 3.5, "", "x", [], {}, [[]], ["D1", None], {"type": "x"}, 10**30]
    refused = 0
    for _ in range(1000):
        document = copy.deepcopy(SMALL)
        places = list(_places(document))
        for holder, key in chance.sample(places, chance.randint(1, 3)):
            try:
                if chance.random() < 0.4:
                    del holder[key]
                else:
                    holder[key] = copy.deepcopy(chance.choice(junk))
            except (IndexError, KeyError):
                continue
        try:
            scheme = read_scheme(json.dumps(document).encode())
        except Invalid:
            refused += 1
            continue
        findings(scheme)
        for case in (Case(1, 40, ("D1", "M1"), ("P1",)), Case(2, 0, ("D2",), age_days=3, weight=0), Case(None, None)):
            assert explain(scheme, case).answer == group(scheme, case).answer
    assert 500 < refused < 1000


def _places(part):
    keys = part.keys() if isinstance(part, dict) else range(len(part))
    for key in list(keys):
        yield part, key
        if isinstance(part[key], dict | list):
            yield from _places(part[key])


def found(change) -> set[tuple[str, str]]:
    return {
        (one.code.removeprefix("insurance_settlement.scheme_"), one.subject)
        for one in findings(parse_scheme(small(change), ""))
    }


def test_a_sound_scheme_has_no_findings(demo):
    assert findings(parse_scheme(SMALL, "")) == ()
    assert findings(demo) == ()


def test_the_national_scheme_has_no_unreachable_entry(national):
    assert not [one for one in findings(national) if one.code.endswith("unreachable")]


def test_unreachable_entries_are_found():
    assert found(put("mdcs", 0, "adrgs", ["ES1", "EB1"])) == {("unreachable", "EB1"), ("unreachable", "EQY")}
    assert found(put("mdcs", 0, "adrgs", ["ES1"])) >= {("unreachable", "EB1")}
    assert found(put("adrgs", "EB1", "conditions", [{"type": "main_dx_in", "dx": ["D9"]}])) == {("unreachable", "EB1")}
    assert found(put("adrgs", "EB1", "conditions", [{"type": "any_dx_in", "dx": ["D1", "D2"]}])) >= {
        ("unreachable", "ES1")
    }
    drgs = [SMALL["adrgs"]["ES1"]["drgs"][index] for index in (1, 0, 2)]
    assert found(put(*ES1, "drgs", drgs)) == {("unreachable", "ES11")}


def test_a_code_in_both_lists_is_reported_and_counts_as_mcc():
    both = small(put("cc", "3", ["M1"]))
    assert [one.code for one in findings(parse_scheme(both, ""))] == ["insurance_settlement.scheme_mcc_and_cc"]
    assert group(parse_scheme(both, ""), Case(1, 40, ("D2", "M1"))).drg == "ES11"
    assert group(parse_scheme(both, ""), Case(1, 40, ("D1", "M1"))).drg == "ES15"


def test_codes_that_the_tables_do_not_know_are_reported():
    known = CodeTable(known=frozenset({"D1", "D2", "M1", "C1"}))
    report = findings(parse_scheme(SMALL, "", known, CodeTable(known=frozenset({"P1", "P2"}))))
    assert [one.code for one in report] == ["insurance_settlement.scheme_unknown_codes"]
    assert "C2" in report[0].message


def test_the_digest_is_that_of_the_bytes():
    content = json.dumps(SMALL).encode()
    assert read_scheme(content).digest == read_scheme(content).digest
    assert read_scheme(content).digest != read_scheme(content + b"\n").digest


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("code,name\n", 1),
        ("", 1),
        ("code,name,map_to\nA,甲,A\nA,甲,A\n", 3),
        ("code,name,map_to\nA,甲\n", 2),
        ("code,name,map_to\n,甲,A\n", 2),
        ('code,name,map_to\nA,"甲"x,A\n', 2),
    ],
)
def test_a_malformed_code_table_is_refused_with_its_line(text, line):
    with pytest.raises(Invalid) as refusal:
        parse_code_table(text, "dx_codes.csv")
    assert refusal.value.context["line"] == line


def test_lines_are_found_in_text():
    text = '{\n "a": [1,\n {"b\\"c": "}"},\n [2, 3]],\n "d": 4}'
    assert line_of(text, ("a", 1, 'b"c')) == 3
    assert line_of(text, ("a", 2, 1)) == 4
    assert line_of(text, ("d",)) == 5
    assert line_of(text, ("nowhere",)) is None
