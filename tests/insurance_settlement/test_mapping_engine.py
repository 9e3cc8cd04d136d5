"""归集口径: the worked examples of tests/golden/mapping, coverage, conflicts, and laws of the simulation."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.engine.mapping import (
    NO_CLASS,
    ClassChange,
    Dimension,
    Fault,
    ItemCharge,
    MappedRow,
    by_item,
    coverage,
    faults,
    resolve,
    simulate,
)

CASES = sorted((Path(__file__).parents[1] / "golden" / "mapping").glob("*.yaml"))
DIMENSIONS = {"门急诊票据类别": Dimension.RECEIPT_OUTPATIENT, "住院票据类别": Dimension.RECEIPT_INPATIENT}
Case = dict[str, Any]


def fen(yuan: float) -> int:
    return round(yuan * 100)


def ratio(told: str | None) -> Fraction | None:
    return None if told is None else Fraction(told)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_golden_case_comes_out_as_worked_by_hand(path: Path) -> None:
    case: Case = yaml.safe_load(path.read_text(encoding="utf-8"))
    dimension = DIMENSIONS[case["维度"]]

    def amount(told: float) -> tuple[int, int]:
        return (0, fen(told)) if dimension.of_stays else (fen(told), 0)

    charges = [ItemCharge(row["项目"], row["项目"], *amount(row["金额"])) for row in case["收费"]]
    old, new = (
        resolve(MappedRow("", row["项目"], {dimension: row[which]}) for row in case["收费"])
        for which in ("原口径", "新口径")
    )
    found = simulate(charges, old, new)
    result: Case = case["结果"]
    change = next(one for one in found.dimensions if one.dimension == dimension)
    assert {one.code: one.before for one in change.classes if one.before} == {
        code: fen(yuan) for code, yuan in result["模拟前"].items()
    }
    assert {one.code: one.after for one in change.classes if one.after} == {
        code: fen(yuan) for code, yuan in result["模拟后"].items()
    }
    assert {one.code: one.delta for one in change.classes} == {code: fen(yuan) for code, yuan in result["变动"].items()}
    assert {one.code: one.share for one in change.classes} == {c: ratio(told) for c, told in result["变动率"].items()}
    assert (change.moved, change.ratio) == (fen(result["移动金额"]), Fraction(result["移动比例"]))
    assert (change.total, change.holds) == (fen(result["合计"]), result["合计不变"])
    assert sorted(one.code for one in change.classes if one.needs_words(Fraction(1, 10))) == result["须说明"]
    for title, name in (
        ("医疗服务收入占比", "service"),
        ("药占比", "drug"),
        ("耗占比", "material"),
        ("检查化验占比", "diagnostic"),
    ):
        both = [getattr(found.before, name), getattr(found.after, name)]
        assert both == [Fraction(told) for told in result[title]], title


def test_ten_per_cent_exactly_needs_no_words() -> None:
    tenth = Fraction(1, 10)
    assert not ClassChange("bed", 1000, 1100).needs_words(tenth)
    assert ClassChange("bed", 1000, 1101).needs_words(tenth)
    assert ClassChange("bed", -1000, -800).needs_words(tenth)
    assert not ClassChange("bed", 0, 0).needs_words(tenth)


def test_rows_of_one_item_must_agree_and_an_empty_class_has_no_say() -> None:
    inpatient, front = Dimension.RECEIPT_INPATIENT, Dimension.FRONT_PAGE
    rows = [
        MappedRow("N1", "A", {inpatient: "treatment", front: "09"}),
        MappedRow("N2", "A", {inpatient: "surgery", front: ""}),
    ]
    found = resolve(rows)
    assert found.conflicts == {("A", inpatient): ("surgery", "treatment")}
    assert found.of("A", inpatient) == NO_CLASS
    assert found.of("A", front) == "09"


def test_faults_name_what_is_missing_double_unknown_and_closed() -> None:
    inpatient = Dimension.RECEIPT_INPATIENT
    rows = [
        MappedRow("", "A", {inpatient: "treatment"}),
        MappedRow("N2", "A", {inpatient: "surgery"}),
        MappedRow("", "B", {inpatient: "dental"}),
        MappedRow("", "C", {inpatient: "registration"}),
    ]
    charges = [ItemCharge("A", "甲", 0, 500), ItemCharge("B", "乙", 0, 300), ItemCharge("D", "丁", 0, 200)]
    active: dict[Dimension, dict[str, bool]] = {one: {} for one in Dimension}
    active[inpatient] = {"treatment": True, "surgery": True, "registration": False}
    found = faults(resolve(rows), charges, active, {"E": "戊"})
    of_receipts = [(one.kind, one.item, one.told, one.amount) for one in found if one.dimension in (inpatient, None)]
    assert of_receipts == [
        (Fault.UNMAPPED, "D", (), 200),
        (Fault.CONFLICT, "A", ("surgery", "treatment"), 500),
        (Fault.UNKNOWN, "B", ("dental",), 300),
        (Fault.INACTIVE, "C", ("registration",), 0),
        (Fault.UNCHARGED, "E", (), 0),
    ]
    together = by_item(faults(resolve(rows), [ItemCharge("D", "丁", 70, 200)], active, {}))
    missing = next(one for one in together if one.kind is Fault.UNMAPPED)
    assert (missing.item, missing.dimensions, missing.amount) == ("D", tuple(Dimension), 270)
    covered = {one.dimension: one for one in coverage(charges, resolve(rows))}
    assert (covered[inpatient].mapped, covered[inpatient].ratio) == (300, Fraction(3, 10))
    assert covered[Dimension.RECEIPT_OUTPATIENT].ratio is None


ITEMS = st.sampled_from("ABCDE")
KINDS = st.sampled_from(["treatment", "surgery", "materials", ""])
ROWS = st.lists(
    st.builds(
        lambda item, one, other: MappedRow(
            "", item, {Dimension.RECEIPT_INPATIENT: one, Dimension.ACCOUNT_OUTPATIENT: other}
        ),
        ITEMS,
        KINDS,
        KINDS,
    )
)
AMOUNTS = st.integers(-(10**9), 10**9)
CHARGES = st.dictionaries(ITEMS, st.tuples(AMOUNTS, AMOUNTS)).map(
    lambda by: [ItemCharge(code, code, *both) for code, both in by.items()]
)


@given(CHARGES, ROWS, ROWS)
def test_no_mapping_changes_a_total(charges: list[ItemCharge], old: list[MappedRow], new: list[MappedRow]) -> None:
    found = simulate(charges, resolve(old), resolve(new))
    for change in found.dimensions:
        total = sum(one.amount(change.dimension) for one in charges)
        assert change.total == total == sum(one.after for one in change.classes)
        assert sum(one.delta for one in change.classes) == 0
        assert sum(abs(one.delta) for one in change.classes) == 2 * change.moved
    back = simulate(charges, resolve(new), resolve(old))
    assert [one.moved for one in back.dimensions] == [one.moved for one in found.dimensions]


@given(CHARGES, ROWS)
def test_the_same_mapping_moves_nothing(charges: list[ItemCharge], rows: list[MappedRow]) -> None:
    found = simulate(charges, resolve(rows), resolve(rows))
    assert not found.moves
    assert all(change.moved == 0 for change in found.dimensions)
    assert found.before == found.after
