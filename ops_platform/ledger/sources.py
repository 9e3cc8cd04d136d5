"""Where entries come from, in words: each app that books names its sources in `apps.ready()`, with a page to open."""

from collections.abc import Callable

_titles: dict[str, str] = {}
_pages: dict[str, Callable[[str], str]] = {}


def register_source(code: str, title: str, page: Callable[[str], str] | None = None) -> None:
    """`code` stands in `Entry.source`; `page(document)` gives the address of the source document,
    empty where it has none."""
    _titles[code] = title
    if page:
        _pages[code] = page


def source_title(code: str) -> str:
    """The source in words; the code itself where nobody named it."""
    return _titles.get(code, code)


def source_page(code: str, document: str) -> str:
    """The address of an entry's source document; empty where there is none."""
    return _pages[code](document) if code in _pages and document else ""


def source_choices() -> list[tuple[str, str]]:
    """All named sources."""
    return sorted(_titles.items())
