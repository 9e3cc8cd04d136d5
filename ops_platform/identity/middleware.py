"""Puts the actor on every request."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from ops_platform.identity.actors import actor_of_user


class ActorMiddleware:
    """`request.actor`: the kernel's actor of the signed-in user, None for an anonymous visitor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = None  # type: ignore[attr-defined]
        if user.is_authenticated:
            request.actor = SimpleLazyObject(lambda: actor_of_user(user, client_address(request)))  # type: ignore[attr-defined]
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """The address of the client. Behind PROXY_COUNT proxies of our own it is the one that the outermost of them saw;
    what a client itself writes into X-Forwarded-For is further left and never believed."""
    proxies = settings.PROXY_COUNT
    if proxies:
        passed = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(passed) >= proxies:
            return passed[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))
