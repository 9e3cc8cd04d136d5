"""Filters of the nightly lists."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.nightly.models import NightlyRun, RunState

DAY = forms.DateInput(attrs={"type": "date"})


class RunFilter(django_filters.FilterSet):
    """Runs by state and business date."""

    state = django_filters.ChoiceFilter(label=_("状态"), choices=RunState.choices, empty_label=_("全部"))
    since = django_filters.DateFilter(label=_("业务日期自"), field_name="business_date", lookup_expr="gte", widget=DAY)
    until = django_filters.DateFilter(label=_("至"), field_name="business_date", lookup_expr="lte", widget=DAY)

    class Meta:
        model = NightlyRun
        fields: list[str] = []
