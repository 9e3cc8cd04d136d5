"""What a regional supervisor sees gives no cell of fewer than five cases away, not even by subtraction."""

import re
from collections.abc import Mapping

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from costing.public import Work
from costing.services import run_allocation
from insurance_settlement.services import run_grouping
from ops_platform.dashboard.withholding import FEW, protect, withhold
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.support import trade

COLUMN = st.dictionaries(st.integers(0, 9), st.integers(0, 12), min_size=1)
MONTH = "2026-01"


def derivable(cells: Mapping[int, int], hidden: set[int]) -> bool:
    """Whether sum minus what is shown leaves one possibility for cells that are known to hold a case at least."""
    missing = sum(cells[one] for one in hidden)
    return bool(hidden) and (len(hidden) == 1 or missing == len(hidden))


def work(institution: int, visits: int) -> Work:
    """A month of nothing but visits."""
    return Work(institution, MONTH, *(0,) * 4, visits, 0, 0)  # type: ignore[arg-type]


@given(COLUMN)
def test_every_small_cell_is_hidden_and_none_is_told_by_the_sum(cells: dict[int, int]) -> None:
    hidden, sum_is_safe = protect(cells)
    assert {one for one, count in cells.items() if 0 < count < FEW} <= hidden
    assert all(cells[one] > 0 for one in hidden)
    if sum_is_safe:
        assert not derivable(cells, hidden)
        assert not 0 < sum(cells.values()) < FEW


@given(COLUMN)
def test_nothing_is_hidden_where_no_cell_is_small(cells: dict[int, int]) -> None:
    if not any(0 < count < FEW for count in cells.values()):
        assert protect(cells) == (set(), True)


def test_the_next_smallest_cell_is_hidden_beside_the_only_small_one() -> None:
    assert protect({1: 3, 2: 40, 3: 7, 4: 0}) == ({1, 3}, True)
    assert protect({1: 1, 2: 1, 3: 9, 4: 8}) == ({1, 2, 4}, True)
    assert protect({1: 3, 2: 4, 3: 9}) == ({1, 2}, True)
    assert protect({1: 3, 2: 0}) == ({1}, False)


@given(st.dictionaries(st.integers(0, 3), st.integers(0, 12)), st.dictionaries(st.integers(4, 9), st.integers(0, 12)))
def test_neither_all_together_nor_the_village_clinics_nor_the_difference_tell_a_cell(
    hospitals: dict[int, int], clinics: dict[int, int]
) -> None:
    cells = {**hospitals, **clinics}
    rows = [*([one] for one in hospitals), list(clinics)]
    withheld = withhold(rows=rows, activities=[work(*cell) for cell in cells.items()], settlements=[])
    hidden = {one for one in cells if "visits" in withheld.of(MONTH, [one])}
    shown = [part for part in (set(cells), set(clinics)) if part and "visits" not in withheld.of(MONTH, part)]
    if len(shown) == 2:
        shown.append(set(hospitals))
    for part in shown:
        assert not derivable(cells, hidden & part)


@pytest.fixture
def alliance() -> dict[str, Institution]:
    """January: forty visits in the county, seven in the township, three in the village; a yuan each."""
    members = trade.alliance()
    for code, visits in (("H1", 40), ("T1", 7), ("V1", 3)):
        member = members[code]
        trade.landed(member, "departments", [trade.department("NK", name="内科")])
        trade.landed(member, "charge-items", [trade.item("HY")])
        when = "2026-01-05T08:00:00"
        trade.landed(member, "encounters", [trade.visit(f"M{n}", "NK", when=when) for n in range(visits)])
        lines = [trade.charge(f"M{n}", 1, "HY", "NK", "NK", "10000.00", when=when) for n in range(visits)]
        trade.landed(member, "charge-lines", lines)
        run_allocation(PLATFORM, institution=member, period=Period.parse(MONTH))
        run_grouping(PLATFORM, institution=member, period=Period.parse(MONTH))
    return members


def read_by(role: Role, address: str) -> str:
    """The page as text, with the figures behind its charts."""
    client = Client()
    client.force_login(trade.person("reader", role), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(address).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<nav\b.*?</nav>", "", page, flags=re.S)).split())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/comparison/?period=2026-01", "/?period=2026-01"])
def test_the_township_is_hidden_with_the_village_so_that_the_total_does_not_tell_it(alliance, address) -> None:
    supervisor = read_by(Role.REGIONAL_SUPERVISOR, address)
    assert "东镇卫生院 部分不显示 — — — —" in supervisor
    assert "东村卫生室 部分不显示 — — — —" in supervisor
    assert "测试县人民医院 40.00" in supervisor


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["T1", "V1"])
def test_no_picture_and_no_page_of_its_own_tells_what_is_hidden(alliance, code) -> None:
    page = read_by(Role.REGIONAL_SUPERVISOR, f"{reverse('home')}?institution={alliance[code].pk}&period=2026-01")
    assert "少于 5 例的数据不显示" in page
    assert not re.search(r"\b(70000|70,000|30000|30,000|7\.00|3\.00)", page)


@pytest.mark.django_db
def test_whoever_may_see_costs_sees_every_cell(alliance) -> None:
    page = read_by(Role.LEADERSHIP, "/comparison/?period=2026-01")
    assert "东村卫生室 3.00" in page
    assert "不显示" not in page


@pytest.mark.django_db
def test_readers_of_aggregates_compare_whole_months_only_so_that_no_single_day_is_told(alliance) -> None:
    trade.landed(alliance["H1"], "encounters", [trade.visit("F1", "NK", when="2026-02-03T08:00:00")])
    run_allocation(PLATFORM, institution=alliance["H1"], period=Period.parse("2026-02"))
    address = f"{reverse('home')}?institution={alliance['H1'].pk}&period=2026-02"
    assert "未满月，不与上月比较。" in read_by(Role.REGIONAL_SUPERVISOR, address)
