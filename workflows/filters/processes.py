"""Filters of the process register and its cases, and the choice of matters that are measured."""

from datetime import date, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor
from ops_platform.masterdata.models import Institution
from workflows.models import Area, Principle, Process, ProcessCase
from workflows.selectors.measures import READERS, Chosen
from workflows.subjects import subject_types

MEASURED_DAYS = 365
EARLIEST = date(2000, 1, 1)  # no log is older; days near the ends of the calendar have no midnight in every zone
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def _readable(request: Any) -> Any:
    """Institutions that the reader of the page sees processes of."""
    if request is None:
        return Institution.objects.none()
    return Institution.objects.visible_to(request.actor, *READERS).order_by("code")


class ProcessFilter(django_filters.FilterSet):
    """Processes by words, institution, area, status, principle, and whether risks are open."""

    words = django_filters.CharFilter(label=_("名称、编号或事项"), method="with_words")
    institution = django_filters.ModelChoiceFilter(label=_("机构"), queryset=_readable, empty_label=_("全部"))
    area = django_filters.ChoiceFilter(label=_("领域"), choices=Area.choices, empty_label=_("全部"))
    status = django_filters.ChoiceFilter(label=_("状态"), choices=Process.Status.choices, empty_label=_("全部"))
    principle = django_filters.ChoiceFilter(
        label=_("优化原则"),
        field_name="principles",
        lookup_expr="contains",
        choices=Principle.choices,
        empty_label=_("全部"),
    )
    open = django_filters.ChoiceFilter(
        label=_("风险"),
        method="with_open_risks",
        choices=[("yes", _("有未落实的"))],
        empty_label=_("全部"),
    )

    optimised = django_filters.NumberFilter(
        label=_("优化年度"), method="with_year", max_digits=4, decimal_places=0, min_value=1, max_value=9999
    )

    class Meta:
        model = Process
        fields: list[str] = []

    def with_year(self, rows: Any, _name: str, value: Any) -> Any:
        return rows.filter(status=Process.Status.OPTIMISED, optimised_on__year=int(value))

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value) | Q(matter__icontains=value))

    def with_open_risks(self, rows: Any, _name: str, _value: str) -> Any:
        return rows.filter(open_risks__gt=0)


class CaseFilter(django_filters.FilterSet):
    """Cases by words anywhere in them and by the area of their process."""

    words = django_filters.CharFilter(label=_("关键词"), method="with_words")
    area = django_filters.ChoiceFilter(
        label=_("领域"), field_name="process__area", choices=Area.choices, empty_label=_("全部")
    )

    class Meta:
        model = ProcessCase
        fields: list[str] = []

    def with_words(self, rows: Any, _name: str, value: str) -> Any:
        places = ("title", "situation", "done", "effect", "process__name", "institution__name")
        found = Q()
        for place in places:
            found |= Q(**{f"{place}__icontains": value})
        return rows.filter(found)


def _kinds() -> list[tuple[str, str]]:
    return [("", str(_("全部"))), *((each.code, str(each.title)) for each in subject_types())]


class MeasureForm(forms.Form):
    """Which matters are measured; the last twelve months unless something else is asked for."""

    since = forms.DateField(label=_("提交日期自"), required=False, widget=DAY)
    until = forms.DateField(label=_("至"), required=False, widget=DAY)
    institution = forms.ModelChoiceField(
        Institution.objects.none(), label=_("机构"), required=False, empty_label=_("全部")
    )
    kind = forms.ChoiceField(label=_("类型"), required=False, choices=_kinds)

    def __init__(self, given: Any, *, actor: Actor, kind: bool = True) -> None:
        today = timezone.localdate()
        wanted = {"since": (today - timedelta(days=MEASURED_DAYS)).isoformat(), "until": today.isoformat()}
        super().__init__({**wanted, **{name: value for name, value in given.items() if value}})
        institutions: Any = self.fields["institution"]
        institutions.queryset = Institution.objects.visible_to(actor, *READERS).order_by("code")
        if not kind:
            del self.fields["kind"]

    def chosen(self, **fixed: Any) -> Chosen:
        """What was asked for; what cannot be read is as if it had not been asked."""
        self.is_valid()
        given = self.cleaned_data
        today = timezone.localdate()
        institution = given.get("institution")
        found = {
            "since": max(given.get("since") or today - timedelta(days=MEASURED_DAYS), EARLIEST),
            "until": min(given.get("until") or today, today),
            "institution": institution.pk if institution else None,
            "kind": given.get("kind") or "",
        }
        return Chosen(**{**found, **fixed})
