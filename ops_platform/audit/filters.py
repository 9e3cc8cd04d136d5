"""Filters of the audit list."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.audit import selectors
from ops_platform.audit.models import AuditEvent
from ops_platform.audit.registry import action_titles, institution_names

DAY = forms.DateInput(attrs={"type": "date"})


class EventFilter(django_filters.FilterSet):
    """Events by institution, action, person and day."""

    institution = django_filters.ChoiceFilter(label=_("机构"), empty_label=_("全部"), choices=[])
    action = django_filters.ChoiceFilter(
        label=_("操作"), empty_label=_("全部"), choices=lambda: action_titles().items()
    )
    actor = django_filters.CharFilter(label=_("操作人"), lookup_expr="icontains")
    since = django_filters.DateFilter(label=_("自"), field_name="at", lookup_expr="date__gte", widget=DAY)
    until = django_filters.DateFilter(label=_("至"), field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = AuditEvent
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reach = self.request.actor.institutions(*selectors.READERS) if self.request else None
        self.filters["institution"].extra["choices"] = list(institution_names(reach).items())
