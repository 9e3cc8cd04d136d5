"""Filters of the master data lists."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models import Code, Parameter, Scope, SourceMark


class ParameterFilter(django_filters.FilterSet):
    """By words, scope and source."""

    q = django_filters.CharFilter(label=_("参数名称或代码"), method="by_words")
    scope = django_filters.ChoiceFilter(label=_("适用范围"), choices=Scope.choices, empty_label=_("全部"))
    source_mark = django_filters.ChoiceFilter(label=_("来源"), choices=SourceMark.choices, empty_label=_("全部"))

    class Meta:
        model = Parameter
        fields: list[str] = []

    def by_words(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(name__icontains=value) | Q(key__icontains=value))


class CodeFilter(django_filters.FilterSet):
    """By code or name."""

    q = django_filters.CharFilter(label=_("代码或名称"), method="by_words")

    class Meta:
        model = Code
        fields: list[str] = []

    def by_words(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value))
