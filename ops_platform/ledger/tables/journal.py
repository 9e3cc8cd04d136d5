"""Lists of the ledger pages."""

from decimal import Decimal
from typing import Any

import django_tables2
from django.db.models import Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models import Book, Entry, EntryKind, Leg, PendingEntry, Voucher
from ops_platform.ledger.selectors.words import Names
from ops_platform.ledger.services.dimensions import dimensions_of
from ops_platform.ledger.sources import source_title
from ops_platform.web.tables import STACKED_WORDS, DayColumn, MoneyColumn, PersonColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge

NAME = {"td": {"class": "cell-name"}}
KIND_TONES = {EntryKind.OPENING: "info", EntryKind.REVERSAL: "warn", EntryKind.CARRY_FORWARD: "info"}
STATE_TONES = {"submitted": "warn", "pending": "warn", "posted": "good", "voided": "neutral", "expired": "neutral"}


def voucher_name(row: Entry) -> str:
    """2026-03 第 12 号"""
    return voucher_words(row.period, row.voucher_no)


def voucher_words(period: str, number: int) -> str:
    """The same of a voucher that is known by month and number."""
    return _("%(period)s 第 %(number)s 号") % {"period": period, "number": number}


class EntryTable(Table):
    """The journal."""

    stacks = True
    voucher_no = django_tables2.Column(verbose_name=_("凭证"), orderable=False)
    day = DayColumn(verbose_name=_("日期"), order_by=("day", "id"))
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "id"), attrs=NAME)
    summary = django_tables2.Column(verbose_name=_("摘要"), orderable=False, attrs=NAME)
    amount = MoneyColumn(verbose_name=_("金额(元)"), accessor="pk", orderable=False)
    source = django_tables2.Column(verbose_name=_("来源"), orderable=False)
    made_by = PersonColumn(verbose_name=_("制单"), orderable=False)
    checked_by = PersonColumn(verbose_name=_("审核"), orderable=False)

    class Meta(Table.Meta):
        model = Entry
        attrs = STACKED_WORDS
        fields = ("voucher_no", "day", "institution", "summary", "amount", "source", "made_by", "checked_by")

    @cached_property
    def amounts(self) -> dict[int, Decimal]:
        """Debits of the financial books by entry, of the rows that are shown: summing in the query of the list would sum all
        entries of the pages before as well."""
        legs = Leg.objects.filter(entry__in=[row.record.pk for row in self.paginated_rows], book=Book.FINANCIAL)
        return dict(legs.order_by().values_list("entry").annotate(Sum("debit")))

    def render_amount(self, value: int) -> str:
        return MoneyColumn().render(self.value_amount(value))

    def value_amount(self, value: int) -> Decimal | None:
        return self.amounts.get(value)

    def render_voucher_no(self, record: Entry) -> str:
        link = format_html('<a href="{}">{}</a>', reverse("ledger:entry", args=[record.pk]), voucher_name(record))
        tone = KIND_TONES.get(EntryKind(record.kind))
        return format_html("{} {}", link, badge(record.get_kind_display(), tone)) if tone else link

    def value_voucher_no(self, record: Entry) -> str:
        return voucher_name(record)

    def render_source(self, value: str) -> str:
        return source_title(value)


class LegTable(Table):
    """An account sheet: legs with the balance after each."""

    day = DayColumn(verbose_name=_("日期"), accessor="entry__day", orderable=False)
    entry = django_tables2.Column(verbose_name=_("凭证"), orderable=False)
    institution = None
    summary = django_tables2.Column(verbose_name=_("摘要"), orderable=False, empty_values=(), attrs=NAME)
    dimension = django_tables2.Column(verbose_name=_("辅助核算"), orderable=False, attrs=NAME)
    debit = MoneyColumn(verbose_name=_("借方(元)"), orderable=False)
    credit = MoneyColumn(verbose_name=_("贷方(元)"), orderable=False)
    moved = MoneyColumn(verbose_name=_("余额(元)"), orderable=False)

    class Meta(Table.Meta):
        model = Leg
        fields = ("day", "entry", "summary", "dimension", "debit", "credit", "moved")

    def __init__(self, *args: Any, opening: Any = 0, sign: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opening, self.sign = opening, sign
        self._names: Names | None = None

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

    def render_dimension(self, record: Leg) -> str:
        if self._names is None:
            self._names = Names.of(dimensions_of(row.record.dimension) for row in self.paginated_rows)
        return self._names.told(dimensions_of(record.dimension)) or "—"

    def value_dimension(self, record: Leg) -> str:
        return self.render_dimension(record)

    def render_debit(self, value: Any) -> str:
        return MoneyColumn().render(value) if value else ""

    def render_credit(self, value: Any) -> str:
        return MoneyColumn().render(value) if value else ""

    def render_moved(self, value: Any) -> str:
        return MoneyColumn().render(self.value_moved(value))

    def value_moved(self, value: Any) -> Any:
        return (self.opening + value) * self.sign


class VoucherTable(Table):
    """Vouchers by hand."""

    stacks = True
    pk = django_tables2.Column(verbose_name=_("摘要"), orderable=False, attrs=NAME)
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "id"), attrs=NAME)
    day = DayColumn(verbose_name=_("记账日期"), accessor="pending__day", orderable=False)
    maker = django_tables2.Column(verbose_name=_("制单"), orderable=False)
    made_at = TimeColumn(verbose_name=_("制单时间"), order_by=("made_at", "id"))
    state = django_tables2.Column(verbose_name=_("状态"), orderable=False)

    class Meta(Table.Meta):
        model = Voucher
        attrs = STACKED_WORDS
        fields = ("pk", "institution", "day", "maker", "made_at", "state")

    def render_pk(self, record: Voucher) -> str:
        words = record.pending.summary if record.pending else str(record.pk)
        return format_html('<a href="{}">{}</a>', reverse("ledger:voucher", args=[record.pk]), words)

    def value_pk(self, record: Voucher) -> str:
        return record.pending.summary if record.pending else ""

    def render_state(self, record: Voucher) -> str:
        return badge(record.get_state_display(), STATE_TONES[record.state])

    def value_state(self, record: Voucher) -> str:
        return str(record.get_state_display())


class PendingTable(Table):
    """Pending entries of all sources."""

    stacks = True
    summary = django_tables2.Column(verbose_name=_("摘要"), orderable=False, attrs=NAME)
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "id"), attrs=NAME)
    day = DayColumn(verbose_name=_("记账日期"), orderable=False)
    source = django_tables2.Column(verbose_name=_("来源"), orderable=False)
    made_by = PersonColumn(verbose_name=_("制单"), orderable=False)
    made_at = TimeColumn(verbose_name=_("制单时间"), order_by=("made_at", "id"))
    expires_at = TimeColumn(verbose_name=_("有效期至"), orderable=False)
    state = django_tables2.Column(verbose_name=_("状态"), orderable=False)

    class Meta(Table.Meta):
        model = PendingEntry
        attrs = STACKED_WORDS
        fields = ("summary", "institution", "day", "source", "made_by", "made_at", "expires_at", "state")

    def render_source(self, value: str) -> str:
        return source_title(value)

    def render_state(self, record: PendingEntry) -> str:
        return badge(record.get_state_display(), STATE_TONES[record.state])

    def value_state(self, record: PendingEntry) -> str:
        return str(record.get_state_display())
