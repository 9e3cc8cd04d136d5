"""Every amount on the pages opens to rows that sum to it, as they were when the run read them."""

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.his_intake.models import ChargeLine
from ops_platform.identity.models import AccessLog
from ops_platform.kernel import Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Department, Institution
from ops_platform.nightly import services as nightly
from tests.support import trade

pytestmark = pytest.mark.django_db
AGREES = "一致，分毫不差"
DIFFERS = "不一致"


@pytest.fixture
def hospital() -> Institution:
    """January of a hospital: an office, a laboratory, two wards; a stay, visits, a refund, a subsidy."""
    hospital = trade.alliance()["H1"]
    trade.landed(
        hospital,
        "departments",
        [
            trade.department("A", "administration", "院办"),
            trade.department("L", "medical_technology", "检验科"),
            trade.department("D", name="内科"),
            trade.department("E", name="外科"),
        ],
    )
    trade.landed(
        hospital,
        "staff-headcounts",
        [
            {"department": code, "period": "2026-01", "headcount": count}
            for code, count in zip("ALDE", "3789", strict=True)
        ],
    )
    for code, amount in zip("ALDE", ("1000.01", "2000.02", "3000.03", "4000.04"), strict=True):
        trade.landed(hospital, "cost-entries", [trade.cost(f"P-{code}", code, amount, day="2026-01-31")])
        trade.landed(hospital, "cost-entries", [trade.cost(f"D-{code}", code, "77.77", "drugs", day="2026-01-31")])
    trade.landed(
        hospital,
        "income-entries",
        [
            {
                "voucher": "S",
                "line": "1",
                "department": "D",
                "date": "2026-01-31",
                "income_kind": "fiscal_basic",
                "amount": "500.00",
            }
        ],
    )
    trade.landed(
        hospital, "charge-items", [trade.item("HY", fee_class="laboratory"), trade.item("CW", fee_class="bed")]
    )
    stay = {"kind": "inpatient", "when": "2026-01-03T08:00:00", "discharged": "2026-01-09T08:00:00"}
    trade.landed(
        hospital, "encounters", [trade.visit("Z1", "D", **stay), trade.visit("M1", "E", when="2026-01-05T08:00:00")]
    )
    when = {"when": "2026-01-05T09:00:00"}
    trade.landed(
        hospital,
        "charge-lines",
        [
            trade.charge("Z1", 1, "HY", "D", "L", "300.30", **when),
            trade.charge("Z1", 2, "CW", "D", "D", "1200.00", **when),
            trade.charge("M1", 1, "HY", "E", "L", "99.99", **when),
            trade.charge("M1", 2, "HY", "E", "L", "-99.99", **when, refund_of="1"),
            trade.charge("M1", 3, "HY", "E", "L", "100.01", **when),
        ],
    )
    run = nightly.start_run(PLATFORM, business_date=date(2026, 1, 31), trigger="command")
    for lane in run.lanes.order_by("institution_id"):
        nightly.advance(lane.pk)
    return hospital


