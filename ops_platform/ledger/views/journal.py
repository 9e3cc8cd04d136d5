"""The journal, one entry, trial balances and account sheets."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import documents_of
from ops_platform.his_intake.public import COST_ITEMS
from ops_platform.kernel import NotFound, Period, from_fen
from ops_platform.ledger.engine.chart import DIMENSION_TITLES
from ops_platform.ledger.filters import EntryFilter, FloorFilter, PendingFilter
from ops_platform.ledger.models import Account, Book, Entry, EventBooking, Floor, Leg, PendingEntry, Side, Voucher
from ops_platform.ledger.reports.trial_balance import trial_balance_workbook
from ops_platform.ledger.selectors import access, balances
from ops_platform.ledger.selectors.floors import floors
from ops_platform.ledger.selectors.words import Names
from ops_platform.ledger.services import MAKERS
from ops_platform.ledger.services.dimensions import dimensions_of
from ops_platform.ledger.services.vouchers import KIND as VOUCHER
from ops_platform.ledger.sources import source_page, source_title
from ops_platform.ledger.tables.events import event_address
from ops_platform.ledger.tables.floors import FloorTable
from ops_platform.ledger.tables.journal import EntryTable, LegTable, PendingTable, voucher_name
from ops_platform.ledger.views.books import BooksPage
from ops_platform.masterdata.models import Institution
from ops_platform.web.pages import ListPage, TemplatePage
from ops_platform.web.people import names_of

COST_ITEM_TITLES = dict(COST_ITEMS)


class Journal(ListPage):
    """Every posted entry."""

    roles = access.READERS
    title = _("凭证查询")
    table_class = EntryTable
    filter_class = EntryFilter
    template_name = "ledger/journal.html"
    empty_title = _("还没有凭证")
    empty_hint = _("夜间运行按凭证规则自动记账；手工凭证在「制单」中填写，经审核后记账。")

    def get_queryset(self) -> QuerySet[Entry]:
        return access.entries(self.actor)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(makes=self.actor.has(*MAKERS), **kwargs)


class EntryDetail(TemplatePage):
    """One posted voucher: lines, who made and checked it, where it comes from, its place in the chain."""

    roles = access.READERS
    template_name = "ledger/entry.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = access.access_entry(self.actor, self.kwargs["pk"])
        legs = list(row.legs.select_related("account", "dimension").order_by("position"))
        names = Names.of(dimensions_of(leg.dimension) for leg in legs)
        lines = [
            {
                "account": leg.account,
                "told": names.told(dimensions_of(leg.dimension)),
                "debit": leg.debit,
                "credit": leg.credit,
                "summary": leg.summary,
                "book": leg.book,
            }
            for leg in legs
        ]
        books = [
            {
                "title": Book(book).label,
                "lines": [line for line in lines if line["book"] == book],
                "debit": sum(leg.debit for leg in legs if leg.book == book),
                "credit": sum(leg.credit for leg in legs if leg.book == book),
            }
            for book in Book.values
            if any(leg.book == book for leg in legs)
        ]
        voucher = Voucher.objects.filter(pending__entry=row).first()
        taken_back = Entry.objects.filter(reverses=row).first()
        booking = EventBooking.objects.filter(Q(entry=row) | Q(reversal=row)).first()
        context = super().get_context_data(
            row=row,
            books=books,
            source=source_title(row.source),
            document_url=source_page(row.source, row.document),
            voucher=voucher,
            documents=documents_of(VOUCHER, [str(voucher.pk)])[str(voucher.pk)] if voucher else (),
            taken_back=taken_back,
            event=booking,
            event_url=booking
            and event_address(row.institution_id, booking.event_type, booking.event_key, booking.period),
            may_reverse=row.kind != "reversal" and taken_back is None and self.actor.may(row.institution_id, *MAKERS),
            people=names_of([row.made_by, row.checked_by]),
            **kwargs,
        )
        return {
            **context,
            "title": _("%(name)s %(voucher)s 凭证") % {"name": row.institution, "voucher": voucher_name(row)},
        }


class PendingEntries(ListPage):
    """What waits to be posted, from all sources."""

    roles = access.READERS
    title = _("待记账凭证")
    table_class = PendingTable
    filter_class = PendingFilter
    empty_title = _("没有待记账凭证")

    def get_queryset(self) -> QuerySet[PendingEntry]:
        return access.pending_entries(self.actor)


class Floors(ListPage):
    """Accounts that may not be overdrawn, and what stands on them now."""

    roles = access.READERS
    title = _("不得透支的科目")
    table_class = FloorTable
    filter_class = FloorFilter
    empty_title = _("没有不得透支的科目")
    empty_hint = _(
        "在「科目余额表」中打开一个末级科目的明细账，由财务负责人或运营管理中心设置「不得透支」，它就列在这里。"
    )

    def get_queryset(self) -> QuerySet[Floor]:
        return floors(self.actor)


class TrialBalancePage(BooksPage):
    """科目余额表"""

    title = _("科目余额表")
    template_name = "ledger/trial_balance.html"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        found = self.balance
        if found is not None and self.institution and self.month and request.GET.get("export") == "xlsx":
            return trial_balance_workbook(self.institution, self.month.period, self._book(), found, self.notes)
        return super().get(request, *args, **kwargs)

    def _book(self) -> str:
        asked = self.request.GET.get("book", "")
        return asked if asked in Book.values else Book.FINANCIAL.value

    def _carries(self) -> int:
        """The year that the reader may carry forward here; 0 for none."""
        if self.institution is None or self.month is None or self.period is None or not self.period.ends_year:
            return 0
        keeps = self.actor.may(self.institution.pk, *access.KEEPERS)
        return self.period.year if keeps and not self.month.is_closed else 0

    @cached_property
    def balance(self) -> balances.TrialBalance | None:
        """What the page shows; nothing without books."""
        if self.institution is None or self.period is None:
            return None
        return balances.trial_balance(self.institution, self.period, self._book())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **self.scope,
            found=self.balance,
            notes=self.notes,
            elsewhere=self.elsewhere,
            carries=self._carries(),
            book=self._book(),
            books=Book.choices,
            **kwargs,
        )


class AccountSheet(ListPage):
    """明细账: the legs of an account in a month, or the year up to it, with the balance after each."""

    roles = access.READERS
    template_name = "ledger/account.html"
    table_class = LegTable
    per_page = 100
    empty_title = _("本期没有发生额")

    @cached_property
    def institution(self) -> Institution:
        return access.access_institution(self.actor, self.kwargs["institution"])

    @cached_property
    def accounts(self) -> list[Account]:
        found = balances.accounts_below(self.institution, self.kwargs["code"])
        if not found:
            raise NotFound("ledger.no_account", "没有这个科目。")
        return found

    @cached_property
    def period(self) -> Period:
        try:
            return Period.parse(self.request.GET.get("period", ""))
        except ValueError:
            return Period.of(timezone.localdate())

    @cached_property
    def first(self) -> Period:
        begun = min(Period.parse(self.institution.first_period), self.period)  # an opening is no turnover of the year
        try:
            return min(Period.parse(self.request.GET.get("first", "")), self.period)
        except ValueError:
            whole_year = self.request.GET.get("span") == "year"
            return max(Period(self.period.year, 1), begun) if whole_year else self.period

    @cached_property
    def cost_item(self) -> str | None:
        """The one asked for ("" for legs without any); None for all."""
        return self.request.GET.get("cost_item")

    @property
    def moved(self) -> str:
        """What a statement counts as moved; nothing for the sheet as the books have it."""
        asked = self.request.GET.get("moved", "")
        return asked if asked in balances.MOVED else ""

    @cached_property
    def opening(self) -> Any:
        return balances.opening_of(self.institution, self.accounts, self.first, self.cost_item)

    @property
    def sign(self) -> int:
        return 1 if self.accounts[0].side == Side.DEBIT else -1

    def get_queryset(self) -> QuerySet[Leg]:
        return balances.account_sheet(
            self.institution, self.accounts, self.first, self.period, self.cost_item, moved=self.moved
        )

    def get_table(self, rows: Any) -> Any:
        return LegTable(rows, opening=self.opening, sign=self.sign, request=self.request)

    def _brought(self) -> Any:
        """What of the year stood already when the books began; nothing where the sheet does not begin with them."""
        if self.moved != "year" or str(self.first) != self.institution.first_period:
            return from_fen(0)
        return balances.brought_of(self.institution, self.accounts, self.first.year, self.cost_item)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        account = self.accounts[0]
        debit, credit = balances.turnover_of(
            self.institution, self.accounts, self.first, self.period, self.cost_item, moved=self.moved
        )
        brought = self._brought()
        context = super().get_context_data(**kwargs) | {
            "institution": self.institution,
            "account": account,
            "period": str(self.period),
            "first": str(self.first),
            "many_months": self.first != self.period,
            "opening": self.opening * self.sign,
            "debit": debit,
            "credit": credit,
            "closing": (self.opening + debit - credit) * self.sign,
            "counted": self.moved,
            "brought": brought * self.sign,
            "moved": (brought + debit - credit) * self.sign,
            "narrowed": self.cost_item is not None,
            "cost_item": COST_ITEM_TITLES.get(self.cost_item or "", self.cost_item),
            "floored": Floor.objects.filter(institution=self.institution, account=account).exists(),
            "may_floor": len(self.accounts) == 1 and self.actor.may(self.institution.pk, *access.KEEPERS),
            "earlier": self.period.shift(-1),
            "later": self.period.shift(1),
        }
        return {**context, "title": f"{account.code} {account.name}"}


class Chart(TemplatePage):
    """The unified chart of accounts with its sources."""

    roles = access.READERS
    title = _("会计科目表")
    template_name = "ledger/chart.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = access.institutions(self.actor)
        accounts = Account.objects.filter(institution=None) | Account.objects.filter(institution__in=own)
        rows = list(accounts.select_related("institution").order_by("code", "institution"))
        levels: dict[int | None, int] = {None: 0}
        shown = []
        for row in rows:
            levels[row.pk] = levels.get(row.parent_id, 0) + 1
            shown.append(
                {
                    "row": row,
                    "level": levels[row.pk],
                    "required": _titles(row.required),
                    "optional": _titles(row.optional),
                }
            )
        return super().get_context_data(accounts=shown, keeps=self.actor.has(*access.KEEPERS), **kwargs)


def _titles(names: list[str]) -> str:
    return "、".join(DIMENSION_TITLES[name] for name in names)
