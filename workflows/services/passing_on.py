"""Whom a task may be passed on to, and what speaks against the others: the same rules as the acts themselves."""

from collections.abc import Iterable

from ops_platform.identity.models import User
from ops_platform.kernel import Actor, DomainError, NotFound
from workflows.engine import verbs
from workflows.models import Matter
from workflows.services.acts import roster_of
from workflows.services.capacity import colleague_for, must_be_allowed, must_rank
from workflows.services.keeping import course_of


def disqualified(
    actor: Actor, matter: Matter, *, task: int, people: Iterable[User], transfer: bool
) -> dict[int, DomainError]:
    """Of the people those who would be refused, each with the refusal; some queries a person, so for a page of them.

    Raises NotFound where the task is not the actor's or waits no more.
    """
    course, roster = course_of(matter), roster_of(matter)
    held = course.task(task)
    if held is None or held.person != actor.user or not held.waiting:
        raise NotFound("workflows.no_task", "没有这个待办。")
    must_be_allowed(actor, matter, course, held, roster)
    refused: dict[int, DomainError] = {}
    for person in people:
        try:
            colleague = colleague_for(matter, course, person.pk, held)
            if transfer:
                must_rank(actor, colleague, held, roster)
            verbs.must_be_free(course, person.pk)
        except DomainError as refusal:
            refused[person.pk] = refusal
    return refused
