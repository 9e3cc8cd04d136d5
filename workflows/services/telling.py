"""What people are told about matters: whose turn it is, what became of what they applied for, copies."""

from collections.abc import Collection, Sequence

from django.urls import reverse

from ops_platform.notifications.public import Note, emit, notify, settle
from workflows.engine.course import ENDED, Course, Event, EventKind, State, TaskState
from workflows.models import Act, Matter

TASK, RESULT, COPY = "workflows.task", "workflows.result", "workflows.copy"
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


def tell(matter: Matter, act: Act, before: Course | None, course: Course, events: Sequence[Event]) -> None:
    """What follows from an act: messages about new turns, turns that are over, the result and copies; events for other
    systems."""
    _announce(matter, act, before, course, events)
    had = _turns(before)
    have = _turns(course)
    settle([_task_key(matter, person) for person in set(had.values()) - set(have.values())])
    fresh = {person for number, person in have.items() if number not in had}
    notes = [_turn(matter, person) for person in sorted(fresh)]
    if course.state is not State.RUNNING and (before is None or before.state is not course.state):
        stuck = any(event.kind is EventKind.STUCK for event in events)
        reason = "没有可以审批的人，请联系系统管理员。" if stuck else act.comment
        notes.append(
            Note(
                matter.applicant_id,
                f"workflows.result:{matter.pk}",
                RESULT,
                f"{RESULTS[course.state]}：{matter.title}"[:200],
                reason,
                page_of(matter),
            )
        )
    for event in events:
        if event.kind is EventKind.COPIED:
            notes += [
                Note(person, f"workflows.copy:{matter.pk}", COPY, f"抄送：{matter.title}"[:200], "", page_of(matter))
                for person in event.detail["persons"]
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


def remind(matter: Matter, persons: Collection[int], words: str) -> None:
    """Ask those whose turn it is once more, in other words than before so that it shows."""
    notify([_turn(matter, person, words) for person in sorted(persons)])


def page_of(matter: Matter) -> str:
    """The matter's page."""
    return reverse("workflows:matter", args=[matter.pk])


def _turns(course: Course | None) -> dict[int, int]:
    """Open tasks with whose they are."""
    if course is None or course.state is not State.RUNNING:
        return {}
    return {task.number: task.person for task in course.here if task.state is TaskState.OPEN}


def _turn(matter: Matter, person: int, words: str = "") -> Note:
    body = f"{matter.step_title}，申请人 {matter.applicant}"
    return Note(
        person,
        _task_key(matter, person),
        TASK,
        f"待审批：{matter.title}"[:200],
        f"{words}\n{body}" if words else body,
        page_of(matter),
    )


def _task_key(matter: Matter, person: int) -> str:
    return f"workflows.task:{matter.pk}:{person}"
