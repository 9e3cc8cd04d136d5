"""Which month a page shows, and what mark its figures carry.

Pages default to the last month that all shown institutions have closed, else to the last full one. The figures of an
open month are provisional (暂估); those of the present month also do not yet cover all its days.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Period
from ops_platform.masterdata.models import AccountingPeriod, PeriodState
from ops_platform.web.formats import period_label

LONGEST = 20


@dataclass(frozen=True, slots=True)
class Month:
    """A month as it stands for a number of institutions."""

    period: str
    closed: int
    institutions: int
    running: bool

    @property
    def is_closed(self) -> bool:
        """Closed by everybody."""
        return self.institutions > 0 and self.closed == self.institutions

    @property
    def mark(self) -> str | Promise:
        """As the page says it."""
        if self.is_closed:
            return _("已结账")
        if self.running:
            return _("暂估、未满月")
        if self.closed:
            return _("暂估，%(closed)s/%(all)s 家已结账") % {"closed": self.closed, "all": self.institutions}
        return _("暂估，未结账")

    @property
    def tone(self) -> str:
        """Of the mark."""
        return "good" if self.is_closed else "warn"


def months(*, institutions: Collection[int], periods: Sequence[str], today: date) -> list[Month]:
    """Each of the periods as it stands, newest first; one query."""
    rows = AccountingPeriod.objects.filter(institution__in=institutions, period__in=periods).order_by()
    counts = rows.values_list("period").annotate(
        everybody=Count("id"), closed=Count("id", filter=Q(state=PeriodState.CLOSED))
    )
    known = {period: (everybody, closed) for period, everybody, closed in counts}
    present = str(Period.of(today))
    found = []
    for period in sorted(set(periods), reverse=True):
        everybody, closed = known.get(period, (0, 0))
        found.append(Month(period=period, closed=closed, institutions=everybody, running=period >= present))
    return found


def choose(months: Sequence[Month], asked: str) -> Month | None:
    """The month asked for; else the last closed one, else the last full one, else the newest."""
    named = [month for month in months if month.period == asked]
    closed = [month for month in months if month.is_closed]
    full = [month for month in months if not month.running]
    return next(iter([*named, *closed, *full, *months]), None)


def instead(months: Sequence[Month], asked: str) -> str:
    """What is to be said where another month is shown than the one asked for; nothing where it is that one, or none is."""
    shown = choose(months, asked)
    if not asked or shown is None or shown.period == asked:
        return ""
    words = {"asked": asked[:LONGEST], "shown": period_label(shown.period)}
    if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", asked, re.ASCII) is None:
        return _now("「%(asked)s」不是月份，显示的是 %(shown)s。") % words
    return _now("%(asked)s 没有可显示的数据(月份未结束、没有报送或没有核算)，显示的是 %(shown)s。") % words
