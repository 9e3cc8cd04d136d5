"""Reads of matters: everybody sees those they had a hand in; who answers for an institution sees its own, auditors all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value

from ops_platform.identity.models import ROLE_TITLES, RoleAssignment, User
from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.masterdata.models import Institution
from ops_platform.web.numbers import number_of
from workflows.engine.ranks import chain_above
from workflows.models import Act, ActKind, Copy, Delegation, Matter, Task
from workflows.subjects import subject_types

OVERSEERS = (
    Role.AUDITOR,
    Role.OPERATION_CENTRE,
    Role.LEADERSHIP,
    Role.INSTITUTION_HEAD,
    Role.FINANCE_DIRECTOR,
)
NEVER_SIGN = (Role.AUDITOR, Role.REGIONAL_SUPERVISOR, Role.HIS_CLIENT)
SIGNERS = tuple(role for role in Role if role not in NEVER_SIGN)
SENDING_BACK = (ActKind.RETURN, ActKind.REJECT)
MOST_WORDS = 5
TITLES = {role.value: str(title) for role, title in ROLE_TITLES.items()}
FLOW_READERS = (Role.SYSTEM_ADMIN, Role.OPERATION_CENTRE, Role.AUDITOR, Role.LEADERSHIP)


def visible_matters(actor: Actor) -> QuerySet[Matter]:
    """Matters the actor may read: those they applied for, had a task or copy of or acted in, those that a delegate had for
    them, and those they oversee."""
    if actor.system:
        return Matter.objects.all()
    mine = Q(applicant=actor.user)
    for related in (Task, Act, Copy):
        mine |= Q(Exists(related.objects.filter(matter=OuterRef("pk"), person=actor.user)))
    mine |= Q(Exists(Task.objects.filter(matter=OuterRef("pk"), behalf_of=actor.user)))
    reach = actor.institutions(*OVERSEERS)
    if reach is None:
        return Matter.objects.all()
    mine |= Q(institution__in=reach)
    for registered in subject_types():
        places = actor.institutions(*registered.readers) if registered.readers else frozenset()
        mine |= Q(subject_type=registered.code) & (Q() if places is None else Q(institution__in=places))
    return Matter.objects.filter(mine)


def access_matter(actor: Actor, matter_id: int) -> Matter:
    """A matter the actor may read. Raises NotFound for all others."""
    rows = visible_matters(actor).select_related("version__flow", "institution", "department", "applicant")
    matter = rows.filter(pk=matter_id).first()
    if matter is None:
        raise NotFound("workflows.no_matter", "没有这件事项。")
    return matter


def may_see(actor: Actor, matter_id: str) -> bool:
    """Whether the actor may read the matter, and so its attachments."""
    return visible_matters(actor).filter(pk=number_of(matter_id)).exists()


def may_see_request(actor: Actor, request_id: str) -> bool:
    """Whether the actor may read a matter of the request, and so its attachments."""
    return visible_matters(actor).filter(subject_type="workflows.request", subject=request_id).exists()


def to_do(actor: Actor) -> QuerySet[Task]:
    """Tasks that wait for the actor, the oldest first; held ones wait for somebody else."""
    rows = Task.objects.filter(person=actor.user, state=Task.State.OPEN)
    return rows.select_related("matter__institution", "matter__applicant", "matter__version", "behalf_of").order_by(
        "created_at", "id"
    )


def returned(actor: Actor) -> QuerySet[Matter]:
    """What the actor applied for and was returned to them, to be changed and submitted again or withdrawn; the oldest first,
    with the `reason` of who returned it (none where nobody was left who could sign)."""
    sent_back = Act.objects.filter(matter=OuterRef("pk"), round=OuterRef("round"), kind__in=SENDING_BACK)
    rows = Matter.objects.filter(applicant=actor.user, state=Matter.State.RETURNED)
    return rows.annotate(reason=Subquery(sent_back.order_by("-number").values("comment")[:1])).order_by("id")


def to_do_count(actor: Actor) -> int:
    """How much waits for the actor: tasks, and matters that were returned to them. One query."""
    tasks = Task.objects.filter(person=actor.user, state=Task.State.OPEN).order_by().values("pk")
    back = Matter.objects.filter(applicant=actor.user, state=Matter.State.RETURNED).order_by().values("pk")
    return tasks.union(back, all=True).count()


def done(actor: Actor) -> QuerySet[Task]:
    """What the actor, or a delegate for them, has signed or refused, the latest first."""
    own = Q(person=actor.user) | Q(behalf_of=actor.user)
    rows = Task.objects.filter(own, state__in=[Task.State.SIGNED, Task.State.REFUSED])
    related = rows.select_related("matter__institution", "matter__applicant", "person", "behalf_of")
    return related.order_by("-done_at", "-id")


def started(actor: Actor) -> QuerySet[Matter]:
    """What the actor applied for, the latest first."""
    rows = Matter.objects.filter(applicant=actor.user).select_related("institution")
    return rows.order_by("-submitted_at", "-id")


def copied(actor: Actor) -> QuerySet[Copy]:
    """What the actor was informed of, the latest first."""
    rows = Copy.objects.filter(person=actor.user).select_related("matter__institution", "matter__applicant")
    return rows.order_by("-at", "-id")


def overseen(actor: Actor) -> QuerySet[Matter]:
    """Matters of the institutions the actor answers for, the latest first. Own ones elsewhere stand in the inbox."""
    rows = Matter.objects.visible_to(actor, *OVERSEERS).select_related("institution", "applicant")
    return rows.order_by("-submitted_at", "-id")


def readable(actor: Actor) -> QuerySet[Matter]:
    """All matters the actor may read, the latest first."""
    rows = visible_matters(actor).select_related("institution", "applicant", "version")
    return rows.order_by("-submitted_at", "-id")


def record_of(matter: Matter) -> list[Act]:
    """Who did what when, in order."""
    return list(matter.acts.select_related("person", "behalf_of", "other").order_by("number"))


def tasks_of(matter: Matter) -> list[Task]:
    """All tasks of all rounds, in order."""
    return list(matter.tasks.select_related("person", "behalf_of").order_by("number"))


def on_its_way(kind: str, subject: str) -> Matter | None:
    """The matter by which the subject is being approved just now."""
    rows = Matter.objects.filter(subject_type=kind, subject=subject, state__in=Matter.ON_ITS_WAY)
    return rows.select_related("applicant").first()


def latest_of(kind: str, subjects: Sequence[str]) -> dict[str, Matter]:
    """Of each subject its last matter; one query."""
    rows = Matter.objects.filter(subject_type=kind, subject__in=subjects).select_related("applicant")
    return {matter.subject: matter for matter in rows.order_by("submitted_at", "id")}


def may_sign(subject_type: str, chain: Sequence[int]) -> QuerySet[RoleAssignment]:
    """Roles of a user (OuterRef) by which they may sign matters of the type at an institution, given with those above it.
    Who only reads or administers signs nothing, but for administrators where roles are given."""
    unfit = NEVER_SIGN if subject_type == "identity.role" else (*NEVER_SIGN, Role.SYSTEM_ADMIN)
    reaching = RoleAssignment.objects.filter(user=OuterRef("pk"), state=RoleAssignment.State.ACTIVE).filter(
        Q(institution__isnull=True) | Q(institution__in=chain)
    )
    return reaching.exclude(role__in=[role.value for role in unfit])


def colleagues(matter: Matter) -> QuerySet[User]:
    """Active persons with a signing role that reaches the matter's institution: its own people, those above it, the
    alliance's."""
    chain = chain_above(matter.institution_id, dict(Institution.objects.values_list("pk", "parent")))
    reaching = may_sign(matter.subject_type, chain)
    return User.objects.filter(Exists(reaching), is_active=True).order_by("display_name", "username")


