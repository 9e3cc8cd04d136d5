"""What people do to a matter. Each verb takes the frozen course and gives the next one with what happened on the way.

A verb that may not be done raises: NotFound for a task that is not there, Forbidden for the wrong person, Conflict where
the matter has moved on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ops_platform.kernel import Conflict, Forbidden, Invalid, NotFound, Role
from workflows.engine.conditions import Values
from workflows.engine.course import (
    ASKED_BY_NAME,
    ENDED,
    Candidate,
    Course,
    Event,
    EventKind,
    Origin,
    Roster,
    Seat,
    State,
    Task,
    TaskState,
    capacities,
    hopeless,
)
from workflows.engine.definition import Definition, Mode, OnRejection, Withdrawing
from workflows.engine.moving import (
    Move,
    add_tasks,
    applies,
    asked_by,
    drop,
    end,
    enter,
    go_on,
    refill,
    release,
    send_back,
    settle_step,
    take_back_seat,
)
from workflows.engine.seating import delegate_of, seating

MOST_ADDED = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """The next course and what happened on the way to it."""

    course: Course
    events: tuple[Event, ...]


def submit(
    definition: Definition, *, values: Values, applicant: int, roster: Roster, barred: Collection[int] = ()
) -> Outcome:
    """Begin a matter at its first step whose condition is not untrue.

    Raises Invalid when no step applies, Conflict when a step that applies has nobody who may sign: a matter that could
    never end is not begun.
    """
    course = Course(definition=definition, applicant=applicant, values=values, barred=frozenset(barred))
    _refuse_hopeless_path(course, roster)
    move = Move(course, roster)
    go_on(move, 0)
    return Outcome(move.course, tuple(move.events))


def _refuse_hopeless_path(course: Course, roster: Roster) -> None:
    ahead = [step for step in course.definition.steps if applies(course.definition, step, course.values)]
    if not ahead:
        raise Invalid("workflows.no_step_applies", "按填写的内容，流程里没有任何审批环节适用，请联系流程管理员。")
    for step in ahead:
        if seating(step, roster, course.excluded) is None:
            raise Conflict(
                "workflows.no_approver",
                f"环节「{step.title}」没有可以审批的人(申请人本人不能审批)。请先由系统管理员授予相应角色。",
                step=step.key,
            )


def approve(course: Course, *, task: int, person: int, roster: Roster) -> Outcome:
    """Sign one's task. The step is left when it has what it needs."""
    held = _own_open_task(course, task, person)
    if person in course.signers:
        raise Conflict("workflows.signed_already", "您在本环节已经签过一次，另一个签名须由他人完成。")
    move = Move(course, roster)
    move.change(replace(held, state=TaskState.SIGNED))
    move.say(EventKind.SIGNED, task=held, person=person)
    drop(move, [t for t in move.course.here if t.waiting and (t.seat == held.seat or t.person == person)], "signed")
    refill(move)
    release(move)
    settle_step(move)
    return Outcome(move.course, tuple(move.events))


def reject(course: Course, *, task: int, person: int, roster: Roster) -> Outcome:
    """Refuse one's task; what that does to the matter, the step says."""
    held = _own_open_task(course, task, person)
    move = Move(course, roster)
    move.change(replace(held, state=TaskState.REFUSED))
    move.say(EventKind.REFUSED, task=held, person=person)
    policy = course.present.on_rejection
    if policy is OnRejection.RETURNS:
        send_back(move, person)
    elif policy is OnRejection.ENDS or hopeless(move.course):
        end(move, State.REJECTED, EventKind.REJECTED)
    else:
        release(move)
    return Outcome(move.course, tuple(move.events))


def return_to(course: Course, *, task: int, person: int, roster: Roster, step: str = "") -> Outcome:
    """Send the matter back to an earlier step that it has been at, or, without one, to the applicant.

    All that was signed in this round counts no more, whoever else was about to sign.
    """
    _own_open_task(course, task, person)
    move = Move(course, roster)
    if not step:
        send_back(move, person)
        return Outcome(move.course, tuple(move.events))
    if step not in course.walked or course.definition.position(step) >= course.definition.position(course.step):
        raise Invalid("workflows.cannot_return_there", "只能退回到已经走过的环节，或退回申请人。", field="step")
    drop(move, [t for t in course.here if t.waiting], "returned")
    move.say(EventKind.RETURNED, person=person, detail={"to": step})
    move.course = replace(move.course, round=course.round + 1, tasks=())
    enter(move, course.definition.position(step))
    return Outcome(move.course, tuple(move.events))


