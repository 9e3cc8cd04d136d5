"""Grouping agrees with the published cases and obeys its laws."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insurance_settlement.engine.case import STATUSES, Case, Grouping
from insurance_settlement.engine.grouping import explain, group
from insurance_settlement.engine.scheme import Level, Scheme

quick = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def words(answer: Grouping) -> str:
    return "".join(answer.reasons)


def plain(scheme: Scheme, case: Case) -> tuple[str, str, str, str]:  # noqa: PLR0912
    """The algorithm of SCHEME.md as it reads, without any preparation: what the fast path must agree with."""
    nothing = ("0000", "00", "0000")
    if case.translate:
        dx, proc = scheme.names.dx.translations, scheme.names.proc.translations
        if any(code not in dx for code in case.diagnoses):
            return (*nothing, "ZD_NOT_MAPPING")
        if any(code not in proc for code in case.procedures):
            return (*nothing, "SS_NOT_MAPPING")
        case = replace(
            case,
            diagnoses=tuple(dx[code] for code in case.diagnoses),
            procedures=tuple(proc[code] for code in case.procedures),
            translate=False,
        )
    if case.gender not in (1, 2) or case.age is None:
        return (*nothing, "CHECK_FAILED")
    if case.age == 0 and (case.age_days is None or (case.age_days <= 28 and case.weight is None)):
        return (*nothing, "CHECK_FAILED")

    def counted(table: dict[str, str]) -> bool:
        excluded = scheme.exclusions.get(case.diagnoses[0]) if case.diagnoses else None
        return any(code in table and table[code] != excluded for code in case.diagnoses[1:])

    for mdc in scheme.mdcs:
        if not all(one.holds(case) for one in mdc.conditions):
            continue
        for index in range(len(mdc.adrgs) + 1):
            if mdc.qy_enabled and index == mdc.qy_before and set(case.procedures) & scheme.valid_procedures:
                return (f"MDC{mdc.letter}", "QY", f"{mdc.letter}QY", "QY")
            if index == len(mdc.adrgs):
                break
            adrg = mdc.adrgs[index]
            if not all(one.holds(case) for one in adrg.conditions):
                continue
            for drg in adrg.drgs:
                mcc, cc = counted(scheme.mcc), counted({**scheme.cc}) if drg.level is Level.MCC_OR_CC else False
                if drg.level is Level.ANY or mcc or cc:
                    return (f"MDC{mdc.letter}", adrg.code, drg.code, "SUCCESS")
    return (*nothing, "FAIL")


def test_all_published_cases_agree_with_qy_off(national, golden_rows, golden_cases):
    expected = [(row["mdc"], row["adrg"], row["drg"], row["status"]) for row in golden_rows]
    assert [group(national, case).answer for case in golden_cases] == expected


def test_all_published_cases_agree_with_qy_on(national_with_qy, golden_rows, golden_cases):
    answers = [group(national_with_qy, case).drg for case in golden_cases]
    assert answers == [row["drg_qy"] for row in golden_rows]
    assert any(answer.endswith("QY") for answer in answers)


@pytest.mark.parametrize("which", ["national", "national_with_qy"])
def test_every_published_case_is_explained_with_the_same_group(which, request, golden_cases):
    scheme = request.getfixturevalue(which)
    for case in golden_cases:
        explained = explain(scheme, case)
        assert explained.answer == group(scheme, case).answer
        assert explained.reasons
        assert all(reason.endswith("。") for reason in explained.reasons)
        assert explain(scheme, case) == explained  # sentences that were kept are the same sentences


def test_reasons_name_the_path_the_counted_and_the_excluded(national):
    answer = explain(national, Case(1, 60, ("K31.905", "K13.002", "K28.000")))
    assert answer.drg == "GZ13"
    assert "主要诊断 K31.905(胃黏膜病变) 属于 MDCG" in words(answer)
    assert "K13.002(唇瘢痕) 计为 CC" in words(answer)
    assert "K28.000(急性胃空肠溃疡伴有出血) 在 MCC 表中，但与主要诊断同属排除表 111，不计入" in words(answer)
    assert "归入 GZ13" in words(answer)


def test_reasons_never_say_what_another_record_would_have_brought(national, golden_cases):
    for case in golden_cases[::7]:
        text = words(explain(national, case))
        assert not any(hint in text for hint in ("如果", "若", "可增加", "补充诊断", "更高", "权重"))


def test_the_ambiguity_group_asks_to_compare_diagnosis_and_procedure(national_with_qy, golden_cases):
    answers = [explain(national_with_qy, case) for case in golden_cases]
    ambiguous = [answer for answer in answers if answer.status == "QY"]
    assert ambiguous
    assert all("歧义组" in words(answer) and "请核对主要诊断与主要手术" in words(answer) for answer in ambiguous)


@pytest.mark.parametrize(
    ("case", "fault"),
    [
        (Case(None, 40, ("J18.900",)), "性别为空"),
        (Case(9, 40, ("J18.900",)), "性别值 9"),
        (Case(1, None, ("J18.900",)), "年龄为空"),
        (Case(1, 0, ("J18.900",)), "日龄为空"),
        (Case(1, 0, ("J18.900",), age_days=28), "体重为空"),
    ],
)
def test_an_incomplete_record_is_not_grouped_and_the_fault_is_named(demo, case, fault):
    answer = explain(demo, case)
    assert answer.answer == ("0000", "00", "0000", "CHECK_FAILED")
    assert fault in words(answer)


def test_weight_zero_is_present_and_day_29_needs_none(demo):
    assert group(demo, Case(1, 0, ("P59.901",), age_days=28, weight=0)).adrg == "PU1"
    assert group(demo, Case(1, 0, ("P59.901",), age_days=29)).adrg == "PU1"


def test_translation_comes_before_the_check_and_diagnoses_before_procedures(demo):
    assert group(demo, Case(None, None, ("nowhere",), ("nowhere",), translate=True)).status == "ZD_NOT_MAPPING"
    assert group(demo, Case(None, None, ("J18.900",), ("nowhere",), translate=True)).status == "SS_NOT_MAPPING"
    assert group(demo, Case(None, None, ("J18.900",), (), translate=True)).status == "CHECK_FAILED"
    assert "nowhere" in words(explain(demo, Case(1, 1, ("nowhere",), translate=True)))


@quick
@given(data=st.data())
def test_the_order_of_secondary_diagnoses_does_not_matter(national_with_qy, golden_cases, data):
    case = data.draw(st.sampled_from(golden_cases))
    rest = data.draw(st.permutations(case.diagnoses[1:]))
    other = replace(case, diagnoses=(*case.diagnoses[:1], *rest))
    assert group(national_with_qy, other) == group(national_with_qy, case)


@quick
@given(data=st.data())
def test_adding_an_excluded_complication_changes_nothing(national, golden_cases, data):
    able = [case for case in golden_cases if not case.translate and case.diagnoses[:1]]
    case = data.draw(st.sampled_from([one for one in able if one.diagnoses[0] in national.exclusions]))
    table = national.exclusions[case.diagnoses[0]]
    excluded = sorted(code for codes in (national.cc, national.mcc) for code in codes if codes[code] == table)
    # a newborn or a trauma condition may look at any diagnosis: that is another rule than the complication's
    if not excluded or group(national, case).mdc in ("MDCP", "MDCZ"):
        return
    added = replace(case, diagnoses=(*case.diagnoses, data.draw(st.sampled_from(excluded))))
    if group(national, added).mdc != "MDCZ":
        assert group(national, added) == group(national, case)


@quick
@given(data=st.data())
def test_a_mutilated_record_is_answered_as_the_written_algorithm_answers(national_with_qy, golden_cases, data):
    one = data.draw(st.sampled_from(golden_cases))
    other = data.draw(st.sampled_from(golden_cases))
    number = st.one_of(st.none(), st.integers(-1, 130))
    code = st.sampled_from([*one.diagnoses, *other.diagnoses, *other.procedures, "", " ", "J18.900 ", "j18.900", "囧"])
    case = Case(
        gender=data.draw(st.sampled_from([None, 0, 1, 1, 2, 2, 3])),
        age=data.draw(st.one_of(st.just(one.age), number)),
        diagnoses=tuple(data.draw(st.lists(code, max_size=6))),
        procedures=data.draw(st.sampled_from([(), one.procedures, other.procedures, ("",), one.diagnoses])),
        age_days=data.draw(number),
        weight=data.draw(st.sampled_from([None, 0, 1, 1499, 1500, 2499, 2500, 9000])),
        translate=data.draw(st.booleans()),
    )
    answer = group(national_with_qy, case)
    assert answer.answer == plain(national_with_qy, case)
    assert explain(national_with_qy, case).answer == answer.answer
    assert answer.status in STATUSES
    assert explain(national_with_qy, case).reasons


def test_what_was_grouped_before_does_not_change_an_answer(national_document, national_tables, golden_cases):
    from insurance_settlement.engine.scheme import parse_scheme

    fresh = parse_scheme(national_document, "", *national_tables)
    backwards = [explain(fresh, case) for case in reversed(golden_cases)][::-1]
    again = parse_scheme(national_document, "", *national_tables)
    assert [explain(again, case) for case in golden_cases] == backwards
