"""Acts upon matters, on the real database: who is told, what is recorded, what is refused."""

from decimal import Decimal

import pytest
from django.utils import timezone

from ops_platform.audit.models import AuditEvent
from ops_platform.identity import services as identity
from ops_platform.identity.actors import actor_of_user
from ops_platform.identity.models import DutyPair, RoleAssignment, User
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Invalid, NotFound, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import Institution
from ops_platform.notifications.models import Message
from tests.support import trade
from workflows import integrity, services, subjects
from workflows.engine.definition import ApproverRule, Level, Step, Who
from workflows.models import Act, Flow, Matter, Request, Task
from workflows.reference import default, load_flows, role
from workflows.selectors import matters as selectors
from workflows.services import delegations, sweeping
from workflows.services.flows import publish
from workflows.subjects import Subject, SubjectType

pytestmark = pytest.mark.django_db


class Hospital:
    """The township hospital's people, and those of the alliance."""

    def __init__(self) -> None:
        self.institutions = trade.alliance()
        load_flows()
        township = self.institutions["T1"]
        self.clerk = trade.person("clerk", Role.FINANCE_OFFICER, township)
        self.head = trade.person("head", Role.INSTITUTION_HEAD, township)
        self.second_head = trade.person("second-head", Role.INSTITUTION_HEAD, township)
        self.centre = trade.person("centre", Role.OPERATION_CENTRE)
        self.leader = trade.person("leader", Role.LEADERSHIP)
        self.auditor = trade.person("auditor", Role.AUDITOR)
        self.stranger = trade.person("stranger", Role.FINANCE_OFFICER, self.institutions["V1"])

    @property
    def township(self) -> Institution:
        return self.institutions["T1"]

    def ask(self, amount: str = "30000.00", by: User | None = None, title: str = "购置心电图机") -> Matter:
        request, matter = services.ask(
            actor_of_user(by or self.clerk),
            institution_id=self.township.pk,
            kind="equipment",
            title=title,
            amount=Decimal(amount),
            reason="旧机已到报废年限",
        )
        assert request.state == Request.State.ASKED
        return matter


@pytest.fixture
def hospital() -> Hospital:
    return Hospital()


def me(user: User) -> Actor:
    return actor_of_user(user)


def turn(matter: Matter, user: User) -> int:
    return Task.objects.get(matter=matter, person=user, state=Task.State.OPEN).number


def approve(matter: Matter, user: User, **given: str) -> Matter:
    return services.approve(me(user), matter_id=matter.pk, task=turn(matter, user), **given)


def waiting(matter: Matter) -> set[str]:
    rows = Task.objects.filter(matter=matter, state=Task.State.OPEN)
    return set(rows.values_list("person__username", flat=True))


@pytest.mark.parametrize(
    ("amount", "approvers"),
    [
        ("50000.00", {"head", "second-head"}),
        ("50000.01", {"centre"}),
        ("499999.99", {"centre"}),
        ("500000.00", {"leader"}),
    ],
)
def test_the_shipped_flow_knows_the_tiers_of_the_alliance(hospital: Hospital, amount: str, approvers: set[str]) -> None:
    assert waiting(hospital.ask(amount)) == approvers


def test_an_approval_grants_the_request_and_tells_the_applicant(hospital: Hospital) -> None:
    matter = hospital.ask()
    assert Message.objects.filter(recipient=hospital.head, read_at=None).count() == 1
    approve(matter, hospital.head, comment="同意，走集采")
    assert Request.objects.get().state == Request.State.GRANTED
    assert not Message.objects.filter(recipient=hospital.second_head).exists(), "the other head is spared"
    assert "已同意" in Message.objects.get(recipient=hospital.clerk).title
    act = Act.objects.get(matter=matter, kind="approve")
    assert (act.person, act.comment, act.digest) == (hospital.head, "同意，走集采", matter.digest)
    assert AuditEvent.objects.filter(action="workflows.acted", subject=str(matter.pk)).count() == 2
    assert list(integrity.signatures()) == []


def test_the_head_who_applies_does_not_approve(hospital: Hospital) -> None:
    assert waiting(hospital.ask(by=hospital.head)) == {"second-head"}


def test_a_head_who_is_alone_and_applies_is_approved_above(hospital: Hospital) -> None:
    identity.deactivate_user(PLATFORM, user_id=hospital.second_head.pk)
    assert waiting(hospital.ask(by=hospital.head)) == {"centre"}


