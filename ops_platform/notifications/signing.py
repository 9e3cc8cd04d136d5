"""Signatures of webhook deliveries, by which the receiver knows that they come from this platform and are unchanged.

The secret of an endpoint is derived from its salt and SECRET_KEY and stands in no table
(docs/decisions/0011-deliveries.md).
"""

import base64
import hashlib
import hmac
import secrets

from django.utils.crypto import salted_hmac

SECRET_PREFIX = "whsec_"  # noqa: S105  lets secret scanners recognise a leaked secret
_PURPOSE = "ops_platform.notifications.webhook"


def new_salt() -> str:
    """256 random bits, from which a new secret follows."""
    return secrets.token_hex(32)


def secret_of(salt: str) -> str:
    """The secret that belongs to the salt as long as SECRET_KEY is the same."""
    derived = salted_hmac(_PURPOSE, salt, algorithm="sha256").digest()
    return SECRET_PREFIX + base64.urlsafe_b64encode(derived).decode().rstrip("=")


def mark_of(secret: str) -> str:
    """By which a secret is recognised; nothing follows from it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:12]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What stands in X-Ops-Signature: HMAC-SHA256 over timestamp, a dot and the body."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"
