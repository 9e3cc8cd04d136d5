"""Lists of trials, and of what one came to."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models import PricingTrial, TrialCase
from ops_platform.web import formats
from ops_platform.web.tables import (
    DENSE,
    STACKED,
    MoneyColumn,
    PercentColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import money, quantity

TRIAL_TONES = {"waiting": "neutral", "running": "info", "succeeded": "good", "failed": "bad"}
CUT_TITLES = {
    "group": _("病组"),
    "institution": _("机构"),
    "department": _("科室"),
    "month": _("月份"),
    "move": _("换组"),
}


class TrialTable(Table):
    """Trials."""

    stacks = True

    title = django_tables2.Column(
        verbose_name=_("试算"), linkify=lambda record: reverse("insurance_settlement:trial", args=[record.pk])
    )
    state = StateColumn(verbose_name=_("状态"), tones=TRIAL_TONES)
    members = QuantityColumn(verbose_name=_("机构数"))
    first = django_tables2.Column(verbose_name=_("月份"))
    price_book = django_tables2.Column(verbose_name=_("价格规则"), empty_values=())
    created_by = django_tables2.Column(accessor="created_by__display_name", verbose_name=_("发起人"))
    created_at = TimeColumn(verbose_name=_("发起时间"))

    class Meta(Table.Meta):
        model = PricingTrial
        attrs = STACKED
        orderable = False
        fields = ("title", "state", "members", "first", "price_book", "created_by", "created_at")

    def render_first(self, record: PricingTrial) -> str:
        return record.first if record.first == record.last else f"{record.first} 至 {record.last}"

    def render_price_book(self, record: PricingTrial) -> str:
        return str(record.price_book) if record.price_book_id else str(_("各月的规则或草稿"))


def _sum(name: str, form: Any) -> Any:
    return lambda table: form(sum(getattr(line, name) for line in table.data.data))


class TrialLineTable(Table):
    """What a trial came to by a cut; a line opens its changed cases."""

    name = django_tables2.Column(verbose_name=_("病组"), footer=_("合计"))
    detail = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("例数"), footer=_sum("cases", quantity))
    changed = QuantityColumn(verbose_name=_("有变化"), footer=_sum("changed", quantity))
    charges = MoneyColumn(verbose_name=_("费用(元)"), footer=_sum("charges", money))
    payment_before = MoneyColumn(verbose_name=_("原支付(元)"), footer=_sum("payment_before", money))
    payment_after = MoneyColumn(verbose_name=_("试算支付(元)"), footer=_sum("payment_after", money))
    delta = MoneyColumn(verbose_name=_("变化(元)"), footer=_sum("delta", money))
    rate = PercentColumn(verbose_name=_("变化率"))
    balance_after = MoneyColumn(verbose_name=_("试算盈亏(元)"), footer=_sum("balance_after", money))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, trial: int, cut: str, **kwargs: Any) -> None:
        self.trial, self.cut = trial, cut
        super().__init__(*args, **kwargs)
        self.columns["name"].column.verbose_name = CUT_TITLES[cut]
        if cut in ("institution", "month"):
            self.columns.hide("detail")
        if cut == "department":
            self.columns["detail"].column.verbose_name = _("机构")

    def render_name(self, value: str, record: Any) -> str:
        words = formats.period_label(value) if self.cut == "month" else value
        name = {"group": "drg", "move": "drg", "month": "period"}.get(self.cut, self.cut)
        link = reverse("insurance_settlement:trial-cases", args=[self.trial])
        return format_html('<a href="{}?{}={}">{}</a>', link, name, record.key, words)

    def value_name(self, value: str) -> str:
        return value


class TrialCaseTable(Table):
    """Changed cases."""

    case = django_tables2.Column(verbose_name=_("就诊号"))
    institution = django_tables2.Column(accessor="case__run__institution", verbose_name=_("机构"))
    department = django_tables2.Column(accessor="case__department", verbose_name=_("科室"))
    period = django_tables2.Column(accessor="case__run__period", verbose_name=_("月份"))
    drg = django_tables2.Column(accessor="case__drg", verbose_name=_("病组"))
    drg_after = django_tables2.Column(verbose_name=_("试算病组"))
    charges = MoneyColumn(accessor="case__charges", verbose_name=_("费用(元)"))
    payment_before = MoneyColumn(verbose_name=_("原支付(元)"))
    payment_after = MoneyColumn(verbose_name=_("试算支付(元)"))
    delta = MoneyColumn(verbose_name=_("变化(元)"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def render_case(self, record: TrialCase) -> str:
        link = reverse("insurance_settlement:trial-case", args=[record.trial_id, record.case_id])
        return format_html('<a href="{}">{}</a>', link, record.case.encounter_no)

    def value_case(self, record: TrialCase) -> str:
        return record.case.encounter_no
