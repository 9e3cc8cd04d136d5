"""Filters of front page findings."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.front_page import TITLES
from insurance_settlement.filters import ALL, departments_of
from insurance_settlement.models import FrontPageFinding
from insurance_settlement.selectors import institutions
from ops_platform.masterdata.models import Institution
from ops_platform.web.filter_fields import MonthFilter

STATES = {
    "open": (_("待处理"), Q(closed_run=None, mark=None)),
    "marked": (_("核对无误"), Q(closed_run=None, mark__isnull=False)),
    "corrected": (_("HIS 已更正"), Q(closing=FrontPageFinding.Closing.CORRECTED)),
    "closed": (_("因其他原因关闭"), Q(closed_run__isnull=False) & ~Q(closing=FrontPageFinding.Closing.CORRECTED)),
}
STATE_CHOICES = [(code, title) for code, (title, _condition) in STATES.items()]


class FrontPageFilter(django_filters.FilterSet):
    """Findings by institution, month, department, rule, how far they reach, and state."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("出院月份"))
    department = django_filters.ModelChoiceFilter(
        label=_("科室"), field_name="case__department", empty_label=ALL, queryset=departments_of
    )
    rule = django_filters.ChoiceFilter(label=_("问题"), choices=list(TITLES.items()), empty_label=ALL)
    severity = django_filters.ChoiceFilter(label=_("程度"), choices=FrontPageFinding.Severity.choices, empty_label=ALL)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=STATE_CHOICES, empty_label=ALL, method="in_state")
    q = django_filters.CharFilter(label=_("就诊号"), field_name="encounter_no")

    class Meta:
        model = FrontPageFinding
        fields: list[str] = []

    def in_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(STATES[value][1])


class FrontPageApiFilter(django_filters.FilterSet):
    """Findings by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    department = django_filters.CharFilter(field_name="case__department__code")
    rule = django_filters.ChoiceFilter(choices=list(TITLES.items()))
    state = django_filters.ChoiceFilter(choices=STATE_CHOICES, method="in_state")

    class Meta:
        model = FrontPageFinding
        fields: list[str] = []

    def in_state(self, rows: QuerySet, _name: Any, value: str) -> QuerySet:
        return rows.filter(STATES[value][1])
