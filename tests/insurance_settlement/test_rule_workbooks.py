"""Price books and DIP catalogues as workbooks: out and in again the same, faults by sheet, row and column."""

import io
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import python_calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from insurance_settlement import catalogue_workbooks, price_book_workbooks, services
from insurance_settlement.engine.dip_catalogue import catalogue_of, read_catalogue
from insurance_settlement.engine.documents import document_of, document_of_catalogue
from insurance_settlement.engine.rule_book import Method, RuleBook, read_rule_book, rule_book_of
from insurance_settlement.models import GroupingScheme, PriceBook
from insurance_settlement.price_book_workbooks import write_book
from ops_platform.kernel import Conflict, DomainError, Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from tests.insurance_settlement.rule_books import GUANGZHOU, JINHUA, RATE, book
from tests.insurance_settlement.test_areas import TABLE
from tests.insurance_settlement.test_dip import DOCUMENT
from tests.support import trade
from tests.support.downloads import book_of

Sheets = dict[str, list[list[Any]]]
FULL: dict[str, Any] = RATE | {
    "weights": {"ES35": "1.5", "LIGHT": "0.9000", "=1+1": "0.123456789012", "HEAVY": "123456789012.123456789012"},
    "same_price": ["LIGHT"],
    "mean_charges": {"ES35": "18000.01"},
    "outliers": {
        "measured_by": "standard",
        "low": {"below": "0.4", "pay": "charges"},
        "high": [{"weight_up_to": "1", "above": "3", "share": "1"}, {"above": "2.5", "share": "0.7"}],
        "high_cap": "5",
    },
    "exceptions": [
        {
            "name": "住院超过60天",
            "kind": "excluded",
            "when": {"stay_days_over": 60, "groups": ["ES35", "LIGHT"], "ungrouped": False},
            "pay": "charges",
        },
        {"name": "转院", "kind": "incomplete", "when": {"leaving_types": ["2", "X9"]}, "pay": "ratio"},
        {"name": "自费", "kind": "fee_for_service", "when": {"schemes": ["self_pay"]}, "pay": "nothing"},
        {"name": "床日", "kind": "per_diem", "when": {"charges_under": "5.00"}, "pay": "days", "amount": "380.5"},
    ],
}


def sheets_of(content: bytes) -> Sheets:
    found = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: found.get_sheet_by_name(name).to_python() for name in found.sheet_names}


def packed(sheets: Sheets) -> bytes:
    body = io.BytesIO()
    with xlsxwriter.Workbook(body, {"in_memory": True, "strings_to_formulas": False}) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    sheet.write(number, place, value)
    return body.getvalue()


def written(rules: RuleBook) -> bytes:
    with write_book(rules, {}) as file:
        return file.read()


def read(content: bytes) -> RuleBook:
    return rule_book_of(price_book_workbooks.document_in(content), "2026-01")


@pytest.mark.parametrize("document", [RATE, JINHUA, GUANGZHOU, FULL], ids=["rate", "jinhua", "guangzhou", "full"])
def test_a_book_written_and_read_again_is_the_same_to_the_last_digit(document: dict[str, Any]) -> None:
    rules = book(document)
    assert read(written(rules)) == rules


def test_a_catalogue_written_and_read_again_is_the_same() -> None:
    catalogue = read_catalogue(json.dumps(DOCUMENT).encode())
    with catalogue_workbooks.write_catalogue(catalogue) as file:
        again = catalogue_of(catalogue_workbooks.document_in(file.read()))
    assert document_of_catalogue(again) == document_of_catalogue(catalogue)
    assert again.cores == catalogue.cores


def test_the_same_rules_have_the_same_document_however_they_are_written() -> None:
    other = RATE | {"weights": dict(reversed(RATE["weights"].items())) | {"ES35": "1.50"}, "note": "别的写法"}
    assert document_of(book(other)) == document_of(book(RATE))
    assert document_of(book(RATE)) != document_of(book(RATE, base_rate="12001"))
    assert read_rule_book(price_book_workbooks.text_in(written(book(FULL))).encode(), "2026-01") == book(FULL)


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": {" A": "1"}},
        {"exceptions": [{"name": "x", "kind": "excluded", "when": {"groups": ["A|B"]}, "pay": "charges"}]},
        {"exceptions": [{"name": "x", "kind": "excluded", "when": {"groups": []}, "pay": "charges"}]},
    ],
)
def test_what_a_workbook_cannot_hold_is_not_written(changed: dict[str, Any]) -> None:
    with pytest.raises(Conflict, match="rule_book_no_workbook"):
        written(book(RATE, **changed))