def find_people(people: QuerySet[User], words: str, near: int | None = None) -> QuerySet[User]:
    """Of the people those whom every word fits, by name, user name, role in words or institution; those of the institution
    `near` first."""
    held = RoleAssignment.objects.filter(user=OuterRef("pk"), state=RoleAssignment.State.ACTIVE)
    for word in words.replace("\0", " ").split()[:MOST_WORDS]:
        roles = [role.value for role, title in ROLE_TITLES.items() if word in str(title)]
        posts_fit = Q(role__in=roles) | Q(institution__name__icontains=word) | Q(institution__code__iexact=word)
        people = people.filter(
            Q(display_name__icontains=word) | Q(username__icontains=word) | Exists(held.filter(posts_fit))
        )
    nearby = Exists(held.filter(institution=near)) if near is not None else Value(False)
    return people.annotate(nearby=nearby).order_by("-nearby", "display_name", "username")


@dataclass(frozen=True, slots=True)
class Post:
    """A person with the roles that people know them by."""

    person: User
    roles: str


def posts(people: Iterable[User]) -> list[Post]:
    """People with their roles in words; one query beside that of the people."""
    people = list(people)
    held: dict[int, list[str]] = {}
    rows = RoleAssignment.objects.filter(user__in=people, state=RoleAssignment.State.ACTIVE).order_by("id")
    for user, role, institution in rows.values_list("user", "role", "institution__name"):
        held.setdefault(user, []).append(f"{institution or ''}{TITLES.get(role, role)}")
    return [Post(person, "、".join(dict.fromkeys(held.get(person.pk, [])))) for person in people]


def delegations_of(actor: Actor) -> QuerySet[Delegation]:
    """Delegations the actor gave or received, the latest first."""
    rows = Delegation.objects.filter(Q(principal=actor.user) | Q(delegate=actor.user))
    return rows.select_related("principal", "delegate").order_by("-first_day", "-id")


def delegated_today(actor: Actor, today: date) -> bool:
    """The actor has handed tasks over today."""
    rows = Delegation.objects.filter(principal=actor.user, revoked_at__isnull=True)
    return rows.filter(first_day__lte=today, last_day__gte=today).exists()
