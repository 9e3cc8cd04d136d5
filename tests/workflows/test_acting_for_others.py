"""Acting for somebody else: to whom a delegation does not lead, what a delegate hands on, and what the record says of it."""

from datetime import timedelta
from functools import wraps

import pytest
from django.utils import timezone

from ops_platform.identity.models import DutyPair, RoleAssignment, User
from ops_platform.kernel import Forbidden, Role
from tests.support import trade
from tests.workflows.test_acts import Hospital, approve, me, turn, waiting
from tests.workflows.test_pages import sign_in
from workflows import services
from workflows.engine.definition import from_json
from workflows.integrity import signatures
from workflows.models import Act, Delegation, Flow, Matter, Task
from workflows.own_subjects import propose_role
from workflows.services import sweeping

pytestmark = pytest.mark.django_db


@pytest.fixture
def hospital() -> Hospital:
    DutyPair.objects.get_or_create(
        first="cashier", second="institution_head", defaults={"reason": "审批与执行须由不同的人办理"}
    )
    return Hospital()


def acts_for(principal: User, deputy: User) -> Delegation:
    today = timezone.localdate()
    return services.delegate(
        me(principal), to=deputy.pk, first_day=today, last_day=today + timedelta(days=3), reason="外出开会"
    )


def page_of(matter: Matter, reader: User) -> str:
    return sign_in(reader).get(f"/workflows/matters/{matter.pk}/").content.decode()


def test_a_delegation_does_not_lead_to_whom_an_incompatible_duty_bars(hospital: Hospital) -> None:
    acts_for(hospital.head, hospital.centre)
    before = hospital.ask()
    assert waiting(before) == {"centre", "second-head"}
    trade.give(hospital.centre, Role.CASHIER, hospital.township)
    with pytest.raises(Forbidden) as refused:
        approve(before, hospital.centre)
    assert refused.value.code == "workflows.incompatible_duties"
    assert sweeping.sweep() == 1
    assert waiting(before) == {"head", "second-head"}
    assert "受托人有不相容职务，不能代，退还head" in Act.objects.get(matter=before, kind="delegate").comment
    assert sweeping.sweep() == 0
    assert waiting(hospital.ask()) == {"head", "second-head"}, "nor does a new matter go there"


def test_a_duty_at_another_institution_bars_nobody_and_is_not_looked_at_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts_for(hospital.head, hospital.centre)
    matter = hospital.ask()
    trade.give(hospital.centre, Role.CASHIER, hospital.institutions["H1"])
    looked_at: list[int] = []
    look = sweeping.follow_delegations
    monkeypatch.setattr(
        sweeping, "follow_delegations", wraps(look)(lambda number: looked_at.append(number) or look(number))
    )
    assert (sweeping.sweep(), looked_at) == (0, [])
    assert waiting(matter) == {"centre", "second-head"}
    trade.give(hospital.centre, Role.CASHIER, hospital.township)
    assert (sweeping.sweep(), looked_at) == (1, [matter.pk])


def test_a_duty_elsewhere_bars_no_delegate_here(hospital: Hospital) -> None:
    deputy = trade.person("deputy", Role.INSTITUTION_HEAD, hospital.institutions["H1"])
    acts_for(hospital.head, deputy)
    trade.give(deputy, Role.CASHIER, hospital.institutions["V1"])
    assert waiting(hospital.ask()) == {"deputy", "second-head"}


def test_who_confirms_a_role_reads_which_delegation_it_bars(hospital: Hospital) -> None:
    first = trade.person("root", Role.SYSTEM_ADMIN)
    trade.person("second-root", Role.SYSTEM_ADMIN)
    acts_for(hospital.head, hospital.centre)
    proposed = RoleAssignment.objects.create(
        user=hospital.centre,
        role=Role.CASHIER,
        institution=hospital.township,
        state=RoleAssignment.State.PROPOSED,
        proposed_by="root",
    )
    propose_role(me(first), proposed)
    [words] = [value for label, value in Matter.objects.get().lines if label == "请留意"]
    assert words.startswith("head 已委派其在")
    assert "「收费员」与「机构负责人」是不相容职务" in words


def test_what_a_delegate_hands_on_comes_back_when_the_delegation_ends(hospital: Hospital) -> None:
    row = acts_for(hospital.centre, hospital.leader)
    other = trade.person("second-leader", Role.LEADERSHIP)
    matter = hospital.ask("60000.00")
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.leader), "comment": "我也要外出"}
    services.transfer(me(hospital.leader), to=other.pk, **given)
    task = Task.objects.get(matter=matter, state=Task.State.OPEN)
    assert (task.person, task.behalf_of) == (other, hospital.centre)
    assert sweeping.sweep() == 0, "it stays there while the delegation lasts"
    services.revoke_delegation(me(hospital.centre), delegation_id=row.pk)
    with pytest.raises(Forbidden):
        approve(matter, other)
    sweeping.sweep()
    back = Task.objects.get(matter=matter, state=Task.State.OPEN)
    assert (back.person, back.behalf_of, back.role) == (hospital.centre, None, "operation_centre")
    approve(matter, hospital.centre)
    assert list(signatures()) == []