def resubmit(course: Course, *, person: int, values: Values, roster: Roster, unchanged: bool = False) -> Outcome:
    """The applicant sends what was returned again. It begins anew, or, where the definition says so and the subject is
    `unchanged` since it was signed, goes straight to the step that returned it."""
    _must_apply(course, person)
    if course.state is not State.RETURNED:
        raise Conflict("workflows.not_returned", "这件事项没有被退回，不能重新提交。")
    again = replace(course, state=State.RUNNING, round=course.round + 1, tasks=(), values=values, returned_from="")
    _refuse_hopeless_path(again, roster)
    move = Move(again, roster)
    if course.definition.straight_back and unchanged and course.returned_from:
        enter(move, course.definition.position(course.returned_from))
    else:
        go_on(move, 0)
    return Outcome(move.course, tuple(move.events))


def withdraw(course: Course, *, person: int) -> Outcome:
    """The applicant takes the matter back: while nobody has signed, or at any time, as the definition says. What was
    returned may always be withdrawn."""
    _must_apply(course, person)
    _must_go_on(course)
    signed = any(task.state is TaskState.SIGNED for task in course.tasks) or course.round > 1
    if course.state is State.RUNNING and signed and course.definition.withdrawing is Withdrawing.BEFORE_FIRST:
        raise Conflict("workflows.signed_meanwhile", "已有人签署，不能再撤回。可请当前审批人退回。")
    move = Move(course, Roster({}))
    end(move, State.WITHDRAWN, EventKind.WITHDRAWN)
    return Outcome(move.course, tuple(move.events))


def transfer(course: Course, *, task: int, person: int, to: int, roster: Roster) -> Outcome:
    """Give one's task to somebody else (转办): one's own for good, one that is held for somebody until they are back. The
    heir signs in their own role where they have one at the step or above it."""
    held = _own_open_task(course, task, person)
    must_be_free(course, to)
    move = Move(course, roster)
    drop(move, [held], "transferred")
    own = Candidate(to, _role_at(to, held, roster))
    beside = capacities(course, held)
    heir = delegate_of(own, roster, course.excluded, course.involved, beside=beside, by_name=True)
    origin = Origin.TRANSFER
    if held.behalf_of is not None and heir.person != held.behalf_of:
        heir, origin = replace(heir, behalf_of=held.behalf_of, via=()), Origin.HANDED_ON
    add_tasks(move, [heir], origin, seat=held.seat, mandatory=held.mandatory, waits_for=held.waits_for)
    release(move)
    return Outcome(move.course, tuple(move.events))


def _role_at(person: int, held: Task, roster: Roster) -> Role | None:
    """The role by which the person could sign the task: the task's own where they hold it."""
    rungs = (*roster.seats.get(held.step, ()), *roster.above_of(held.step))
    roles = [one.role for rung in rungs for one in rung if one.person == person and one.role is not None]
    return held.role if held.role is None or held.role in roles or not roles else roles[0]


def add_signer(course: Course, *, task: int, person: int, added: int, before: bool, roster: Roster) -> Outcome:
    """Ask one more person to sign at this step (加签): before oneself, who then waits, or after oneself."""
    held = _own_open_task(course, task, person)
    must_be_free(course, added)
    if len({t.seat for t in course.here if t.mandatory}) >= MOST_ADDED:
        raise Conflict("workflows.too_many_added", f"本环节最多加签 {MOST_ADDED} 人。")
    move = Move(course, roster)
    seat = max(t.seat for t in course.here) + 1
    beside = capacities(course, held)
    guest = delegate_of(Candidate(added), roster, course.excluded, course.involved, beside=beside, by_name=True)
    if before:
        add_tasks(move, [guest], Origin.BEFORE, seat=seat, mandatory=True)
        for other in [t for t in course.here if t.seat == held.seat]:
            move.change(replace(other, waits_for=(*other.waits_for, seat)))
    else:
        add_tasks(move, [guest], Origin.AFTER, seat=seat, mandatory=True, waits_for=(held.seat,))
    release(move)
    return Outcome(move.course, tuple(move.events))


