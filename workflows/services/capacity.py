"""Whether a person may sign in the capacity in which they are asked: role, rank, incompatible duties (不相容职务)."""

from collections.abc import Collection

from ops_platform.identity.duties import pair_between, roles_held_or_proposed
from ops_platform.identity.models import ROLE_TITLES, DutyPair, User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, Role
from workflows.engine.course import ASKED_BY_NAME, Course, Kept, Origin, Roster, Task, TaskState, capacities
from workflows.engine.verbs import due_for
from workflows.models import Matter
from workflows.selectors.deputies import role_lacking
from workflows.selectors.matters import colleagues


def colleague_for(matter: Matter, course: Course, person: int, task: Task | None) -> User:
    """Who is asked to sign: an active person with a role that reaches the matter, and none that is incompatible with the
    capacity in which they would."""
    user = colleagues(matter).filter(pk=person).first()
    if user is None:
        raise Invalid(
            "workflows.no_such_colleague", "没有这位在岗人员，或其角色不涉及该机构，请重新选择。", field="person"
        )
    signed_as = capacities(course, task) if task is not None else frozenset()
    pair = _clash(matter, course, user.pk, signed_as, roles_held_or_proposed(user))
    if pair is not None:
        raise Conflict(
            "workflows.incompatible_duties",
            f"该人员不能参与本环节：「{_title(pair.first)}」与「{_title(pair.second)}」是不相容职务，{pair.reason}。",
            field="person",
        )
    return user


def _title(role: str) -> str:
    return str(ROLE_TITLES[Role(role)])


def _clash(
    matter: Matter, course: Course, person: int, signed_as: Collection[Role], held: Collection[str]
) -> DutyPair | None:
    """The duty pair that signing in these capacities makes with a role that the person holds, or has acted in here."""
    acted = set(matter.acts.filter(person=person).exclude(role="").values_list("role", flat=True))
    for earlier in course.tasks:
        if earlier.person == person and earlier.state is TaskState.SIGNED:
            acted |= {str(role) for role in capacities(course, earlier)}
    pairs = (pair_between(str(capacity), acted | set(held)) for capacity in sorted(signed_as))
    return next((pair for pair in pairs if pair is not None), None)


def must_rank(actor: Actor, heir: User, task: Task | None, roster: Roster) -> None:
    """A task by role goes only to who holds this role here, or stands above the step; one for which its holder was asked by
    name only to who could sign in each of their roles: a tier is not handed downwards."""
    if task is None:
        return
    if task.role is None:
        lacks = role_lacking(actor, heir)
        if lacks is not None:
            raise Forbidden(
                "workflows.not_of_the_rank",
                f"请的是您本人：只能转办给同样担任「{ROLE_TITLES[lacks.role]}」或更上一级的人；需要他人参与请用加签。",
                field="person",
            )
        return
    reaching = {candidate.person for rule in roster.seats.get(task.step, ()) for candidate in rule}
    reaching |= {candidate.person for rung in roster.above_of(task.step) for candidate in rung}
    if heir.pk not in reaching:
        raise Forbidden(
            "workflows.not_of_the_rank",
            f"只能转办给同样担任「{ROLE_TITLES[Role(task.role)]}」或更上一级的人；需要他人参与请用加签。",
            field="person",
        )


def _held(actor: Actor, institution: int | None) -> set[str]:
    """Roles that the actor holds where the matter belongs."""
    return {
        str(grant.role)
        for grant in actor.grants
        if institution is None or grant.institution is None or grant.institution == institution
    }


def _must_still_stand(matter: Matter, course: Course, task: Task, roster: Roster) -> None:
    """What made it this person's turn holds today: the role of whoever was asked by it, the delegation of whoever acts for
    another, and for all who are not there by a role of their own that they still are colleagues."""
    holder = task.behalf_of if task.behalf_of is not None else task.person
    if (
        (task.role is not None or task.origin is Origin.RULE)
        and task.origin not in (Origin.BEFORE, Origin.AFTER)
        and holder not in _reaching(course, roster)
    ):
        raise Forbidden("workflows.role_lost", "您已不再担任该审批角色，系统将改派他人。")
    if task.own:
        return
    if not colleagues(matter).filter(pk=task.person).exists():
        raise Forbidden("workflows.role_lost", "您已不再担任该审批角色，系统将改派他人。")
    if task.behalf_of is not None:
        due = due_for(course, task, roster, ())
        stands = due.behalf_of is not None if task.origin is Origin.HANDED_ON else due.person == task.person
        if not stands and due.kept is not Kept.BARRED:
            raise Forbidden("workflows.delegation_over", "委派已经结束或撤销，待办将退还委托人。")


def _reaching(course: Course, roster: Roster) -> set[int]:
    """Who holds the role of the step, or stands above it."""
    rungs = (*roster.seats.get(course.step, ()), *roster.above_of(course.step))
    return {candidate.person for rung in rungs for candidate in rung}


def must_be_allowed(actor: Actor, matter: Matter, course: Course, task: Task | None, roster: Roster) -> None:
    """The capacity in which one signs still holds, and clashes with no other role of the person (不相容职务). Who was asked
    by name (added, or given the task by transfer) is measured by all their roles, whichever institution they are of."""
    if task is None or task.person != actor.user:
        return
    asked = task.origin in ASKED_BY_NAME
    if task.state is TaskState.OPEN:
        _must_still_stand(matter, course, task, roster)
    held = _held(actor, None if asked else matter.institution_id)
    pair = _clash(matter, course, task.person, capacities(course, task), held)
    if pair is not None:
        raise Forbidden(
            "workflows.incompatible_duties",
            f"「{_title(pair.first)}」与「{_title(pair.second)}」是不相容职务，同一人不能在此审批：{pair.reason}。",
        )
