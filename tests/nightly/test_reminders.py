"""Reminding members of a month that something keeps from closing (000-22)."""

import pytest
from django.test import Client

from ops_platform.audit.models import AuditEvent
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import User
from ops_platform.kernel import Conflict, Invalid, NotFound, Role
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import hold_periods
from ops_platform.nightly import reminders
from ops_platform.nightly.models import MonthReminder
from ops_platform.notifications.models import Message
from tests.support import trade

pytestmark = pytest.mark.django_db
MONTH = "2026-01"


@pytest.fixture
def community() -> dict[str, Institution]:
    """January has facts at the township hospital but no cost run yet: it cannot close."""
    from django.utils import timezone

    institutions = trade.alliance()
    for institution in institutions.values():
        hold_periods(institution, timezone.localdate())
    trade.landed(institutions["T1"], "departments", [trade.department("NK", name="内科")])
    trade.landed(institutions["T1"], "cost-entries", [trade.cost("V1", "NK", "1.00", day="2026-01-31")])
    return institutions


@pytest.fixture
def centre() -> User:
    return trade.person("centre", Role.OPERATION_CENTRE)


@pytest.fixture
def clerk(community: dict[str, Institution]) -> User:
    return trade.person("clerk", Role.FINANCE_OFFICER, community["T1"])


def test_the_member_learns_what_keeps_its_month_from_closing(centre: User, clerk: User) -> None:
    sent = reminders.remind(actor_of_user(centre), period=MONTH, institution="T1", note="请今天跑一次核算。")
    assert [reminder.accounting_period.institution.code for reminder in sent] == ["T1"]
    message = Message.objects.get(recipient=clerk)
    assert MONTH in message.title
    assert sent[0].blockers[0] in message.body
    assert "请今天跑一次核算。" in message.body
    assert AuditEvent.objects.filter(action="nightly.month_reminded", institution="T1").count() == 1


def test_nobody_is_reminded_twice_within_an_hour(centre: User, clerk: User) -> None:
    reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    with pytest.raises(Conflict, match="一小时内"):
        reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    assert Message.objects.filter(recipient=clerk).count() == 1


def test_an_answer_reaches_who_reminded(centre: User, clerk: User) -> None:
    [reminder] = reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    reminders.answer(actor_of_user(clerk), reminder_id=reminder.pk, words="水电费账单明天到。")
    assert not Message.objects.filter(recipient=clerk, read_at__isnull=True).exists()
    assert "水电费账单明天到。" in Message.objects.get(recipient=centre).body
    assert reminders.reminders(actor=actor_of_user(centre)).get().answered_by == clerk


def test_an_empty_answer_is_refused(centre: User, clerk: User) -> None:
    [reminder] = reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    with pytest.raises(Invalid):
        reminders.answer(actor_of_user(clerk), reminder_id=reminder.pk, words="  ")


def test_another_institutions_reminder_does_not_exist(
    community: dict[str, Institution], centre: User, clerk: User
) -> None:
    [reminder] = reminders.remind(actor_of_user(centre), period=MONTH, institution="T1")
    neighbour = trade.person("neighbour", Role.FINANCE_OFFICER, community["V1"])
    with pytest.raises(NotFound):
        reminders.access_reminder(actor_of_user(neighbour), reminder_id=reminder.pk)
    assert not reminders.reminders(actor=actor_of_user(neighbour)).exists()


def test_the_page_shows_what_blocks_before_it_sends(client: Client, centre: User, clerk: User) -> None:
    client.force_login(centre)
    page = client.get(f"/nightly/months/{MONTH}/remind/?institution=T1").content.decode()
    assert "东镇卫生院" in page
    assert "东村卫生室" not in page
    assert client.post(f"/nightly/months/{MONTH}/remind/?institution=T1", {"note": ""}).status_code == 302
    assert MonthReminder.objects.count() == 1
    client.force_login(clerk)
    address = f"/nightly/reminders/{MonthReminder.objects.get().pk}/answer/"
    assert "障碍" in client.get(address).content.decode()
    assert client.post(address, {"words": "已补报"}).status_code == 302
    assert "已补报" in client.get("/nightly/reminders/").content.decode()


def test_a_member_without_data_can_be_reminded_of_it(community: dict[str, Institution], centre: User) -> None:
    head = trade.person("clinic", Role.INSTITUTION_HEAD, community["V1"])
    reminders.remind(actor_of_user(centre), period=MONTH, institution="V1")
    assert "没有数据" in Message.objects.get(recipient=head).body


def test_nobody_is_reminded_of_a_month_that_is_not_over(community: dict[str, Institution], centre: User) -> None:
    from django.utils import timezone

    assert reminders.due(actor_of_user(centre), period=f"{timezone.localdate():%Y-%m}") == []
