"""The demo scheme groups every group of the simulator's case mix as intended."""

import json
from decimal import Decimal

import pytest

from insurance_settlement.engine.case import Case
from insurance_settlement.engine.dip import match
from insurance_settlement.engine.dip_catalogue import read_catalogue
from insurance_settlement.engine.grouping import explain, group
from insurance_settlement.engine.pricing import price
from insurance_settlement.engine.rule_book import Kind, read_rule_book
from insurance_settlement.engine.worth import GroupedCase
from tools import demo_catalogue, demo_scheme

MIX = json.loads(demo_scheme.CASE_MIX.read_text(encoding="utf-8"))


def record(one: dict, principal: str, *others: str) -> Case:
    newborn = one["group"].startswith("P")
    return Case(
        gender=int(one["sex"] or 1),
        age=0 if newborn else 50,
        age_days=5 if newborn else None,
        weight=3000 if newborn else None,
        diagnoses=(principal, *others),
        procedures=tuple(one["proc"][:1]),
    )


def excluded(scheme, principal: str, code: str) -> bool:
    table = (scheme.mcc.get(code) or scheme.cc.get(code)) if code else None
    return table is not None and scheme.exclusions.get(principal) == table


@pytest.mark.parametrize("one", MIX, ids=lambda one: one["group"])
def test_a_group_of_the_case_mix_is_grouped_as_intended(demo, one):
    base = "none" if "none" in demo_scheme.levels(one) else "only"
    for principal in one["dx"]:
        for procedure in one["proc"] or [None]:
            case = record(one, principal)
            if procedure:
                case = Case(case.gender, case.age, case.diagnoses, (procedure,))
            assert group(demo, case).drg == demo_scheme.drg_code(one, base)
        for level in ("cc", "mcc"):
            for code in one[level]:
                wanted = base if excluded(demo, principal, code) else level
                answer = explain(demo, record(one, principal, code))
                assert answer.drg == demo_scheme.drg_code(one, wanted), answer.reasons


@pytest.mark.parametrize("record", [("O80.000",), ("O82.000", "74.1x01"), ("O00.100", "66.6201")])
def test_a_man_gives_no_birth(demo, record):
    woman, man = (group(demo, Case(gender, 30, record[:1], record[1:])) for gender in (2, 1))
    assert (woman.mdc, man.drg) == ("MDCO", "0000")


def test_each_severity_of_a_group_can_be_reached(demo):
    for one in MIX:
        for level in ("cc", "mcc"):
            assert not one[level] or any(
                not excluded(demo, principal, code) for principal in one["dx"] for code in one[level]
            ), (one["group"], level)


def test_the_shipped_files_are_what_the_builder_builds():
    for name, text in (demo_scheme.files(MIX) | demo_catalogue.files(MIX)).items():
        built = (demo_scheme.REFERENCE / name).read_text(encoding="utf-8")
        assert built == text, f"{name}: run python -m tools.demo_scheme and tools.demo_catalogue and commit the result"


def test_every_code_has_a_name(demo):
    for table in (demo.names.dx, demo.names.proc):
        assert sorted(table.known) == sorted(table.names)


def test_the_demo_weights_price_every_demo_group_and_are_marked_as_demo(demo):
    content = (demo_scheme.REFERENCE / "demo_weights.json").read_bytes()
    book = read_rule_book(content, "demo")
    assert book.source == "系统默认，仅供演示"
    assert book.scheme == demo.name
    assert set(book.weights) == set(demo.drg_names)
    for code in demo.drg_names:
        standard = int(book.weights[code] * 100 * Decimal(demo_scheme.BASE_RATE))
        assert price(book, GroupedCase("1", "H", code, standard)).kind is Kind.NORMAL
        assert price(book, GroupedCase("1", "H", code, standard // 3)).kind is Kind.LOW
        assert price(book, GroupedCase("1", "H", code, standard * 4)).kind is Kind.HIGH
    assert "不是任何地区的官方" in json.loads(content)["note"]


def test_the_demo_catalogue_and_its_points_belong_together():
    content = (demo_scheme.REFERENCE / "demo_catalogue.json").read_bytes()
    catalogue = read_catalogue(content)
    book = read_rule_book((demo_scheme.REFERENCE / "demo_points.json").read_bytes(), "demo")
    assert (catalogue.source, book.source, book.scheme) == ("系统默认，仅供演示", "系统默认，仅供演示", catalogue.name)
    assert set(book.weights) == set(catalogue.titles) == set(book.mean_charges)


def test_every_case_of_the_demo_finds_a_disease():
    catalogue = read_catalogue((demo_scheme.REFERENCE / "demo_catalogue.json").read_bytes())
    for one in MIX:
        paired = len(one["proc"]) == len(one["dx"])
        for place, diagnosis in enumerate(one["dx"]):
            for operation in ([one["proc"][place]] if paired else one["proc"]) or [None]:
                found = match(catalogue, Case(1, 50, (diagnosis,), (operation,) if operation else ()))
                assert found.core, (one["group"], diagnosis, operation, found.reasons)
