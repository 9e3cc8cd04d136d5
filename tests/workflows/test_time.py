"""What time brings: reminders, escalation, expiry, people who leave, delegations that begin and end."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ops_platform.identity import services as identity
from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Conflict, Invalid, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.notifications.models import Message, OutboxTask
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from workflows import integrity, services
from workflows.engine.definition import from_json, to_json
from workflows.models import Act, Delegation, Flow, Matter, Request, Setback, Task
from workflows.selectors.deputies import deputies
from workflows.services import delegations, offering, sweeping
from workflows.services.flows import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def with_hours(**hours: int) -> None:
    """The shipped flow of requests with other time limits, as its next version."""
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    body = to_json(from_json(flow.current.body))
    for step in body["steps"]:
        step.update(
            {"remind_hours": 0, "escalate_hours": 0, **{f"{name}_hours": value for name, value in hours.items()}}
        )
    flow.draft = body
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")


def hours_pass(matter: Matter, hours: int) -> None:
    back = timedelta(hours=hours)
    matter.refresh_from_db()
    Matter.objects.filter(pk=matter.pk).update(
        entered_at=matter.entered_at - back,
        looked_after=matter.looked_after - back if matter.looked_after else None,
        reminded_at=matter.reminded_at - back if matter.reminded_at else None,
    )


def test_who_lets_a_matter_wait_is_reminded(hospital: Hospital) -> None:
    with_hours(remind=24)
    matter = hospital.ask()
    assert sweeping.sweep() == 0
    hours_pass(matter, 25)
    Message.objects.filter(recipient=hospital.head).update(read_at=timezone.now())
    assert sweeping.sweep() == 1
    message = Message.objects.get(recipient=hospital.head)
    assert message.read_at is None
    assert "已等待 25 小时" in message.body
    assert sweeping.sweep() == 0, "not reminded again before the next 24 hours"


def test_when_time_is_up_the_next_rung_may_sign_too(hospital: Hospital) -> None:
    with_hours(escalate=48)
    matter = hospital.ask()
    hours_pass(matter, 48)
    assert sweeping.sweep() == 1
    assert waiting(matter) == {"head", "second-head", "centre"}
    assert Act.objects.get(matter=matter, kind="escalate").person is None
    assert sweeping.sweep() == 0
    approve(matter, hospital.centre)
    assert Request.objects.get().state == Request.State.GRANTED


def test_a_matter_that_nobody_decides_in_time_expires(hospital: Hospital) -> None:
    with_hours(expire=72)
    matter = hospital.ask()
    hours_pass(matter, 72)
    sweeping.sweep()
    matter.refresh_from_db()
    assert matter.state == Matter.State.EXPIRED
    assert Request.objects.get().state == Request.State.DENIED
    assert "逾期" in Message.objects.get(recipient=hospital.clerk).title
    with pytest.raises(Conflict):
        services.withdraw(me(hospital.clerk), matter_id=matter.pk)


def test_an_approver_who_left_is_replaced(hospital: Hospital) -> None:
    matter = hospital.ask()
    for user in (hospital.head, hospital.second_head):
        identity.deactivate_user(PLATFORM, user_id=user.pk)
    sweeping.sweep()
    assert waiting(matter) == {"centre"}
    assert Act.objects.filter(matter=matter, kind="replace").exists()


def test_an_approver_who_lost_the_role_is_replaced(hospital: Hospital) -> None:
    matter = hospital.ask()
    held = RoleAssignment.objects.filter(user__in=[hospital.head, hospital.second_head])
    held.update(state=RoleAssignment.State.REVOKED)
    assert sweeping.replace_person(hospital.head.pk) == 1
    assert waiting(matter) == {"centre"}


def test_who_gets_the_role_back_may_sign_what_a_stand_in_holds(hospital: Hospital) -> None:
    matter = hospital.ask()
    held = RoleAssignment.objects.filter(user__in=[hospital.head, hospital.second_head])
    held.update(state=RoleAssignment.State.REVOKED)
    sweeping.replace_person(hospital.head.pk)
    assert waiting(matter) == {"centre"}
    trade.give(hospital.head, Role.INSTITUTION_HEAD, hospital.township)
    assert offering.offer(hospital.head.pk, Role.INSTITUTION_HEAD) == 1
    assert waiting(matter) == {"centre", "head"}
    assert Act.objects.filter(matter=matter, kind="replace").latest("number").comment == offering.WORDS
    assert offering.offer(hospital.head.pk, Role.INSTITUTION_HEAD) == 0
    approve(matter, hospital.head)
    assert waiting(matter) == set()


def test_who_comes_to_a_role_is_not_offered_the_own_matter_nor_those_of_another_institution(hospital: Hospital) -> None:
    own = hospital.ask(by=hospital.clerk)
    trade.give(hospital.clerk, Role.INSTITUTION_HEAD, hospital.township)
    trade.give(hospital.stranger, Role.INSTITUTION_HEAD, hospital.institutions["V1"])
    assert offering.offer(hospital.clerk.pk, Role.INSTITUTION_HEAD) == 0
    assert offering.offer(hospital.stranger.pk, Role.INSTITUTION_HEAD) == 0
    assert waiting(own) == {"head", "second-head"}


def test_a_confirmed_role_is_offered_what_waits_for_it(hospital: Hospital) -> None:
    matter = hospital.ask()
    newcomer = trade.person("newcomer", Role.FINANCE_OFFICER, hospital.institutions["H1"])
    first, second = (trade.person(name, Role.SYSTEM_ADMIN) for name in ("admin1", "admin2"))
    proposed = identity.propose_role(
        me(first), user_id=newcomer.pk, role=Role.INSTITUTION_HEAD, institution_id=hospital.township.pk
    )
    identity.confirm_role(me(second), assignment_id=proposed.pk)
    assert OutboxTask.objects.filter(task="workflows.offer", arguments__person=newcomer.pk).exists()
    offering.offer(newcomer.pk, Role.INSTITUTION_HEAD)
    assert waiting(matter) == {"head", "second-head", "newcomer"}


def test_where_nobody_is_left_at_all_the_applicant_is_told(hospital: Hospital) -> None:
    matter = hospital.ask()
    others = User.objects.exclude(pk=hospital.clerk.pk)
    others.update(is_active=False)
    sweeping.sweep()
    matter.refresh_from_db()
    assert matter.state == Matter.State.RETURNED
    assert "没有可以审批的人" in Message.objects.get(recipient=hospital.clerk).body
    assert list(integrity.turns()) == []


def test_what_waits_on_an_applicant_who_left_ends_so_that_others_can_ask(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.return_to(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="请补报价")
    identity.deactivate_user(PLATFORM, user_id=hospital.clerk.pk)
    sweeping.sweep()
    matter.refresh_from_db()
    assert matter.state == Matter.State.WITHDRAWN


def test_a_matter_that_cannot_be_looked_after_keeps_no_other_from_it(hospital: Hospital) -> None:
    with_hours(remind=24)
    broken, sound = hospital.ask(), hospital.ask()
    for matter in (broken, sound):
        hours_pass(matter, 25)
    Matter.objects.filter(pk=broken.pk).update(values={"amount": "no number"})
    assert sweeping.sweep() == 1
    assert Act.objects.get(kind="remind").matter == sound


def spoil(matter: Matter) -> None:
    Matter.objects.filter(pk=matter.pk).update(values={"amount": "no number"})


def test_many_that_always_fail_do_not_starve_a_younger_one(hospital: Hospital, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many failing matters as one sweep takes, all older than the sound one."""
    monkeypatch.setattr(sweeping, "BATCH", 2)
    with_hours(remind=24)
    broken = [hospital.ask(), hospital.ask()]
    sound = hospital.ask()
    for matter in broken:
        hours_pass(matter, 30)
        spoil(matter)
    hours_pass(sound, 25)
    sweeping.sweep()
    sweeping.sweep()
    assert Act.objects.get(kind="remind").matter == sound