def test_a_rejection_needs_a_reason_and_denies_the_request(hospital: Hospital) -> None:
    matter = hospital.ask()
    number = turn(matter, hospital.head)
    with pytest.raises(Invalid, match="理由"):
        services.reject(me(hospital.head), matter_id=matter.pk, task=number, comment=" ")
    services.reject(me(hospital.head), matter_id=matter.pk, task=number, comment="今年没有预算")
    assert Request.objects.get().state == Request.State.DENIED
    assert "今年没有预算" in Message.objects.get(recipient=hospital.clerk).body


def test_what_was_returned_is_changed_and_goes_to_the_tier_of_the_new_amount(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.return_to(me(hospital.head), matter_id=matter.pk, task=turn(matter, hospital.head), comment="请补报价")
    services.change_request(
        me(hospital.clerk),
        request_id=Request.objects.get().pk,
        kind="equipment",
        title="购置心电图机两台",
        amount=Decimal("60000.00"),
        reason="含报价单",
    )
    again = services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    assert (again.title, waiting(again)) == ("购置心电图机两台(60,000.00 元)", {"centre"})


def test_what_is_on_its_way_is_not_changed(hospital: Hospital) -> None:
    hospital.ask()
    with pytest.raises(Conflict, match="退回"):
        services.change_request(
            me(hospital.clerk),
            request_id=Request.objects.get().pk,
            kind="office",
            title="别的",
            amount=Decimal(1),
            reason="改成别的",
        )


def test_nobody_signs_what_changed_after_it_was_submitted(hospital: Hospital) -> None:
    matter = hospital.ask()
    Request.objects.update(amount=Decimal("1.00"))
    with pytest.raises(Conflict) as refused:
        approve(matter, hospital.head)
    assert refused.value.code == "workflows.subject_changed"


def test_the_second_head_learns_that_the_first_was_quicker(hospital: Hospital) -> None:
    matter = hospital.ask()
    number = turn(matter, hospital.second_head)
    approve(matter, hospital.head)
    with pytest.raises(Conflict, match="办结"):
        services.approve(me(hospital.second_head), matter_id=matter.pk, task=number)
    assert Act.objects.filter(matter=matter, kind="approve").count() == 1


def test_a_stranger_sees_no_matter_and_has_no_task(hospital: Hospital) -> None:
    matter = hospital.ask()
    with pytest.raises(NotFound):
        selectors.access_matter(me(hospital.stranger), matter.pk)
    with pytest.raises(NotFound):
        services.approve(me(hospital.stranger), matter_id=matter.pk, task=turn(matter, hospital.head))
    with pytest.raises(NotFound):
        services.comment(me(hospital.stranger), matter_id=matter.pk, words="看看")
    assert selectors.access_matter(me(hospital.auditor), matter.pk) == matter


def test_a_subject_is_on_its_way_once(hospital: Hospital) -> None:
    hospital.ask()
    with pytest.raises(Conflict, match="已在审批中"):
        services.start(me(hospital.clerk), kind="workflows.request", subject=str(Request.objects.get().pk))


def test_a_program_cannot_apply_or_approve(hospital: Hospital) -> None:
    with pytest.raises(Forbidden):
        services.start(PLATFORM, kind="workflows.request", subject="1")


def test_who_lost_the_role_meanwhile_may_not_sign(hospital: Hospital) -> None:
    matter = hospital.ask()
    RoleAssignment.objects.filter(user=hospital.head).update(state=RoleAssignment.State.REVOKED)
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.head)
    assert refused.value.code == "workflows.role_lost"


def test_incompatible_duties_are_refused_again_at_the_act(hospital: Hospital) -> None:
    DutyPair.objects.get_or_create(
        first="cashier", second="institution_head", defaults={"reason": "测试", "source_mark": "default"}
    )
    matter = hospital.ask()
    RoleAssignment.objects.create(
        user=hospital.head,
        role="cashier",
        institution=hospital.township,
        state="active",
        proposed_by="a",
        decided_by="b",
    )
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.head)
    assert refused.value.code == "workflows.incompatible_duties"


def given_role(user: User, role: str, institution: Institution | None) -> None:
    RoleAssignment.objects.create(
        user=user, role=role, institution=institution, state="active", proposed_by="a", decided_by="b"
    )


