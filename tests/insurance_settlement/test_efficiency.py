"""Difficulty, use of money and time, and deaths where hardly anybody dies: by hand, and from the gate to the page."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from insurance_settlement.efficiency import Line, efficiency, groups_of
from insurance_settlement.engine.indicators import groups_of_low_risk, index
from insurance_settlement.models import GroupingRun
from insurance_settlement.services import run_grouping
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from tests.support import trade

FEBRUARY, MARCH = Period.parse("2026-02"), Period.parse("2026-03")
COUNTS = st.integers(1, 10**6)


def test_an_index_is_one_where_every_group_costs_what_it_costs_in_the_area() -> None:
    """Two cases at 10 against a mean of 10, three at 8 against 8."""
    assert index([(20, 2, 100, 10), (24, 3, 80, 10)]) == 1


def test_an_index_weighs_groups_by_ones_own_cases() -> None:
    """One case at twice the area's mean, three at half of it: (1 × 2 + 3 × 0.5) ÷ 4."""
    assert index([(20, 1, 100, 10), (15, 3, 100, 10)]) == Fraction(7, 8)
    assert index([(5, 1, 0, 0)]) is None
    assert index([]) is None


@given(st.lists(st.tuples(COUNTS, st.integers(1, 50)), min_size=1, max_size=6))
def test_the_area_beside_itself_is_one(groups: list[tuple[int, int]]) -> None:
    assert index((amount, number, amount, number) for amount, number in groups) == 1


def test_low_risk_is_a_standard_deviation_below_the_mean_of_the_logs_or_no_death_in_many_cases() -> None:
    """Rates 1 ‰, 10 %, 10 %, 10 %: only the first lies below; 30 cases without a death are enough, 29 are not."""
    counts = {"A": (1000, 1), "B": (10, 1), "C": (20, 2), "D": (30, 3), "E": (30, 0), "F": (29, 0)}
    assert groups_of_low_risk(counts, least=30) == {"A", "E"}
    assert groups_of_low_risk({}, least=30) == frozenset()
    assert groups_of_low_risk({"A": (10, 1)}, least=30) == frozenset()


def stay(number: str, ward: str, doctor: str, month: str) -> dict[str, Any]:
    more = {"when": f"{month}-02T08:00:00", "discharged": f"{month}-05T10:00:00", "doctor": doctor.lower() * 16}
    return trade.visit(number, ward, kind="inpatient", **more)


def abstract(number: str, days: int, charges: str, leaving: str = "1", diagnosis: str = "J18.900") -> dict[str, Any]:
    return {
        "encounter_no": number,
        "diagnoses": [diagnosis],
        "sex": "1",
        "age": "67",
        "stay_days": str(days),
        "leaving_type": leaving,
        "total_charges": charges,
    }


def month(institution: Institution, name: str, *cases: tuple[str, str, str, int, str, str]) -> None:
    """Stays of pneumonia: number, ward, doctor, days, charges, leaving type."""
    trade.landed(institution, "encounters", [stay(one[0], one[1], one[2], name) for one in cases])
    trade.landed(
        institution,
        "charge-lines",
        [trade.charge(one[0], 1, "CW", one[1], one[1], one[4], when=f"{name}-03T09:00:00") for one in cases],
    )
    trade.landed(institution, "discharge-abstracts", [abstract(one[0], one[3], one[4], one[5]) for one in cases])
    run_grouping(PLATFORM, institution=institution, period=Period.parse(name))


@pytest.fixture
def alliance(db: None) -> dict[str, Institution]:
    """March. H1: ward A two stays of pneumonia, 3 days at 1,000.00 and 5 at 3,000.00, ward B one of 4 days at 2,000.00 and
    one that fits no group; T1: two at 1,000.00 and 2 days. The area: five stays, 16 days, 8,000.00. In February T1 had
    thirty stays and nobody died."""
    known = trade.alliance()
    for code in ("H1", "T1"):
        trade.landed(
            known[code], "departments", [trade.department("A", name="呼吸内科"), trade.department("B", name="老年科")]
        )
        trade.landed(known[code], "charge-items", [trade.item("CW", fee_class="bed")])
    month(known["T1"], "2026-02", *((f"F{at}", "A", "D9", 2, "1000.00", "1") for at in range(30)))
    month(known["T1"], "2026-03", ("T1", "A", "D9", 2, "1000.00", "1"), ("T2", "A", "D9", 2, "1000.00", "1"))
    month(
        known["H1"],
        "2026-03",
        ("Z1", "A", "D1", 3, "1000.00", "1"),
        ("Z2", "A", "D2", 5, "3000.00", "5"),
        ("Z3", "B", "D3", 4, "2000.00", "1"),
    )
    trade.landed(known["H1"], "encounters", [stay("Z4", "B", "D3", "2026-03")])
    trade.landed(known["H1"], "discharge-abstracts", [abstract("Z4", 3, "0.00", diagnosis="R99.x00")])
    run_grouping(PLATFORM, institution=known["H1"], period=MARCH)
    return known


def run_of(institution: Institution) -> GroupingRun:
    return GroupingRun.objects.select_related("institution").get(
        institution=institution, period="2026-03", is_current=True
    )


