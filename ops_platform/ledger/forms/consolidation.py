"""Forms of the consolidation pages."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Period
from ops_platform.ledger.services.finalising import LONGEST_EXPLANATION
from ops_platform.masterdata.models import Institution

HUNDRED = Decimal(100)


class PeriodField(forms.CharField):
    """A month as 2026-03; cleans to a Period."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validators=[RegexValidator(r"^\d{4}-(0[1-9]|1[0-2])\Z", _("请按 2026-03 的样子填写月份。"))],
            widget=forms.TextInput(attrs={"type": "month"}),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            return Period.parse(text) if text else None
        except ValueError:
            raise ValidationError(_("请按 2026-03 的样子填写月份。")) from None


class MemberForm(forms.Form):
    """An institution that is consolidated from a month on."""

    institution = forms.ModelChoiceField(Institution.objects.order_by("code"), label=_("机构"))
    share = forms.DecimalField(
        label=_("持有份额(%)"), min_value=Decimal("0.0001"), max_value=HUNDRED, decimal_places=4, initial=HUNDRED
    )
    since = PeriodField(label=_("自哪个月起"), help_text=_("改变份额时，从该月起按新的份额；以前的月份不变。"))

    def clean_share(self) -> Decimal:
        return Decimal(self.cleaned_data["share"]) / HUNDRED


class EndMemberForm(forms.Form):
    """An institution that leaves after a month."""

    institution = forms.ModelChoiceField(Institution.objects.order_by("code"), label=_("机构"))
    until = PeriodField(label=_("最后合并的月份"))


class ExplanationForm(forms.Form):
    """Why two members say different amounts."""

    explanation = forms.CharField(
        label=_("差异原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}), strip=True
    )


class FinalForm(forms.Form):
    """Words that go with the official report."""

    explanation = forms.CharField(
        label=_("定稿说明"),
        max_length=LONGEST_EXPLANATION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("随报表保存并一起签署，可不填。"),
    )
