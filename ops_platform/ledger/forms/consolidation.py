"""Forms of the consolidation pages."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Period, to_fen
from ops_platform.ledger.engine.consolidation import FINANCIAL
from ops_platform.ledger.models import Account, PairMatch
from ops_platform.ledger.services.finalising import LONGEST_EXPLANATION
from ops_platform.masterdata.models import Institution

LINES = 6
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


class EliminationForm(forms.Form):
    """An elimination by hand with up to six legs."""

    period = PeriodField(label=_("适用期间"))
    through = PeriodField(label=_("适用至"), help_text=_("须在同一年内；此后的月份不再抵销。"))
    reason = forms.CharField(label=_("原因"), max_length=200)
    pair = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=1, max_value=2**62)

    def __init__(self, *args: Any, pairs: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pair_row: PairMatch | None = pairs
        accounts = [
            (row.code, str(row))
            for row in Account.objects.filter(institution=None, leaf=True, code__regex=f"^[{''.join(FINANCIAL)}]")
        ]
        institutions = [(row.pk, row.name) for row in Institution.objects.order_by("code")]
        for number in range(1, LINES + 1):
            self.fields[f"institution_{number}"] = forms.TypedChoiceField(
                label=_("机构"), choices=[("", "—"), *institutions], coerce=int, empty_value=None, required=False
            )
            self.fields[f"account_{number}"] = forms.ChoiceField(
                label=_("科目"), choices=[("", "—"), *accounts], required=False
            )
            for side, title in (("debit", _("借方")), ("credit", _("贷方"))):
                self.fields[f"{side}_{number}"] = forms.DecimalField(
                    label=title, max_digits=18, decimal_places=2, min_value=Decimal("0.01"), required=False
                )

    def lines(self) -> list[dict[str, Any]]:
        """The fields of each leg, for the page."""
        return [
            {name: self[f"{name}_{number}"] for name in ("institution", "account", "debit", "credit")}
            for number in range(1, LINES + 1)
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        legs = []
        for number in range(1, LINES + 1):
            institution, account = given.get(f"institution_{number}"), given.get(f"account_{number}")
            debit, credit = given.get(f"debit_{number}"), given.get(f"credit_{number}")
            if not any((institution, account, debit, credit)):
                continue
            if not institution or not account or bool(debit) == bool(credit):
                raise ValidationError(
                    _("第 %(number)s 条分录须有机构、科目，并且只在借方或贷方填一个金额。"), params={"number": number}
                )
            legs.append((institution, account, to_fen(debit or 0) - to_fen(credit or 0)))
        given["legs"] = legs
        return given
