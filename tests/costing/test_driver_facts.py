"""Every value of a driver opens to the rows it was measured by, and they come to it."""

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse

from costing.models import AllocationFlow, ComputedCost, CostRun, DriverKind, DriverRule
from costing.services import run_allocation
from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution, SourceMark
from tests.support import trade

pytestmark = pytest.mark.django_db
MARCH = Period.parse("2026-03")


@pytest.fixture
def hospital() -> Institution:
    """Office (by people), store (by packs), laboratory (by ordered income), two wards; water by area, electricity by
    assets, cleaning by income."""
    hospital = trade.alliance()["H1"]
    classes = {
        "A": "administration",
        "B": "medical_support",
        "L": "medical_technology",
        "D": "clinical",
        "E": "clinical",
    }
    trade.landed(hospital, "departments", [trade.department(code, kind) for code, kind in classes.items()])
    month = {"period": "2026-03"}
    staff = {"A": "6", "B": "4", "L": "10", "D": "30.5", "E": "50"}
    trade.landed(
        hospital, "staff-headcounts", [{"department": code, "headcount": n, **month} for code, n in staff.items()]
    )
    trade.landed(
        hospital,
        "floor-areas",
        [{"department": code, "area": n, **month} for code, n in {"D": "500", "E": "300"}.items()],
    )
    packs = [
        ("L", "2026-03-30", "100"),
        ("D", "2026-03-30", "120"),
        ("D", "2026-03-31", "180"),
        ("E", "2026-03-31", "600"),
    ]
    trade.landed(
        hospital,
        "workloads",
        [{"department": code, "metric": "sterile_packs", "date": day, "quantity": n} for code, day, n in packs],
    )
    card: dict[str, Any] = {"category": "special_equipment", "useful_months": "60", "funding_source": "basic"}
    cards = [("K1", "D", "20000.00"), ("K2", "D", "10000.00"), ("K3", "E", "10000.00")]
    trade.landed(
        hospital,
        "assets",
        [
            {**card, "card": number, "name": "监护仪", "department": code, "original_value": value}
            | {"effective_from": "2026-01-01", "in_use_from": "2026-01-15"}
            for number, code, value in cards
        ],
    )
    trade.landed(hospital, "charge-items", [trade.item("HY", fee_class="laboratory")])
    trade.landed(hospital, "encounters", [trade.visit("M1", "D"), trade.visit("M2", "E")])
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("M1", 1, "HY", "D", "L", "400.00"),
            trade.charge("M2", 1, "HY", "E", "L", "600.00"),
            trade.charge("M2", 2, "HY", "E", "E", "77.01"),
        ],
    )
    costs = [trade.cost(f"V-{code}", code, "1000.00") for code in classes]
    bills = [
        trade.cost(f"R-{kind}", "A", "900.01") | {"cost_item": "other", "shared_as": kind}
        for kind in ("water", "electricity", "cleaning")
    ]
    trade.landed(hospital, "cost-entries", costs + bills)
    given = {"institution": hospital, "effective_from": date(2026, 1, 1), "source_mark": SourceMark.DEFAULT}
    DriverRule.objects.create(**given, cost_class="medical_support", driver=DriverKind.WORKLOAD, metric="sterile_packs")
    for kind, driver in (
        ("water", DriverKind.FLOOR_AREA),
        ("electricity", DriverKind.ASSET_VALUE),
        ("cleaning", DriverKind.INCOME),
    ):
        DriverRule.objects.create(**given, shared_as=kind, driver=driver)
    return hospital


def reader(role: Role, hospital: Institution, department: Department | None = None) -> Client:
    browser = Client()
    person = trade.person(f"reader-{role}", role, hospital, department)
    browser.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return browser


def links(page: Any) -> set[str]:
    """Addresses of a page that lead to what a driver measured."""
    found = re.findall(r'href="([^"]+/(?:driver-facts|workloads|charge-lines)/\?[^"]+)"', page.content.decode())
    return set(map(unescape, found))


def test_every_value_of_a_driver_opens_to_rows_that_come_to_it(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    browser = reader(Role.FINANCE_OFFICER, hospital)
    opened: dict[Decimal, set[str]] = {}
    pages = [browser.get(reverse("costing:flows", args=[run.pk]))]
    bills = reverse("costing:shared-bills", args=[run.pk])
    pages += [browser.get(bills, {"kind": kind}) for kind in ("water", "electricity", "cleaning")]
    for url in set().union(*map(links, pages)):
        page = browser.get(url)
        assert page.status_code == 200
        assert page.context["agrees"], url
        opened.setdefault(page.context["found"].total, set()).add(url.rpartition("/?")[0].rpartition("/")[2])
    flows = AllocationFlow.objects.filter(run=run).exclude(weight=0).values_list("weight", flat=True)
    shared = ComputedCost.objects.filter(run=run, origin="shared").exclude(weight=0).values_list("weight", flat=True)
    assert set(opened) == {*flows, *shared}
    assert set().union(*opened.values()) == {"driver-facts", "workloads", "charge-lines"}


def test_the_cards_behind_an_asset_value_are_named_with_their_rows(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    ward = Department.objects.get(institution=hospital, code="D")
    asked = urlencode({"driver": "asset_value", "department": ward.pk, "came": "30000"})
    page = reader(Role.FINANCE_OFFICER, hospital).get(f"{reverse('costing:driver-facts', args=[run.pk])}?{asked}")
    assert page.context["agrees"]
    assert [one.name for one in page.context["found"].rows] == ["监护仪 K1", "监护仪 K2"]


def test_a_later_correction_shows_what_the_run_read_and_that_it_has_changed(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    trade.landed(hospital, "staff-headcounts", [{"department": "D", "period": "2026-03", "headcount": "31"}])
    ward = Department.objects.get(institution=hospital, code="D")
    page = reader(Role.FINANCE_OFFICER, hospital).get(
        reverse("costing:driver-facts", args=[run.pk]), {"driver": "headcount", "department": ward.pk, "came": "30.5"}
    )
    (row,) = page.context["found"].rows
    assert (page.context["agrees"], row.quantity, bool(row.origin.superseded_by)) == (True, Decimal("30.5"), True)


def test_a_head_opens_what_was_measured_of_the_own_department_alone(hospital: Institution) -> None:
    run = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    own, other = (Department.objects.get(institution=hospital, code=code) for code in "DE")
    browser = reader(Role.DEPARTMENT_HEAD, hospital, own)
    page = browser.get(reverse("costing:flows", args=[run.pk]), {"receiver": own.pk})
    assert links(page), "values of the own department are links"
    facts = reverse("costing:driver-facts", args=[run.pk])
    assert browser.get(facts, {"driver": "headcount", "department": own.pk}).status_code == 200
    assert browser.get(facts, {"driver": "headcount", "department": other.pk}).status_code == 404
    assert browser.get(facts, {"driver": "headcount"}).status_code == 404


@pytest.mark.parametrize("driver", ["", "income", "assigned", "nonsense"])
def test_what_is_listed_elsewhere_or_nowhere_is_no_address(hospital: Institution, driver: str) -> None:
    run: CostRun = run_allocation(PLATFORM, institution=hospital, period=MARCH).run
    browser = reader(Role.FINANCE_OFFICER, hospital)
    assert browser.get(reverse("costing:driver-facts", args=[run.pk]), {"driver": driver}).status_code == 404
