"""Filters of the comparison with the insurer."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.models import GroupComparison
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.filter_fields import MonthFilter

ALL = _("全部")
DIFFERENCES = "differences"
Kind = GroupComparison.Kind


def _departments(request: Any) -> QuerySet[Department]:
    if request is None:
        return Department.objects.none()
    chosen = request.GET.get("institution", "")
    return selectors.departments(actor=request.actor, institution=int(chosen) if chosen.isdigit() else None)


class ComparisonFilter(django_filters.FilterSet):
    """Stays by institution, month, department, kind of difference and group of either side."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: selectors.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("出院月份"))
    department = django_filters.ModelChoiceFilter(label=_("科室"), empty_label=ALL, queryset=_departments)
    kind = django_filters.ChoiceFilter(
        label=_("对照"),
        choices=[(DIFFERENCES, _("有分歧")), *Kind.choices],
        empty_label=ALL,
        method="of_kind",
    )
    drg = django_filters.CharFilter(label=_("本院病组"), lookup_expr="istartswith")
    their_drg = django_filters.CharFilter(label=_("医保病组"), lookup_expr="istartswith")
    q = django_filters.CharFilter(label=_("就诊号"), field_name="encounter_no")

    class Meta:
        model = GroupComparison
        fields: list[str] = []

    def of_kind(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == DIFFERENCES:
            return rows.filter(kind__in=[Kind.DIFFERS, Kind.OURS_NONE, Kind.THEIRS_NONE])
        return rows.filter(kind=value)


class ComparisonApiFilter(django_filters.FilterSet):
    """Stays by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    department = django_filters.CharFilter(field_name="department__code")
    kind = django_filters.ChoiceFilter(choices=Kind.choices)

    class Meta:
        model = GroupComparison
        fields: list[str] = []
