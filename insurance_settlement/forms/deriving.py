"""Asking for a draft of a price book from one's own past."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from insurance_settlement.deriving import Past
from insurance_settlement.engine.derivation import Derived, weighted_history
from insurance_settlement.forms.trials import PastForm
from insurance_settlement.models import PriceBook
from insurance_settlement.selectors import price_books
from ops_platform.kernel import Actor, Explanation, to_fen
from ops_platform.web.amounts import AmountField

YEARS = ("third_last", "second_last", "last_year")


class _Total(AmountField):
    """What all cases of a span are charged, in yuan."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2, **kwargs)


class DeriveForm(PastForm):
    """Of whom and when, starting from which book, and for which total."""

    price_book = forms.ModelChoiceField(
        PriceBook.objects.none(),
        label=_("其他规则取自"),
        help_text=_("分组方案、机构系数、倍率和除外规则照抄这一份，只重新测算权重或分值、次均费用、费率或点值。"),
    )
    forecast = _Total(
        label=_("预测总费用(元)"),
        help_text=_("与所选月份同期、这些机构的预测总费用；留空则用这些病例的实际费用。"),
    )
    third_last = _Total(label=_("或由三年历史加权：前第三年总费用(元)"))
    second_last = _Total(label=_("前第二年总费用(元)"))
    last_year = _Total(label=_("上年总费用(元)"), help_text=_("三年按 1:2:7 加权(行业惯例，以本地规则为准)。"))

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        self.fields["price_book"].queryset = price_books()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("first"), given.get("last")
        if first and last and str(first) > str(last):
            self.add_error("last", _now("结束月份不能早于开始月份。"))
        years = [given.get(name) for name in YEARS]
        if any(one is not None for one in years) and not all(one is not None for one in years):
            self.add_error("last_year", _now("请填齐三年的总费用，或全部留空。"))
        if given.get("forecast") is not None and any(one is not None for one in years):
            self.add_error("forecast", _now("预测总费用和三年历史只填一种。"))
        return given

    def past(self) -> Past:
        """What is asked."""
        given = self.cleaned_data
        return Past(list(given["institutions"]), given["first"], given["last"], self._forecast())

    def _forecast(self) -> Derived | None:
        given = self.cleaned_data
        if given["last_year"] is not None:
            return weighted_history([to_fen(given[name]) for name in YEARS])
        if given["forecast"] is not None:
            return Derived(
                given["forecast"], Explanation("预测总费用", f"预测总费用由测算人填写：{given['forecast']:,} 元")
            )
        return None
