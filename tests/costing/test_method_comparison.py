"""The month by the official method beside two others: the same inputs, the same sum, never stored."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import AllocationFlow, CostRun, DepartmentCost
from costing.selectors.layers import Layer
from costing.selectors.sheets import REPORTS, Scope
from costing.services import run_allocation
from costing.sheets import Sheet, Value
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.costing.test_month_allocation import hospital as c_step
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")
hospital = c_step


@pytest.fixture
def run(hospital: Institution) -> CostRun:
    return run_allocation(PLATFORM, institution=hospital, period=MARCH).run


def built(run: CostRun, order: str = "") -> Sheet:
    return REPORTS["methods"].build(Scope.of(run, Layer.HOSPITAL, "", order))


def line(sheet: Sheet, name: str) -> list[Value]:
    return [cell.value for cell in next(row for row in sheet.rows if row.name == name).cells]


def test_the_official_column_is_what_the_run_says_and_all_methods_sum_to_the_same(run: CostRun) -> None:
    sheet = built(run)
    assert line(sheet, "内科")[1] == Decimal("1022000.00"), "C-STEP of domain.md 1.3"
    direct, official, sequential, mutual, *differences = line(sheet, "合计")
    assert official == sequential == mutual == Decimal(run.full_cost)
    assert differences == [0, 0, 0, 0]
    assert direct is not None
    assert "只供比较" in sheet.notes[0]


def test_differences_are_what_the_columns_differ_by(run: CostRun) -> None:
    for row in built(run).rows:
        _direct, official, sequential, mutual, by_order, _, by_all, _ = (cell.value for cell in row.cells)
        assert isinstance(official, Decimal)
        assert by_order == Decimal(str(sequential)) - official
        assert by_all == Decimal(str(mutual)) - official


def test_the_reader_names_the_order(run: CostRun) -> None:
    """C-STEP the other way round, by hand. Laboratory 300,000 by ordered income 4:6; CSSD 90,000 by packs 300:600; office
    160,000 by heads 30:35. Medicine: 800,000 + 120,000 + 30,000 + 73,846.15."""
    sheet = built(run, "L，B A")
    assert line(sheet, "内科")[2] == Decimal("1023846.15")
    assert line(sheet, "外科")[2] == Decimal("1326153.85")
    assert line(sheet, "内科")[3] == Decimal("1022000.00"), "nobody serves an earlier class: reciprocal is step-down"
    assert "L → B → A" in "".join(sheet.notes)
    assert line(sheet, "合计")[1] == line(sheet, "合计")[2]


def test_strangers_in_the_order_are_told_and_equal_methods_are_explained(run: CostRun) -> None:
    notes = "".join(built(run, "Q,D").notes)
    assert "次序中的 Q、D 不是本月要分摊的科室" in notes
    assert "三种方法在此只差尾数" in notes


def test_nothing_of_a_comparison_is_stored_and_the_page_says_what_it_is(run: CostRun) -> None:
    before = (AllocationFlow.objects.count(), DepartmentCost.objects.count(), CostRun.objects.count())
    browser = Client()
    browser.force_login(
        trade.person("fin", Role.FINANCE_OFFICER, run.institution), backend="django.contrib.auth.backends.ModelBackend"
    )
    page = browser.get(
        reverse("costing:report", args=["methods"]), {"institution": run.institution_id, "period": run.period}
    )
    assert "只供比较" in page.content.decode()
    assert "交互分摊" in page.content.decode()
    assert (AllocationFlow.objects.count(), DepartmentCost.objects.count(), CostRun.objects.count()) == before
