"""What rules may say that are to hold for real cases, where they come from, and who brings them in for whom."""

import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insurance_settlement import catalogue_workbooks, services
from insurance_settlement.engine.dip_catalogue import read_catalogue
from insurance_settlement.engine.rule_book import read_rule_book
from insurance_settlement.models import PriceBook
from insurance_settlement.price_book_workbooks import write_book
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Forbidden, Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.insurance_settlement.test_areas import catalogue, members  # noqa: F401  a fixture
from tests.insurance_settlement.test_dip import DOCUMENT
from tests.support import trade

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("members")]

BOOK = {
    "scheme": "示例DIP目录",
    "source": "测试",
    "method": "points",
    "points": {"K80.1-1": "1500"},
    "default_coefficient": "1",
}


def brought(actor: Actor, content: dict[str, Any] | bytes, **given: Any) -> PriceBook:
    """A book for a new area of the test, all gaps known."""
    if not isinstance(content, bytes):
        content = json.dumps(content, ensure_ascii=False, indent=1).encode()
    asked = {"name": "新规则", "scheme": catalogue(), "effective_from": date(2027, 1, 1), "gaps_checked": True} | given
    return services.import_price_book(actor, content=content, **asked)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"source": "nonsense"}, "source：应为 seed(文件依据)、web(公开网页)"),
        ({"source": "x" * 301}, "2 至 300 字"),
        ({"coefficients": {"H1": "1", "H9": "1"}}, "coefficients.H9：没有机构 H9"),
        ({"cost_coefficients": {"H9": {"K80.1-1": "1"}}}, "没有机构 H9"),
        ({"cost_coefficients": {"H1": {"ZZ99": "1"}}}, "方案中没有病组 ZZ99"),
        ({"outliers": {"measured_by": "mean_charges", "high_cap": "0.5"}}, "高倍率封顶至少为支付标准的 1 倍"),
        (
            {"outliers": {"measured_by": "mean_charges", "low": {"below": "1.2", "pay": "ratio"}}},
            "低倍率界限至多为 1 倍",
        ),
        (
            {"outliers": {"measured_by": "mean_charges", "high": [{"above": "0.9", "share": "1"}]}},
            "高倍率界限至少为 1 倍",
        ),
    ],
)
def test_a_book_that_is_to_hold_says_what_can_be(changed: dict[str, Any], told: str) -> None:
    content = BOOK | {"mean_charges": {"K80.1-1": "15000"}} | changed
    with pytest.raises(Invalid, match=r"insurance_settlement\.rule_book_") as refusal:
        brought(PLATFORM, content)
    assert told in refusal.value.message
    assert "第 " in refusal.value.message, "with the line"