def test_what_fails_is_tried_ever_later_and_told_to_the_administrators_once(hospital: Hospital) -> None:
    administrator = trade.person("root", Role.SYSTEM_ADMIN)
    with_hours(remind=24)
    matter = hospital.ask()
    hours_pass(matter, 25)
    spoil(matter)
    waits = []
    for _ in range(12):
        sweeping.sweep()
        row = Setback.objects.get()
        waits.append(int((row.retry_at - row.tried_at).total_seconds() // 60))
        sweeping.sweep()
        assert Setback.objects.get().failures == row.failures, "not before its time"
        Setback.objects.update(retry_at=timezone.now())
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440]
    message = Message.objects.get(recipient=administrator)
    assert f"审批事项 {matter.pk} 的自动处理连续 3 次失败" in message.title
    assert [finding.subject for finding in integrity.setbacks()] == [str(matter.pk)]


def test_once_the_cause_is_mended_the_matter_is_looked_after_again(hospital: Hospital) -> None:
    with_hours(remind=24)
    matter = hospital.ask()
    values = matter.values
    hours_pass(matter, 25)
    spoil(matter)
    sweeping.sweep()
    Matter.objects.filter(pk=matter.pk).update(values=values)
    assert sweeping.sweep() == 0
    Setback.objects.update(retry_at=timezone.now())
    assert sweeping.sweep() == 1
    assert list(integrity.setbacks()) == []


def test_a_delegate_is_of_the_same_house_or_above_and_may_sign(hospital: Hospital) -> None:
    today = timezone.localdate()
    gone = trade.person("gone", Role.INSTITUTION_HEAD, hospital.township)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for stranger, words in (
        (hospital.auditor, "机构负责人"),
        (hospital.stranger, "机构负责人"),
        (gone, "在岗人员"),
        (hospital.head, "在岗人员"),
    ):
        with pytest.raises(Invalid, match=words):
            services.delegate(me(hospital.head), to=stranger.pk, first_day=today, last_day=today, reason="外出")


@pytest.mark.parametrize(
    ("principal", "deputy"), [("head", "clerk"), ("centre", "head"), ("leader", "centre"), ("leader", "head")]
)
def test_a_tier_is_not_delegated_downwards(hospital: Hospital, principal: str, deputy: str) -> None:
    today = timezone.localdate()
    principal_, deputy_ = getattr(hospital, principal), getattr(hospital, deputy)
    assert deputy_ not in deputies(me(principal_))
    with pytest.raises(Invalid) as refusal:
        services.delegate(me(principal_), to=deputy_.pk, first_day=today, last_day=today, reason="外出")
    assert refusal.value.code == "workflows.not_of_the_rank"


def test_who_acts_for_somebody_with_two_roles_could_act_in_both(hospital: Hospital) -> None:
    reviewer = trade.person("reviewer", Role.ACCOUNTING_REVIEWER, hospital.township)
    director = trade.person("director", Role.FINANCE_DIRECTOR, hospital.township)
    assert set(deputies(me(reviewer))) == {hospital.head, hospital.second_head, hospital.centre, hospital.leader}
    trade.give(director, Role.ACCOUNTING_REVIEWER, hospital.township)
    assert director in deputies(me(reviewer))
    assert reviewer not in deputies(me(director))


def test_giving_roles_is_not_delegated_to_who_administers_nothing(hospital: Hospital) -> None:
    admin, peer = (trade.person(f"admin{number}", Role.SYSTEM_ADMIN) for number in (1, 2))
    assert list(deputies(me(admin))) == [peer]


def test_where_nobody_above_may_stand_in_nobody_above_acts_by_delegation(hospital: Hospital) -> None:
    today = timezone.localdate()
    services.delegate(me(hospital.head), to=hospital.centre.pk, first_day=today, last_day=today, reason="外出")
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    flow.draft = {**to_json(from_json(flow.current.body)), "stand_ins": False}
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")
    assert waiting(hospital.ask()) == {"head", "second-head"}


def test_a_deputy_who_lost_the_role_has_the_tasks_no_longer(hospital: Hospital) -> None:
    today = timezone.localdate()
    services.delegate(me(hospital.head), to=hospital.second_head.pk, first_day=today, last_day=today, reason="外出")
    identity.revoke_role(PLATFORM, assignment_id=hospital.second_head.assignments.get().pk)
    trade.give(hospital.second_head, Role.CASHIER, hospital.township)
    assert waiting(hospital.ask()) == {"head"}


def away(hospital: Hospital, days: int = 0) -> Delegation:
    today = timezone.localdate()
    return services.delegate(
        me(hospital.centre),
        to=hospital.leader.pk,
        first_day=today + timedelta(days=days),
        last_day=today + timedelta(days=days + 3),
        reason="外出开会",
    )


def test_a_delegate_signs_in_both_names(hospital: Hospital) -> None:
    away(hospital)
    matter = hospital.ask("60000.00")
    assert waiting(matter) == {"leader"}
    approve(matter, hospital.leader)
    act = Act.objects.get(matter=matter, kind="approve")
    assert (act.person, act.behalf_of) == (hospital.leader, hospital.centre)


def test_open_tasks_follow_the_delegation_and_come_back(hospital: Hospital) -> None:
    matter = hospital.ask("60000.00")
    row = away(hospital)
    sweeping.sweep()
    assert waiting(matter) == {"leader"}
    services.revoke_delegation(me(hospital.centre), delegation_id=row.pk)
    sweeping.sweep()
    assert waiting(matter) == {"centre"}
    assert sweeping.sweep() == 0


def test_a_delegation_that_begins_later_waits_for_its_day(hospital: Hospital) -> None:
    away(hospital, days=2)
    assert waiting(hospital.ask("60000.00")) == {"centre"}


def test_days_are_delegated_once_and_not_into_the_past(hospital: Hospital) -> None:
    away(hospital)
    with pytest.raises(Conflict, match="已有委派"):
        away(hospital, days=1)
    with pytest.raises(Invalid):
        away(hospital, days=-10)


def of_types(hospital: Hospital, deputy: User, *kinds: str) -> Delegation:
    today = timezone.localdate()
    return services.delegate(
        me(hospital.head), to=deputy.pk, first_day=today, last_day=today, reason="外出", kinds=kinds
    )


def test_on_the_same_days_each_type_of_matter_may_have_its_own_deputy(hospital: Hospital) -> None:
    of_types(hospital, hospital.leader, "workflows.flow")
    of_types(hospital, hospital.centre, "workflows.request")
    assert waiting(hospital.ask()) == {"centre", "second-head"}


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (["workflows.request"], ["workflows.flow", "workflows.request"], "「事项申请」已有委派"),
        (["workflows.request"], [], "「事项申请」已有委派"),
        ([], ["workflows.request"], "全部事项已有委派"),
    ],
)
def test_a_type_has_one_deputy_a_day_and_the_refusal_names_them(
    hospital: Hospital, first: list[str], second: list[str], words: str
) -> None:
    of_types(hospital, hospital.centre, *first)
    with pytest.raises(Conflict) as refusal:
        of_types(hospital, hospital.leader, *second)
    assert refusal.value.code == "workflows.delegated_already"
    assert words in refusal.value.message
    assert str(hospital.centre) in refusal.value.message
    assert Delegation.objects.count() == 1