def take_back_signer(course: Course, *, task: int, person: int, guest: int, roster: Roster) -> Outcome:
    """An added signer who has not decided yet is asked no more (取消加签), by whoever sits at the seat that asked for them,
    before their own turn comes again or while it is theirs."""
    _must_go_on(course)
    held = course.task(task)
    if held is None or held.visit != course.visit or held.person != person or not held.waiting:
        raise NotFound("workflows.no_task", "没有这个待办。")
    if person in course.excluded:
        raise Forbidden("workflows.own_matter", "不能审批自己申请的或与本人有关的事项。")
    own = next(seat for seat in course.seats if seat.number == held.seat)
    asked = [seat for seat in course.seats if asked_by(seat, own) and guest in {one.person for one in seat.tasks}]
    waiting = [seat for seat in asked if seat.waiting]
    if asked and not waiting:
        raise Conflict("workflows.task_done", "加签的人已经办理，不能取消。")
    if not waiting:
        raise NotFound("workflows.no_guest", "没有由您加签、尚未办理的这个人。")
    move = Move(course, roster)
    take_back_seat(move, waiting[-1], "taken_back")
    release(move)
    settle_step(move)
    return Outcome(move.course, tuple(move.events))


def replace_absent(course: Course, *, absent: Collection[int], roster: Roster) -> Outcome:
    """People who left or lost the role have their tasks taken; somebody else gets them. Where nobody is left, the matter
    goes back to the applicant, who is told why."""
    move = Move(course, roster)
    if course.state is State.RUNNING:
        drop(move, [task for task in course.here if task.waiting and task.person in absent], "left")
        refill(move, avoid=frozenset(absent))
        release(move)
    return Outcome(move.course, tuple(move.events))


def take_up(course: Course, *, person: int, roster: Roster) -> Outcome:
    """Somebody has come to a role, or back to it, that the present step asks for: they may sign at the first seat of that
    rule that is still open. Where every candidate has a seat of their own, a seat is theirs only while a stand-in sits
    there: a step does not need more signatures because somebody came. Stand-ins keep their turn; what is signed stays."""
    move = Move(course, roster)
    if course.state is not State.RUNNING or person in course.excluded | course.involved:
        return Outcome(course, ())
    rules = roster.seats.get(course.step, ())
    found = next((candidate for rule in rules for candidate in rule if candidate.person == person), None)
    seat = next((seat for seat in course.seats if seat.waiting and _belongs_to(course, seat, person, rules)), None)
    if found is not None and seat is not None:
        sitting = {task.person for task in course.here if task.state is not TaskState.DROPPED}
        candidate = delegate_of(found, roster, course.excluded, sitting)
        add_tasks(move, [candidate], Origin.RULE, seat=seat.number, waits_for=seat.tasks[0].waits_for)
        release(move)
    return Outcome(move.course, tuple(move.events))


def _belongs_to(course: Course, seat: Seat, person: int, rules: Sequence[Sequence[Candidate]]) -> bool:
    """The seat is one at which the rules would have asked the person."""
    if seat.mandatory:
        return False
    if course.present.mode is Mode.EACH:
        rule = rules[seat.number - 1] if seat.number <= len(rules) else ()
        return person in {candidate.person for candidate in rule}
    if course.present.mode is Mode.ANY:
        return True
    named = {candidate.person for rule in rules for candidate in rule}
    return not any(task.waiting and (task.behalf_of or task.person) in named for task in seat.tasks)


def follow_delegations(course: Course, *, roster: Roster) -> Outcome:
    """Open tasks go to who acts for their holder since today, and back to the holder when that has ended or leads to nobody
    who may sign. What a delegate handed on stays there until then."""
    move = Move(course, roster)
    if course.state is not State.RUNNING:
        return Outcome(course, ())
    for task in [t for t in course.here if t.waiting]:
        others = {t.person for t in move.course.here if t.state is not TaskState.DROPPED and t.number != task.number}
        first = first_held(course, task)
        due = due_for(course, task, roster, others)
        if task.origin is Origin.HANDED_ON and due_for(course, task, roster, ()).behalf_of is not None:
            continue
        if due.person == task.person or due.person in others:
            continue
        drop(move, [task], "delegation")
        add_tasks(move, [due], _kept(first.origin), seat=task.seat, mandatory=task.mandatory, waits_for=task.waits_for)
    release(move)
    return Outcome(move.course, tuple(move.events))


