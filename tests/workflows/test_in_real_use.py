"""What goes through the approval at once: reopening a month, giving a role."""

from datetime import date

import pytest
from django.test import Client

from ops_platform.identity import services as identity
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import RoleAssignment
from ops_platform.kernel import Conflict, Invalid, NotFound, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, PeriodReopening, PeriodState
from ops_platform.masterdata.services import hold_periods, request_reopening
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn
from workflows import services
from workflows.models import Matter, Task

pytestmark = pytest.mark.django_db
MONTH = "2026-01"


@pytest.fixture
def hospital() -> Hospital:
    """January of the township hospital is closed."""
    hospital = Hospital()
    hold_periods(hospital.township, date(2026, 2, 28))
    AccountingPeriod.objects.filter(institution=hospital.township, period=MONTH).update(
        state=PeriodState.CLOSED, closed_by="director"
    )
    return hospital


def ask(hospital: Hospital) -> Matter:
    request_reopening(me(hospital.clerk), institution_id=hospital.township.pk, period=MONTH, reason="漏记水电费")
    return Matter.objects.get(subject_type="nightly.reopening")


def state(hospital: Hospital) -> str:
    return str(AccountingPeriod.objects.get(institution=hospital.township, period=MONTH).state)


def test_a_month_is_reopened_when_a_second_person_has_approved_it(hospital: Hospital) -> None:
    matter = ask(hospital)
    assert state(hospital) == "closed"
    approve(matter, hospital.centre, comment="同意，请三日内补完")
    assert state(hospital) == "open"
    request = PeriodReopening.objects.get()
    assert (request.state, request.requested_by, request.decided_by) == ("confirmed", "clerk", "centre")


def test_a_refused_or_withdrawn_reopening_leaves_the_month_closed(hospital: Hospital) -> None:
    matter = ask(hospital)
    services.reject(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="下月调整")
    assert (state(hospital), PeriodReopening.objects.get().state) == ("closed", "refused")
    request_reopening(me(hospital.clerk), institution_id=hospital.township.pk, period=MONTH, reason="再次申请")
    again = Matter.objects.get(subject_type="nightly.reopening", state="running")
    services.withdraw(me(hospital.clerk), matter_id=again.pk)
    assert state(hospital) == "closed"
    assert not PeriodReopening.objects.filter(state="requested").exists()


def test_a_finance_director_does_not_approve_the_own_reopening(hospital: Hospital) -> None:
    director = trade.person("director", Role.FINANCE_DIRECTOR, hospital.township)
    request_reopening(me(director), institution_id=hospital.township.pk, period=MONTH, reason="漏记水电费")
    assert set(Task.objects.filter(state="open").values_list("person__username", flat=True)) == {"centre"}


def test_the_page_of_the_month_leads_to_its_approval(hospital: Hospital) -> None:
    ask(hospital)
    request = PeriodReopening.objects.get()
    client = Client()
    client.force_login(hospital.clerk)
    page = client.get(f"/masterdata/periods/{hospital.township.pk}/{MONTH}/").content.decode()
    assert f"/workflows/subjects/nightly.reopening/{request.pk}/" in page
    answer = client.get(f"/workflows/subjects/nightly.reopening/{request.pk}/", follow=True)
    assert "漏记水电费" in answer.content.decode()


def test_a_role_is_given_when_another_administrator_has_approved_it(hospital: Hospital) -> None:
    first, second = (trade.person(name, Role.SYSTEM_ADMIN) for name in ("admin1", "admin2"))
    newcomer = trade.person("newcomer", None)
    identity.propose_role(me(first), user_id=newcomer.pk, role=Role.CASHIER, institution_id=hospital.township.pk)
    matter = Matter.objects.get(subject_type="identity.role")
    assert actor_of_user(newcomer).grants == ()
    approve(matter, second)
    assert actor_of_user(newcomer).may(hospital.township.pk, Role.CASHIER)


def test_without_a_second_administrator_no_role_can_be_asked_for(hospital: Hospital) -> None:
    only = trade.person("admin1", Role.SYSTEM_ADMIN)
    newcomer = trade.person("newcomer", None)
    with pytest.raises(Conflict) as refused:
        identity.propose_role(me(only), user_id=newcomer.pk, role=Role.LEADERSHIP)
    assert refused.value.code == "workflows.no_approver"
    assert not RoleAssignment.objects.filter(user=newcomer).exists()


def test_nobody_approves_a_role_for_oneself(hospital: Hospital) -> None:
    first, second, third = (trade.person(f"admin{number}", Role.SYSTEM_ADMIN) for number in (1, 2, 3))
    identity.propose_role(me(first), user_id=second.pk, role=Role.REGIONAL_SUPERVISOR)
    assert list(Task.objects.filter(state="open").values_list("person", flat=True)) == [third.pk]


def test_whoever_is_deactivated_has_their_tasks_taken_over(hospital: Hospital) -> None:
    from ops_platform.notifications.models import OutboxTask

    matter = hospital.ask()
    identity.deactivate_user(PLATFORM, user_id=hospital.head.pk)
    assert OutboxTask.objects.filter(task="workflows.replace_person").count() == 1
    assert Task.objects.filter(matter=matter, person=hospital.second_head, state="open").exists()


def sent_back(hospital: Hospital) -> Matter:
    matter = ask(hospital)
    services.return_to(
        me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="请写明金额"
    )
    return matter


def test_who_asked_for_a_reopening_changes_its_reason_while_it_is_returned(hospital: Hospital) -> None:
    matter, request = sent_back(hospital), PeriodReopening.objects.get()
    client = Client()
    client.force_login(hospital.clerk)
    address = f"/nightly/reopenings/{request.pk}/"
    assert address in client.get(f"/workflows/matters/{matter.pk}/").content.decode()
    assert "漏记水电费" in client.get(address).content.decode()
    answer = client.post(address, {"reason": "漏记一月水电费 3,200 元"}, follow=True)
    assert answer.redirect_chain[-1] == (f"/workflows/matters/{matter.pk}/", 302)
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    matter.refresh_from_db()
    assert ["原因", "漏记一月水电费 3,200 元"] in matter.lines
    approve(matter, hospital.centre)
    assert state(hospital) == "open"


def test_nobody_else_changes_it_and_nobody_while_it_is_running(hospital: Hospital) -> None:
    from ops_platform.nightly.approval import change_reason

    matter = ask(hospital)
    request = PeriodReopening.objects.get()
    client = Client()
    client.force_login(hospital.clerk)
    address = f"/nightly/reopenings/{request.pk}/"
    assert client.get(address).status_code == 409
    assert client.post(address, {"reason": "另一个原因"}).status_code == 422
    with pytest.raises(Conflict) as running:
        change_reason(me(hospital.clerk), reopening_id=request.pk, reason="另一个原因")
    assert running.value.code == "workflows.not_returned"
    services.return_to(me(hospital.centre), matter_id=matter.pk, task=turn(matter, hospital.centre), comment="补充")
    colleague = trade.person("colleague", Role.FINANCE_OFFICER, hospital.township)
    for other in (colleague, hospital.centre):
        client.force_login(other)
        assert client.get(address).status_code == 404
        assert client.post(address, {"reason": "另一个原因"}).status_code == 404
        with pytest.raises(NotFound):
            change_reason(me(other), reopening_id=request.pk, reason="另一个原因")
    with pytest.raises(Invalid):
        change_reason(me(hospital.clerk), reopening_id=request.pk, reason="短")
    request.refresh_from_db()
    assert request.reason == "漏记水电费"
