"""Who may act for somebody else: only who could sign in each of their capacities (`engine.ranks`)."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import QuerySet

from ops_platform.identity.models import RoleAssignment, User
from ops_platform.kernel import Actor, Grant, Role
from ops_platform.masterdata.models import Institution
from workflows.engine.ranks import chain_above, lacking
from workflows.selectors.matters import SIGNERS


def deputies(actor: Actor) -> QuerySet[User]:
    """Active persons who hold each role that the actor signs by, at the same place or above, or a post that stands above
    it; three queries."""
    needed = _signing(actor.grants)
    chains = _chains(needed)
    fit = [
        person
        for person, held in _held(SIGNERS).items()
        if needed and person != actor.user and lacking(held, needed, chains) is None
    ]
    return User.objects.filter(pk__in=fit, is_active=True).order_by("display_name", "username")


def role_lacking(actor: Actor, person: User) -> Grant | None:
    """The role of the actor that the person could not act in; None where they could in all."""
    needed = _signing(actor.grants)
    held = _held(SIGNERS, [person.pk]).get(person.pk, [])
    return lacking(held, needed, _chains(needed))


def still_deputies(delegations: Mapping[int, int], *, peers_only: bool = False) -> dict[int, int]:
    """Of who acts for whom those who still may, as roles stand now; two queries, none without delegations. `peers_only`:
    where nobody above may stand in, only who holds the same roles."""
    if not delegations:
        return {}
    held = _held(SIGNERS, {*delegations, *delegations.values()})
    needed = {principal: _signing(held.get(principal, [])) for principal in delegations}
    chains = _chains([grant for grants in needed.values() for grant in grants])
    return {
        principal: deputy
        for principal, deputy in delegations.items()
        if lacking(held.get(deputy, []), needed[principal], chains, peers_only=peers_only) is None
    }


def _signing(grants: Iterable[Grant]) -> list[Grant]:
    return [grant for grant in grants if grant.role in SIGNERS]


def _held(roles: Sequence[Role], persons: Collection[int] | None = None) -> dict[int, list[Grant]]:
    rows = RoleAssignment.objects.filter(
        state=RoleAssignment.State.ACTIVE, user__is_active=True, role__in=[role.value for role in roles]
    )
    if persons is not None:
        rows = rows.filter(user__in=persons)
    held: dict[int, list[Grant]] = {}
    for user, role, institution, department in rows.order_by("id").values_list(
        "user", "role", "institution", "department"
    ):
        held.setdefault(user, []).append(Grant(Role(role), institution, department))
    return held


def _chains(needed: Sequence[Grant]) -> dict[int | None, Sequence[int]]:
    """From each institution of the grants up to the lead; nothing above the alliance."""
    parents = dict(Institution.objects.values_list("pk", "parent"))
    chains: dict[int | None, Sequence[int]] = {None: ()}
    chains |= {grant.institution: chain_above(grant.institution, parents) for grant in needed}
    return chains