def first_held(course: Course, task: Task) -> Task:
    """The task as it first came to whom it belongs to, or to who acts for them."""
    principal = task.behalf_of if task.behalf_of is not None else task.person
    seated = [one for one in course.tasks if (one.visit, one.seat) == (task.visit, task.seat)]
    return next((one for one in seated if principal in (one.person, one.behalf_of)), task)


def due_for(course: Course, task: Task, roster: Roster, sitting: Collection[int]) -> Candidate:
    """Who has the turn today: whom the task belongs to, or who acts for them."""
    first = first_held(course, task)
    principal = task.behalf_of if task.behalf_of is not None else task.person
    return delegate_of(
        Candidate(principal, first.role),
        roster,
        course.excluded,
        sitting,
        beside=capacities(course, first),
        by_name=first.origin in ASKED_BY_NAME,
    )


def _kept(origin: Origin) -> Origin:
    """Whom somebody asked by name stays asked by name, whoever acts for them."""
    return origin if origin in (Origin.TRANSFER, Origin.BEFORE, Origin.AFTER) else Origin.DELEGATION


def escalate(course: Course, *, roster: Roster) -> Outcome:
    """Time is up: the nearest rung above that is not there yet may sign beside those who did not. One person takes one
    seat, so that a step of several signatures still gets them from several people."""
    move = Move(course, roster)
    if course.state is not State.RUNNING:
        return Outcome(course, ())
    present = set(course.involved) | course.excluded
    for rung in roster.above_of(course.step):
        fresh = [candidate for candidate in rung if candidate.person not in present]
        if not fresh:
            continue
        open_seats = [seat for seat in course.seats if any(t.state is TaskState.OPEN for t in seat.tasks)]
        shares = [fresh] if len(open_seats) == 1 else [[candidate] for candidate in fresh]
        for seat, people in zip(open_seats, shares, strict=False):
            first = seat.tasks[0]
            add_tasks(
                move, people, Origin.ESCALATION, seat=seat.number, mandatory=first.mandatory, waits_for=first.waits_for
            )
        move.say(EventKind.ESCALATED, detail={"seats": min(len(open_seats), len(shares))})
        break
    release(move)
    return Outcome(move.course, tuple(move.events))


def expire(course: Course) -> Outcome:
    """Nobody acted in time: the matter ends."""
    _must_go_on(course)
    move = Move(course, Roster({}))
    end(move, State.EXPIRED, EventKind.EXPIRED)
    return Outcome(move.course, tuple(move.events))


def abandon(course: Course) -> Outcome:
    """The applicant has left and the matter waits on them: it ends as withdrawn, so that others can ask anew."""
    if course.state is not State.RETURNED:
        return Outcome(course, ())
    move = Move(course, Roster({}))
    end(move, State.WITHDRAWN, EventKind.WITHDRAWN)
    return Outcome(move.course, tuple(move.events))


def _must_go_on(course: Course) -> None:
    if course.state in ENDED:
        raise Conflict("workflows.ended", "这件事项已经办结。")


def _must_apply(course: Course, person: int) -> None:
    if person != course.applicant:
        raise Forbidden("workflows.not_the_applicant", "只有申请人可以这样做。")


def _own_open_task(course: Course, number: int, person: int) -> Task:
    _must_go_on(course)
    task = course.task(number)
    if task is None or task.visit != course.visit:
        raise Conflict("workflows.moved_on", "事项已进入其他环节，请刷新页面。")
    if task.person != person:
        raise NotFound("workflows.no_task", "没有这个待办。")
    if task.state is TaskState.HELD:
        raise Conflict("workflows.another_first", "须等加签的人先签署。")
    if task.state is not TaskState.OPEN or course.state is not State.RUNNING:
        raise Conflict("workflows.task_done", "这个待办已经由您或他人处理过了。")
    if person in course.excluded:
        raise Forbidden("workflows.own_matter", "不能审批自己申请的或与本人有关的事项。")
    return task


def must_be_free(course: Course, person: int) -> None:
    """Refuses whom the matter is about, and who is in the step already."""
    if person in course.excluded:
        raise Forbidden("workflows.own_matter", "申请人或与事项有关的人不能审批该事项。", field="person")
    if person in course.involved:
        raise Conflict("workflows.in_step_already", "该人员已在本环节中。", field="person")
