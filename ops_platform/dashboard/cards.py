"""Cards of the cockpit and of the department page: one figure with how it moved against other months."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from ops_platform.dashboard.unit import Unit
from ops_platform.dashboard.yardstick import Yardstick
from ops_platform.web import changes, formats
from ops_platform.web.changes import Change, Measure

Form = Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its changes; `note` says why there are none, `explanation` says it at length."""

    title: str
    figure: str
    unit: str = ""
    negative: bool = False
    changes: tuple[Change, ...] = ()
    note: str = ""
    explanation: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sets of figures under the same names, of the same days of two months. What is missing is not compared."""

    name: str
    days: str
    now: Any
    then: Any

    def change(self, figure: str, shown: Any, form: Form, measure: Measure, good: str) -> Change | None:
        """How one of the figures moved. Where more days are `shown` than are compared, both sides are told."""
        now, then = getattr(self.now, figure, None), getattr(self.then, figure, None)
        moved = measure(now, then, good=good, note=f"{self.name} {form(then)}")
        return replace(moved, measured=f"{self.days} {form(now)}") if moved and now != shown else moved


def compared(yardstick: Yardstick, figures: Mapping[str, Any]) -> list[Comparison]:
    """The month set against each of the others; `figures` by month, of the days that are compared."""
    now = figures.get(yardstick.month.period)
    return [
        Comparison(yardstick.name(period), yardstick.days_named, now, figures[period])
        for period in yardstick.others
        if period in figures
    ]


@dataclass(frozen=True, slots=True)
class CardMaker:
    """Makes cards of a month's figures, amounts in `unit`. `partial`: not all days of the month are in, so that costs
    are not compared."""

    now: Any
    comparisons: Sequence[Comparison]
    unit: Unit
    partial: bool = False

    def card(self, name: str, title: str, form: Form, *, good: str = "none", url: str = "") -> Card:
        """A count."""
        return self._card(name, title, form, changes.percent, "", good, url)

    def amount(self, name: str, title: str, *, good: str = "none", url: str = "") -> Card:
        """An amount."""
        return self._card(name, title, self.unit.form, changes.percent, str(self.unit.name), good, url)

    def balance(self, name: str, title: str, *, url: str = "") -> Card:
        """An amount that may be above or below nothing."""
        return self._card(name, title, self.unit.form, self.unit.amount, str(self.unit.name), "up", url)

    def ratio(self, name: str, title: str, *, good: str = "none") -> Card:
        """A share."""
        return self._card(name, title, formats.percent, changes.points, "", good, "")

    def against(self, card: Card, name: str, planned: Any, words: str, *, good: str) -> Card:
        """The card of an amount that is also set against a plan, where there is one and all days are in."""
        if planned is None or self.partial:
            return card
        note = f"{words} {self.unit.form(planned)}"
        change = changes.percent(getattr(self.now, name), planned, good=good, note=note)
        return replace(card, changes=(*card.changes, change)) if change else card

    def _card(self, name: str, title: str, form: Form, measure: Measure, unit: str, good: str, url: str) -> Card:
        shown = getattr(self.now, name)
        figure = form(shown)
        found = [one.change(name, shown, form, measure, good) for one in self.comparisons]
        moved = tuple(change for change in found if change)
        unfair = self.partial and bool(self.comparisons) and not moved and figure != formats.MISSING
        return Card(
            title=title,
            figure=figure,
            unit=unit,
            negative=formats.is_negative(figure),
            changes=moved,
            note=_("未满月不比较") if unfair else "",
            explanation=_("成本凭证和病例分组多在月末才齐全，月中与上月相比会误导。满月后再比较。") if unfair else "",
            url=url,
        )