def cell(sheet: str, row: int, column: int, value: Any) -> Callable[[Sheets], None]:
    def change(sheets: Sheets) -> None:
        rows = sheets[sheet]
        while len(rows) <= row:
            rows.append([""] * len(rows[0]))
        rows[row][column] = value

    return change


def both(*changes: Callable[[Sheets], None]) -> Callable[[Sheets], None]:
    def change(sheets: Sheets) -> None:
        for one in changes:
            one(sheets)

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (cell("病组", 1, 2, "很重"), "工作表「病组」第 2 行「权重或分值」：很重 不是数值"),
        (cell("病组", 2, 0, "=1+1"), "工作表「病组」第 3 行「病组编码」：病组 =1+1 重复"),
        (cell("病组", 2, 2, ""), "工作表「病组」第 3 行「权重或分值」：填写了次均费用或同病同价"),
        (cell("病组", 1, 4, "也许"), "工作表「病组」第 2 行「同病同价」：也许 不在可选之中，请填 是、否"),
        (cell("病组", 1, 3, 12.345), "工作表「病组」第 2 行「次均费用(元)」：12.345 应为"),
        (cell("病组", 1, 0, "一\n二"), "工作表「病组」第 2 行「病组编码」：内容过长、含有换行"),
        (cell("总则", 3, 1, "打包"), "工作表「总则」第 4 行「值」：打包 不在可选之中，请填 费率法、点数法"),
        (cell("总则", 1, 0, "方案"), "缺少项目「适用方案」"),
        (cell("总则", 5, 1, 9.5), "工作表「总则」第 6 行「值」：费率法没有这一项"),
        (cell("总则", 9, 1, ""), "工作表「总则」第 10 行「值」：填写了高低倍率"),
        (cell("总则", 15, 1, 1.5), "工作表「总则」第 16 行「值」：1.5 应不大于 1"),
        (cell("机构系数", 1, 1, -1), "工作表「机构系数」第 2 行「机构系数」：-1 应为 0 至"),
        (cell("机构系数", 2, 0, "H002"), "工作表「机构系数」第 3 行「机构系数」：没有填写"),
        (
            both(cell("成本系数", 1, 0, "H1"), cell("成本系数", 1, 1, "A"), cell("成本系数", 1, 2, 1)),
            "费率法没有成本系数",
        ),
        (cell("高倍率", 1, 0, ""), "工作表「高倍率」第 2 行「权重不超过」：「权重不超过」应逐行增大"),
        (cell("高倍率", 2, 2, 1.2), "工作表「高倍率」第 3 行「超出部分支付比例」：1.2 应不大于 1"),
        (cell("除外规则", 4, 11, ""), "工作表「除外规则」第 5 行「金额或系数」：支付方式为「按床日」时，请填写"),
        (cell("除外规则", 4, 6, ""), "工作表「除外规则」第 5 行：没有写明适用于哪些病例"),
        (cell("除外规则", 1, 4, 60.5), "工作表「除外规则」第 2 行「住院超过(天)」：60.5 应为 0 至"),
        (cell("除外规则", 1, 2, "ES35||LIGHT"), "编码之间用一个 | 分隔"),
    ],
)
def test_faults_are_told_by_sheet_row_and_column(change: Callable[[Sheets], None], told: str) -> None:
    sheets = sheets_of(written(book(FULL)))
    change(sheets)
    with pytest.raises(Invalid) as refusal:
        read(packed(sheets))
    assert told in refusal.value.message


def test_all_faults_are_told_at_once_and_programs_get_them_as_data() -> None:
    sheets = sheets_of(written(book(RATE)))
    for row in (1, 2, 3):
        cell("病组", row, 2, "无")(sheets)
    with pytest.raises(Invalid) as refusal:
        read(packed(sheets))
    assert refusal.value.code == "insurance_settlement.workbook_rows"
    assert [(one["sheet"], one["row"]) for one in refusal.value.context["faults"]] == [("病组", n) for n in (2, 3, 4)]


