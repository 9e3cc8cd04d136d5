"""Filters of the nightly lists."""

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.nightly.models import MonthReminder, NightlyRun, RunState
from ops_platform.web.filter_fields import MonthFilter

DAY = forms.DateInput(attrs={"type": "date"})


class RunFilter(django_filters.FilterSet):
    """Runs by state and business date."""

    state = django_filters.ChoiceFilter(label=_("状态"), choices=RunState.choices, empty_label=_("全部"))
    since = django_filters.DateFilter(label=_("业务日期自"), field_name="business_date", lookup_expr="gte", widget=DAY)
    until = django_filters.DateFilter(label=_("至"), field_name="business_date", lookup_expr="lte", widget=DAY)

    class Meta:
        model = NightlyRun
        fields: list[str] = []


class ReminderFilter(django_filters.FilterSet):
    """Reminders by month and by whether they were answered."""

    period = MonthFilter(label=_("月份"), field_name="accounting_period__period")
    answered = django_filters.ChoiceFilter(
        label=_("答复"), choices=[("yes", _("已答复")), ("no", _("未答复"))], empty_label=_("全部"), method="by_answer"
    )

    class Meta:
        model = MonthReminder
        fields: list[str] = []

    def by_answer(self, rows, _name, value):
        return rows.filter(answered_at__isnull=value == "no")
