"""What stands behind one figure: of the daily sheet, of a statement's line, of the cash summary. Each page adds up to it."""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger.engine.statements import CASH_SUMMARY, SURPLUS_CAUSES
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.selectors import access, day_sheet
from ops_platform.ledger.selectors.balances import opening_of, turnover_of
from ops_platform.ledger.selectors.cash import CASH, cash_entries
from ops_platform.ledger.selectors.chart import accounts_of
from ops_platform.ledger.selectors.differences import CREDIT, DEBIT, MONEY, difference_entries
from ops_platform.ledger.tables.figures import CashEntryTable, DayLegTable
from ops_platform.ledger.views.addresses import account_sheet
from ops_platform.ledger.views.source_words import said_of_cash, said_of_cause
from ops_platform.ledger.views.statements import FiscalReport, Statements
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage


class _OfInstitution(ListPage):
    """Legs or entries of the institution that the address names."""

    roles = access.READERS
    per_page = 100

    @cached_property
    def institution(self) -> Institution:
        return access.access_institution(self.actor, self.kwargs["institution"])


class DayFigure(_OfInstitution):
    """The legs behind a figure of the daily sheet: of a day, or of the month; of one account, if so asked."""

    template_name = "ledger/day_figure.html"
    table_class = DayLegTable
    empty_title = _("没有分录")
    empty_hint = _("这一栏在这个日期没有收入或费用。")

    @cached_property
    def column(self) -> day_sheet.DayColumn:
        return day_sheet.day_column(self.kwargs["column"])

    @cached_property
    def period(self) -> Period:
        return Period.parse(self.kwargs["period"])

    @cached_property
    def day(self) -> date | None:
        named = self.request.GET.get("day", "")
        try:
            return date.fromisoformat(named) if named else None
        except ValueError:
            raise NotFound("ledger.no_day", "没有这一天。") from None

    @cached_property
    def legs(self) -> Any:
        return day_sheet.legs_behind(institution=self.institution, period=self.period, column=self.column, day=self.day)

    def get_queryset(self) -> Any:
        account = self.request.GET.get("account", "")
        return self.legs.filter(account__code=account) if account else self.legs

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        accounts = day_sheet.by_account(self.legs)
        account = self.request.GET.get("account", "")
        shown_: list[Any] = [row for row in accounts if not account or row["account__code"] == account]
        when = self.day.isoformat() if self.day else str(self.period)
        return super().get_context_data(**kwargs) | {
            "title": _now("%(column)s %(when)s") % {"column": self.column.title, "when": when},
            "institution": self.institution,
            "period": str(self.period),
            "day": self.day,
            "account": account,
            "accounts": accounts,
            "total": sum((row["total"] for row in shown_), from_fen(0)),
        }


