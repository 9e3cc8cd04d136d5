"""The form by which a finding is marked as right."""

from django import forms
from django.utils.translation import gettext_lazy as _

from insurance_settlement.services.front_pages import LONGEST, SHORTEST


class MarkForm(forms.Form):
    """What was compared, so that somebody else can follow."""

    reason = forms.CharField(
        label=_("核对依据"),
        min_length=SHORTEST,
        max_length=LONGEST,
        help_text=_("核对了什么、为什么首页是对的。首页有误的请在 HIS 更正，不要标记。不要填写姓名、证件号。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
