"""Cost and effect of a measure: the example of document 004, how both move, and the page down to its facts."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from costing.cost_effect_forms import MeasureForm
from costing.engine.cost_effect import Comparison, Side, Verdict
from costing.services import run_allocation
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade
from tests.support.downloads import book_of

SIDES = st.builds(Side, st.integers(0, 10**12), st.integers(0, 10**6).map(Fraction), st.integers(1, 24))


def test_a_quarter_less_cost_and_18_percent_more_signings_is_better() -> None:
    """domain.md 5.4: cost −25 %, signings +18 %; a signing costs 0.75 ÷ 1.18 of what it did."""
    found = Comparison(Side(400_000_00, Fraction(1_000), 4), Side(150_000_00, Fraction(590), 2))
    assert (found.cost_change, found.effect_change) == (Fraction(-25, 100), Fraction(18, 100))
    assert found.unit_change == Fraction(75, 118) - 1
    assert (found.verdict, found.incremental) == (Verdict.BETTER, None)


def test_more_for_more_tells_what_a_further_unit_took() -> None:
    found = Comparison(Side(1_000_00, Fraction(100), 1), Side(1_300_00, Fraction(110), 1))
    assert (found.verdict, found.incremental) == (Verdict.MORE, Fraction(30_00))
    back = Comparison(found.present, found.base)
    assert (back.verdict, back.incremental) == (Verdict.LESS, Fraction(30_00))


def test_there_is_no_ratio_to_nothing() -> None:
    nothing, something = Side(0, Fraction(0), 1), Side(5_00, Fraction(1), 1)
    found = Comparison(nothing, something)
    assert (found.cost_change, found.effect_change, found.unit_change) == (None, None, None)


def test_cost_alone_says_nothing_of_an_effect_that_nobody_reported() -> None:
    nothing, something = Side(9_00, Fraction(0), 1), Side(5_00, Fraction(1), 1)
    for base, present in ((nothing, something), (something, nothing), (nothing, nothing)):
        assert Comparison(base, present).verdict is Verdict.UNTOLD
    assert Comparison(something, something).verdict is Verdict.SAME


@given(SIDES, SIDES, st.integers(2, 5))
def test_a_side_that_only_lasts_longer_is_the_same_side(base: Side, present: Side, times: int) -> None:
    longer = Side(present.cost * times, present.effect * times, present.months * times)
    assert Comparison(base, longer).verdict is Comparison(base, present).verdict
    assert Comparison(base, longer).incremental == Comparison(base, present).incremental


@given(SIDES, SIDES)
def test_better_one_way_is_worse_the_other(one: Side, other: Side) -> None:
    mirrored = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER, Verdict.MORE: Verdict.LESS}
    mirrored |= {Verdict.LESS: Verdict.MORE, Verdict.SAME: Verdict.SAME, Verdict.UNTOLD: Verdict.UNTOLD}
    assert Comparison(other, one).verdict is mirrored[Comparison(one, other).verdict]


@pytest.fixture
def centre() -> Institution:
    """A township hospital: January cost 1,000.00 for 100 signings, March 750.00 for 118; February was not costed."""
    township = trade.alliance()["T1"]
    trade.landed(township, "departments", [trade.department("GW", name="公卫科"), trade.department("NK", name="内科")])
    trade.landed(
        township,
        "cost-entries",
        [
            trade.cost("V1", "GW", "1000.00", day="2026-01-31"),
            trade.cost("V2", "NK", "9000.00", day="2026-01-31"),
            trade.cost("V3", "GW", "750.00", day="2026-03-31"),
        ],
    )
    trade.landed(
        township,
        "workloads",
        [
            {"department": "GW", "metric": "family_doctor_signings", "date": day, "quantity": quantity}
            for day, quantity in (("2026-01-10", "60"), ("2026-01-20", "40"), ("2026-03-05", "118"))
        ],
    )
    for month in ("2026-01", "2026-03"):
        run_allocation(PLATFORM, institution=township, period=Period.parse(month))
    return township


def asked(centre: Institution, **more: Any) -> dict[str, Any]:
    given = {
        "institution": centre.pk,
        "department": Department.objects.get(institution=centre, code="GW").pk,
        "metric": "family_doctor_signings",
        "base_first": "2026-01",
        "base_last": "2026-01",
        "first": "2026-03",
        "last": "2026-03",
    }
    return {**given, **more}


@pytest.fixture
def reader(centre: Institution, client: Client) -> Client:
    client.force_login(trade.person("finance", Role.FINANCE_OFFICER, centre))
    return client


@pytest.mark.django_db
def test_the_page_compares_a_mean_month_and_opens_its_figures(centre: Institution, reader: Client) -> None:
    page = reader.get(reverse("costing:cost-effects"), asked(centre))
    words = page.content.decode()
    assert "基期 1,000.00，增减 -25.0%" in words
    assert "基期 100.00，增减 18.0%" in words
    assert "更优" in words
    january, _whole, march, present = page.context["sheet"].rows
    assert [cell.value for cell in march.cells[:2]] == [Decimal("750.00"), Decimal("118.00")]
    for cell, total in zip(january.cells[:2], (Decimal("1000.00"), Decimal("100.00")), strict=True):
        opened = reader.get(cell.url)
        assert opened.context["whole"] == total
        assert opened.context["agrees"]
    assert reader.get(present.cells[0].url).context["agrees"]
    assert book_of(reader.get(reverse("costing:cost-effects"), asked(centre, export="xlsx")))


@pytest.mark.django_db
def test_months_that_are_not_costed_count_on_neither_side(centre: Institution, reader: Client) -> None:
    page = reader.get(reverse("costing:cost-effects"), asked(centre, department="", base_last="2026-01"))
    assert page.context["sheet"].rows[0].cells[0].value == Decimal("10000.00"), "the whole institution"
    wrong = reader.get(reverse("costing:cost-effects"), asked(centre, first="2026-01", last="2026-01"))
    assert "基期应在本期之前" in wrong.content.decode()
    assert wrong.context["sheet"] is None


@pytest.mark.django_db
def test_the_month_that_runs_is_compared_only_where_it_is_asked_for(centre: Institution) -> None:
    now = Period.of(timezone.localdate())
    periods = [str(now.shift(by)) for by in (0, -1, -2, -3)]
    form = MeasureForm({}, institutions=Institution.objects.all(), institution=centre, periods=periods)
    assert form.is_valid()
    question = form.question()
    assert (question.base, question.present) == ((now.shift(-3), now.shift(-3)), (now.shift(-2), now.shift(-1)))


@pytest.mark.django_db
def test_programs_read_the_same(centre: Institution, reader: Client) -> None:
    given = {**asked(centre), "institution": "T1", "department": "GW"}
    told = reader.get("/api/v1/costing/cost-effects/", given).json()
    assert (told["cost_change"], told["effect_change"], told["verdict"]) == ("-0.250000", "0.180000", "better")
    assert told["base"]["unit_cost"] == "10.00"
    assert [one["cost"] for one in told["present_months"]] == ["750.00"]
    unknown = reader.get("/api/v1/costing/cost-effects/", {**given, "first": "2026-02", "last": "2026-02"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "costing.cost_effect")


@pytest.mark.django_db
def test_nobody_reads_the_costs_of_another_institution(centre: Institution, client: Client) -> None:
    client.force_login(trade.person("elsewhere", Role.FINANCE_OFFICER, Institution.objects.get(code="V1")))
    assert client.get(reverse("costing:cost-effects"), asked(centre)).status_code == 404
    given = {**asked(centre), "institution": "T1", "department": "GW"}
    assert client.get("/api/v1/costing/cost-effects/", given).status_code == 404
