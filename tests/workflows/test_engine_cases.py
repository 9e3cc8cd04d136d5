"""The approval engine, case by case: what each act does, and what happens where practice gets awkward."""

from decimal import Decimal

import pytest

from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound
from tests.workflows.cast import (
    ANNA,
    APPLICANT,
    BO,
    CENTRE,
    CHEN,
    DENG,
    FANG,
    LEADER,
    begin,
    flow,
    people,
    roster,
    sign,
    step,
    turn,
    waiting,
)
from workflows.engine import verbs
from workflows.engine.course import EventKind, Origin, Roster, State, TaskState
from workflows.engine.definition import Mode, OnRejection, Withdrawing

TIERS = flow(
    step("head", condition="amount <= 50000"),
    step("centre", condition="amount > 50000 and amount < 500000"),
    step("group", condition="amount >= 500000"),
)
TIER_PEOPLE = roster(head=(ANNA,), centre=(BO,), group=(CHEN,))


@pytest.mark.parametrize(
    ("amount", "who"),
    [("50000.00", ANNA), ("50000.01", BO), ("499999.99", BO), ("500000.00", CHEN), ("0", ANNA)],
)
def test_the_amount_decides_who_approves_borders_included(amount: str, who: int) -> None:
    assert waiting(begin(TIERS, TIER_PEOPLE, amount=Decimal(amount))) == {who}


def test_an_unknown_amount_spares_nobody() -> None:
    course = begin(TIERS, TIER_PEOPLE)
    for person in (ANNA, BO, CHEN):
        assert waiting(course) == {person}
        course = sign(course, person, TIER_PEOPLE)
    assert course.state is State.APPROVED


def test_a_matter_to_which_no_step_applies_is_not_begun() -> None:
    narrow = flow(step("group", condition="amount >= 500000"))
    with pytest.raises(Invalid) as refused:
        begin(narrow, roster(group=(CHEN,)), amount=Decimal(5))
    assert refused.value.code == "workflows.no_step_applies"


def test_any_one_signature_suffices_and_the_others_are_spared() -> None:
    who = roster(a=(ANNA, BO))
    course = sign(begin(flow(step("a")), who), BO, who)
    assert course.state is State.APPROVED
    assert [task.state for task in course.tasks] == [TaskState.DROPPED, TaskState.SIGNED]


def test_all_must_sign() -> None:
    who = roster(a=(ANNA, BO))
    course = sign(begin(flow(step("a", Mode.ALL)), who), ANNA, who)
    assert course.state is State.RUNNING
    assert sign(course, BO, who).state is State.APPROVED


def test_two_of_three_must_sign() -> None:
    who = roster(a=(ANNA, BO, CHEN))
    course = sign(begin(flow(step("a", Mode.COUNT, count=2)), who), CHEN, who)
    assert waiting(course) == {ANNA, BO}
    assert sign(course, ANNA, who).state is State.APPROVED


def test_where_all_sign_a_rule_that_only_the_applicant_holds_is_signed_from_above() -> None:
    course = begin(flow(step("a", Mode.ALL)), roster(a=((ANNA,), (APPLICANT,))))
    assert waiting(course) == {ANNA, CENTRE}
    alone = begin(flow(step("a", Mode.ALL)), roster(above=(), a=((ANNA,), (APPLICANT,))))
    assert waiting(alone) == {ANNA}


def test_too_few_for_n_of_m_are_filled_up_from_above() -> None:
    who = roster(a=(ANNA,))
    assert waiting(begin(flow(step("a", Mode.COUNT, count=2)), who)) == {ANNA, CENTRE}


def test_a_double_signature_takes_two_different_persons() -> None:
    who = roster(a=((ANNA, BO), (ANNA, CHEN)))
    course = sign(begin(flow(step("a", Mode.EACH)), who), ANNA, who)
    assert course.state is State.RUNNING
    assert waiting(course) == {CHEN}
    assert sign(course, CHEN, who).state is State.APPROVED


def test_a_double_signature_of_one_person_alone_gets_a_second_one_from_above() -> None:
    who = roster(a=((ANNA,), (ANNA,)))
    course = sign(begin(flow(step("a", Mode.EACH)), who), ANNA, who)
    assert waiting(course) == {CENTRE}