def test_85_per_cent_is_read_as_it_is_seen() -> None:
    sheets = sheets_of(written(book(RATE)))
    cell("总则", 15, 1, "80%")(sheets)
    fund = read(packed(sheets)).fund
    assert fund is not None
    assert fund.reimbursement_ratio == Decimal("0.80")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda sheets: sheets.pop("病组"), "缺少工作表「病组」"),
        (lambda sheets: sheets.update({"权重": [[]]}), "不认识工作表「权重」"),
        (cell("病组", 0, 2, "weight"), "缺少「权重或分值」"),
        (cell("病组", 0, 6, "备考"), "不认识的「备考」"),
    ],
)
def test_another_workbook_is_refused(change: Callable[[Sheets], Any], told: str) -> None:
    sheets = sheets_of(written(book(RATE)))
    change(sheets)
    with pytest.raises(Invalid, match=r"insurance_settlement\.workbook") as refusal:
        read(packed(sheets))
    assert told in refusal.value.message
    with pytest.raises(Invalid, match=r"insurance_settlement\.workbook"):
        read(b"PK\x03\x04 and no more")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (cell("核心病种", 2, 0, "K80.1-B"), "工作表「核心病种」第 3 行：病种 K80.1-B 与病种 K80.1-B"),
        (cell("综合病种", 1, 2, "看病"), "工作表「综合病种」第 2 行「操作类别」：看病 不在可选之中"),
        (cell("综合病种", 1, 0, "0000"), "工作表「综合病种」第 2 行：0000 表示未入组"),
        (cell("辅助目录", 3, 6, "K99"), "工作表「辅助目录」第 4 行：目录中没有病种 K99"),
        (cell("辅助目录", 1, 2, ""), "工作表「辅助目录」第 2 行：没有写明适用于哪些病例"),
        (cell("目录", 1, 1, ""), "请填写「目录名称」"),
        (cell("操作类别", 3, 0, "51"), "工作表「操作类别」第 4 行「操作编码」：操作 51 重复"),
    ],
)
def test_faults_of_a_catalogue_are_told_too(change: Callable[[Sheets], None], told: str) -> None:
    with catalogue_workbooks.write_catalogue(read_catalogue(json.dumps(DOCUMENT).encode())) as file:
        sheets = sheets_of(file.read())
    change(sheets)
    with pytest.raises(Invalid) as refusal:
        catalogue_workbooks.text_in(packed(sheets))
    assert told in refusal.value.message


ODD = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",)), max_size=30),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.sampled_from(["是", "A|B", "_x0000_", "1e999", "-0", "85%", "%", "'", "=1", "0000", "点数法", "次均费用"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 17), st.integers(0, 11), ODD), min_size=1, max_size=8))
def test_whatever_stands_in_the_cells_a_workbook_is_read_or_refused(changes: list[tuple[int, int, int, Any]]) -> None:
    sheets = sheets_of(written(book(FULL)))
    names = list(sheets)
    for sheet, row, column, value in changes:
        wide = sheets[names[sheet]]
        cell(names[sheet], row, column % len(wide[0]), value)(sheets)
    try:
        rules = read(packed(sheets))
    except DomainError:
        return
    assert read(written(rules)) == rules


@pytest.fixture
def officer(db: None) -> Client:
    client = Client()
    client.force_login(trade.person("officer", Role.INSURANCE_OFFICER))
    return client


@pytest.fixture
def catalogue(db: None) -> GroupingScheme:
    content = json.dumps(DOCUMENT, ensure_ascii=False).encode()
    return services.import_scheme(
        PLATFORM, content=content, dx_codes=TABLE, proc_codes=TABLE, effective_from=date(2026, 1, 1)
    )