def heads_are_no_cashiers() -> None:
    DutyPair.objects.get_or_create(
        first="cashier", second="institution_head", defaults={"reason": "测试", "source_mark": "default"}
    )


def add(matter: Matter, by: User, whom: User, *, before: bool = True) -> Matter:
    return services.add_signer(
        me(by), matter_id=matter.pk, task=turn(matter, by), added=whom.pk, before=before, comment="请会签"
    )


def test_no_signer_with_an_incompatible_duty_is_added_even_by_one_who_was_added(hospital: Hospital) -> None:
    heads_are_no_cashiers()
    cashier = trade.person("cashier", Role.CASHIER, hospital.township)
    matter = hospital.ask()
    with pytest.raises(Conflict) as refused:
        add(matter, hospital.head, cashier)
    assert refused.value.code == "workflows.incompatible_duties"
    add(matter, hospital.head, hospital.centre)
    with pytest.raises(Conflict) as refused:
        add(matter, hospital.centre, cashier)
    assert refused.value.code == "workflows.incompatible_duties"


@pytest.mark.parametrize("before", [True, False])
def test_an_added_signer_who_got_an_incompatible_duty_meanwhile_does_not_sign(hospital: Hospital, before: bool) -> None:
    heads_are_no_cashiers()
    matter = hospital.ask()
    add(matter, hospital.head, hospital.centre, before=before)
    if not before:
        approve(matter, hospital.head)
    given_role(hospital.centre, "cashier", hospital.institutions["H1"])
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.centre)
    assert refused.value.code == "workflows.incompatible_duties"


def test_an_heir_who_got_an_incompatible_duty_meanwhile_does_not_sign(hospital: Hospital) -> None:
    heads_are_no_cashiers()
    matter = hospital.ask()
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.head), "comment": "我在外地"}
    services.transfer(me(hospital.head), to=hospital.centre.pk, **given)
    given_role(hospital.centre, "cashier", hospital.township)
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.centre)
    assert refused.value.code == "workflows.incompatible_duties"


def test_who_signed_a_step_as_an_added_signer_does_not_sign_a_later_one_in_an_incompatible_role(
    hospital: Hospital,
) -> None:
    """First the head with a signer added, then the operation centre; the two duties are called incompatible."""
    DutyPair.objects.create(first="institution_head", second="operation_centre", reason="测试", source_mark="default")
    flow = Flow.objects.get(subject_type="workflows.request")
    assert flow.current
    body = flow.current.body
    body["sign_once"] = False
    body["steps"][1]["condition"] = ""
    flow.draft = body
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="somebody")
    matter = hospital.ask()
    add(matter, hospital.head, hospital.leader)
    approve(matter, hospital.leader)
    approve(matter, hospital.head)
    given_role(hospital.leader, "operation_centre", None)
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.centre), "comment": "我在外地"}
    with pytest.raises(Conflict) as refused:
        services.transfer(me(hospital.centre), to=hospital.leader.pk, **given)
    assert refused.value.code == "workflows.incompatible_duties"


def test_a_transfer_names_both_and_goes_to_no_stranger(hospital: Hospital) -> None:
    matter = hospital.ask()
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.head), "comment": "我在外地"}
    with pytest.raises(Invalid, match="在岗人员"):
        services.transfer(me(hospital.head), to=hospital.stranger.pk, **given)
    with pytest.raises(Forbidden):
        services.transfer(
            me(hospital.head), to=trade.person("insurance", Role.INSURANCE_OFFICER, hospital.township).pk, **given
        )
    services.transfer(me(hospital.head), to=hospital.centre.pk, **given)
    assert waiting(matter) == {"centre", "second-head"}
    act = Act.objects.get(matter=matter, kind="transfer")
    assert (act.person, act.other) == (hospital.head, hospital.centre)
    approve(matter, hospital.centre)
    assert Request.objects.get().state == Request.State.GRANTED


def test_a_tier_is_not_handed_downwards(hospital: Hospital) -> None:
    matter = hospital.ask("60000.00")
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.centre), "comment": "请代办"}
    with pytest.raises(Invalid):
        services.transfer(me(hospital.centre), to=hospital.auditor.pk, **given)
    with pytest.raises(Forbidden) as refused:
        services.transfer(me(hospital.centre), to=hospital.head.pk, **given)
    assert refused.value.code == "workflows.not_of_the_rank"
    services.transfer(me(hospital.centre), to=hospital.leader.pk, **given)
    assert waiting(matter) == {"leader"}