def _line(lines: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """One line of a statement as it is shown. Raises NotFound."""
    found = next((row for row in lines if row["line"].key == key and not row["heading"]), None)
    if found is None:
        raise NotFound("ledger.no_statement_line", "没有这个报表项目。")
    return found


class StatementLine(Statements):
    """One line of an institution's statement by its accounts; each amount opens to what it is made up of."""

    template_name = "ledger/statement_line.html"

    @property
    def layout_code(self) -> str:
        return str(self.kwargs["layout"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        row = _line(context.get("lines", []), self.kwargs["line"])
        return {
            **context,
            "row": row,
            "layout": context["statement"].layout,
            "title": row["line"].title,
            "when": str(self.of_month),
            "back": f"{reverse('ledger:statements')}?{context['asked']}&layout={self.layout_code}",
        }


class FiscalLine(FiscalReport):
    """One line of a quarter's statement by its accounts."""

    template_name = "ledger/statement_line.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        made = [one for one in context["statements"] if one["statement"].layout.code == self.kwargs["layout"]]
        if not made:
            raise NotFound("ledger.no_statement", "没有这张报表。")
        row = _line(made[0]["lines"], self.kwargs["line"])
        return {
            **context,
            "row": row,
            "layout": made[0]["statement"].layout,
            "title": row["line"].title,
            "when": str(self.quarter),
            "back": f"{reverse('ledger:fiscal-report')}?{context['asked']}",
        }


class _EntriesBehind(_OfInstitution):
    """Entries of a span of months with what each adds to a figure."""

    template_name = "ledger/cash_entries.html"
    table_class = CashEntryTable

    @cached_property
    def span(self) -> tuple[Period, Period]:
        return Period.parse(self.kwargs["first"]), Period.parse(self.kwargs["last"])

    @cached_property
    def shares(self) -> dict[int, int]:
        """Fen by entry."""
        raise NotImplementedError

    def get_queryset(self) -> Any:
        rows = access.entries(self.actor).filter(pk__in=list(self.shares))
        return rows.order_by("day", "period", "voucher_no", "id")

    def get_table(self, rows: Any) -> Any:
        return CashEntryTable(rows, shares=self.shares, request=self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        first, last = self.span
        return super().get_context_data(**kwargs) | {
            "institution": self.institution,
            "first": str(first),
            "last": str(last),
            "total": from_fen(sum(self.shares.values())),
        }


class CashEntries(_EntriesBehind):
    """The entries behind a figure of the cash summary: what each brought in or paid against that counter account. Opening
    and closing cash open to the cash accounts."""

    empty_title = _("没有收付")
    empty_hint = _("这段时间没有与这个科目对应的现金收付。")

    @cached_property
    def source(self) -> tuple[str, str]:
        """Way and counter account."""
        way, _colon, account = self.request.GET.get("source", "").partition(":")
        if (way, bool(account)) not in (("in", True), ("out", True), ("opening", False), ("closing", False)):
            raise NotFound("ledger.no_cash_source", "现金收支汇总没有这一项。")
        return way, account

    @cached_property
    def shares(self) -> dict[int, int]:
        """Fen by entry; none for what stands."""
        way, account = self.source
        return cash_entries(self.institution.pk, way, account, *self.span) if account else {}

    def standing(self) -> list[dict[str, Any]]:
        """The cash accounts with what stands on each before the first month, or after the last one."""
        first, last = self.span
        charted = accounts_of(self.institution)
        found = []
        for code in CASH if not self.source[1] else ():
            accounts = [account for key, account in charted.items() if key.startswith(code)]
            opening = opening_of(self.institution, accounts, first)
            debit, credit = turnover_of(self.institution, accounts, first, last)
            amount = opening if self.source[0] == "opening" else opening + debit - credit
            url = account_sheet(self.institution.pk, code, str(last), first=str(first))
            found.append({"account": charted[code], "amount": amount, "url": url})
        return found

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = {code: account.name for code, account in accounts_of(self.institution).items()}
        standing = self.standing()
        context = super().get_context_data(**kwargs)
        return context | {
            "title": said_of_cash(":".join(filter(None, self.source)), names)[0],
            "layout": layouts()[CASH_SUMMARY],
            "standing": standing,
            "total": sum((row["amount"] for row in standing), context["total"]),
        }


class DifferenceEntries(_EntriesBehind):
    """The entries behind a part of the difference between the year's surplus and that of the budget."""

    empty_title = _("没有这样的凭证")
    empty_hint = _("这段时间没有使盈余与预算结余在这一项上不同的凭证。")

    @cached_property
    def source(self) -> str:
        """Side and account, or what cash and the budget's money differ by."""
        asked = self.request.GET.get("source", "")
        way, _colon, account = asked.partition(":")
        if asked != MONEY and not (way in (DEBIT, CREDIT) and account.isdigit()):
            raise NotFound("ledger.no_difference_source", "盈余与预算结余的差异没有这一项。")
        return asked

    @cached_property
    def shares(self) -> dict[int, int]:
        """Fen by entry."""
        return difference_entries(self.institution.pk, self.source, *self.span)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        names = {code: account.name for code, account in accounts_of(self.institution).items()}
        return super().get_context_data(**kwargs) | {
            "title": said_of_cause(self.source, names),
            "layout": layouts()[SURPLUS_CAUSES],
        }
