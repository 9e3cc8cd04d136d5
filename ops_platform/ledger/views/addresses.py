"""What the figures of an institution's statements open to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from ops_platform.kernel import Period
from ops_platform.ledger.engine.statements import CASH_SUMMARY, SURPLUS_CAUSES
from ops_platform.ledger.selectors.balances import MOVED
from ops_platform.masterdata.models import Institution

Behind = Callable[[str, str, str], str]


def account_sheet(institution: int, account: str, period: str, **more: str) -> str:
    """Where an account's legs are shown; nothing where there is no such page or no such account."""
    if not account.isdigit():
        return ""
    try:
        return f"{reverse('ledger:account', args=[institution, account])}?{urlencode({'period': period, **more})}"
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Spans:
    """Which months the figures of a statement speak of: what moved since `moved_from` (the month or quarter), the year up to
    `last`. No month is before the books begin: what stood then is no turnover."""

    institution: Institution
    moved_from: Period
    last: Period

    def first(self, measure: str) -> Period:
        """The first month of a measure."""
        begun = min(Period.parse(self.institution.first_period), self.last)
        return max(self.moved_from if measure == "month" else Period(self.last.year, 1), begun)

    def behind(self, layout: str, *, elsewhere: bool) -> Behind:
        """Of a source of that statement (account, cost item) and a measure the page on which its figure is made up; of books
        kept elsewhere their trial balance."""
        if elsewhere:
            query: dict[str, Any] = {"institution": self.institution.pk, "period": str(self.last)}
            address = f"{reverse('ledger:trial-balances')}?{urlencode(query)}"
            return lambda _account, _cost_item, _measure: address
        return {CASH_SUMMARY: self._cash, SURPLUS_CAUSES: self._cause}.get(layout, self._account)

    def _account(self, account: str, cost_item: str, measure: str) -> str:
        more = {"first": str(self.first(measure)), "cost_item": cost_item}
        if measure in MOVED:
            more["moved"] = measure
        return account_sheet(self.institution.pk, account, str(self.last), **more)

    def _cash(self, source: str, _cost_item: str, measure: str) -> str:
        return self._entries("ledger:cash-entries", source, measure)

    def _cause(self, source: str, cost_item: str, measure: str) -> str:
        if source.isdigit():
            return self._account(source, cost_item, measure)
        return self._entries("ledger:difference-entries", source, measure)

    def _entries(self, page: str, source: str, measure: str) -> str:
        place = [self.institution.pk, str(self.first(measure)), str(self.last)]
        return f"{reverse(page, args=place)}?{urlencode({'source': source})}"
