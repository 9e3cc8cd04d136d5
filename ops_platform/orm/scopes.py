"""The reach of an actor over rows that belong to an institution and a department, as a condition."""

from django.db.models import Q

from ops_platform.kernel import Actor, Role


def within_reach(actor: Actor, *roles: Role, institution: str = "institution", department: str = "department") -> Q:
    """Rows that the actor may see in one of the roles. A grant for a department reaches this department only.

    `institution` and `department` are the paths from the row to them.
    """
    if actor.system:
        return Q()
    reach = Q(pk__in=())
    for grant in actor.grants:
        if grant.role not in roles:
            continue
        if grant.department is not None:
            reach |= Q(**{f"{department}": grant.department})
        elif grant.institution is not None:
            reach |= Q(**{f"{institution}": grant.institution})
        else:
            return Q()
    return reach