def test_the_signature_after_a_transfer_names_the_signers_own_role_and_whose_turn_it_was(hospital: Hospital) -> None:
    acts_for(hospital.head, hospital.centre)
    matter = hospital.ask()
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.centre), "comment": "请领导定"}
    services.transfer(me(hospital.centre), to=hospital.leader.pk, **given)
    approve(matter, hospital.leader)
    act = Act.objects.get(matter=matter, kind="approve")
    assert (act.person, act.behalf_of, act.role) == (hospital.leader, hospital.head, "leadership")
    page = page_of(matter, hospital.clerk)
    record = page[page.index("办理记录") : page.index("审批路径")]
    assert "转办自 centre" in record
    assert "代 head" in record
    assert list(signatures()) == []


def test_who_takes_a_turn_by_transfer_is_still_bound_by_the_duties_of_the_turn(hospital: Hospital) -> None:
    matter = hospital.ask()
    given = {"matter_id": matter.pk, "task": turn(matter, hospital.head), "comment": "请中心定"}
    services.transfer(me(hospital.head), to=hospital.centre.pk, **given)
    trade.give(hospital.centre, Role.CASHIER, hospital.institutions["H1"])
    with pytest.raises(Forbidden) as refused:
        approve(matter, hospital.centre)
    assert refused.value.code == "workflows.incompatible_duties"


def test_a_chain_of_delegations_names_who_stands_between(hospital: Hospital) -> None:
    second = trade.person("second-leader", Role.LEADERSHIP)
    acts_for(hospital.centre, hospital.leader)
    acts_for(hospital.leader, second)
    matter = hospital.ask("60000.00")
    assert waiting(matter) == {"second-leader"}
    assert "经 leader 再委派" in page_of(matter, second)
    Delegation.objects.update(revoked_at=timezone.now())
    sweeping.sweep()
    Delegation.objects.update(revoked_at=None)
    sweeping.sweep()
    assert "second-leader代centre审批(经leader再委派)" in Act.objects.filter(matter=matter).latest("number").comment


def test_a_circle_of_delegations_is_not_called_the_end_of_one(hospital: Hospital) -> None:
    second = trade.person("second-leader", Role.LEADERSHIP)
    acts_for(hospital.centre, hospital.leader)
    matter = hospital.ask("60000.00")
    acts_for(hospital.leader, second)
    acts_for(second, hospital.leader)
    sweeping.sweep()
    assert waiting(matter) == {"centre"}
    words = Act.objects.filter(matter=matter, kind="delegate").latest("number").comment
    assert words == "按委派转交待办：委派绕成一圈，没有人可以代，退还centre。"


def test_what_goes_straight_back_is_not_called_void(hospital: Hospital) -> None:
    version = Flow.objects.get(subject_type="workflows.request").current
    assert version
    assert not from_json(version.body).straight_back
    plain = hospital.ask()
    given = {"task": turn(plain, hospital.head), "comment": "请补报价"}
    services.return_to(me(hospital.head), matter_id=plain.pk, **given)
    assert "退回申请人，本轮签署作废" in page_of(plain, hospital.clerk)
    later = type(version).objects.get(pk=version.pk)
    later.pk, later._state.adding = None, True
    later.number, later.body = later.number + 1, {**later.body, "straight_back": True}
    later.save(force_insert=True)
    Matter.objects.filter(pk=plain.pk).update(version=later)
    page = page_of(plain, hospital.clerk)
    assert "本轮签署作废" not in page
    assert "前面环节的签署仍有效" in page


def test_the_path_says_who_returned_passed_on_or_was_asked_and_by_whom(hospital: Hospital) -> None:
    matter = hospital.ask("60000.00")
    given = {"matter_id": matter.pk, "comment": "请先看"}
    services.add_signer(
        me(hospital.centre), task=turn(matter, hospital.centre), added=hospital.head.pk, before=True, **given
    )
    assert "由 centre 加签" in page_of(matter, hospital.clerk)
    services.transfer(me(hospital.head), task=turn(matter, hospital.head), to=hospital.second_head.pk, **given)
    page = page_of(matter, hospital.clerk)
    assert "转办自 head" in page
    assert "已转办" in page
    services.return_to(me(hospital.second_head), task=turn(matter, hospital.second_head), **given)
    page = page_of(matter, hospital.clerk)
    assert "已退回 <span" in page
    assert "已取消" not in page


def test_a_stand_in_is_marked_on_the_page_of_the_matter(hospital: Hospital) -> None:
    User.objects.filter(pk=hospital.second_head.pk).update(is_active=False)
    matter = hospital.ask(by=hospital.head)
    assert waiting(matter) == {"centre"}
    assert "上级代签" in page_of(matter, hospital.head)
    approve(matter, hospital.centre)
    assert "上级代签" in page_of(matter, hospital.head)
