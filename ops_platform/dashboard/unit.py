"""In which unit a page shows its amounts: one for all its cards, pictures and tables, so that they compare at a glance."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from ops_platform.web import changes, formats
from ops_platform.web.changes import Change
from ops_platform.web.templatetags import ops

IN_WAN_FROM = Decimal(100_000)  # yuan


@dataclass(frozen=True, slots=True)
class Unit:
    """`form` writes an amount given in yuan, `shown` the same with colour; `label` and `tick` name the formats of figures
    and of axes in static/js/charts.js; `size` is in yuan. None of them names the unit: `name` does."""

    name: str | Promise
    form: Callable[[Any], str]
    shown: Callable[[Any], SafeString]
    label: str
    tick: str
    size: Decimal

    def named(self, title: str | Promise) -> str:
        """A column's title with the unit: 收入(元)."""
        return f"{title}({self.name})"

    def amount(self, now: Any, then: Any, *, good: str = "none", note: str = "") -> Change | None:
        """How far a balance moved, in this unit."""
        moved = changes.amount(now, then, good=good, note=note)
        if moved is None:
            return None
        return replace(moved, words=f"{self.form(abs(Decimal(now) - Decimal(then)))} {self.name}")


YUAN = Unit(_("元"), formats.money, ops.money, "@money", "@quantity", Decimal(1))
WAN = Unit(_("万元"), formats.wan, ops.wan, "@wan", "@wanTick", formats.TEN_THOUSAND)


def unit_of(amounts: Iterable[Decimal | None]) -> Unit:
    """元 where the largest of the amounts, whatever its sign, is below 100,000 yuan; else 万元. None is not shown."""
    return YUAN if max((abs(one) for one in amounts if one is not None), default=Decimal(0)) < IN_WAN_FROM else WAN
