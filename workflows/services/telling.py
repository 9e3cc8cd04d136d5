"""What people are told about matters: whose turn it is and why, what became of what they applied for, what was done in
their name, comments, copies.

The page says the matter's title and the words of the act; a mail says neither: number, type and whose turn. A message's key
names the turn (task), the return (round) or the act, so that whoever has read the last one is told of the next, while the
same one told twice is one.
"""

from collections.abc import Collection, Sequence

from django.urls import reverse
from django.utils import timezone

from ops_platform.identity.models import User
from ops_platform.notifications.public import Note, emit, notify, settle
from workflows.engine.course import ASKED_BY_NAME, ENDED, Course, Event, EventKind, Origin, State, Task, TaskState
from workflows.models import Act, ActKind, Delegation, Matter
from workflows.subjects import title_of

TASK, RETURNED, RESULT, COPY = "workflows.task", "workflows.returned", "workflows.result", "workflows.copy"
COMMENT, SIGNED_FOR, DELEGATION = "workflows.comment", "workflows.signed_for", "workflows.delegation"
SUBMITTED, STEP_ENTERED, SENT_BACK, DECIDED = (
    "workflows.submitted",
    "workflows.step_entered",
    "workflows.sent_back",
    "workflows.decided",
)
RESULTS = {
    State.APPROVED: "已同意",
    State.REJECTED: "已否决",
    State.WITHDRAWN: "已撤回",
    State.EXPIRED: "已逾期失效",
    State.RETURNED: "已退回，请修改后重新提交或撤回",
}
YOURS = "待审批"
ASKING = {
    Origin.BEFORE: (ActKind.ADD_BEFORE, "请您加签"),
    Origin.AFTER: (ActKind.ADD_AFTER, "请您加签"),
    Origin.TRANSFER: (ActKind.TRANSFER, "转办给您"),
    Origin.HANDED_ON: (ActKind.TRANSFER, "转办给您"),
}


def tell(matter: Matter, act: Act, before: Course | None, course: Course, events: Sequence[Event]) -> None:
    """What follows from an act: messages about new turns, turns that are over, the result, what was done for somebody, and
    copies; events for other systems."""
    _announce(matter, act, before, course, events)
    had, have = _turns(before), _turns(course)
    fresh = {person: tasks for person, tasks in have.items() if not _same_turn(tasks, had.get(person, ()))}
    over = {person for person in had if person not in have or person in fresh}
    settle(_keys(matter, before, over))
    if act.kind == ActKind.DELEGATE:
        notes = [_handed_over(person, tasks[0]) for person, tasks in sorted(fresh.items())]
    else:
        taken_back = act.person_id if act.kind == ActKind.TAKE_BACK else None  # their own act gave them the turn again
        notes = [
            _turn(matter, tasks, *_why(matter, act, before, tasks[0]))
            for person, tasks in sorted(fresh.items())
            if person != taken_back
        ]
    notes += _result(matter, act, before, course, events)
    if act.behalf_of_id is not None and act.behalf_of_id != matter.applicant_id:
        notes.append(_done_for(matter, act, act.behalf_of_id))
    for event in events:
        if event.kind is EventKind.COPIED:
            notes += [
                _note(matter, person, f"{COPY}:{matter.pk}", COPY, "抄送", "") for person in event.detail["persons"]
            ]
    notify(notes)


def _announce(matter: Matter, act: Act, before: Course | None, course: Course, events: Sequence[Event]) -> None:
    """Other systems learn of every change of state, each once."""
    entered = any(event.kind is EventKind.ENTERED for event in events)
    happened = [SUBMITTED] if before is None else []
    if course.state in ENDED and (before is None or before.state not in ENDED):
        happened.append(DECIDED)
    elif course.state is State.RETURNED and (before is None or before.state is not State.RETURNED):
        happened.append(SENT_BACK)
    elif before is not None and entered:
        happened.append(STEP_ENTERED)
    for event in happened:
        emit(
            event,
            {
                "matter": matter.pk,
                "type": matter.subject_type,
                "subject": matter.subject,
                "institution": matter.institution.code if matter.institution else "",
                "state": matter.state,
                "step": matter.step,
                "round": matter.round,
                "act": act.number,
            },
            key=f"{matter.pk}:{act.number}",
        )


def remind(matter: Matter, course: Course, head: str, words: str) -> None:
    """Tell those whose turn it is by the course once more, in other words than before: `head` before the title, and in the
    mail, says what it is."""
    notify([_turn(matter, tasks, f"{head}，{YOURS}", words) for _person, tasks in sorted(_turns(course).items())])


def tell_comment(matter: Matter, act: Act, course: Course, files: Sequence[str]) -> None:
    """A comment is read by the applicant and by those whose turn it is."""
    words = f"{act.person}：{act.comment}" + (f"\n附件：{'、'.join(files)}" if files else "")
    persons = {matter.applicant_id, *_turns(course)} - {act.person_id}
    key = f"{COMMENT}:{matter.pk}:{act.number}"
    notify([_note(matter, person, key, COMMENT, "新评论", words) for person in sorted(persons)])


def page_of(matter: Matter) -> str:
    """The matter's page."""
    return reverse("workflows:matter", args=[matter.pk])


def _turns(course: Course | None) -> dict[int, list[Task]]:
    """Whose turn it is, with their open tasks in order."""
    turns: dict[int, list[Task]] = {}
    if course is not None and course.state is State.RUNNING:
        for task in sorted(course.here, key=lambda one: one.number):
            if task.state is TaskState.OPEN:
                turns.setdefault(task.person, []).append(task)
    return turns


