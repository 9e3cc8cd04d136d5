"""Counts in the header: what waits for the reader. Apps announce them; each costs one query on every page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from ops_platform.kernel import Actor


@dataclass(frozen=True, slots=True)
class Counter:
    """One count with the page it leads to. `count(actor)` answers how many wait for the actor."""

    code: str
    title: str | Promise
    url_name: str
    icon: str
    count: Callable[[Actor], int]
    order: int = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A count as the header shows it."""

    code: str
    title: str | Promise
    url: str
    icon: str
    count: int


_counters: dict[str, Counter] = {}


def register(counter: Counter) -> None:
    """Announce a count; called in `apps.ready()`."""
    _counters[counter.code] = counter


def for_actor(actor: Actor | None) -> tuple[Shown, ...]:
    """All counts of the person; none for programs and for nobody."""
    if actor is None or actor.user is None:
        return ()
    ordered = sorted(_counters.values(), key=lambda counter: (counter.order, counter.code))
    return tuple(Shown(c.code, c.title, reverse(c.url_name), c.icon, c.count(actor)) for c in ordered)
