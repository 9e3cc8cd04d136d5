"""What every template knows beside its own context."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Role
from ops_platform.web import counters, navigation

PRODUCT_NAME = _("业财融合运营管理平台")

_role_titles: dict[Role, str | Promise] = {}


def register_role_titles(titles: Mapping[Role, str | Promise]) -> None:
    """Name the roles for the user menu; the app that owns the roles calls this once."""
    _role_titles.update(titles)


def _role_names(actor: Actor | None) -> list[str]:
    if actor is None:
        return []
    held = dict.fromkeys(grant.role for grant in actor.grants)
    return [str(_role_titles.get(role, role.value)) for role in held]


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: product name, who acts, their roles in words, the side bar and the counts of what waits for them
    (the last two are worked out when asked for)."""
    actor: Actor | None = getattr(request, "actor", None)
    return {
        "product_name": PRODUCT_NAME,
        "actor": actor,
        "role_names": _role_names(actor),
        "navigation": SimpleLazyObject(lambda: navigation.for_actor(actor, request.path)),
        "counters": SimpleLazyObject(lambda: counters.for_actor(actor)),
    }
