"""Filters of the settlement lists."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from insurance_settlement import selectors
from insurance_settlement.models import CaseResult, GroupingRun, SpecialReview
from insurance_settlement.selectors.stays import of_doctor, that_left
from insurance_settlement.tables import STATUS_TITLES
from ops_platform.his_intake.public import LEAVING_TYPES
from ops_platform.masterdata.models import Department, Institution
from ops_platform.web.filter_fields import MonthFilter, TrueFalseFilter

ALL = _("全部")


def departments_of(request: Any) -> QuerySet[Department]:
    """Those that the reader sees, of the institution that is chosen."""
    if request is None:
        return Department.objects.none()
    chosen = request.GET.get("institution", "")
    return selectors.departments(actor=request.actor, institution=int(chosen) if chosen.isdigit() else None)


class CaseFilter(django_filters.FilterSet):
    """Cases by institution, month, department, group, state of grouping; only losses. What figures of other pages lead to is
    kept out of sight: a span of months, a doctor, how the patient left."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        field_name="run__institution",
        empty_label=ALL,
        queryset=lambda request: selectors.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("月份"), field_name="run__period")
    department = django_filters.ModelChoiceFilter(label=_("科室"), empty_label=ALL, queryset=departments_of)
    drg = django_filters.CharFilter(label=_("病组"), lookup_expr="istartswith")
    status = django_filters.ChoiceFilter(label=_("状态"), choices=list(STATUS_TITLES.items()), empty_label=ALL)
    loss = django_filters.ChoiceFilter(
        label=_("盈亏"), choices=[("1", _("只看亏损"))], empty_label=ALL, method="only_losses"
    )
    q = django_filters.CharFilter(label=_("就诊号"), field_name="encounter_no")
    since = MonthFilter(label=_("自"), field_name="run__period", lookup_expr="gte", widget=forms.HiddenInput)
    until = MonthFilter(label=_("至"), field_name="run__period", lookup_expr="lte", widget=forms.HiddenInput)
    doctor = django_filters.CharFilter(label=_("医师代号"), method="by_doctor", widget=forms.HiddenInput)
    left = django_filters.ChoiceFilter(
        label=_("离院方式"), choices=LEAVING_TYPES, method="by_leaving", widget=forms.HiddenInput
    )

    class Meta:
        model = CaseResult
        fields: list[str] = []

    def by_doctor(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return of_doctor(rows, value)

    def by_leaving(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return that_left(rows, value)

    @property
    def out_of_sight(self) -> list[tuple[str, str]]:
        """What narrows the list without a field to see it by, as title and value in words."""
        titles = {"left": dict(LEAVING_TYPES)}
        given = ((field, str(field.value() or "")) for field in self.form.hidden_fields())
        return [
            (str(field.label), str(titles.get(field.name, {}).get(value, value))) for field, value in given if value
        ]

    def only_losses(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        return rows.filter(balance__lt=0)


class RunFilter(django_filters.FilterSet):
    """Runs by institution, month and whether they count."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    is_current = TrueFalseFilter()

    class Meta:
        model = GroupingRun
        fields: list[str] = []


class CaseApiFilter(django_filters.FilterSet):
    """Cases by codes."""

    institution = django_filters.CharFilter(field_name="run__institution__code")
    period = MonthFilter(field_name="run__period")
    department = django_filters.CharFilter(field_name="department__code")
    drg = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=list(STATUS_TITLES.items()))

    class Meta:
        model = CaseResult
        fields: list[str] = []


class CandidateFilter(django_filters.FilterSet):
    """Cases that come into question for a review, by institution, month and department."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        field_name="run__institution",
        empty_label=ALL,
        queryset=lambda request: selectors.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("出院月份"), field_name="run__period")
    department = django_filters.ModelChoiceFilter(label=_("科室"), empty_label=ALL, queryset=departments_of)

    class Meta:
        model = CaseResult
        fields: list[str] = []


class ReviewFilter(django_filters.FilterSet):
    """Reviews by institution, month, state and number of the stay."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: selectors.institutions(actor=request.actor) if request else Institution.objects.none(),
    )
    period = MonthFilter(label=_("出院月份"))
    state = django_filters.ChoiceFilter(label=_("状态"), choices=SpecialReview.State.choices, empty_label=ALL)
    q = django_filters.CharFilter(label=_("就诊号"), field_name="encounter_no")

    class Meta:
        model = SpecialReview
        fields: list[str] = []


class ReviewApiFilter(django_filters.FilterSet):
    """Reviews by codes."""

    institution = django_filters.CharFilter(field_name="institution__code")
    period = MonthFilter()
    department = django_filters.CharFilter(field_name="department__code")
    state = django_filters.ChoiceFilter(choices=SpecialReview.State.choices)

    class Meta:
        model = SpecialReview
        fields: list[str] = []
