"""Refusals of the trade. Each carries a stable code (docs/errors.md) and says what to do next."""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A rule of the trade refuses. Pages and the API show `message`; programs rely on `code`.

    `code` is `<app>.<what>` and never changes once released. `status` is the HTTP status of the API.
    `context` holds the values the message speaks of (no personal data).
    """

    status = 400

    def __init__(self, code: str, message: str, **context: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.context: Mapping[str, Any] = context

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class Invalid(DomainError):
    """The input itself is wrong; correcting it helps."""

    status = 422


class Forbidden(DomainError):
    """The actor is known and may not do this."""

    status = 403


class NotFound(DomainError):
    """There is no such thing, or the actor may not know that there is."""

    status = 404


class Conflict(DomainError):
    """The input is fine but the present state refuses it (closed period, other content under the same key)."""

    status = 409