def lines(institution: Institution, *, by_doctor: bool = False) -> dict[str, Line]:
    found = efficiency(run=run_of(institution), first=MARCH, by_doctor=by_doctor)
    return {f"{one.name}{one.doctor}": one for one in found}


def test_departments_stand_beside_the_area(alliance: dict[str, Institution]) -> None:
    """The area's mean of pneumonia: 1,600.00 and 3.2 days. Ward A: 2,000.00 and 4 days."""
    found = lines(alliance["H1"])
    ward, other, whole = found["呼吸内科"], found["老年科"], found["全院"]
    assert (ward.cases, ward.groups, ward.deaths) == (2, 1, 1)
    assert (ward.cost_index, ward.time_index) == (Decimal("1.25"), Decimal("1.25"))
    assert (ward.mean_charges, ward.mean_days) == (Decimal(2000), Decimal(4))
    assert (other.cases, other.grouped, other.grouping_rate) == (2, 1, Decimal("0.5"))
    assert whole.cases == 4
    assert whole.cmi == ward.cmi == ward.weight / 2


def test_a_death_where_nobody_died_in_the_year_before_is_one_of_low_risk(alliance: dict[str, Institution]) -> None:
    whole = lines(alliance["H1"])["全院"]
    assert (whole.low_cases, whole.low_deaths) == (3, 1)


def test_without_a_reference_no_group_is_called_low(alliance: dict[str, Institution]) -> None:
    found = efficiency(run=run_of(alliance["H1"]), first=Period.parse("2026-01"), by_doctor=False)
    assert found[-1].low_deaths is None


def test_doctors_of_a_ward_stand_apart(alliance: dict[str, Institution]) -> None:
    found = lines(alliance["H1"], by_doctor=True)
    doctors = {name for name, one in found.items() if one.department}
    assert doctors == {"呼吸内科d1d1d1d1d1d1", "呼吸内科d2d2d2d2d2d2", "老年科d3d3d3d3d3d3"}
    assert found["呼吸内科d1d1d1d1d1d1"].cost_index == Decimal("0.625")


def test_the_page_shows_them_and_a_head_sees_the_own_ward(alliance: dict[str, Institution], client: Client) -> None:
    hospital = alliance["H1"]
    address = reverse("insurance_settlement:efficiency")
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    page = client.get(address, {"institution": hospital.pk, "period": "2026-03"}).content.decode()
    assert "呼吸内科" in page
    assert "全院" in page
    assert "1.25" in page
    assert "d1d1d1" in client.get(address, {"by": "doctor", "period": "2026-03"}).content.decode()
    ward = Department.objects.get(institution=hospital, code="B")
    client.force_login(trade.person("head", Role.DEPARTMENT_HEAD, hospital, ward))
    own = client.get(address, {"period": "2026-03"}).content.decode()
    assert "老年科" in own
    assert "呼吸内科" not in own
    assert "全院" not in own


def test_every_figure_opens_its_groups_and_these_their_cases(alliance: dict[str, Institution], client: Client) -> None:
    """The index of ward A: pneumonia at 2,000.00 beside the area's 1,600.00; the death opens the one case."""
    hospital = alliance["H1"]
    ward = Department.objects.get(institution=hospital, code="A")
    client.force_login(trade.person("clerk", Role.FINANCE_OFFICER, hospital))
    asked = {"institution": hospital.pk, "period": "2026-03"}
    page = client.get(reverse("insurance_settlement:efficiency"), asked).content.decode()
    groups = reverse("insurance_settlement:efficiency-groups")
    named = f"institution={hospital.pk}&amp;period=2026-03&amp;by=department&amp;span=month&amp;department={ward.pk}"
    assert f"{groups}?{named}" in page
    opened = client.get(groups, {**asked, "department": ward.pk}).content.decode()
    for figure in ("2,000.00", "1,600.00", "1.25"):
        assert figure in opened
    cases = client.get(reverse("insurance_settlement:cases"), {**asked, "department": ward.pk, "left": "5"})
    assert [row.record.encounter_no for row in cases.context["table"].rows] == ["Z2"]
    assert "离院方式 死亡" in cases.content.decode()
    of_doctor = {"since": "2026-02", "until": "2026-03", "doctor": "d1" * 6}
    cases = client.get(reverse("insurance_settlement:cases"), of_doctor)
    assert [row.record.encounter_no for row in cases.context["table"].rows] == ["Z1"]
    assert client.get(groups, {**asked, "department": "99999999"}).status_code == 404


def test_the_groups_of_all_stand_with_what_is_in_none_last(alliance: dict[str, Institution]) -> None:
    whole = lines(alliance["H1"])["全院"]
    pneumonia, nothing = groups_of(whole, {})
    assert (pneumonia.cases, pneumonia.mean_charges, pneumonia.area_charges) == (3, Decimal(2000), Decimal(1600))
    assert (pneumonia.deaths, pneumonia.low) == (1, True)
    assert (nothing.drg, nothing.cases, nothing.cost_index) == ("0000", 1, None)