def test_nobody_approves_what_they_applied_for() -> None:
    who = roster(a=(APPLICANT, ANNA))
    course = begin(flow(step("a")), who)
    assert waiting(course) == {ANNA}
    with pytest.raises(Forbidden, match="申请人"):
        verbs.transfer(course, task=turn(course, ANNA), person=ANNA, to=APPLICANT, roster=who)
    with pytest.raises(Forbidden):
        verbs.add_signer(course, task=turn(course, ANNA), person=ANNA, added=APPLICANT, before=True, roster=who)


def test_where_only_the_applicant_could_sign_the_next_rung_does() -> None:
    assert waiting(begin(flow(step("a")), roster(a=(APPLICANT,)))) == {CENTRE}


def test_whom_the_matter_benefits_does_not_sign_either() -> None:
    who = roster(a=(ANNA, BO))
    outcome = verbs.submit(flow(step("a")), values={}, applicant=APPLICANT, roster=who, barred=[ANNA])
    assert waiting(outcome.course) == {BO}


def test_a_delegate_signs_for_the_principal_and_both_are_named() -> None:
    who = roster(a=(ANNA,), delegations={ANNA: BO})
    course = begin(flow(step("a")), who)
    [task] = course.here
    assert (task.person, task.behalf_of) == (BO, ANNA)


def test_a_delegation_to_the_applicant_is_not_followed() -> None:
    assert waiting(begin(flow(step("a")), roster(a=(ANNA,), delegations={ANNA: APPLICANT}))) == {ANNA}


def test_delegations_in_a_circle_are_not_followed() -> None:
    assert waiting(begin(flow(step("a")), roster(a=(ANNA,), delegations={ANNA: BO, BO: ANNA}))) == {ANNA}


def test_a_delegate_who_sits_there_already_does_not_sign_twice() -> None:
    who = roster(a=(ANNA, BO), delegations={ANNA: BO})
    course = begin(flow(step("a", Mode.ALL)), who)
    assert waiting(course) == {ANNA, BO}


def test_who_has_signed_need_not_sign_a_later_step_again() -> None:
    who = roster(a=(ANNA,), b=(ANNA, BO), c=(CHEN,))
    outcome = verbs.approve(begin(flow(step("a"), step("b"), step("c")), who), task=1, person=ANNA, roster=who)
    assert EventKind.SIGNED_ALREADY in [event.kind for event in outcome.events]
    assert waiting(outcome.course) == {CHEN}


def test_where_the_flow_says_so_the_same_person_signs_every_step() -> None:
    who = roster(a=(ANNA,), b=(ANNA,))
    course = sign(begin(flow(step("a"), step("b"), sign_once=False), who), ANNA, who)
    assert waiting(course) == {ANNA}
    assert sign(course, ANNA, who).state is State.APPROVED


def test_one_rejection_ends_the_matter() -> None:
    who = roster(a=(ANNA, BO))
    course = begin(flow(step("a", Mode.ALL)), who)
    ended = verbs.reject(course, task=turn(course, BO), person=BO, roster=who).course
    assert ended.state is State.REJECTED
    assert waiting(ended) == set()


def test_a_rejection_is_outvoted_while_enough_others_can_sign() -> None:
    who = roster(a=(ANNA, BO, CHEN))
    course = begin(flow(step("a", Mode.COUNT, count=2, on_rejection=OnRejection.OUTVOTED)), who)
    course = verbs.reject(course, task=turn(course, ANNA), person=ANNA, roster=who).course
    assert course.state is State.RUNNING
    course = verbs.reject(course, task=turn(course, BO), person=BO, roster=who).course
    assert course.state is State.REJECTED


def test_a_rejection_may_send_the_matter_back() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a", on_rejection=OnRejection.RETURNS)), who)
    assert verbs.reject(course, task=1, person=ANNA, roster=who).course.state is State.RETURNED


def test_a_return_in_the_midst_of_an_all_sign_step_voids_what_was_signed() -> None:
    who = roster(a=(ANNA,), b=(BO, CHEN, DENG))
    course = sign(begin(flow(step("a"), step("b", Mode.ALL)), who), ANNA, who)
    course = sign(course, BO, who)
    course = verbs.return_to(course, task=turn(course, CHEN), person=CHEN, roster=who, step="a").course
    assert waiting(course) == {ANNA}
    course = sign(course, ANNA, who)
    assert waiting(course) == {BO, CHEN, DENG}, "BO signs again: what was signed before the return counts no more"


