"""Filters of the approval lists."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.orm.fields import MoneyField
from ops_platform.web.amounts import AmountField
from workflows.models import Copy, Matter, Task
from workflows.subjects import subject_types

DAY = forms.DateInput(attrs={"type": "date"})


class AmountFilter(django_filters.NumberFilter):
    """A bound in yuan, as people type and paste it."""

    field_class = AmountField


def amount_filter(label: Any, field_name: str, lookup: str) -> AmountFilter:
    """A bound of the amount in yuan, as large as the column holds."""
    return AmountFilter(
        label=label,
        field_name=field_name,
        lookup_expr=lookup,
        max_digits=MoneyField().max_digits,
        decimal_places=MoneyField().decimal_places,
    )


def kinds() -> list[tuple[str, str]]:
    """Subject types as choices."""
    return [(each.code, str(each.title)) for each in subject_types()]


class TaskFilter(django_filters.FilterSet):
    """Tasks by words in the title, subject type, applicant, institution and amount."""

    words = django_filters.CharFilter(label=_("事项名称"), field_name="matter__title", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(
        label=_("类型"), field_name="matter__subject_type", choices=kinds, empty_label=_("全部")
    )

    applicant = django_filters.CharFilter(
        label=_("申请人"), field_name="matter__applicant__display_name", lookup_expr="icontains"
    )
    place = django_filters.CharFilter(label=_("机构"), field_name="matter__institution__name", lookup_expr="icontains")
    amount_from = amount_filter(_("金额(元)自"), "matter__amount", "gte")
    amount_to = amount_filter(_("金额(元)至"), "matter__amount", "lte")

    class Meta:
        model = Task
        fields: list[str] = []


class CopyFilter(TaskFilter):
    """Copies by the same."""

    class Meta:
        model = Copy
        fields: list[str] = []


class MatterFilter(django_filters.FilterSet):
    """Matters by words, subject type, state, applicant, institution, amount and day."""

    words = django_filters.CharFilter(label=_("事项名称"), field_name="title", lookup_expr="icontains")
    kind = django_filters.ChoiceFilter(label=_("类型"), field_name="subject_type", choices=kinds, empty_label=_("全部"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=Matter.State.choices, empty_label=_("全部"))
    applicant = django_filters.CharFilter(
        label=_("申请人"), field_name="applicant__display_name", lookup_expr="icontains"
    )
    place = django_filters.CharFilter(label=_("机构"), field_name="institution__name", lookup_expr="icontains")
    amount_from = amount_filter(_("金额(元)自"), "amount", "gte")
    amount_to = amount_filter(_("金额(元)至"), "amount", "lte")
    since = django_filters.DateFilter(label=_("提交日期自"), method="from_day", widget=DAY)
    until = django_filters.DateFilter(label=_("至"), method="to_day", widget=DAY)

    class Meta:
        model = Matter
        fields: list[str] = []

    def from_day(self, rows: Any, _name: str, value: Any) -> Any:
        return rows.filter(submitted_at__date__gte=value)

    def to_day(self, rows: Any, _name: str, value: Any) -> Any:
        return rows.filter(submitted_at__date__lte=value)
