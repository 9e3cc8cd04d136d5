"""What happens higher up when roles change. Identity stands below the approval engine, which registers itself here in
`apps.ready()`; the handlers run in the transaction of the change."""

from collections.abc import Callable

from ops_platform.identity.models import RoleAssignment
from ops_platform.kernel import Actor

_proposed: list[Callable[[Actor, RoleAssignment], None]] = []
_lessened: list[Callable[[int], None]] = []
_given: list[Callable[[RoleAssignment], None]] = []


def on_role_proposed(handler: Callable[[Actor, RoleAssignment], None]) -> None:
    """Have `handler(actor, assignment)` called when a role is proposed."""
    _proposed.append(handler)


def on_rights_lessened(handler: Callable[[int], None]) -> None:
    """Have `handler(user)` called when somebody is deactivated or loses a role."""
    _lessened.append(handler)


def on_role_given(handler: Callable[[RoleAssignment], None]) -> None:
    """Have `handler(assignment)` called when a role becomes active."""
    _given.append(handler)


def role_given(assignment: RoleAssignment) -> None:
    """A role became active."""
    for handler in _given:
        handler(assignment)


def role_proposed(actor: Actor, assignment: RoleAssignment) -> None:
    """A role was proposed."""
    for handler in _proposed:
        handler(actor, assignment)


def rights_lessened(user: int) -> None:
    """Somebody was deactivated or lost a role."""
    for handler in _lessened:
        handler(user)