def downloaded(client: Client, name: str, *args: int) -> bytes:
    answer = client.get(reverse(f"insurance_settlement:{name}", args=args))
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def test_what_the_page_exports_is_imported_as_the_same_rules(officer: Client, catalogue: GroupingScheme) -> None:
    """Exported, changed in one cell, imported from another day; unchanged it is the book that is there."""
    officer.get(reverse("insurance_settlement:rules"))
    points = GUANGZHOU | {"scheme": "示例DIP目录", "points": {"K80.1-1": "1500"}, "mean_charges": {"K80.1-1": "15000"}}
    kept = services.import_price_book(
        PLATFORM,
        content=json.dumps(points).encode(),
        name="分值",
        effective_from=date(2026, 1, 1),
        scheme=catalogue,
        area=services.area_named(PLATFORM, "乙区"),
        gaps_checked=True,
    )
    content = downloaded(officer, "price-book-workbook", kept.pk)
    assert sheets_of(content)["病组"][1][:3] == ["K80.1-1", "胆囊结石伴胆囊炎，腹腔镜胆囊切除", 1500]
    given = {"name": "分值", "scheme": catalogue.pk, "area": kept.area_id, "effective_from": "2026-01-01"}
    given |= {"source_mark": "recall", "gaps_checked": "on"}
    send = reverse("insurance_settlement:import-price-book")
    assert officer.post(send, {**given, "content": SimpleUploadedFile("b.xlsx", content)}).status_code == 302
    assert PriceBook.objects.filter(area=kept.area_id).count() == 1
    sheets = sheets_of(content)
    cell("病组", 1, 2, 1600)(sheets)
    changed = {**given, "effective_from": "2026-07-01", "content": SimpleUploadedFile("b.xlsx", packed(sheets))}
    assert officer.post(send, changed).status_code == 302
    assert json.loads(PriceBook.objects.get(effective_from="2026-07-01").content)["points"] == {"K80.1-1": "1600"}
    cell("病组", 1, 2, "多")(sheets)
    answer = officer.post(send, {**changed, "content": SimpleUploadedFile("b.xlsx", packed(sheets))})
    assert answer.status_code == 422
    assert "工作表「病组」第 2 行「权重或分值」：多 不是数值" in answer.content.decode()


def test_a_catalogue_goes_out_and_in_as_a_workbook(officer: Client, catalogue: GroupingScheme) -> None:
    content = downloaded(officer, "catalogue-workbook", catalogue.pk)
    files = {
        name: SimpleUploadedFile(f"{name}.csv", body)
        for name, body in (("content", content), ("dx_codes", TABLE), ("proc_codes", TABLE))
    }
    send = reverse("insurance_settlement:import-scheme")
    assert officer.post(send, {**files, "source_mark": "recall", "effective_from": "2026-01-01"}).status_code == 302
    assert GroupingScheme.objects.filter(kind="dip").count() == 1


def test_templates_are_read_as_far_as_they_are_filled_in(officer: Client, catalogue: GroupingScheme) -> None:
    book_template = sheets_of(downloaded(officer, "price-book-template", catalogue.pk))
    assert book_template["总则"][1][:2] == ["适用方案", "示例DIP目录"]
    assert book_template["总则"][3][:2] == ["计价方法", "点数法"]
    assert len(book_template["病组"]) == 1 + 8
    cell("总则", 2, 1, "测试")(book_template)
    cell("病组", 1, 2, 700)(book_template)
    found = read(packed(book_template))
    assert (found.method, len(found.weights)) == (Method.POINTS, 1)
    empty = sheets_of(downloaded(officer, "catalogue-template"))
    cell("目录", 1, 1, "甲市目录")(empty)
    cell("目录", 2, 1, "甲市")(empty)
    assert json.loads(catalogue_workbooks.text_in(packed(empty)))["core"] == []


def test_a_grouping_scheme_is_no_catalogue(officer: Client) -> None:
    answer = officer.get(
        reverse("insurance_settlement:catalogue-workbook", args=[GroupingScheme.objects.get(kind="drg").pk])
    )
    assert answer.status_code == 404
    page = officer.get(reverse("insurance_settlement:import-price-book")).content.decode()
    assert "price-book-template" in page


def test_the_book_that_the_project_ships_goes_through_a_workbook(officer: Client) -> None:
    row = PriceBook.objects.get()
    answer = officer.get(reverse("insurance_settlement:price-book-workbook", args=[row.pk]))
    names = book_of(answer).sheet_names
    assert names == ["总则", "病组", "机构系数", "成本系数", "高倍率", "除外规则", "填写说明"]
