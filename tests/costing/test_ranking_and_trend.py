"""Ranking, trend and staffing: places by their rule, months that are missing stay empty, people per unit of service."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from costing.engine.ranking import places, rise
from costing.models import CostRun
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import cost_patients_of, run_allocation
from costing.sheets import Cell, Column, Good, Row, Sheet, Value, points
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.costing.test_month_allocation import hospital as c_step
from tests.support import trade
from tests.support.downloads import book_of

MARCH = Period.parse("2026-03")
hospital = c_step
VALUES = st.dictionaries(st.integers(1, 50), st.one_of(st.none(), st.decimals(-1000, 1000, places=2)), max_size=30)


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    made = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    return made


def built(run: CostRun, code: str, measure: str = "") -> Sheet:
    return REPORTS[code].build(Scope.of(run, Layer.HOSPITAL, "", "", measure))


def line(sheet: Sheet, name: str) -> list[Value]:
    return [cell.value for cell in next(row for row in sheet.rows if row.name == name).cells]


def test_equal_values_share_a_place_and_the_next_counts_all_before() -> None:
    found = places({1: Decimal(5), 2: Decimal(7), 3: Decimal(5), 4: None, 5: Decimal(1)}, highest_first=True)
    assert found == {2: 1, 1: 2, 3: 2, 5: 4}
    assert rise(4, 1) == 3
    assert rise(None, 1) is None


@given(VALUES)
def test_a_place_is_one_more_than_how_many_are_better(values: dict[int, Decimal | None]) -> None:
    for highest in (True, False):
        for key, place in places(values, highest_first=highest).items():
            mine = values[key]
            assert mine is not None
            better = [v for v in values.values() if v is not None and (v > mine if highest else v < mine)]
            assert place == 1 + len(better)


@pytest.mark.django_db
def test_departments_are_ranked_by_what_the_reader_chose(run: CostRun) -> None:
    sheet = built(run, "ranking", "surplus-rate")
    medicine = line(sheet, "内科")
    assert medicine[1] == Decimal("-1.555"), "surplus −622,000 of income 400,000"
    assert medicine[2:] == [None] * 8, "no earlier month is costed"
    rates = [row.cells[1].value for row in sheet.rows if row.cells[1].value is not None]
    assert rates == sorted(rates, reverse=True)  # type: ignore[type-var]
    assert built(run, "ranking", "drug-ratio").columns[1].title == "药占比"


@pytest.mark.django_db
def test_a_member_ranks_only_whom_it_may_see(run: CostRun) -> None:
    browser = Client()
    for role, where in ((Role.FINANCE_OFFICER, run.institution), (Role.OPERATION_CENTRE, None)):
        user = trade.person(f"p-{role}", role, where)
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        page = browser.get(reverse("costing:report", args=["members"]), {"institution": run.institution_id})
        assert page.status_code == 200
        assert [row.name for row in page.context["sheet"].rows] == [run.institution.name]


@pytest.mark.django_db
def test_months_that_are_not_costed_stay_empty_in_the_trend(run: CostRun, hospital: Institution) -> None:
    sheet = built(run, "trend")
    assert [column.title for column in sheet.columns] == ["2026-03", "环比", "同比"], "nothing was costed before"
    assert line(sheet, "成本合计") == [run.full_cost, None, None]
    assert sum(Decimal(str(row.cells[0].value)) for row in sheet.rows[:7]) == run.full_cost
    trade.landed(hospital, "cost-entries", [trade.cost("V-J", "E", "1000.00") | {"date": "2026-01-15"}])
    run_allocation(PLATFORM, institution=hospital, period=Period.parse("2026-01"))
    total = line(built(run, "trend"), "成本合计")
    assert total[:3] == [Decimal("1000.00"), None, run.full_cost], "February has no run: empty, never zero"


@pytest.mark.django_db
def test_staff_cost_is_shown_per_head_and_per_unit_of_service(run: CostRun) -> None:
    sheet = built(run, "staffing")
    total, medicine = line(sheet, "临床服务类合计"), line(sheet, "内科")
    heads, direct, per_head = medicine[0], medicine[4], medicine[6]
    assert isinstance(heads, Decimal)
    assert isinstance(direct, Decimal)
    assert per_head == direct / heads
    assert total[4] == sum(Decimal(str(row.cells[4].value)) for row in sheet.rows if row.level == "department")


@pytest.mark.django_db
def test_a_difference_of_ratios_is_in_points_and_a_lower_cost_is_favourable(
    run: CostRun, hospital: Institution
) -> None:
    ratio, cost = built(run, "ranking", "surplus-rate"), built(run, "ranking", "visit-cost")
    moved = [column for column in ratio.columns if column.title.startswith("增减")]
    assert [(column.title, column.kind, column.good) for column in moved] == [("增减(百分点)", "points", "up")] * 2
    moved = [column for column in cost.columns if column.title.startswith("增减")]
    assert [(column.title, column.kind, column.good) for column in moved] == [("增减", "money", "down")] * 2
    assert points(Decimal("0.40"), Decimal("0.5")) == -10
    assert points(None, Decimal(1)) is None


@pytest.mark.django_db
def test_the_ranking_of_members_names_them_and_not_one_institution(client: Client, run: CostRun) -> None:
    client.force_login(trade.person("centre", Role.OPERATION_CENTRE))
    page = client.get("/costing/reports/members/", {"institution": run.institution_id, "period": "2026-03"})
    subtitle = page.content.decode().partition('<div class="page-body')[0]
    assert "1 家成员单位" in subtitle
    assert f"{run.institution.name} · 2026年3月" not in subtitle
    book = book_of(client.get(page.request["PATH_INFO"], {"period": "2026-03", "export": "xlsx"}))
    assert book.get_sheet_by_index(0).to_python()[1][0].startswith("编制范围：1 家成员单位")


@pytest.mark.parametrize(
    ("value", "good", "tone"),
    [
        (-1, "down", "good"),
        (1, "down", "bad"),
        (1, "up", "good"),
        (-1, "up", "bad"),
        (-1, "none", "none"),
        (-1, "", ""),
    ],
)
def test_the_tone_of_a_difference_is_its_meaning_not_its_sign(value: int, good: Good, tone: str) -> None:
    sheet = Sheet("科室", (Column("差异", "money", "", good),), (Row("内科", (Cell(value),)),))
    assert sheet.tones(sheet.rows[0]) == [tone]
