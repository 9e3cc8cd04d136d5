"""Kinds of messages that the apps announce in `apps.ready()`: "his_intake.findings" in words."""

from django.utils.functional import Promise

_titles: dict[str, str | Promise] = {}


def register_kind(code: str, title: str | Promise) -> None:
    """Name a kind of message for lists and filters."""
    _titles[code] = title


def title_of(code: str) -> str:
    """The kind in words; the code itself where nobody named it."""
    return str(_titles.get(code, code))


def choices() -> list[tuple[str, str]]:
    """All kinds for a filter."""
    return sorted((code, str(title)) for code, title in _titles.items())
