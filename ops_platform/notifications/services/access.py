"""Who administers what leaves the platform."""

from ops_platform.kernel import Actor, Forbidden, Role

ADMINISTRATORS = (Role.SYSTEM_ADMIN,)
READERS = (Role.SYSTEM_ADMIN, Role.AUDITOR)


def must_administer(actor: Actor) -> None:
    """Raises Forbidden for all but system administrators."""
    if not actor.has(*ADMINISTRATORS):
        raise Forbidden("notifications.not_allowed", "只有系统管理员可以管理事件推送。")
