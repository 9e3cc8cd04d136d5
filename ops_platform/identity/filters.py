"""Filters of the identity lists."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import ROLE_CHOICES, AccessLog, RoleAssignment, User

DAY = forms.DateInput(attrs={"type": "date"})


class UserFilter(django_filters.FilterSet):
    """By name and by role."""

    q = django_filters.CharFilter(label=_("姓名或用户名"), method="by_name")
    role = django_filters.ChoiceFilter(label=_("角色"), choices=ROLE_CHOICES, empty_label=_("全部"), method="by_role")
    is_active = django_filters.ChoiceFilter(
        label=_("状态"), choices=[("true", _("在用")), ("false", _("已停用"))], empty_label=_("全部"), method="by_state"
    )

    class Meta:
        model = User
        fields: list[str] = []

    def by_name(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(username__icontains=value) | Q(display_name__icontains=value))

    def by_role(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        holders = RoleAssignment.objects.filter(role=value, state=RoleAssignment.State.ACTIVE).values("user")
        return rows.filter(pk__in=holders)

    def by_state(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(is_active=value == "true")


class ProposalFilter(django_filters.FilterSet):
    """By state and by role."""

    state = django_filters.ChoiceFilter(label=_("状态"), choices=RoleAssignment.State.choices, empty_label=_("全部"))
    role = django_filters.ChoiceFilter(label=_("角色"), choices=ROLE_CHOICES, empty_label=_("全部"))

    class Meta:
        model = RoleAssignment
        fields: list[str] = []


class AccessLogFilter(django_filters.FilterSet):
    """By person and by day."""

    q = django_filters.CharFilter(label=_("用户或编号"), method="by_words")
    since = django_filters.DateFilter(label=_("自"), field_name="at", lookup_expr="date__gte", widget=DAY)
    until = django_filters.DateFilter(label=_("至"), field_name="at", lookup_expr="date__lte", widget=DAY)

    class Meta:
        model = AccessLog
        fields: list[str] = []

    def by_words(self, rows: QuerySet, _name: str, value: Any) -> QuerySet:
        return rows.filter(
            Q(user__username__icontains=value) | Q(user__display_name__icontains=value) | Q(subject__icontains=value)
        )
