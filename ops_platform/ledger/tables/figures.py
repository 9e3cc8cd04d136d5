"""Lists behind a figure: legs of the daily sheet, entries of the cash summary."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import from_fen
from ops_platform.ledger.models import Entry, Leg
from ops_platform.ledger.tables.journal import NAME, voucher_name
from ops_platform.web.tables import STACKED, DayColumn, MoneyColumn, Table


class DayLegTable(Table):
    """Legs with what each adds to the figure."""

    stacks = True
    day = DayColumn(verbose_name=_("日期"), accessor="entry__day", orderable=False)
    entry = django_tables2.Column(verbose_name=_("凭证"), orderable=False)
    summary = django_tables2.Column(verbose_name=_("摘要"), orderable=False, empty_values=(), attrs=NAME)
    account = django_tables2.Column(verbose_name=_("科目"), orderable=False, attrs=NAME)
    amount = MoneyColumn(verbose_name=_("计入金额(元)"), orderable=False)

    class Meta(Table.Meta):
        model = Leg
        attrs = STACKED
        fields = ("day", "entry", "summary", "account", "amount")

    def render_entry(self, record: Leg) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("ledger:entry", args=[record.entry_id]), voucher_name(record.entry)
        )

    def value_entry(self, record: Leg) -> str:
        return voucher_name(record.entry)

    def render_summary(self, record: Leg) -> str:
        return record.summary or record.entry.summary

    def value_summary(self, record: Leg) -> str:
        return record.summary or record.entry.summary


class CashEntryTable(Table):
    """Entries with what each adds to a figure of the cash summary."""

    stacks = True
    voucher_no = django_tables2.Column(verbose_name=_("凭证"), orderable=False)
    day = DayColumn(verbose_name=_("日期"), orderable=False)
    summary = django_tables2.Column(verbose_name=_("摘要"), orderable=False, attrs=NAME)
    amount = MoneyColumn(verbose_name=_("计入金额(元)"), accessor="pk", orderable=False)

    class Meta(Table.Meta):
        model = Entry
        attrs = STACKED
        fields = ("voucher_no", "day", "summary", "amount")

    def __init__(self, *args: Any, shares: Mapping[int, int] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shares = shares or {}

    def render_voucher_no(self, record: Entry) -> str:
        return format_html('<a href="{}">{}</a>', reverse("ledger:entry", args=[record.pk]), voucher_name(record))

    def value_voucher_no(self, record: Entry) -> str:
        return voucher_name(record)

    def render_amount(self, value: int) -> str:
        return MoneyColumn().render(self.value_amount(value))

    def value_amount(self, value: int) -> Decimal:
        return from_fen(self.shares.get(value, 0))