def test_tasks_come_back_when_their_type_is_no_longer_handed_over_though_another_is(hospital: Hospital) -> None:
    row = of_types(hospital, hospital.centre, "workflows.request")
    of_types(hospital, hospital.centre, "workflows.flow")
    matter = hospital.ask()
    assert waiting(matter) == {"centre", "second-head"}
    services.revoke_delegation(me(hospital.head), delegation_id=row.pk)
    assert sweeping.sweep() == 1
    assert waiting(matter) == {"head", "second-head"}


def test_the_delegate_who_applied_gets_nothing_to_sign(hospital: Hospital) -> None:
    today = timezone.localdate()
    services.delegate(me(hospital.head), to=hospital.centre.pk, first_day=today, last_day=today, reason="外出")
    matter = hospital.ask(by=hospital.centre)
    assert waiting(matter) == {"head", "second-head"}
    assert turn(matter, hospital.head)


def test_a_delegation_names_both_and_does_not_make_the_matter_wait_anew(hospital: Hospital) -> None:
    matter = hospital.ask()
    came = Task.objects.get(matter=matter, person=hospital.head).created_at - timedelta(hours=5)
    matter.tasks.update(created_at=came)
    today = timezone.localdate()
    given = delegations.delegate(
        me(hospital.head), to=hospital.leader.pk, first_day=today, last_day=today, reason="外出"
    )
    sweeping.sweep()
    assert Task.objects.get(matter=matter, person=hospital.leader, state="open").created_at == came
    assert "leader代head审批" in Act.objects.filter(matter=matter, kind="delegate").latest("number").comment
    delegations.revoke_delegation(me(hospital.head), delegation_id=given.pk)
    sweeping.sweep()
    assert Task.objects.get(matter=matter, person=hospital.head, state="open").created_at == came
    assert "退还head" in Act.objects.filter(matter=matter, kind="delegate").latest("number").comment
