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


def test_the_reader_names_the_order_and_strangers_are_told(run: CostRun) -> None:
    sheet = built(run, "Q，A 内科")
    order = next(note for note in sheet.notes if note.startswith("顺序分摊的次序"))
    told = next(note for note in sheet.notes if "没有采用" in note)
    assert "内科" in told
    assert order
    assert line(sheet, "合计")[1] == line(sheet, "合计")[2]


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
