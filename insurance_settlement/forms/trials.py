"""Asking for a trial, and for a price book of one's own past."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.trial import Overrides
from insurance_settlement.forms.rules import RuleFile
from insurance_settlement.models import GroupingScheme, PriceBook
from insurance_settlement.selectors import grouping_schemes, institutions, price_books
from insurance_settlement.services.trials import PLANNERS, WantedTrial
from ops_platform.kernel import Actor, Period
from ops_platform.masterdata.models import Institution

MOST_LINES = 2_000
FINEST = {"max_digits": 24, "decimal_places": 12, "min_value": 0, "required": False}


class MonthField(forms.CharField):
    """A month, 2026-03."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "month", "placeholder": "2026-03"}), **kwargs)

    def clean(self, value: Any) -> Period | None:
        text = super().clean(value)
        try:
            return Period.parse(text) if text else None
        except ValueError:
            raise forms.ValidationError(_now("请填写月份，例如 2026-03。")) from None


class CodedNumbersField(forms.CharField):
    """A code and a number in each line."""

    def __init__(self, example: str, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": 3, "placeholder": example})
        super().__init__(widget=area, required=False, **kwargs)

    def clean(self, value: Any) -> Mapping[str, Decimal]:
        found: dict[str, Decimal] = {}
        for number, line in enumerate(super().clean(value).splitlines(), start=1):
            parts = line.split()
            if not parts:
                continue
            if len(parts) != 2:
                raise forms.ValidationError(_now("第 %s 行应为编码和数值，中间一个空格。") % number)
            if parts[0] in found:
                raise forms.ValidationError(
                    _now("第 %(line)s 行的 %(code)s 重复。") % {"line": number, "code": parts[0]}
                )
            found[parts[0]] = _exact(parts[1], number)
        if len(found) > MOST_LINES:
            raise forms.ValidationError(_now("至多 %s 行；更多改动请上传价格规则草稿。") % MOST_LINES)
        return found


def _exact(text: str, line: int) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(-1)
    if not value.is_finite() or value < 0 or value.adjusted() > 11 or int(value.as_tuple().exponent) < -12:
        raise forms.ValidationError(_now("第 %s 行的数值应为 0 至 10¹² 之间、至多 12 位小数。") % line)
    return value


class PastForm(forms.Form):
    """Institutions and the months of theirs."""

    institutions = forms.ModelMultipleChoiceField(
        Institution.objects.none(), label=_("机构"), widget=forms.CheckboxSelectMultiple
    )
    first = MonthField(label=_("从"))
    last = MonthField(label=_("到"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reach = Institution.objects.visible_to(actor, *PLANNERS).values("pk")
        own = institutions(actor=actor).filter(pk__in=reach)
        self.fields["institutions"].queryset = own  # type: ignore[attr-defined]
        only = list(own[:2])
        if len(only) == 1:
            self.initial.setdefault("institutions", [only[0].pk])


class TrialForm(PastForm):
    """A trial: a past, and what is to be otherwise."""

    title = forms.CharField(label=_("名称"), max_length=120, help_text=_("例如：费率降至 7,000 元"))
    note = forms.CharField(label=_("说明"), max_length=500, required=False)
    price_book = forms.ModelChoiceField(
        PriceBook.objects.none(), label=_("另一份价格规则"), required=False, empty_label=_("各月计价时的价格规则")
    )
    draft = RuleFile(
        ".json,.xlsx",
        label=_("或上传草稿"),
        required=False,
        help_text=_("没有导入的价格规则(Excel 或 JSON)，例如「由历史病例测算」得到的草稿。"),
    )
    scheme = forms.ModelChoiceField(
        GroupingScheme.objects.none(),
        label=_("另一个分组方案"),
        required=False,
        empty_label=_("不重新分组"),
        help_text=_("价格规则属于另一方案时，按它的方案重新分组。"),
    )
    unit_value = forms.DecimalField(label=_("费率或点值(元)"), **FINEST)  # type: ignore[arg-type]
    weights = CodedNumbersField("ES31 1.25", label=_("权重或分值"), help_text=_("每行一个病组编码和数值。"))
    coefficients = CodedNumbersField("H001 1.05", label=_("机构系数"), help_text=_("每行一个机构编码和系数。"))
    low_below = forms.DecimalField(label=_("低倍率界限(倍)"), **FINEST)  # type: ignore[arg-type]
    high_above = forms.DecimalField(label=_("高倍率界限(倍)"), **FINEST)  # type: ignore[arg-type]
    high_share = forms.DecimalField(
        label=_("高倍率超出部分支付比例"),
        max_value=1,
        help_text=_("0 至 1"),
        **FINEST,  # type: ignore[arg-type]
    )

    field_order = ("title", "note", "institutions", "first", "last", "price_book", "draft", "scheme")

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["price_book"].queryset = price_books()  # type: ignore[attr-defined]
        self.fields["scheme"].queryset = grouping_schemes()  # type: ignore[attr-defined]

    def wanted(self) -> WantedTrial:
        """What the service is asked for."""
        given = self.cleaned_data
        figures = ("weights", "unit_value", "coefficients", "low_below", "high_above", "high_share")
        return WantedTrial(
            title=given["title"],
            note=given["note"],
            institutions=list(given["institutions"]),
            first=given["first"],
            last=given["last"],
            price_book=given["price_book"],
            draft=given["draft"].read() if given["draft"] else b"",
            scheme=given["scheme"],
            overrides=Overrides(**{name: given[name] for name in figures}),
        )
