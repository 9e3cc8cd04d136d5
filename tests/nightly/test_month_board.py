"""What the month-end board and the lists of runs say: who by name, how many institutions, and when to remind again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Role
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services import hold_periods
from ops_platform.nightly import reminders, selectors
from ops_platform.nightly.models import Lane, MonthReminder, NightlyRun
from tests.support import trade

pytestmark = pytest.mark.django_db
MONTH = "2026-01"


@pytest.fixture
def community() -> dict[str, Institution]:
    """January has facts at the township hospital but no cost run yet: it cannot close."""
    institutions = trade.alliance()
    for institution in institutions.values():
        hold_periods(institution, timezone.localdate())
    trade.landed(institutions["T1"], "departments", [trade.department("NK", name="内科")])
    trade.landed(institutions["T1"], "cost-entries", [trade.cost("V1", "NK", "1.00", day="2026-01-31")])
    return institutions


@pytest.fixture
def centre(client: Client, community: dict[str, Institution]) -> User:
    person = trade.person("centre", Role.OPERATION_CENTRE)
    person.display_name = "林运营"
    person.save()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return person


def test_reminding_again_is_offered_only_after_an_hour(
    client: Client, centre: User, community: dict[str, Institution]
) -> None:
    address = reverse("nightly-blockers", args=[community["T1"].pk, MONTH])
    button = reverse("nightly-remind", args=[MONTH])
    assert button in client.get(address).content.decode()
    reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    page = client.get(address).content.decode()
    assert "已催办" in page
    assert button not in page
    earlier = timezone.now() - reminders.AGAIN_AFTER - timedelta(seconds=1)
    MonthReminder.objects.update(sent_at=earlier)
    assert button in client.get(address).content.decode()


def test_the_board_names_who_closed_and_labels_its_cells(
    client: Client, centre: User, community: dict[str, Institution]
) -> None:
    AccountingPeriod.objects.filter(institution=community["H1"], period=MONTH).update(
        state=PeriodState.CLOSED, closed_by=centre.username, closed_at=timezone.now()
    )
    page = client.get(f"{reverse('nightly-board')}?period={MONTH}").content.decode()
    assert f'{centre.display_name} <span class="num">' in page
    assert "table-stack" in page
    assert 'data-label="最近核算"' in page


def test_runs_count_institutions_and_name_who_started(
    client: Client, centre: User, community: dict[str, Institution]
) -> None:
    run = NightlyRun.objects.create(business_date=timezone.localdate(), trigger="page", started_by=centre.username)
    for institution in (*community.values(), None):
        Lane.objects.create(run=run, institution=institution)
    counted: Any = selectors.runs(actor=actor_of_user(centre)).get()
    assert counted.lanes_seen == 3
    for address in (reverse("nightly-runs"), reverse("nightly-run", args=[run.pk])):
        assert centre.display_name in client.get(address).content.decode().partition("<main")[2]
