"""Amounts as people type and paste them: 1,234.50, １，２３４．５０, ￥1,234.50 元."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
_DIGITS = re.compile(r"[+-]?\d+(\.\d*)?|[+-]?\.\d+")
_TWINS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}


def plain_amount(text: str) -> str:
    """The digits of an amount, without currency and thousands separators. A comma anywhere else is left, as a mistake."""
    amount = text.translate(_TWINS).strip().removeprefix("¥").removeprefix("￥").removesuffix("元").strip()
    return amount.replace(",", "") if _THOUSANDS.fullmatch(amount) else amount


class AmountField(forms.DecimalField):
    """Yuan as people type them, in digits: no 1e9, no 1_000. A text input: one for numbers lets no separators in."""

    widget = forms.TextInput

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": "decimal", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str):
            return super().to_python(value)
        amount = plain_amount(value)
        if amount and not _DIGITS.fullmatch(amount):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(amount)