def _same_turn(tasks: Collection[Task], earlier: Collection[Task]) -> bool:
    return bool({task.number for task in tasks} & {task.number for task in earlier})


def _key(matter: Matter, number: int, forerunners: int) -> str:
    """A task whose holder asked somebody to sign first is a new turn when it is theirs again."""
    return f"{TASK}:{matter.pk}:{number}:{forerunners}"


def _keys(matter: Matter, before: Course | None, over: Collection[int]) -> list[str]:
    """All that people whose turn is over may have been told at this visit, and that the matter was returned where the
    applicant has answered."""
    if before is None:
        return []
    keys = [
        _key(matter, task.number, forerunners)
        for task in before.here
        if task.person in over
        for forerunners in range(len(task.waits_for) + 1)
    ]
    return [*keys, _returned_key(matter, before.round)] if before.state is State.RETURNED else keys


def _returned_key(matter: Matter, number: int) -> str:
    return f"{RETURNED}:{matter.pk}:{number}"


def _note(matter: Matter, person: int, key: str, kind: str, head: str, body: str) -> Note:
    return Note(
        person,
        key,
        kind,
        f"{head}：{matter.title}"[:200],
        body,
        page_of(matter),
        mail=f"{head}：{title_of(matter.subject_type)}(事项 {matter.pk})",
    )


def _turn(matter: Matter, tasks: Sequence[Task], head: str, why: str) -> Note:
    task = tasks[0]
    lines = [why] if why else []
    if task.behalf_of is not None:
        lines.append(f"代{_names([task.behalf_of])}审批")
    lines.append(f"{matter.step_title}，申请人 {matter.applicant}")
    return _note(matter, task.person, _key(matter, task.number, len(task.waits_for)), TASK, head, "\n".join(lines))


def _why(matter: Matter, act: Act, before: Course | None, task: Task) -> tuple[str, str]:
    """What a new turn is called, and how the person came to it."""
    if _again(before, task):
        return YOURS, f"前面的加签已了结({act.person or '平台自动'}：{act.get_kind_display()})，轮到您审批"
    if task.origin in ASKED_BY_NAME:
        kind, head = ASKING[task.origin]
        asked = matter.acts.filter(kind=kind, other=task.behalf_of or task.person).select_related("person")
        request = asked.order_by("-number").first()
        return head, f"{request.person}{head}：{request.comment}" if request else ""
    if task.origin is Origin.ESCALATION and before is not None:
        hours = before.present.escalate_hours
        return f"升级，{YOURS}", f"升级：原由{_names(_turns(before))}审批，未在 {hours} 小时内处理"
    if act.kind == ActKind.RETURN:
        return f"退回，{YOURS}", f"{act.person}退回到本环节：{act.comment}"
    if act.kind == ActKind.RESUBMIT:
        return f"重新提交，{YOURS}", f"申请人重新提交：{act.comment}" if act.comment else ""
    return YOURS, act.comment if act.kind == ActKind.REPLACE else ""


def _again(before: Course | None, task: Task) -> bool:
    """The task was theirs before they, or another at the seat, asked somebody to sign first."""
    earlier = before.task(task.number) if before is not None else None
    forerunners = len(task.waits_for) - (task.origin is Origin.AFTER)
    return earlier is not None and earlier.state is TaskState.HELD and forerunners > 0


def _names(people: Collection[int]) -> str:
    rows = User.objects.filter(pk__in=people).order_by("display_name", "id")
    return "、".join(str(person) for person in rows)


def _handed_over(person: int, task: Task) -> Note:
    """However many tasks a delegation moves to somebody, or back, in one day, they are one message."""
    principal = task.behalf_of if task.behalf_of is not None else task.person
    last = Delegation.objects.filter(principal=principal).order_by("-id").values_list("id", flat=True).first()
    title = f"{_names([principal])}的待办已转给您代为审批" if task.behalf_of is not None else "委派结束，待办已退还给您"
    return Note(
        person,
        f"{DELEGATION}:{principal}:{last}:{timezone.localdate()}",
        DELEGATION,
        title,
        "请在「待办」里查看并办理。",
        reverse("workflows:to-do"),
    )


def _result(matter: Matter, act: Act, before: Course | None, course: Course, events: Sequence[Event]) -> list[Note]:
    """What the applicant is told when the matter goes back to them or ends, unless they ended it themselves."""
    if course.state is State.RUNNING or (before is not None and before.state is course.state):
        return []
    if course.state is State.WITHDRAWN and act.person_id == matter.applicant_id:
        return []
    stuck = any(event.kind is EventKind.STUCK for event in events)
    reason = "没有可以审批的人，请联系系统管理员。" if stuck else act.comment
    returned = course.state is State.RETURNED
    key = _returned_key(matter, course.round) if returned else f"{RESULT}:{matter.pk}"
    kind = RETURNED if returned else RESULT
    return [_note(matter, matter.applicant_id, key, kind, RESULTS[course.state], reason)]


def _done_for(matter: Matter, act: Act, principal: int) -> Note:
    """What a delegate did, for the person in whose name it stands."""
    key, head = f"{SIGNED_FOR}:{matter.pk}:{act.number}", f"已代您{act.get_kind_display()}"
    body = f"{act.person}代您{act.get_kind_display()}" + (f"：{act.comment}" if act.comment else "")
    return _note(matter, principal, key, SIGNED_FOR, head, body)
