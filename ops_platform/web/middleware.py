"""Refusals that reach the edge become an answer that says what is wrong and what to do next."""

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from ops_platform.kernel import DomainError
from ops_platform.web import errors


class RefusalMiddleware:
    """A DomainError out of a view → error page or problem document with its own status; never 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:  # PostgreSQL knows no text with NUL: nothing can have this name
            return errors.not_found(request, None)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return errors.refusal(request, exception)
        if isinstance(exception, RequestDataTooBig):
            return errors.too_large(request)
        return None
