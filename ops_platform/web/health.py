"""Whether the process is up (/healthz) and whether everything it needs answers (/readyz)."""

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views import View

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_SECONDS = 2

Check = Callable[[], None]
_checks: dict[str, Check] = {}


def register_readiness(name: str, check: Check) -> None:
    """Add a check to /readyz: it returns when the thing answers and raises when it does not."""
    _checks[name] = check


def database_answers() -> None:
    """The database takes a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def broker_answers() -> None:
    """The broker answers a ping within two seconds."""
    client = redis.Redis.from_url(
        settings.CELERY_BROKER_URL,
        socket_timeout=BROKER_TIMEOUT_SECONDS,
        socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
    )
    try:
        client.ping()
    finally:
        client.close()


def _answers(name: str, check: Check) -> bool:
    try:
        check()
    except Exception:
        logger.exception("readiness: %s does not answer", name)
        return False
    return True


class Healthz(View):
    """The process is up."""

    public = True

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse({"status": "ok"})


class Readyz(View):
    """200 when every registered check answers, else 503 with the names of those that do not."""

    public = True

    def get(self, request: HttpRequest) -> JsonResponse:
        results = {name: _answers(name, check) for name, check in sorted(_checks.items())}
        ready = all(results.values())
        body = {
            "status": "ok" if ready else "unavailable",
            "checks": {name: "ok" if answers else "unavailable" for name, answers in results.items()},
        }
        return JsonResponse(body, status=200 if ready else 503)
