"""Ends of years: December closes on books that are carried forward, one institution's or everybody's."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from ops_platform.kernel import Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.ledger import closing, services
from ops_platform.ledger.models import BooksMode, Entry, EntryKind
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services.periods import open_missing_periods
from tests.ledger.books import OTHER_INCOME, booked, paid, received, standing
from tests.support import trade

pytestmark = pytest.mark.django_db

DECEMBER = Period.parse("2025-12")


@pytest.fixture
def members() -> dict[str, Institution]:
    """Books of two institutions since November 2025; the lead has closed it, the township hospital has not."""
    found = trade.alliance("2025-11")
    for institution in found.values():
        open_missing_periods(institution, DECEMBER)
    for code in ("H1", "T1"):
        booked(found[code], received("1000.00", "a", "2025-11-10"))
        booked(found[code], paid("400.10", "b", "2025-12-10"))
    closed(found["H1"])
    closed(found["V1"])
    return found


def closed(institution: Institution) -> None:
    AccountingPeriod.objects.filter(institution=institution, period="2025-11").update(state=PeriodState.CLOSED)


def hindrances(institution: Institution, period: Period = DECEMBER) -> list[str]:
    return [finding.code for finding in closing.year_to_carry(institution, period)]


def test_december_closes_only_on_a_year_that_is_carried_forward(members: dict[str, Institution]) -> None:
    lead = members["H1"]
    assert hindrances(lead) == ["ledger.year_not_carried"]
    assert hindrances(lead, Period.parse("2025-11")) == []
    services.carry_year_forward(PLATFORM, institution=lead, year=2025)
    assert hindrances(lead) == []
    assert standing(lead, OTHER_INCOME) == 0


def test_what_is_booked_after_carrying_forward_has_to_be_carried_too(members: dict[str, Institution]) -> None:
    lead = members["H1"]
    first = services.carry_year_forward(PLATFORM, institution=lead, year=2025)
    booked(lead, received("0.01", "late", "2025-12-31"))
    assert hindrances(lead) == ["ledger.year_not_carried"]
    services.reverse(PLATFORM, entry_id=first.pk, day=date(2025, 12, 31), reason="结转后又有收入")
    services.carry_year_forward(PLATFORM, institution=lead, year=2025)
    assert hindrances(lead) == []


def test_books_without_a_figure_of_the_year_and_books_kept_elsewhere_close(members: dict[str, Institution]) -> None:
    assert hindrances(members["V1"]) == []
    BooksMode.objects.create(
        institution=members["T1"], mode=BooksMode.Mode.ELSEWHERE, effective_from=date(2025, 11, 1), recorded_by="主任"
    )
    assert hindrances(members["T1"]) == []


def test_books_that_are_kept_here_and_elsewhere_are_carried_here_too(members: dict[str, Institution]) -> None:
    BooksMode.objects.create(
        institution=members["H1"], mode=BooksMode.Mode.BOTH, effective_from=date(2025, 11, 1), recorded_by="主任"
    )
    assert hindrances(members["H1"]) == ["ledger.year_not_carried"]


def test_everybody_is_carried_forward_at_once_and_who_cannot_be_is_named(
    members: dict[str, Institution], client: Client
) -> None:
    client.force_login(trade.person("centre", Role.OPERATION_CENTRE))
    offered = client.get(f"{reverse('ledger:trial-balance')}?period=2025-12").content.decode()
    assert "全部机构年末结转" in offered
    address = reverse("ledger:carry-everybody", args=[2025])
    said = client.post(address, follow=True).content.decode()
    assert "2 家已结转，1 家不能结转" in said
    assert "东镇卫生院：2025-11 尚未结账" in said
    closed(members["T1"])
    assert "2025 年：3 家都已结转" in client.post(address, follow=True).content.decode()
    assert client.post(address, follow=True).status_code == 200
    assert Entry.objects.filter(kind=EntryKind.CARRY_FORWARD).count() == 2


def test_who_keeps_one_institution_carries_only_that(members: dict[str, Institution], client: Client) -> None:
    client.force_login(trade.person("director", Role.FINANCE_DIRECTOR, members["H1"]))
    assert "全部机构年末结转" not in client.get(f"{reverse('ledger:trial-balance')}?period=2025-12").content.decode()
    client.post(reverse("ledger:carry-everybody", args=[2025]))
    carried = Entry.objects.filter(kind=EntryKind.CARRY_FORWARD)
    assert [entry.institution for entry in carried] == [members["H1"]]