def test_the_leader_who_applies_is_approved_by_no_subordinate(hospital: Hospital) -> None:
    with pytest.raises(Conflict) as refused:
        hospital.ask("600000.00", by=hospital.leader)
    assert refused.value.code == "workflows.no_approver"
    trade.person("second-leader", Role.LEADERSHIP)
    assert waiting(hospital.ask("600000.00", by=hospital.leader)) == {"second-leader"}


def test_an_added_signer_signs_before_the_leader(hospital: Hospital) -> None:
    matter = hospital.ask("600000.00")
    services.add_signer(
        me(hospital.leader),
        matter_id=matter.pk,
        task=turn(matter, hospital.leader),
        added=hospital.centre.pk,
        before=True,
        comment="请中心先核",
    )
    assert waiting(matter) == {"centre"}
    approve(matter, hospital.centre)
    assert waiting(matter) == {"leader"}
    approve(matter, hospital.leader)
    assert Request.objects.get().state == Request.State.GRANTED
    copied = set(matter.copies.values_list("person__username", flat=True))
    assert copied == {"head", "second-head", "centre"}


def test_one_urges_once_an_hour(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.urge(me(hospital.clerk), matter_id=matter.pk)
    assert "催办" in Message.objects.get(recipient=hospital.head).body
    with pytest.raises(Conflict, match="一小时"):
        services.urge(me(hospital.clerk), matter_id=matter.pk)


def test_one_withdraws_before_anybody_signed(hospital: Hospital) -> None:
    matter = hospital.ask()
    with pytest.raises(Forbidden):
        services.withdraw(me(hospital.head), matter_id=matter.pk)
    services.withdraw(me(hospital.clerk), matter_id=matter.pk)
    assert Request.objects.get().state == Request.State.WITHDRAWN
    assert not Message.objects.filter(recipient=hospital.head).exists()


def test_several_are_approved_at_one_go_each_for_itself(hospital: Hospital) -> None:
    first, second = hospital.ask("20000.00"), hospital.ask("20000.00")
    Request.objects.filter(pk=second.subject).update(amount=Decimal("2.00"))
    done, refused = services.approve_several(
        me(hospital.head), tasks=[(m.pk, turn(m, hospital.head)) for m in (first, second)]
    )
    assert [matter.pk for matter in done] == [first.pk]
    assert len(refused) == 1
    assert "变动" in refused[0].why


def test_the_inbox_shows_each_what_is_theirs(hospital: Hospital) -> None:
    matter = hospital.ask()
    assert selectors.to_do_count(me(hospital.head)) == 1
    assert selectors.started(me(hospital.clerk)).get() == matter
    approve(matter, hospital.head)
    assert selectors.to_do_count(me(hospital.second_head)) == 0
    assert selectors.done(me(hospital.head)).get().matter == matter
    assert not selectors.done(me(hospital.second_head)).exists()


def test_a_delegation_that_was_revoked_signs_nothing_even_before_the_sweep(hospital: Hospital) -> None:
    today = timezone.localdate()
    identity.deactivate_user(PLATFORM, user_id=hospital.second_head.pk)
    row = delegations.delegate(
        me(hospital.head), to=hospital.centre.pk, first_day=today, last_day=today, reason="出差一天"
    )
    matter = hospital.ask()
    assert waiting(matter) == {"centre"}
    delegations.revoke_delegation(me(hospital.head), delegation_id=row.pk)
    with pytest.raises(Forbidden) as refusal:
        approve(matter, hospital.centre)
    assert refusal.value.code == "workflows.delegation_over"


def test_whom_the_changed_subject_benefits_is_barred_from_its_next_round(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prize for the centre's person becomes one for the leader while it is returned."""
    for_whom = [hospital.centre.pk]

    def prize(_subject: str) -> Subject:
        return Subject("奖励", hospital.township.pk, {}, {"for": for_whom[0]}, barred=frozenset(for_whom))

    body = default("奖励", (Step("both", "中心或领导小组", (role(Role.OPERATION_CENTRE), role(Role.LEADERSHIP))),))
    monkeypatch.setitem(subjects._types, "tests.prize", SubjectType("tests.prize", "奖励", prize, default=body))
    load_flows()
    matter = services.start(me(hospital.clerk), kind="tests.prize", subject="1")
    assert waiting(matter) == {"leader"}
    services.return_to(me(hospital.leader), matter_id=matter.pk, task=turn(matter, hospital.leader), comment="不是他的")
    for_whom[0] = hospital.leader.pk
    services.resubmit(me(hospital.clerk), matter_id=matter.pk)
    assert waiting(matter) == {"centre"}
    own = {"matter_id": matter.pk, "task": turn(matter, hospital.centre), "comment": "请代看"}
    for pass_on in (
        lambda: services.transfer(me(hospital.centre), to=hospital.leader.pk, **own),
        lambda: services.add_signer(me(hospital.centre), added=hospital.leader.pk, before=True, **own),
    ):
        with pytest.raises(DomainError):
            pass_on()


def test_an_added_signer_passes_the_task_only_to_a_peer_or_superior(hospital: Hospital) -> None:
    matter = hospital.ask()
    first = {"matter_id": matter.pk, "task": turn(matter, hospital.head)}
    services.add_signer(me(hospital.head), **first, added=hospital.centre.pk, before=True, comment="请中心先核价格")
    own = {"matter_id": matter.pk, "task": turn(matter, hospital.centre), "comment": "请代看"}
    with pytest.raises(Forbidden) as refusal:
        services.transfer(me(hospital.centre), to=hospital.second_head.pk, **own)
    assert refusal.value.code == "workflows.not_of_the_rank"
    services.transfer(me(hospital.centre), to=hospital.leader.pk, **own)
    assert "leader" in waiting(matter)


def test_who_was_given_the_task_and_lost_every_role_signs_nothing_and_is_replaced(hospital: Hospital) -> None:
    matter = hospital.ask()
    services.transfer(
        me(hospital.head),
        matter_id=matter.pk,
        task=turn(matter, hospital.head),
        to=hospital.centre.pk,
        comment="请代审",
    )
    actor = me(hospital.centre)
    identity.revoke_role(PLATFORM, assignment_id=hospital.centre.assignments.get().pk)
    with pytest.raises(Forbidden) as refusal:
        services.approve(actor, matter_id=matter.pk, task=turn(matter, hospital.centre))
    assert refusal.value.code == "workflows.role_lost"
    sweeping.replace_left(matter.pk)
    assert "centre" not in waiting(matter)


def test_signing_once_does_not_sign_in_an_incompatible_role(hospital: Hospital) -> None:
    """Finance officer at the township, accounting reviewer at the lead hospital: the pair is refused in one institution
    only, and again at the act."""
    both = trade.person("both", Role.FINANCE_OFFICER, hospital.township)
    trade.give(both, Role.ACCOUNTING_REVIEWER, hospital.institutions["H1"])
    steps = (
        Step("made", "经办", (role(Role.FINANCE_OFFICER),)),
        Step("reviewed", "会计审核", (role(Role.ACCOUNTING_REVIEWER, Level.LEAD),)),
    )
    flow = Flow.objects.get(subject_type="workflows.request")
    flow.draft = default("申请", steps)["body"]
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="test")
    matter = hospital.ask(by=hospital.head)
    approve(matter, both)
    assert waiting(matter) == {"both"}, "the second signature is asked for by itself"
    with pytest.raises(Forbidden) as refused:
        approve(matter, both)
    assert refused.value.code == "workflows.incompatible_duties"


def test_a_named_person_signs_only_while_a_role_of_theirs_does(hospital: Hospital) -> None:
    steps = (Step("named", "指定人员", (ApproverRule(Who.PERSON, person="leader"),)),)
    flow = Flow.objects.get(subject_type="workflows.request")
    flow.draft = default("申请", steps)["body"]
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="test")
    matter = hospital.ask()
    RoleAssignment.objects.filter(user=hospital.leader).update(state=RoleAssignment.State.REVOKED)
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.leader)
    assert refused.value.code == "workflows.role_lost"
    sweeping.replace_person(hospital.leader.pk)
    assert "leader" not in waiting(matter)


def test_an_auditor_named_by_a_flow_signs_nothing(hospital: Hospital) -> None:
    steps = (Step("named", "指定人员", (ApproverRule(Who.PERSON, person="auditor"),)),)
    flow = Flow.objects.get(subject_type="workflows.request")
    flow.draft = default("申请", steps)["body"]
    flow.save()
    publish(PLATFORM, flow_id=flow.pk, made_by="test")
    assert "auditor" not in waiting(hospital.ask())
