"""Excel exports: no cell becomes a formula, amounts stay numbers."""

import re
import zipfile
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest

from ops_platform.web.exports import escape_cell, xlsx_response


@pytest.mark.parametrize("text", ["=1+1", "+86", "-cmd", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_looks_like_a_formula_is_escaped(text):
    assert escape_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-5, Decimal("-5.10"), -1.5, date(2026, 3, 1), None, "心内科", ""])
def test_numbers_dates_and_plain_text_stay_as_they_are(value):
    assert escape_cell(value) == value


def test_the_file_holds_a_header_numbers_and_escaped_text():
    rows = iter([["心内科", Decimal("-12.30"), "=HYPERLINK(1)"], ["骨科", None, date(2026, 3, 1)]])
    response = xlsx_response("科室", ["科室", "金额", "备注"], rows)
    book = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content)))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "'=HYPERLINK(1)" in sheet
    assert re.search(r'<c r="B2" s="\d+"><v>-12.30?</v>', sheet)
    assert "科室" in sheet
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_an_empty_list_still_gives_a_sheet_with_its_header():
    response = xlsx_response("空", ["科室"], [])
    sheet = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))).read("xl/worksheets/sheet1.xml").decode()
    assert "科室" in sheet


def test_our_own_heads_are_written_as_they_are():
    response = xlsx_response("路径", ["标准成本", "+可选项目", "=实际成本"], iter([["1", "2", "=3"]]))
    sheet = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))).read("xl/worksheets/sheet1.xml").decode()
    for words in (">+可选项目<", ">=实际成本<", "'=3"):
        assert words in sheet
    assert "<f>" not in sheet


def test_a_title_stands_above_the_header_where_one_is_given():
    response = xlsx_response("比较", ["科室"], iter([["骨科"]]), title="两版比较")
    sheet = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))).read("xl/worksheets/sheet1.xml").decode()
    assert [sheet.index(words) for words in ("两版比较", "科室", "骨科")] == sorted(
        sheet.index(words) for words in ("两版比较", "科室", "骨科")
    )


@pytest.mark.parametrize(
    ("name", "tab"),
    [
        ("分摊动因_H001", "分摊动因_H001"),
        ("演示：下一年度/分两步?[草案]", "演示：下一年度-分两步--草案-"),
        ("'引号'", "引号"),
        ("长" * 40, "长" * 31),
        ("'", "1"),
    ],
)
def test_the_sheet_is_called_like_the_file_as_far_as_sheets_can_be(name, tab):
    response = xlsx_response(name, ["科室"], iter([["骨科"]]))
    workbook = zipfile.ZipFile(BytesIO(b"".join(response.streaming_content))).read("xl/workbook.xml").decode()
    assert f'name="{tab}"' in workbook
