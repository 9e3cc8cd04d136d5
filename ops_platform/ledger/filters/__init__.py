"""Filters of the ledger lists and API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models import Account, Entry, EntryKind, Floor, Leg, PendingEntry, Voucher
from ops_platform.ledger.selectors import access
from ops_platform.ledger.sources import source_choices
from ops_platform.masterdata.models import Institution
from ops_platform.web.filter_fields import MonthFilter, TrueFalseFilter

ALL = _("全部")


def _institutions(request: Any) -> QuerySet[Institution]:
    return access.institutions(request.actor) if request else Institution.objects.none()


class EntryFilter(django_filters.FilterSet):
    """Entries by institution, month, kind, source, account, words and amount of a leg."""

    institution = django_filters.ModelChoiceFilter(label=_("机构"), empty_label=ALL, queryset=_institutions)
    period = MonthFilter(label=_("月份"))
    kind = django_filters.ChoiceFilter(label=_("类型"), choices=EntryKind.choices, empty_label=ALL)
    source = django_filters.ChoiceFilter(label=_("来源"), choices=source_choices, empty_label=ALL)
    account = django_filters.CharFilter(label=_("科目编码"), method="by_account")
    words = django_filters.CharFilter(label=_("摘要"), field_name="summary", lookup_expr="icontains")

    class Meta:
        model = Entry
        fields: list[str] = []

    def by_account(self, rows: QuerySet[Entry], _name: str, value: str) -> QuerySet[Entry]:
        """Entries with a leg on an account that begins with these digits. The accounts come first: by their keys the
        database finds the legs in its index, by their codes it would look through all entries."""
        accounts = list(Account.objects.filter(code__startswith=value.strip()).values_list("pk", flat=True))
        return rows.filter(pk__in=Leg.objects.filter(account__in=accounts).values("entry"))


class VoucherFilter(django_filters.FilterSet):
    """Vouchers by hand by institution and state."""

    institution = django_filters.ModelChoiceFilter(label=_("机构"), empty_label=ALL, queryset=_institutions)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=Voucher.State.choices, empty_label=ALL)

    class Meta:
        model = Voucher
        fields: list[str] = []


class PendingFilter(django_filters.FilterSet):
    """Pending entries by institution and state."""

    institution = django_filters.ModelChoiceFilter(label=_("机构"), empty_label=ALL, queryset=_institutions)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=PendingEntry.State.choices, empty_label=ALL)

    class Meta:
        model = PendingEntry
        fields: list[str] = []


class FloorFilter(django_filters.FilterSet):
    """Accounts that may not be overdrawn, by institution."""

    institution = django_filters.ModelChoiceFilter(label=_("机构"), empty_label=ALL, queryset=_institutions)

    class Meta:
        model = Floor
        fields: list[str] = []


class AccountApiFilter(django_filters.FilterSet):
    """Accounts by code, kind and book."""

    code = django_filters.CharFilter(lookup_expr="startswith")
    kind = django_filters.CharFilter()
    book = django_filters.CharFilter()
    leaf = TrueFalseFilter()


class EntryApiFilter(django_filters.FilterSet):
    """Entries by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    day_from = django_filters.DateFilter(field_name="day", lookup_expr="gte")
    day_to = django_filters.DateFilter(field_name="day", lookup_expr="lte")
    source = django_filters.CharFilter()
    key = django_filters.CharFilter()


class EventApiFilter(django_filters.FilterSet):
    """Events that are or were booked, by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    event_type = django_filters.CharFilter()
    event_key = django_filters.CharFilter()
    is_current = TrueFalseFilter()


class ExportApiFilter(django_filters.FilterSet):
    """Files of vouchers that were taken."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    template = django_filters.CharFilter(field_name="template__code")


class BalanceApiFilter(django_filters.FilterSet):
    """Balances by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    account = django_filters.CharFilter(field_name="account__code", lookup_expr="startswith")
    counterparty = django_filters.CharFilter(field_name="dimension__counterparty__code")