def test_one_returns_only_to_where_the_matter_has_been() -> None:
    who = roster(a=(ANNA,), b=(BO,), c=(CHEN,))
    course = sign(begin(flow(step("a"), step("b"), step("c")), who), ANNA, who)
    with pytest.raises(Invalid, match="走过"):
        verbs.return_to(course, task=turn(course, BO), person=BO, roster=who, step="c")


def test_after_one_return_the_steps_before_can_still_be_returned_to() -> None:
    who = roster(a=(ANNA,), b=(BO,), c=(CHEN,))
    course = sign(sign(begin(flow(step("a"), step("b"), step("c")), who), ANNA, who), BO, who)
    course = verbs.return_to(course, task=turn(course, CHEN), person=CHEN, roster=who, step="b").course
    course = verbs.return_to(course, task=turn(course, BO), person=BO, roster=who, step="a").course
    assert waiting(course) == {ANNA}


def test_nobody_is_signed_for_by_a_subordinate() -> None:
    seats = {"a": people(), "group": people(APPLICANT)}
    who = Roster({key: (rule,) for key, rule in seats.items()}, (people(ANNA), people(LEADER)), first_rung={"group": 2})
    with pytest.raises(Conflict) as refused:
        begin(flow(step("group")), who)
    assert refused.value.code == "workflows.no_approver"
    assert waiting(begin(flow(step("a")), who)) == {ANNA}


def test_a_transferred_task_that_is_delegated_stays_a_transferred_one() -> None:
    who = roster(a=(ANNA,))
    course = verbs.transfer(begin(flow(step("a")), who), task=1, person=ANNA, to=BO, roster=who).course
    away = verbs.follow_delegations(course, roster=roster(a=(ANNA,), delegations={BO: CHEN})).course
    [task] = [task for task in away.here if task.waiting]
    assert (task.person, task.behalf_of, task.origin) == (CHEN, BO, Origin.TRANSFER)


def test_what_waits_on_an_applicant_who_left_ends() -> None:
    who = roster(a=(ANNA,))
    course = verbs.return_to(begin(flow(step("a")), who), task=1, person=ANNA, roster=who).course
    assert verbs.abandon(course).course.state is State.WITHDRAWN


def test_what_was_returned_is_sent_again_from_the_beginning() -> None:
    who = roster(a=(ANNA,), b=(BO,))
    course = sign(begin(flow(step("a"), step("b")), who, amount=Decimal(5)), ANNA, who)
    course = verbs.return_to(course, task=turn(course, BO), person=BO, roster=who).course
    assert course.state is State.RETURNED
    with pytest.raises(Forbidden):
        verbs.resubmit(course, person=BO, values={}, roster=who)
    again = verbs.resubmit(course, person=APPLICANT, values=course.values, roster=who).course
    assert waiting(again) == {ANNA}


def test_where_the_flow_says_so_it_goes_straight_back_unless_its_content_changed() -> None:
    who = roster(a=(ANNA,), b=(BO,))
    course = sign(begin(flow(step("a"), step("b"), straight_back=True), who, amount=Decimal(5)), ANNA, who)
    course = verbs.return_to(course, task=turn(course, BO), person=BO, roster=who).course
    same = {"person": APPLICANT, "values": course.values, "roster": who}
    assert waiting(verbs.resubmit(course, **same, unchanged=True).course) == {BO}  # type: ignore[arg-type]
    assert waiting(verbs.resubmit(course, **same).course) == {ANNA}, "other content with the same figures"  # type: ignore[arg-type]


def test_one_withdraws_while_nobody_has_signed() -> None:
    who = roster(a=(ANNA,), b=(BO,))
    course = begin(flow(step("a"), step("b")), who)
    assert verbs.withdraw(course, person=APPLICANT).course.state is State.WITHDRAWN
    with pytest.raises(Conflict, match="已有人签署"):
        verbs.withdraw(sign(course, ANNA, who), person=APPLICANT)
    anytime = begin(flow(step("a"), step("b"), withdrawing=Withdrawing.ANY_TIME), who)
    assert verbs.withdraw(sign(anytime, ANNA, who), person=APPLICANT).course.state is State.WITHDRAWN


def test_a_transfer_leaves_the_first_for_good() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    course = verbs.transfer(course, task=1, person=ANNA, to=BO, roster=who).course
    assert waiting(course) == {BO}
    with pytest.raises(Conflict):
        verbs.approve(course, task=1, person=ANNA, roster=who)


