"""Grouping a file: the output is the input with its answer, and a fault names its row."""

import csv
from pathlib import Path

import pytest

from insurance_settlement.case_files import group_file, load_scheme
from ops_platform.kernel import Invalid

HEADER = "no,gender,age,ageDay,weight,zdList,ssList,translate,remark\n"


def write(folder: Path, text: str, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_all_published_cases_agree_through_files(drg_folder, tmp_path, golden_rows):
    scheme = load_scheme(drg_folder / "chs_drg_11.json")
    summary = group_file(scheme, drg_folder / "cases.csv", tmp_path / "out.csv")
    answered = rows(tmp_path / "out.csv")
    assert summary.rows == len(answered) == len(golden_rows)
    for given, answer in zip(golden_rows, answered, strict=True):
        assert {**answer, "reasons": ""} == {**given, "reasons": ""}
        assert answer["reasons"]


def test_the_input_columns_are_carried_through_as_they_are(demo, tmp_path):
    source = write(tmp_path, HEADER + '1,1,60,,,J18.900|J96.000,,0,"=1+1, ""备注"""\n\n2,2,30.0,,3200.5,O80.000,,,\n')
    summary = group_file(demo, source, tmp_path / "out.csv")
    first, second = rows(tmp_path / "out.csv")
    assert summary.by_status == {"SUCCESS": 2}
    assert first["remark"] == '=1+1, "备注"'
    assert (first["drg"], first["mdc"]) == ("ES31", "MDCE")
    assert (second["drg"], second["age"], second["weight"]) == ("OR19", "30.0", "3200.5")
    assert list(first) == [*HEADER.strip().split(","), "mdc", "adrg", "drg", "status", "reasons"]


def test_an_output_may_be_grouped_again(demo, tmp_path):
    source = write(tmp_path, HEADER + "1,1,60,,,J18.900,,0,\n")
    once, twice = tmp_path / "once.csv", tmp_path / "twice.csv"
    group_file(demo, source, once)
    group_file(demo, once, twice)
    assert once.read_bytes() == twice.read_bytes()
    group_file(demo, twice, twice)
    assert once.read_bytes() == twice.read_bytes()


def test_the_mark_of_a_spreadsheet_is_carried_over(demo, tmp_path):
    source = write(tmp_path, "\ufeff" + HEADER + "1,1,60,,,J18.900,,0,\n")
    group_file(demo, source, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("\ufeffno,gender")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("1,x,60,,,J18.900,,0,", "gender 应为数值"),
        ("1,1,六十,,,J18.900,,0,", "age 应为数值"),
        ("1,1,60.5,,,J18.900,,0,", "age 应为整数"),
        ("1,1,0,3,NaN,J18.900,,0,", "weight 应为数值"),
        ("1,1,0,1e99,,J18.900,,0,", "ageDay 应为数值"),
        ("1,1,60,,,J18.900,,yes,", "translate 应为 0 或 1"),
        ("1,1,60,,,J18.900", "应有 9 列，现有 6 列"),
        ('1,1,60,,,"J18.900"x,,0,', "不是有效的 CSV"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(demo, tmp_path, line, words):
    source = write(tmp_path, HEADER + "0,1,60,,,J18.900,,0,\n" + line + "\n")
    with pytest.raises(Invalid) as refusal:
        group_file(demo, source, tmp_path / "out.csv")
    assert words in refusal.value.message
    assert "第 2 条记录(文件第 3 行)" in refusal.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("no,gender,age\n", "column_missing"),
        ("", "column_missing"),
        (HEADER.replace("remark", "no"), "column_twice"),
    ],
)
def test_missing_and_double_columns_are_refused(demo, tmp_path, text, code):
    with pytest.raises(Invalid) as refusal:
        group_file(demo, write(tmp_path, text), tmp_path / "out.csv")
    assert refusal.value.code == f"insurance_settlement.{code}"


def test_missing_files_and_folders_are_refused(demo, tmp_path):
    source = write(tmp_path, HEADER)
    for scheme in (tmp_path / "none.json", write(tmp_path, "{}", "alone.json")):
        with pytest.raises(Invalid, match="file_missing"):
            load_scheme(scheme)
    with pytest.raises(Invalid, match="file_missing"):
        group_file(demo, tmp_path / "none.csv", tmp_path / "out.csv")
    with pytest.raises(Invalid, match="file_not_writable"):
        group_file(demo, source, tmp_path / "nowhere" / "out.csv")
    with pytest.raises(Invalid, match="file_not_writable"):
        group_file(demo, source, tmp_path)


def test_another_encoding_is_refused(demo, tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes((HEADER + "1,1,60,,,J18.900,,0,备注\n").encode("gbk"))
    with pytest.raises(Invalid, match="file_encoding"):
        group_file(demo, path, tmp_path / "out.csv")
