"""Pricing a file: every amount to the fen with its steps, and a fault names its row."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from insurance_settlement.engine.rule_book import read_rule_book
from insurance_settlement.price_files import load_rule_book, price_file
from ops_platform.kernel import Invalid
from tests.insurance_settlement.rule_books import GUANGZHOU, JINHUA, RATE

HEADER = "case_no,group,charges,stay_days,self_paid,first_self_paid,deductible,reimbursement_ratio,mean_charges"
Priced = Callable[..., list[dict[str, str]]]


@pytest.fixture
def priced(tmp_path: Path) -> Priced:
    """Prices these lines by a book, as the command does."""

    def run(document: dict[str, Any], *lines: str, header: str = HEADER) -> list[dict[str, str]]:
        rules, source, target = (tmp_path / name for name in ("rules.json", "in.csv", "out.csv"))
        rules.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        source.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        call_command("price_cases", "--rules", rules, source, target)
        with target.open(encoding="utf-8", newline="") as found:
            return list(csv.DictReader(found))

    return run


def test_the_worked_examples_come_out_of_a_file(priced: Priced) -> None:
    """domain.md 2.3, 2.4; what a cell leaves empty the book says."""
    normal, low, high = priced(
        RATE, "1,ES35,20000,,600,400,800,0.85,", "2,ES35,6000,,,,,,", "3,ES35,70000.00,,,,,,", header=HEADER
    )
    assert (normal["payment"], normal["fund"], normal["kind"]) == ("18900.00", "14535.00", "normal")
    assert (low["payment"], low["kind"], low["fund"]) == ("6000.00", "low", "4420.00")  # (6,000 − 800) × 85 %
    assert (high["payment"], high["kind"]) == ("32200.00", "high")
    assert "权重 1.5 × 费率 12000 × 机构系数 1.05 = 18,900.00" in high["steps"]
    assert "18,900.00 + (70,000.00 − 3 × 18,900.00) × 1 = 32,200.00" in high["steps"]
    assert list(normal) == [*HEADER.split(","), "payment", "fund", "kind", "points", "steps"]


def test_points_stand_beside_what_they_are_worth(priced: Priced) -> None:
    (row,) = priced(GUANGZHOU, "1,D,7200,,,,,,")
    assert (row["payment"], row["points"], row["fund"]) == ("6000.00", "600.0000", "")
    (own,) = priced(GUANGZHOU, "1,D,7200,,,,,,7200")
    assert (own["kind"], own["points"]) == ("normal", "1500.0000")


def test_further_columns_are_read_where_the_file_has_them(priced: Priced) -> None:
    header = "case_no,group,charges,institution,flags,review,excluded_charges"
    cut, billed, apart = priced(
        JINHUA,
        "1,G,5000,H001,readmitted|incomplete,,",
        "2,G,5000,H001,,charges,",
        "3,G,25000,H001,,,6000",
        header=header,
    )
    assert (cut["kind"], cut["points"]) == ("incomplete", "41.67")
    assert (billed["kind"], billed["payment"]) == ("special_review", "5000.00")
    assert (apart["kind"], apart["payment"]) == ("normal", "21833.00")


def test_what_has_no_price_stays_empty_and_says_why(priced: Priced) -> None:
    unknown, ungrouped = priced(RATE, "1,ZZ19,100,,,,,,", "2,0000,100,,,,,,")
    assert (unknown["payment"], unknown["kind"]) == ("", "unpriced")
    assert "没有病组 ZZ19 的权重" in unknown["steps"]
    assert (ungrouped["payment"], ungrouped["kind"]) == ("", "ungrouped")


def test_a_step_says_its_value_and_how_it_came_about(priced: Priced) -> None:
    low, high = priced(RATE, "1,ES35,6000,,,,,,", "2,ES35,70000,,,,,,")
    assert "病组 ES35(" in low["steps"]
    assert "低倍率 6,000.00 元(按实际费用支付)" in low["steps"]
    assert "倍率 0.3175(费用 6,000.00 ÷ 支付标准 18,900.00，低于 0.4 倍)" in low["steps"]
    assert "18,900.00 + (70,000.00 − 3 × 18,900.00) × 1 = 32,200.00" in high["steps"]


def test_what_is_paid_apart_is_part_of_the_charges(priced: Priced) -> None:
    with pytest.raises(CommandError, match="excluded_charges 大于 charges"):
        priced(RATE, "1,ES35,100,500", header="case_no,group,charges,excluded_charges")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,ES35,,,,,,,", "charges 没有值"),
        ("1,ES35,-1,,,,,,", "charges 不应为负"),
        ("1,ES35,1.001,,,,,,", "至多两位小数"),
        ("1,ES35,abc,,,,,,", "charges 应为数值"),
        ("1,ES35,NaN,,,,,,", "charges 应为数值"),
        ("1,ES35,1,1.5,,,,,", "stay_days 应为整数"),
        ("1,ES35,1,-3,,,,,", "stay_days 不应为负"),
        ("1,ES35,1,,,,,85,", "85% 请写作 0.85"),
        ("1,ES35,1", "应有 9 列"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(priced: Priced, tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(CommandError, match="第 2 条记录") as refusal:
        priced(RATE, "0,ES35,1,,,,,,", line)
    assert words in str(refusal.value)
    assert not (tmp_path / "out.csv").exists()


def test_missing_files_and_columns_are_refused_in_words(priced: Priced, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="缺少列 charges"):
        priced(RATE, "1,ES35", header="case_no,group")
    with pytest.raises(Invalid, match="file_missing"):
        load_rule_book(tmp_path / "none.json")
    with pytest.raises(Invalid, match="file_missing"):
        price_file(read_rule_book(json.dumps(RATE).encode(), "1"), tmp_path / "none.csv", tmp_path / "out.csv")


ODD = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.just([]) | st.just({}) | st.just("1e400")
)


@settings(max_examples=400)
@given(document=st.sampled_from([RATE, JINHUA, GUANGZHOU]), data=st.data())
def test_a_mutilated_rule_book_is_read_or_refused_never_worse(document: dict[str, Any], data: st.DataObject) -> None:
    broken = json.loads(json.dumps(document))
    part: Any = broken
    while isinstance(part, dict | list) and part:
        keys = sorted(part) if isinstance(part, dict) else range(len(part))
        key = data.draw(st.sampled_from(list(keys)))
        if data.draw(st.booleans()) or not isinstance(part[key], dict | list):
            part[key] = data.draw(ODD)
            break
        part = part[key]
    refused = None
    try:
        read_rule_book(json.dumps(broken).encode(), "1")
    except Invalid as refusal:
        refused = refusal
    assert refused is None or (refused.code.startswith("insurance_settlement.rule_book_") and "请" in refused.message)