def exception(when: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return BOOK | {
        "exceptions": [{"name": "转院", "kind": "fee_for_service", "when": when, "pay": "charges", **changed}],
        "mean_charges": {"K80.1-1": "15000"},
    }


@pytest.mark.parametrize(
    ("when", "changed", "told"),
    [
        ({"leaving_types": ["2", "X9"]}, {}, "没有离院方式「X9」，可用 1(医嘱离院)、2("),
        ({"schemes": ["moon"]}, {}, "没有险种「moon」，可用 employee("),
        ({"groups": ["ZZ99"]}, {}, "方案中没有病组 ZZ99"),
        ({"groups": []}, {}, "列表为空，没有病例符合"),
        ({"flag": "vip"}, {}, "没有标志「vip」，可用 incomplete(医保结算清单注明未完成治疗出院)、readmitted("),
        ({"stay_days_over": 60, "stay_days_under": 61}, {}, "没有既超过 60 天又不足 61 天的住院"),
        ({"flag": "readmitted"}, {"kind": "readmission", "pay": "factor", "amount": "1.5"}, "「转院」的系数至多为 1"),
        ({"flag": "incomplete"}, {"kind": "incomplete", "pay": "factor", "amount": "1.01"}, "「转院」的系数至多为 1"),
        ({"groups": ["K80.1-1"]}, {"pay": "factor", "amount": "3.01"}, "「转院」的系数至多为 3"),
    ],
)
def test_an_exception_that_no_case_can_meet_is_refused(
    when: dict[str, Any], changed: dict[str, Any], told: str
) -> None:
    content = exception(when, **changed)
    with pytest.raises(Invalid, match=r"insurance_settlement\.rule_book_") as refusal:
        brought(PLATFORM, content)
    assert told in refusal.value.message


def test_what_cannot_be_is_told_by_sheet_and_row_of_a_workbook() -> None:
    for content, place in (
        (exception({"flag": "vip"}), "工作表「除外规则」第 2 行"),
        (BOOK | {"coefficients": {"H1": "1", "H9": "1"}}, "工作表「机构系数」第 3 行"),
        (BOOK | {"cost_coefficients": {"H1": {"ZZ99": "1"}}}, "工作表「成本系数」第 2 行"),
    ):
        with write_book(read_rule_book(json.dumps(content).encode(), ""), {}) as file:
            workbook = file.read()
        with pytest.raises(Invalid, match=r"insurance_settlement\.rule_book_unknown") as refusal:
            brought(PLATFORM, workbook)
        assert place in refusal.value.message


def test_a_factor_may_raise_what_the_area_furthers() -> None:
    book = exception({"groups": ["K80.1-1", "0000"], "leaving_types": ["1"]}, pay="factor", amount="1.3")
    assert brought(PLATFORM, book).source_mark == "recall"


def test_groups_without_a_weight_are_named_until_somebody_has_checked_them() -> None:
    with pytest.raises(Invalid, match="rule_book_gaps") as refusal:
        brought(PLATFORM, BOOK, gaps_checked=False)
    assert refusal.value.context["field"] == "gaps_checked"
    gaps = refusal.value.context["gaps"]
    assert "K80.1-1" not in gaps
    by_day = exception({"groups": gaps}, pay="days", amount="100")
    assert brought(PLATFORM, by_day, gaps_checked=False).pk, "what an exception pays needs no weight"


@pytest.mark.parametrize(
    ("source", "mark", "text", "field"),
    [
        ("default", "seed", "甲市〔2026〕1号", "source_mark"),
        ("demo", "web", "https://ybj.example.gov.cn/", "source_mark"),
        ("甲市文件", "seed", " ", "source_text"),
        ("甲市文件", "web", "", "source_text"),
        ("甲市文件", "default", "", "source_mark"),
        ("甲市文件", "official", "", "source_mark"),
        ("甲市文件", "recall", "字" * 301, "source_text"),
    ],
)
def test_where_rules_come_from_is_said_by_who_brings_them(source: str, mark: str, text: str, field: str) -> None:
    centre = actor_of_user(trade.person("centre", Role.OPERATION_CENTRE))
    with pytest.raises(Invalid, match=r"insurance_settlement\.source_") as refusal:
        brought(centre, BOOK | {"source": source}, source_mark=mark, source_text=text)
    assert refusal.value.context["field"] == field
    with pytest.raises(Invalid, match=r"insurance_settlement\.source_"):
        catalogue(date(2026, 5, 1), who=centre, source_mark=mark, source_text=text, source=source)
    kept = brought(centre, BOOK | {"source": "甲市文件"}, source_mark="web", source_text="https://ybj.example.gov.cn/1")
    assert (kept.source_mark, kept.source_text) == ("web", "https://ybj.example.gov.cn/1")


def book_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("book.json", json.dumps(BOOK).encode())


def test_an_officer_is_offered_only_what_is_his_to_bring_in(
    client: Client,
) -> None:
    """Of a hospital that shares its area with others: no area, no scheme. Of one that is an area of its own: that one."""
    county, township = (Institution.objects.get(code=code) for code in ("H1", "T1"))
    shared, empty, own = (services.area_named(PLATFORM, f"{name}区") for name in "乙丙丁")
    services.place_in_area(PLATFORM, institutions=[county, township], area=shared, effective_from=date(2026, 5, 1))
    user = trade.person("officer", Role.INSURANCE_OFFICER, county)
    client.force_login(user)
    book, scheme = (reverse(f"insurance_settlement:import-{what}") for what in ("price-book", "scheme"))
    page = client.get(book).content.decode()
    assert "没有机构全部由您负责的统筹地区" in page
    assert "乙区" not in page
    assert "全部机构适用</option>" not in page
    given = {
        "name": "新规则",
        "scheme": catalogue().pk,
        "effective_from": "2027-01-01",
        "source_mark": "recall",
        "gaps_checked": "on",
    }
    for chosen in ("", shared.pk, empty.pk):
        answer = client.post(book, given | {"area": chosen, "content": book_file()})
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["area"]
    assert scheme not in client.get(reverse("insurance_settlement:rules")).content.decode()
    told = client.get(scheme).content.decode()
    assert "分组方案供全部机构选用，由运营管理中心导入" in told
    assert "multipart/form-data" not in told
    with pytest.raises(Forbidden, match="schemes_of_all"):
        catalogue(date(2026, 5, 1), who=actor_of_user(user))
    with pytest.raises(Forbidden, match="rules_of_others"):
        brought(actor_of_user(user), BOOK, area=empty)
    village = Institution.objects.get(code="V1")
    services.place_in_area(PLATFORM, institutions=[village], area=own, effective_from=date(2026, 5, 1))
    officer = trade.person("other", Role.INSURANCE_OFFICER, village)
    client.force_login(officer)
    page = client.get(book).content.decode()
    assert "丁区</option>" in page
    assert "乙区</option>" not in page
    assert scheme in client.get(reverse("insurance_settlement:rules")).content.decode()
    assert catalogue(date(2026, 5, 1), who=actor_of_user(officer)).pk
    assert client.post(book, given | {"content": book_file(), "area": own.pk}).status_code == 302


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"age_from": 80, "age_to": 18}, "没有 80 岁以上、18 岁以下的病例"),
        ({"age_from": 131}, "年龄至多 130 岁，现为 131"),
        ({"age_from": -1}, "应在 0 到 200 之间，现为 -1"),
        ({"secondary_at_least": 41}, "病案首页至多 40 个次要诊断，现为 41"),
        ({"any_diagnosis": []}, "列表为空，没有病例符合"),
        ({"diseases": [], "age_from": 1}, "列表为空，没有病例符合"),
        ({"age_from": 80, "factor": "0"}, "系数应大于 0"),
    ],
)
def test_an_auxiliary_list_that_no_case_can_meet_is_refused_with_its_line(changed: dict[str, Any], told: str) -> None:
    content = DOCUMENT | {"adjustments": [{"name": "高龄", "factor": "1.1", **changed}]}
    with pytest.raises(Invalid, match=r"insurance_settlement\.catalogue_") as refusal:
        catalogue(date(2026, 5, 1), **content)
    assert told in refusal.value.message
    assert refusal.value.context["line"]


def test_a_catalogue_as_a_workbook_is_refused_by_row_and_an_old_one_stays_readable() -> None:
    content = DOCUMENT | {"adjustments": [{"name": "高龄", "factor": "1.1", "age_from": 80, "age_to": 18}]}
    old = read_catalogue(json.dumps(content).encode())
    with catalogue_workbooks.write_catalogue(old) as file, pytest.raises(Invalid, match="工作表「辅助目录」第 2 行"):
        catalogue_workbooks.text_in(file.read())


def test_a_scheme_whose_name_the_lists_cannot_hold_is_refused() -> None:
    with pytest.raises(Invalid, match="scheme_name_too_long"):
        catalogue(date(2026, 5, 1), catalogue="目" * 81)
