"""This year's total of an institution, for the estimate of the next."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from ops_platform.web.amounts import AmountField


class TotalForm(forms.Form):
    """The total of all case payment agreed for the year, in yuan."""

    total = AmountField(
        label=_("本年总额(元)"), required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2
    )
