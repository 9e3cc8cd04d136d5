"""From a signed-in user or an API key to the actor that services and selectors know."""

from ops_platform.identity.models import ApiKey, RoleAssignment, User
from ops_platform.kernel import Actor, Grant, Role


def actor_of_user(user: User, address: str = "") -> Actor:
    """The user with the roles that are active now."""
    grants = tuple(
        Grant(role=Role(role), institution=institution, department=department)
        for role, institution, department in RoleAssignment.objects.filter(user=user, state=RoleAssignment.State.ACTIVE)
        .order_by("id")
        .values_list("role", "institution_id", "department_id")
    )
    return Actor(name=user.username, user=user.pk, grants=grants, address=address)


def actor_of_key(key: ApiKey, address: str = "") -> Actor:
    """The hospital system behind a key, for the institutions the key is scoped to."""
    if key.all_institutions:
        grants: tuple[Grant, ...] = (Grant(role=Role.HIS_CLIENT),)
    else:
        grants = tuple(
            Grant(role=Role.HIS_CLIENT, institution=pk)
            for pk in key.institutions.order_by("pk").values_list("pk", flat=True)
        )
    return Actor(name=f"key:{key.prefix}", api_key=key.pk, grants=grants, address=address)
