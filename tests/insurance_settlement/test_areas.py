"""Some members are paid by DRG, others by DIP: each by the rules of its pooling area."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from insurance_settlement import schemes, services
from insurance_settlement.models import AreaMember, CaseResult, GroupingScheme, PoolingArea, PriceBook
from insurance_settlement.public import group_names, month_of_cases, payment_standards, settlement_totals
from ops_platform.identity.actors import actor_of_user
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.insurance_settlement.rule_books import GUANGZHOU
from tests.insurance_settlement.test_dip import DOCUMENT
from tests.insurance_settlement.test_month_grouping import abstract
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
TABLE = "code,name,map_to\nK80.100x001,胆囊结石伴胆囊炎,\nE11.900,2型糖尿病,\n51.2300,腹腔镜下胆囊切除术,\n".encode()
POINTS = {
    **GUANGZHOU,
    "scheme": "示例DIP目录",
    "points": {"K80.1-1": "1500", "K80.1-B": "600"},
    "mean_charges": {"K80.1-1": "15000", "K80.1-B": "5000"},
}
SAID = {"source_mark": "seed", "source_text": "乙区医保〔2026〕1号"}


@pytest.fixture
def members() -> dict[str, Institution]:
    """The county hospital and a township hospital, each with the same stay."""
    members = trade.alliance()
    for code in ("H1", "T1"):
        trade.landed(members[code], "departments", [trade.department("WK", name="外科")])
        trade.landed(members[code], "charge-items", [trade.item("SS", fee_class="surgery")])
        stay = trade.visit("Z1", "WK", kind="inpatient", when="2026-03-01T08:00:00", discharged="2026-03-09T10:00:00")
        trade.landed(members[code], "encounters", [stay])
        line = trade.charge("Z1", 1, "SS", "WK", "WK", "15000.00", when="2026-03-02T09:00:00")
        trade.landed(members[code], "charge-lines", [line])
        sent = abstract("Z1", "K80.100x001", "E11.900") | {"procedures": ["51.2300"], "total_charges": "15000.00"}
        trade.landed(members[code], "discharge-abstracts", [sent])
    return members


def catalogue(
    effective_from: date = date(2026, 1, 1),
    who: Actor = PLATFORM,
    source_mark: str = "recall",
    source_text: str = "",
    **changed: Any,
) -> GroupingScheme:
    content = json.dumps(DOCUMENT | changed, ensure_ascii=False).encode()
    return services.import_scheme(
        who,
        content=content,
        dx_codes=TABLE,
        proc_codes=TABLE,
        effective_from=effective_from,
        source_mark=source_mark,
        source_text=source_text,
    )


def price_book(area: PoolingArea | None, effective_from: date = date(2026, 1, 1), **changed: Any) -> PriceBook:
    return services.import_price_book(
        PLATFORM,
        content=json.dumps(POINTS | changed, ensure_ascii=False).encode(),
        name="乙区分值",
        effective_from=effective_from,
        scheme=catalogue(),
        area=area,
        gaps_checked=True,
    )


@pytest.fixture
def area(members: dict[str, Institution]) -> PoolingArea:
    """The township hospital is paid by points, from March on."""
    area = services.area_named(PLATFORM, "乙区")
    price_book(area)
    services.place_in_area(PLATFORM, institutions=[members["T1"]], area=area, effective_from=date(2026, 3, 1))
    return area


def test_each_member_is_grouped_and_priced_by_the_rules_of_its_area(
    members: dict[str, Institution], area: PoolingArea
) -> None:
    by_drg = services.run_grouping(PLATFORM, institution=members["H1"], period=MARCH).run
    by_dip = services.run_grouping(PLATFORM, institution=members["T1"], period=MARCH).run
    assert (by_drg.scheme.kind, by_dip.scheme.kind) == ("drg", "dip")
    assert CaseResult.objects.get(run=by_drg).mdc == "MDCH"
    case = CaseResult.objects.get(run=by_dip)
    assert (case.drg, case.mdc, case.status, case.kind) == ("K80.1-1", "", "SUCCESS", "normal")
    # 1,500 × 1.05 for a comorbidity, worth 10.00 each (the settled value)
    assert (case.factor, case.points, case.payment) == (Decimal("1.05"), Decimal(1575), Decimal("15750.00"))
    month = month_of_cases(institution=members["T1"].pk, period="2026-03")
    assert month is not None
    assert month.names["K80.1-1"] == "胆囊结石伴胆囊炎，腹腔镜胆囊切除"


def test_scores_are_no_weights_and_make_no_case_mix_index(
    members: dict[str, Institution], area: PoolingArea, client: Client
) -> None:
    for member in ("H1", "T1"):
        services.run_grouping(PLATFORM, institution=members[member], period=MARCH)
    found = {
        one.institution: one
        for one in settlement_totals(institutions=[one.pk for one in members.values()], periods=["2026-03"])
    }
    assert (found[members["T1"].pk].weighed, found[members["T1"].pk].weight) == (0, 0)
    assert found[members["H1"].pk].weighed == 1
    month = month_of_cases(institution=members["T1"].pk, period="2026-03")
    assert month is not None
    assert [case.weight for case in month.cases] == [None]
    client.force_login(trade.person("centre", Role.OPERATION_CENTRE))
    page = client.get(reverse("insurance_settlement:month"), {"institution": members["T1"].pk, "period": "2026-03"})
    assert "总点数" in page.content.decode()
    assert 'stat-title">CMI' not in page.content.decode()


def test_before_the_first_day_of_the_area_the_rules_of_everybody_hold(
    members: dict[str, Institution], area: PoolingArea
) -> None:
    township = members["T1"].pk
    assert schemes.price_book_at(township, date(2026, 2, 28)).area is None
    assert schemes.price_book_at(township, date(2026, 3, 1)).area == area
    services.place_in_area(PLATFORM, institutions=[members["T1"]], area=None, effective_from=date(2026, 4, 1))
    assert schemes.price_book_at(township, date(2026, 4, 1)).area is None


def test_an_area_without_rules_of_its_own_takes_those_of_everybody(members: dict[str, Institution]) -> None:
    area = services.area_named(PLATFORM, "丙区")
    services.place_in_area(PLATFORM, institutions=[members["T1"]], area=area, effective_from=date(2026, 3, 1))
    assert schemes.price_book_at(members["T1"].pk, date(2026, 3, 1)).area is None


def test_a_changed_area_makes_the_month_new(members: dict[str, Institution], area: PoolingArea) -> None:
    first = services.run_grouping(PLATFORM, institution=members["H1"], period=MARCH)
    services.place_in_area(PLATFORM, institutions=[members["H1"]], area=area, effective_from=date(2026, 3, 1))
    second = services.run_grouping(PLATFORM, institution=members["H1"], period=MARCH)
    assert (second.created, second.run.version) == (True, first.run.version + 1)
    assert (first.run.scheme.kind, second.run.scheme.kind) == ("drg", "dip")


def test_what_others_ask_of_groups_and_standards_knows_the_areas(
    members: dict[str, Institution], area: PoolingArea
) -> None:
    names = group_names(day=date(2026, 3, 31))
    assert {"K80.1-1", "ES31"} <= names.keys()
    township = payment_standards(institution="T1", day=date(2026, 3, 31))
    county = payment_standards(institution="H1", day=date(2026, 3, 31))
    assert township is not None
    assert county is not None
    assert township.amounts["K80.1-B"] == Decimal("6000.00")
    assert "K80.1-B" not in county.amounts


def test_two_books_of_one_day_stand_beside_each_other_in_two_areas_only(area: PoolingArea) -> None:
    price_book(services.area_named(PLATFORM, "丙区"), point_value={"budget": "9"})
    with pytest.raises(Conflict, match="rule_book_same_day"):
        price_book(area, point_value={"budget": "9"})


def test_a_member_is_not_placed_twice_on_one_day(members: dict[str, Institution], area: PoolingArea) -> None:
    other = services.area_named(PLATFORM, "丙区")
    with pytest.raises(Conflict, match="area_same_day"):
        services.place_in_area(
            PLATFORM, institutions=[members["H1"], members["T1"]], area=other, effective_from=date(2026, 3, 1)
        )
    assert not AreaMember.objects.filter(area=other).exists()


def test_a_catalogue_of_another_content_on_the_same_day_is_refused() -> None:
    kept = catalogue()
    assert catalogue() == kept
    with pytest.raises(Conflict, match="scheme_same_day"):
        catalogue(main_procedure_first=True)
    with pytest.raises(Invalid, match="catalogue_wrong_value"):
        catalogue(combine="sum")


def test_the_officer_imports_a_catalogue_and_places_members_and_reads_why(
    members: dict[str, Institution], client: Client
) -> None:
    officer = trade.person("officer", Role.INSURANCE_OFFICER)
    client.force_login(officer)
    files = {
        name: SimpleUploadedFile(f"{name}.txt", content)
        for name, content in (
            ("content", json.dumps(DOCUMENT | {"source": "乙区目录"}, ensure_ascii=False).encode()),
            ("dx_codes", TABLE),
            ("proc_codes", TABLE),
        )
    }
    answer = client.post(
        reverse("insurance_settlement:import-scheme"), {**files, **SAID, "effective_from": "2026-01-01"}
    )
    assert answer.status_code == 302
    placed = {"name": "乙区", "institutions": [members["T1"].pk], "effective_from": "2026-03-01"}
    assert client.post(reverse("insurance_settlement:place-in-area"), placed).status_code == 302
    book = SimpleUploadedFile("book.json", json.dumps(POINTS | {"source": "乙区分值表"}, ensure_ascii=False).encode())
    given = {
        "content": book,
        "name": "乙区分值",
        "scheme": GroupingScheme.objects.get(kind="dip").pk,
        "area": PoolingArea.objects.get().pk,
        "effective_from": "2026-01-01",
        **SAID,
    }
    send = reverse("insurance_settlement:import-price-book")
    refused = client.post(send, given)
    assert refused.status_code == 422
    assert "的 8 个病组中有 6 个没有权重或分值，其病例将没有价格：ALL-C" in refused.content.decode()
    assert not PriceBook.objects.filter(name="乙区分值").exists()
    book.seek(0)
    assert client.post(send, given | {"gaps_checked": "on"}).status_code == 302
    page = client.get(reverse("insurance_settlement:rules")).content.decode()
    assert all(
        words in page for words in ("示例DIP目录", "DIP", "乙区", "东镇卫生院", "文件依据", "乙区医保〔2026〕1号")
    )
    run = services.run_grouping(PLATFORM, institution=members["T1"], period=MARCH).run
    case = CaseResult.objects.get(run=run)
    told = client.get(reverse("insurance_settlement:case", args=[case.pk])).content.decode()
    assert "核心病种：目录诊断 K80.1，操作 51.23 全部具备。" in told
    assert "基准点数 1500 × 成本系数 1 × 辅助目录系数 1.05 = 1575.0000" in told


def test_only_who_may_import_places_members(members: dict[str, Institution]) -> None:
    clerk: Actor = trade.actor(Role.FINANCE_OFFICER, members["H1"])
    with pytest.raises(Exception, match="not_allowed"):
        services.place_in_area(clerk, institutions=[members["H1"]], area=None, effective_from=date(2026, 3, 1))


def test_rules_begin_with_a_month_and_name_groups_that_there_are(area: PoolingArea) -> None:
    scheme = GroupingScheme.objects.filter(kind="drg").get()
    given = {"name": "新规则", "scheme": scheme}
    good = {
        "scheme": scheme.name,
        "source": "测试",
        "weights": {"ES35": "1"},
        "base_rate": "1",
        "default_coefficient": "1",
    }
    for day, content, code in (
        (date(2027, 1, 15), good, "not_first_of_month"),
        (date(1, 1, 1), good, "not_first_of_month"),
        (date(2027, 1, 1), good | {"weights": {"ZZ99": "1"}}, "rule_book_unknown_groups"),
        (date(2027, 1, 1), good | {"weights": {}}, "rule_book_empty"),
    ):
        with pytest.raises(Invalid, match=code):
            services.import_price_book(PLATFORM, content=json.dumps(content).encode(), effective_from=day, **given)


def test_an_institution_brings_rules_for_itself_alone(members: dict[str, Institution], area: PoolingArea) -> None:
    scheme = GroupingScheme.objects.filter(kind="drg").get()
    book = {
        "scheme": scheme.name,
        "source": "测试",
        "weights": {"ES35": "1"},
        "base_rate": "1",
        "default_coefficient": "1",
    }
    given = {
        "content": json.dumps(book).encode(),
        "name": "新规则",
        "scheme": scheme,
        "effective_from": date(2027, 1, 1),
        "gaps_checked": True,
    }
    officer = actor_of_user(trade.person("officer", Role.INSURANCE_OFFICER, members["H1"]))
    with pytest.raises(Forbidden, match="rules_of_all"):
        services.import_price_book(officer, **given)
    with pytest.raises(Forbidden, match="rules_of_others"):
        services.import_price_book(officer, area=area, **given)
    with pytest.raises(Forbidden, match="not_allowed"):
        services.place_in_area(officer, institutions=[members["T1"]], area=None, effective_from=date(2027, 1, 1))
    own = services.area_named(PLATFORM, "本院所在地区")
    services.place_in_area(officer, institutions=[members["H1"]], area=own, effective_from=date(2027, 1, 1))
    assert services.import_price_book(officer, area=own, **given).area == own
