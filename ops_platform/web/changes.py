"""How a figure moved: measured here, shown by components/change.html. None where one of the two is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from ops_platform.web import formats


@dataclass(frozen=True, slots=True)
class Change:
    """`words` say how far, without a sign (empty where it cannot be said); `note` what it is measured against, and
    `measured` what was measured where that is not the figure shown."""

    words: str
    direction: str
    tone: str
    note: str = ""
    measured: str = ""


Measure = Callable[..., Change | None]


def percent(now: Any, then: Any, *, good: str = "none", note: str = "") -> Change | None:
    """Of an amount or count: percent of the size of what it was; against nothing no percent is claimed."""
    return _change(now, then, good, note, lambda a, b: formats.percent(abs(a - b) / abs(b)) if b else "")


def amount(now: Any, then: Any, *, good: str = "none", note: str = "") -> Change | None:
    """Of a balance, which may be above or below nothing, so that a percent would mislead."""
    return _change(now, then, good, note, lambda a, b: _("%s 万元") % formats.wan(abs(a - b)))


def points(now: Any, then: Any, *, good: str = "none", note: str = "") -> Change | None:
    """Of a share: percentage points."""
    return _change(now, then, good, note, lambda a, b: _("%s 个百分点") % formats.number(abs(a - b) * 100, 1))


def _change(now: Any, then: Any, good: str, note: str, words: Callable[[Decimal, Decimal], str]) -> Change | None:
    """Coloured by whether it went the way that is `good`: up, down or none."""
    if now in (None, "") or then in (None, ""):
        return None
    a, b = Decimal(now), Decimal(then)
    direction = "up" if a > b else "down" if a < b else "flat"
    coloured = direction != "flat" and good != "none"
    return Change(words(a, b), direction, ("good" if direction == good else "bad") if coloured else "none", note)
