"""Reads of the identity app that other apps build on."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Role


def _held(roles: Iterable[Role]) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(
        role__in=[role.value for role in roles], state=RoleAssignment.State.ACTIVE, user__is_active=True
    )


def holders(*roles: Role, institution: int | None, department: int | None = None) -> list[User]:
    """The active persons who hold one of the roles for the institution, by user name.

    `institution` None asks for those who hold it for the whole alliance. A role bound to a department counts only when
    this department is named.
    """
    where = Q(institution__isnull=True)
    if institution is not None:
        where |= Q(institution=institution)
    bound = Q(department__isnull=True)
    if department is not None:
        bound |= Q(department=department)
    users = _held(roles).filter(where & bound).values("user")
    return list(User.objects.filter(pk__in=users).order_by("username"))


def own_holders(*roles: Role, institutions: Collection[int]) -> dict[int, list[int]]:
    """Of each institution the persons (ids) who hold one of the roles for just this institution; one query for all."""
    found: dict[int, list[int]] = {}
    rows = _held(roles).filter(institution__in=institutions, department__isnull=True)
    for institution, user in rows.order_by("user").distinct("user", "institution").values_list("institution", "user"):
        found.setdefault(institution, []).append(user)
    return found


def department_heads(*, institution: int) -> dict[int, list[int]]:
    """Of each department of an institution its heads (ids); one query."""
    found: dict[int, list[int]] = {}
    rows = _held([Role.DEPARTMENT_HEAD]).filter(institution=institution, department__isnull=False)
    for department, user in rows.order_by("user").values_list("department", "user"):
        found.setdefault(department, []).append(user)
    return found


def display_names(usernames: Iterable[str]) -> dict[str, str]:
    """People's names by user name; what is no person (the platform, a key) has none."""
    return dict(User.objects.filter(username__in=set(usernames)).values_list("username", "display_name"))
