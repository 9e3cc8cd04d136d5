"""Filters of the costing lists and API."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from costing.models import AllocationFlow, CostRun, DepartmentCost, DepartmentMonth, ItemCost
from costing.selectors import access
from ops_platform.masterdata.models import Department, Institution

ALL = _("全部")


class MonthInput(forms.DateInput):
    """The browser's own choice of a month."""

    input_type = "month"


class RunFilter(django_filters.FilterSet):
    """Runs by institution, month and whether they count."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: access.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = django_filters.CharFilter(label=_("月份"), widget=MonthInput)
    is_current = django_filters.ChoiceFilter(
        label=_("版本"),
        choices=[("true", _("只看当前")), ("false", _("只看历史"))],
        empty_label=ALL,
        method="by_current",
    )

    class Meta:
        model = CostRun
        fields: list[str] = []

    def by_current(self, rows: object, _name: str, value: str) -> object:
        return rows.filter(is_current=value == "true")  # type: ignore[attr-defined]


def _departments_of(request: Any) -> QuerySet[Department]:
    """Those that can carry services out, of the institutions that the reader sees."""
    if request is None:
        return Department.objects.none()
    rows = Department.objects.filter(institution__in=access.institutions(actor=request.actor))
    return rows.filter(pk__in=ItemCost.objects.order_by().values("department")).order_by("institution__code", "code")


class ItemCostFilter(django_filters.FilterSet):
    """Items of a run by executing department and words of code or name."""

    department = django_filters.ModelChoiceFilter(label=_("执行科室"), empty_label=ALL, queryset=_departments_of)
    words = django_filters.CharFilter(label=_("项目"), method="by_words", max_length=60)

    class Meta:
        model = ItemCost
        fields: list[str] = []

    def by_words(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(Q(item__name__icontains=value) | Q(item__code__istartswith=value))


class RunApiFilter(django_filters.FilterSet):
    """Runs by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = django_filters.CharFilter()
    is_current = django_filters.BooleanFilter()

    class Meta:
        model = CostRun
        fields: list[str] = []


class _ResultFilter(django_filters.FilterSet):
    institution = django_filters.CharFilter(field_name="run__institution__code")
    period = django_filters.CharFilter(field_name="run__period")
    run = django_filters.NumberFilter(field_name="run_id")


class DepartmentMonthApiFilter(_ResultFilter):
    """Department summaries by codes."""

    department = django_filters.CharFilter(field_name="department__code")
    cost_class = django_filters.CharFilter()

    class Meta:
        model = DepartmentMonth
        fields: list[str] = []


class DepartmentCostApiFilter(_ResultFilter):
    """Department costs by codes."""

    department = django_filters.CharFilter(field_name="department__code")
    cost_item = django_filters.CharFilter()
    funding_source = django_filters.CharFilter()

    class Meta:
        model = DepartmentCost
        fields: list[str] = []


class FlowApiFilter(_ResultFilter):
    """Allocation flows by codes."""

    sender = django_filters.CharFilter(field_name="sender__code")
    receiver = django_filters.CharFilter(field_name="receiver__code")
    cost_item = django_filters.CharFilter()

    class Meta:
        model = AllocationFlow
        fields: list[str] = []
