"""API keys in `Authorization: Api-Key …`."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from ops_platform.identity.actors import actor_of_key
from ops_platform.identity.middleware import client_address
from ops_platform.identity.models import ApiKey
from ops_platform.identity.services import digest_of_key

KEYWORD = "Api-Key"
WINDOW = timedelta(minutes=1)

# One statement counts the request, notes the use and finds the key; two processes never count past each other.
_USE = """
UPDATE identity_apikey SET
    last_used_at = %(now)s, last_address = %(address)s,
    window_count = CASE WHEN window_start > %(edge)s THEN window_count + 1 ELSE 1 END,
    window_start = CASE WHEN window_start > %(edge)s THEN window_start ELSE %(now)s END
WHERE digest = %(digest)s AND revoked_at IS NULL
RETURNING id, window_count, window_start
"""


class ApiKeyUser:
    """What DRF sees as the user of a request with a key."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, key: ApiKey) -> None:
        self.key = key
        self.pk = None

    def __str__(self) -> str:
        return str(self.key)


class ApiKeyAuthentication(BaseAuthentication):
    """Accepts a key that is not revoked, counts its requests and notes its last use."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts or parts[0].decode("latin-1").lower() != KEYWORD.lower():
            return None
        if len(parts) != 2:
            raise AuthenticationFailed("请求头应为 Authorization: Api-Key <密钥>。", code="identity.bad_key_header")
        address, now = client_address(request), timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(
                _USE,
                {
                    "now": now,
                    "edge": now - WINDOW,
                    "address": address,
                    "digest": digest_of_key(parts[1].decode("latin-1")),
                },
            )
            row = cursor.fetchone()
        if row is None:
            raise AuthenticationFailed("接口密钥不存在或已吊销。", code="identity.unknown_key")
        key_id, count, start = row
        if count > settings.API_KEY_REQUESTS_PER_MINUTE:
            raise Throttled(wait=max(1.0, (start + WINDOW - now).total_seconds()))
        key = ApiKey.objects.get(pk=key_id)
        request._request.actor = actor_of_key(key, address)  # type: ignore[attr-defined]
        return ApiKeyUser(key), key

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD
