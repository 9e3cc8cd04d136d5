"""Forms of special reviews: the application, an expert's opinion, the conclusion, the appeal."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models import ReviewGround, ReviewOutcome
from insurance_settlement.services.reviews import LONGEST, LONGEST_OPINION, MOST_WORTH, Verdict, WantedReview
from ops_platform.documents.public import DocumentsField

ASKED = [(str(one), one.label) for one in (ReviewOutcome.ITEMS, ReviewOutcome.RESCORED)]
OUTCOMES = [(str(one), one.label) for one in ReviewOutcome]


def _worth(help_text: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=_("权重或分值"),
        required=False,
        min_value=Decimal("0.0001"),
        max_value=MOST_WORTH,
        max_digits=20,
        decimal_places=8,
        help_text=help_text,
    )


def _words(label: Any, longest: int, help_text: Any = "", rows: int = 5) -> forms.CharField:
    return forms.CharField(
        label=label,
        min_length=2,
        max_length=longest,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class ReviewForm(forms.Form):
    """Why a case should be looked at by itself."""

    grounds = forms.MultipleChoiceField(
        label=_("申请理由"),
        choices=ReviewGround.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("由数字可以看出的理由已勾选，请按病情核对。"),
    )
    statement = _words(_("病情说明"), LONGEST, _("主要诊断、治疗经过，费用高于病组的原因。不要填写姓名、证件号。"))
    asked = forms.ChoiceField(label=_("申请方式"), choices=ASKED, widget=forms.RadioSelect)
    asked_worth = _worth(_("申请重新核定的填写，按项目付费的留空。"))
    documents = DocumentsField(required=False, label=_("佐证材料"))

    def wanted(self) -> WantedReview:
        """As the service takes it."""
        given = self.cleaned_data
        return WantedReview(given["grounds"], given["statement"], given["asked"], given["asked_worth"])


class _VerdictForm(forms.Form):
    outcome = forms.ChoiceField(choices=OUTCOMES, widget=forms.RadioSelect)
    worth = _worth(_("重新核定的填写，其他留空。"))

    def verdict(self) -> Verdict:
        """As the service takes it."""
        given = self.cleaned_data
        return Verdict(given["outcome"], given["worth"], given["text"])


class OpinionForm(_VerdictForm):
    """What an expert said."""

    expert = forms.CharField(label=_("专家"), min_length=2, max_length=60)
    unit = forms.CharField(
        label=_("专家所在单位"), min_length=2, max_length=120, help_text=_("本机构的专家应当回避，不能登记。")
    )
    outcome = forms.ChoiceField(label=_("意见"), choices=OUTCOMES, widget=forms.RadioSelect)
    text = _words(_("意见说明"), LONGEST_OPINION, rows=4)
    field_order = ("expert", "unit", "outcome", "worth", "text")


class ConclusionForm(_VerdictForm):
    """What the insurer's document says."""

    outcome = forms.ChoiceField(label=_("结论"), choices=OUTCOMES, widget=forms.RadioSelect)
    decided_on = forms.DateField(label=_("结论日期"), widget=forms.DateInput(attrs={"type": "date"}))
    document_no = forms.CharField(label=_("文号或通知单号"), min_length=2, max_length=80)
    text = _words(_("说明"), LONGEST_OPINION, rows=4)
    documents = DocumentsField(required=False, label=_("通知原件"))
    field_order = ("outcome", "worth", "decided_on", "document_no", "text", "documents")


class AppealForm(forms.Form):
    """Why the rejection is wrong."""

    appeal = _words(_("申诉理由"), LONGEST)
    documents = DocumentsField(required=False, label=_("补充材料"))
