"""What the apps announce in `apps.ready()`: kinds of messages to people, and events for other systems."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEST_EVENT = "notifications.test"

_titles: dict[str, str | Promise] = {}
_only_told: set[str] = set()
_events: dict[str, str | Promise] = {TEST_EVENT: _("测试推送")}


def register_kind(code: str, title: str | Promise, *, to_do: bool = True) -> None:
    """Name a kind of message for lists and filters.

    `to_do=False` says that such a message only informs: who wants mail for what is to be done gets none of it.
    """
    _titles[code] = title
    _only_told.discard(code)
    if not to_do:
        _only_told.add(code)


def title_of(code: str) -> str:
    """The kind or event in words; the code itself where nobody named it."""
    return str(_titles.get(code, _events.get(code, code)))


def is_to_do(code: str) -> bool:
    """Whether messages of the kind ask the reader to do something."""
    return code not in _only_told


def choices() -> list[tuple[str, str]]:
    """All kinds for a filter."""
    return sorted((code, str(title)) for code, title in _titles.items())


def register_event(code: str, title: str | Promise) -> None:
    """Announce an event that other systems may be told of by webhook, as "workflows.decided"."""
    _events[code] = title


def events() -> dict[str, str]:
    """All announced events in words, by code."""
    return {code: str(_events[code]) for code in sorted(_events)}
