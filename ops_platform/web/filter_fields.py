"""Filters of the trade that refuse what they do not understand, so that nobody takes everything for what was asked."""

from typing import Any

import django_filters
from django import forms
from django.utils.translation import gettext as _now

from ops_platform.kernel import Period


class _MonthInput(forms.DateInput):
    """The browser's own choice of a month."""

    input_type = "month"


class _MonthField(forms.CharField):
    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text:
            return ""
        try:
            return str(Period.parse(text))
        except ValueError as error:
            raise forms.ValidationError(_now("应为期间，如 2026-03。")) from error


class MonthFilter(django_filters.CharFilter):
    """A month as 2026-03, in pages the browser's own choice of it."""

    field_class = _MonthField

    def __init__(self, **more: Any) -> None:
        super().__init__(**{"widget": _MonthInput, **more})


class TrueFalseFilter(django_filters.TypedChoiceFilter):
    """true or false of the API; anything else is refused."""

    def __init__(self, **more: Any) -> None:
        super().__init__(choices=[("true", "true"), ("false", "false")], coerce=lambda told: told == "true", **more)