def client_of(role: Role, institution: Institution | None, department: Department | None = None) -> Client:
    """A signed-in person of that role."""
    client = Client()
    client.force_login(
        trade.person(f"a {role}", role, institution, department), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def links(page: str, part: str) -> Iterator[str]:
    """Addresses on a page that contain `part`."""
    for found in sorted(set(re.findall(r'href="([^"]+)"', page))):
        if part in found:
            yield unescape(found)


def test_every_list_behind_an_amount_sums_to_it(hospital: Institution) -> None:
    client = client_of(Role.FINANCE_DIRECTOR, hospital)
    opened = 0
    for department in Department.objects.filter(institution=hospital):
        page = client.get(reverse("department", args=[department.pk])).content.decode()
        for address in links(page, "/costing/runs/"):
            text = client.get(address).content.decode()
            if "tie-line" in text:
                assert AGREES in text, address
                assert DIFFERS not in text, address
                opened += 1
    assert opened >= 30


def test_a_list_shows_the_rows_as_they_were_when_the_run_read_them(hospital: Institution) -> None:
    client = client_of(Role.FINANCE_DIRECTOR, hospital)
    ward = Department.objects.get(institution=hospital, code="D")
    page = client.get(reverse("department", args=[ward.pk])).content.decode()
    address = next(links(page, "/cost-entries/"))
    trade.landed(hospital, "cost-entries", [trade.cost("P-D", "D", "9999.99", day="2026-01-31")])
    after = client.get(address).content.decode()
    assert AGREES in after
    assert "9,999.99" not in after


def test_a_later_correction_of_an_items_class_does_not_change_the_lists_of_an_earlier_run(
    hospital: Institution,
) -> None:
    client = client_of(Role.FINANCE_DIRECTOR, hospital)
    ward = Department.objects.get(institution=hospital, code="D")
    page = client.get(reverse("department", args=[ward.pk])).content.decode()
    addresses = [address for address in links(page, "/charge-lines/") if "fee_class=" in address]
    trade.landed(hospital, "charge-items", [trade.item("CW", fee_class="nursing")])
    trade.landed(hospital, "charge-items", [{"code": "HY", "effective_from": "2026-01-01", "op": "retract"}])
    assert len(addresses) >= 2
    for address in addresses:
        assert AGREES in client.get(address).content.decode(), address


def test_six_clicks_from_the_cockpit_to_the_charge_line_and_every_look_at_a_patient_is_logged(
    hospital: Institution,
) -> None:
    client = client_of(Role.AUDITOR, None)
    cockpit = client.get(reverse("home"), follow=True).content.decode()
    ward = Department.objects.get(institution=hospital, code="D")
    assert any(True for _ in links(cockpit, "institution=")) or f"/departments/{ward.pk}/" in cockpit
    page = client.get(reverse("department", args=[ward.pk])).content.decode()
    lines = client.get(next(links(page, "/charge-lines/"))).content.decode()
    before = AccessLog.objects.count()
    assert before > 0
    encounter = next(links(lines, "/settlement/encounters/"))
    assert client.get(encounter).status_code == 200
    assert AccessLog.objects.count() > before


def test_a_department_head_opens_the_own_department_and_no_other(hospital: Institution) -> None:
    own, other = (Department.objects.get(institution=hospital, code=code) for code in "DE")
    client = client_of(Role.DEPARTMENT_HEAD, hospital, own)
    assert client.get("/").url.startswith(reverse("department", args=[own.pk]))  # type: ignore[attr-defined]
    page = client.get(reverse("department", args=[own.pk]))
    assert page.status_code == 200
    assert client.get(reverse("department", args=[other.pk])).status_code == 404
    lists = list(links(page.content.decode(), "/costing/runs/"))
    for address in lists:
        assert client.get(address).status_code in (200, 403, 404)
    foreign = [address.replace(f"={own.pk}", f"={other.pk}") for address in lists if f"={own.pk}" in address]
    for address in foreign:
        assert client.get(address).status_code == 404, address


def test_a_regional_supervisor_sees_no_figure_of_fewer_than_five_cases(hospital: Institution) -> None:
    client = client_of(Role.REGIONAL_SUPERVISOR, None)
    page = client.get(reverse("home")).content.decode()
    assert "少于 5 例的数据不显示" in page
    assert client.get(reverse("insurance_settlement:cases")).status_code == 403


def test_an_administrator_sees_no_business_figure(hospital: Institution) -> None:
    client = client_of(Role.SYSTEM_ADMIN, None)
    page: Any = client.get(reverse("home"), follow=True)
    assert page.status_code == 200
    assert "结余" not in re.sub(r"<nav.*?</nav>", "", page.content.decode(), flags=re.S)


def test_the_number_of_queries_does_not_grow_with_the_rows(
    hospital: Institution, django_assert_max_num_queries
) -> None:
    client = client_of(Role.FINANCE_DIRECTOR, hospital)
    client.get(reverse("home"))
    with django_assert_max_num_queries(22):
        client.get(reverse("home"))
    ward = Department.objects.get(institution=hospital, code="D")
    with django_assert_max_num_queries(18):
        client.get(reverse("department", args=[ward.pk]))
    assert ChargeLine.objects.count() == 5
