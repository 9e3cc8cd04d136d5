"""The community's month: what all departments cost is what patients bear, work in progress, and what the rule leaves."""

from decimal import Decimal

import pytest
from django.test import Client

from costing.selectors import reconciling
from costing.services import cost_patients_of, run_allocation
from ops_platform.identity.models import User
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from tests.costing.test_month_of_patients import MARCH, hospital
from tests.support import trade

__all__ = ["hospital"]
pytestmark = pytest.mark.django_db

ADDRESS = "/costing/reconciliation/?period=2026-03"


def found() -> reconciling.Community:
    return reconciling.community(institutions=list(Institution.objects.order_by("code")), period="2026-03")


def row(code: str) -> reconciling.Reconciled:
    number = Institution.objects.get(code=code).pk
    return next(one for one in found().rows if one.institution == number)


@pytest.fixture
def township(hospital: Institution) -> Institution:
    """A township hospital with a clinic, and a department of public health that charges nobody."""
    one = Institution.objects.get(code="T1")
    departments = [trade.department("G", name="全科"), trade.department("P", name="公共卫生科")]
    trade.landed(one, "departments", departments)
    trade.landed(one, "cost-entries", [trade.cost("V-G", "G", "400.00"), trade.cost("V-P", "P", "250.00")])
    trade.landed(one, "charge-items", [trade.item("ZC", fee_class="consultation")])
    trade.landed(one, "encounters", [trade.visit("T-M1", "G")])
    trade.landed(one, "charge-lines", [trade.charge("T-M1", 1, "ZC", "G", "G", "100.00")])
    run_allocation(PLATFORM, institution=one, period=MARCH)
    return one


def test_the_parts_of_every_institution_sum_to_its_departments_cost(
    hospital: Institution, township: Institution
) -> None:
    for one in (hospital, township):
        cost_patients_of(PLATFORM, institution=one, period=MARCH)
    lead, small = row("H1"), row("T1")
    assert (lead.direct, lead.patients, lead.difference) == (Decimal("19100.00"), Decimal("19100.00"), Decimal("0.00"))
    assert lead.visits > 0
    assert lead.discharged > 0
    assert lead.staying > 0, "who is still in is work in progress"
    assert (small.direct, small.visits, small.without_services) == (
        Decimal("650.00"),
        Decimal("400.00"),
        Decimal("250.00"),
    )
    whole = found().whole
    assert whole.direct == Decimal("19750.00")
    assert whole.patients + whole.unborne == whole.direct
    assert found().agrees


def test_an_institution_whose_patients_are_not_costed_is_named_and_not_summed(
    hospital: Institution, township: Institution
) -> None:
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    assert [row(code).state for code in ("H1", "T1", "V1")] == ["costed", "not_costed", "no_run"]
    assert row("T1").difference is None
    assert found().whole.direct == Decimal("19100.00")


def test_departments_that_were_costed_anew_are_marked_and_still_agree(hospital: Institution) -> None:
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    trade.landed(hospital, "cost-entries", [trade.cost("V-2", "E", "1000.00")])
    run_allocation(PLATFORM, institution=hospital, period=MARCH)
    assert (row("H1").state, row("H1").direct, row("H1").difference) == ("stale", Decimal("19100.00"), Decimal("0.00"))


def test_a_cost_that_got_lost_shows_as_a_difference(hospital: Institution) -> None:
    lost = reconciling.Reconciled(1, "甲", "costed", direct=Decimal("10.00"), visits=Decimal("9.99"))
    assert not reconciling.Community((lost,), lost).agrees


def test_the_page_and_its_workbook(hospital: Institution, township: Institution, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    client = signed_in(trade.person("centre", Role.OPERATION_CENTRE))
    page = client.get(ADDRESS).content.decode()
    assert "1 家机构一致，分毫不差" in page
    assert "19,100.00" in page
    assert "患者未核算" in page
    with django_assert_max_num_queries(30):
        client.get(ADDRESS)
    assert client.get(f"{ADDRESS}&export=xlsx")["Content-Type"].endswith("sheet")


def test_one_sees_the_own_institution_only(hospital: Institution, township: Institution) -> None:
    cost_patients_of(PLATFORM, institution=hospital, period=MARCH)
    page = signed_in(trade.person("clerk", Role.FINANCE_OFFICER, township)).get(ADDRESS).content.decode()
    assert "19,100.00" not in page
    assert township.name in page


def test_a_month_without_costs_says_what_to_do(hospital: Institution) -> None:
    assert reconciling.periods_of(institutions=[]) == []
    client = signed_in(trade.person("other", Role.FINANCE_OFFICER, Institution.objects.get(code="V1")))
    assert "还没有科室成本" in client.get("/costing/reconciliation/").content.decode()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client
