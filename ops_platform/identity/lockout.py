"""What a locked-out visitor gets to see. The counting itself is django-axes' (docs/decisions/0002-dependencies.md)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def answer(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """429 with a page that says how long to wait."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    page = render(request, "identity/locked.html", {"minutes": minutes}, status=429)
    page["Retry-After"] = str(minutes * 60)
    return page