def test_who_was_added_before_signs_first() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=BO, before=True, roster=who).course
    assert waiting(course) == {BO}
    with pytest.raises(Conflict, match="加签"):
        verbs.approve(course, task=1, person=ANNA, roster=who)
    course = sign(course, BO, who)
    assert waiting(course) == {ANNA}
    assert sign(course, ANNA, who).state is State.APPROVED


def test_who_was_added_after_signs_last_even_where_one_signature_would_do() -> None:
    who = roster(a=(ANNA, CHEN))
    course = begin(flow(step("a")), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=BO, before=False, roster=who).course
    course = sign(course, ANNA, who)
    assert (course.state, waiting(course)) == (State.RUNNING, {BO})
    assert sign(course, BO, who).state is State.APPROVED


def test_an_added_signer_who_refuses_is_not_outvoted() -> None:
    who = roster(a=(ANNA, CHEN))
    course = begin(flow(step("a", on_rejection=OnRejection.OUTVOTED)), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=BO, before=True, roster=who).course
    assert verbs.reject(course, task=turn(course, BO), person=BO, roster=who).course.state is State.REJECTED


def test_who_left_is_replaced_by_others_of_the_rule_then_from_above() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    replaced = verbs.replace_absent(course, absent={ANNA}, roster=roster(a=(BO,))).course
    assert waiting(replaced) == {BO}
    assert waiting(verbs.replace_absent(course, absent={ANNA}, roster=who).course) == {CENTRE}


def test_where_nobody_is_left_the_matter_waits_on_the_applicant() -> None:
    course = begin(flow(step("a")), roster(a=(ANNA,)))
    outcome = verbs.replace_absent(course, absent={ANNA}, roster=roster(above=()))
    assert outcome.course.state is State.RETURNED
    assert EventKind.STUCK in [event.kind for event in outcome.events]


def test_a_matter_that_nobody_could_ever_approve_is_not_begun() -> None:
    with pytest.raises(Conflict) as refused:
        begin(flow(step("a"), step("b")), roster(above=(), a=(ANNA,)))
    assert refused.value.context["step"] == "b"


def test_open_tasks_follow_a_delegation_and_come_back_when_it_ends() -> None:
    course = begin(flow(step("a")), roster(a=(ANNA,)))
    away = verbs.follow_delegations(course, roster=roster(a=(ANNA,), delegations={ANNA: BO})).course
    assert waiting(away) == {BO}
    assert waiting(verbs.follow_delegations(away, roster=roster(a=(ANNA,))).course) == {ANNA}


def test_when_time_is_up_the_rung_above_may_sign_too() -> None:
    who = roster(a=(ANNA,))
    course = verbs.escalate(begin(flow(step("a")), who), roster=who).course
    assert waiting(course) == {ANNA, CENTRE}
    course = verbs.escalate(course, roster=who).course
    assert waiting(course) == {ANNA, CENTRE, LEADER}
    assert sign(course, CENTRE, who).state is State.APPROVED


def test_an_escalated_step_of_several_signatures_still_gets_them_from_several_people() -> None:
    who = roster(a=(ANNA, BO))
    course = verbs.escalate(begin(flow(step("a", Mode.ALL)), who), roster=who).course
    course = sign(course, CENTRE, who)
    assert course.state is State.RUNNING
    assert sign(course, BO, who).state is State.APPROVED


def test_the_second_of_two_who_approve_at_the_same_moment_is_told() -> None:
    who = roster(a=(ANNA, BO), b=(CHEN,))
    course = begin(flow(step("a"), step("b")), who)
    after = sign(course, ANNA, who)
    with pytest.raises(Conflict):
        verbs.approve(after, task=turn(course, BO), person=BO, roster=who)


def test_a_stranger_has_no_task() -> None:
    who = roster(a=(ANNA,))
    with pytest.raises(NotFound):
        verbs.approve(begin(flow(step("a")), who), task=1, person=FANG, roster=who)


def test_where_the_last_of_a_refused_seat_signs_the_other_one_the_step_is_lost_and_the_matter_rejected() -> None:
    """Double signature, only outvoting rejects: Anna refuses for the first seat, Deng, who could have saved it, signs the
    second."""
    definition = flow(step("a", Mode.EACH, on_rejection=OnRejection.OUTVOTED))
    who = roster(above=(), a=((ANNA, DENG), (FANG, DENG)))
    course = begin(definition, who)
    course = verbs.reject(course, task=turn(course, ANNA), person=ANNA, roster=who).course
    assert course.state is State.RUNNING
    second = next(task.number for task in course.here if task.person == DENG and task.seat == 2)
    outcome = verbs.approve(course, task=second, person=DENG, roster=who)
    assert outcome.course.state is State.REJECTED
    assert waiting(outcome.course) == set()


