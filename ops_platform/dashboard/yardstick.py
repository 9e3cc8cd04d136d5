"""What the figures of a month are set against.

A closed month stands against the whole month before it and against the same month of last year. A month that is not
closed stands against the first days of those months: days 1 to N, where N is its own last day with data, at most
yesterday. Costs come in with the month's end; until then they are set against nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from costing import public as costing
from ops_platform.kernel import Period
from ops_platform.masterdata.months import Month
from ops_platform.web import formats


@dataclass(frozen=True, slots=True)
class Yardstick:
    """A month with those it is set against (empty where there are none). `days` of a month whose days are not all in."""

    month: Month
    before: str
    year_ago: str
    days: int | None

    @property
    def periods(self) -> tuple[str, ...]:
        """The month and those it is set against."""
        return (self.month.period, *self.others)

    @property
    def others(self) -> tuple[str, ...]:
        """Those it is set against, the month before first."""
        return tuple(period for period in (self.before, self.year_ago) if period)

    @property
    def partial(self) -> bool:
        """Whether only the first days are compared."""
        return self.days is not None

    @property
    def comparable(self) -> bool:
        """Whether the whole month may be set against the whole month before."""
        return bool(self.before) and not self.partial

    def name(self, period: str) -> str:
        """What a card calls a month that it is compared with."""
        if period == self.year_ago:
            return _("去年同期") if self.partial else _("去年同月")
        number = Period.parse(period).month
        return _("%s 月同期") % number if self.partial else _("%s 月") % number

    @property
    def days_named(self) -> str:
        """Which days are compared, as a card says it."""
        return _("1–%s 日") % self.days if self.partial else ""

    def sentence(self, *, compared: bool) -> str:
        """What is compared, in words; `compared` says whether there were figures of the same days."""
        if not self.before:
            return ""
        is_next = str(Period.parse(self.before).shift(1)) == self.month.period
        if not self.partial:
            named = formats.period_label(self.before)
            return _("与 %s 及去年同月相比") % named if self.year_ago else _("与 %s 相比") % named
        if not self.days:
            return _("还没有到昨天为止的数据，暂不比较。")
        if not compared:
            return _("未满月，不与上月比较。")
        values = {"month": _("上月") if is_next else formats.period_label(self.before), "days": self.days}
        told = (
            _("与%(month)s及去年同期(1–%(days)s日)比。") if self.year_ago else _("与%(month)s同期(1–%(days)s日)比。")
        ) % values
        return told + _("成本多在月末入账，未满月不比较。")


def of_month(*, month: Month, known: Collection[Month], institutions: Collection[int], today: date) -> Yardstick:
    """The yardstick of a month among those that have figures; one query for a month that is not closed."""
    periods = {one.period for one in known}
    before = max((period for period in periods if period < month.period), default="")
    year_ago = str(Period.parse(month.period).shift(-12))
    year_ago = year_ago if year_ago in periods and year_ago != before else ""
    days = None if month.is_closed else _days(month, institutions, today)
    if days is not None:
        days = min([days, *(Period.parse(period).days for period in (before, year_ago) if period)])
    return Yardstick(month, before, year_ago, days)


def _days(month: Month, institutions: Collection[int], today: date) -> int | None:
    """How many days of an open month are in; None when all are."""
    last = costing.last_day_with_data(institutions=institutions, period=month.period, before=today)
    if last is None:
        return 0 if month.running else None
    return None if last == Period.of(last).last_day else last.day