def test_stand_ins_one_of_whom_acts_for_the_other_get_one_turn_each() -> None:
    definition = flow(step("a", Mode.ALL))
    course = begin(definition, roster(a=(ANNA,)))
    above = Roster({}, (people(CENTRE, LEADER),), delegations={CENTRE: LEADER})
    course = verbs.replace_absent(course, absent={ANNA}, roster=above).course
    turns = [task.person for task in course.here if task.state is TaskState.OPEN]
    assert sorted(turns) == [CENTRE, LEADER]


def test_who_was_asked_after_a_seat_that_is_refused_waits_for_nothing_any_more() -> None:
    """One of two suffices, only outvoting rejects: Anna asks Chen to sign after her, then refuses; Bo signs."""
    definition = flow(step("a", Mode.COUNT, count=1, on_rejection=OnRejection.OUTVOTED))
    who = roster(above=(), a=(ANNA, BO))
    course = begin(definition, who)
    course = verbs.add_signer(course, task=turn(course, ANNA), person=ANNA, added=CHEN, before=False, roster=who).course
    course = verbs.reject(course, task=turn(course, ANNA), person=ANNA, roster=who).course
    assert CHEN in waiting(course)
    course = sign(course, BO, who) if BO in waiting(course) else course
    course = sign(course, CHEN, who)
    assert course.state is State.APPROVED


def test_who_signed_only_as_an_added_signer_or_for_another_signs_their_own_step_all_the_same() -> None:
    definition = flow(step("a"), step("b"), sign_once=True)
    who = roster(a=(ANNA,), b=(BO,))
    course = begin(definition, who)
    course = verbs.add_signer(course, task=turn(course, ANNA), person=ANNA, added=BO, before=True, roster=who).course
    course = sign(sign(course, BO, who), ANNA, who)
    assert (course.step, waiting(course)) == ("b", {BO})
    acting = roster(delegations={ANNA: BO}, a=(ANNA,), b=(BO,))
    course = sign(begin(definition, acting), BO, acting)
    assert (course.step, waiting(course)) == ("b", {BO})


def test_who_was_added_is_asked_no_more_and_somebody_else_can_be() -> None:
    who = roster(a=(ANNA, BO))
    course = begin(flow(step("a")), who)
    added = verbs.add_signer(course, task=turn(course, ANNA), person=ANNA, added=CHEN, before=True, roster=who).course
    assert waiting(added) == {CHEN}
    own = next(task.number for task in added.here if task.person == ANNA)
    with pytest.raises(NotFound):
        verbs.take_back_signer(added, task=own, person=ANNA, guest=DENG, roster=who)
    back = verbs.take_back_signer(added, task=own, person=ANNA, guest=CHEN, roster=who).course
    assert waiting(back) == {ANNA, BO}
    again = verbs.add_signer(back, task=own, person=ANNA, added=CHEN, before=False, roster=who).course
    assert waiting(sign(again, ANNA, who)) == {CHEN}


def test_who_was_added_and_has_signed_is_not_taken_back() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=CHEN, before=True, roster=who).course
    course = sign(course, CHEN, who)
    with pytest.raises(Conflict) as refusal:
        verbs.take_back_signer(course, task=1, person=ANNA, guest=CHEN, roster=who)
    assert refusal.value.code == "workflows.task_done"


def test_an_added_signer_who_leaves_is_not_replaced_by_the_leadership_but_chosen_anew() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=CHEN, before=True, roster=who).course
    course = verbs.replace_absent(course, absent=[CHEN], roster=who).course
    assert waiting(course) == {ANNA}
    assert sign(course, ANNA, who).state is State.APPROVED


def test_an_added_signer_who_leaves_after_their_asker_has_signed_is_replaced() -> None:
    who = roster(a=(ANNA,))
    course = begin(flow(step("a")), who)
    course = verbs.add_signer(course, task=1, person=ANNA, added=CHEN, before=False, roster=who).course
    course = verbs.replace_absent(sign(course, ANNA, who), absent=[CHEN], roster=who).course
    assert waiting(course) == {CENTRE}
