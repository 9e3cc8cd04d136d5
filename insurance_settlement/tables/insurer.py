"""Our groups beside the insurer's: stays, and the totals that open them."""

from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models import GroupComparison
from insurance_settlement.selectors.insurer import KindTotal
from ops_platform.web.tables import STACKED, DayColumn, MoneyColumn, QuantityColumn, StateColumn, Table

KIND_TONES = {
    "same": "good",
    "differs": "bad",
    "price": "warn",
    "ours_none": "warn",
    "theirs_none": "warn",
    "untold": "neutral",
}


class ComparisonTable(Table):
    """Stays; a case opens its page, where both reasons stand side by side, a stay without one its bill."""

    stacks = True
    encounter_no = django_tables2.Column(verbose_name=_("就诊号"))
    department = django_tables2.Column(
        verbose_name=_("科室"), order_by=("department__code", "pk"), attrs={"td": {"class": "text-nowrap"}}
    )
    discharged = django_tables2.Column(verbose_name=_("出院"), order_by=("discharged", "pk"))
    kind = StateColumn(verbose_name=_("对照"), tones=KIND_TONES, order_by=("kind", "pk"))
    drg = django_tables2.Column(verbose_name=_("本院病组"), order_by=("drg", "pk"))
    their_drg = django_tables2.Column(verbose_name=_("医保病组"), order_by=("their_drg", "pk"))
    payment = MoneyColumn(verbose_name=_("本院支付(元)"), order_by=("payment", "pk"))
    their_payment = MoneyColumn(verbose_name=_("医保支付(元)"), order_by=("their_payment", "pk"))
    payment_difference = MoneyColumn(verbose_name=_("本院 − 医保(元)"), order_by=("payment_difference", "pk"))
    worth_difference = QuantityColumn(verbose_name=_("权重或点数之差"), decimals=4, order_by=("worth_difference", "pk"))
    # in the workbook only
    worth = QuantityColumn(verbose_name=_("本院权重或点数"), visible=False)
    their_worth = QuantityColumn(verbose_name=_("医保权重或点数"), visible=False)
    told_on = DayColumn(verbose_name=_("反馈日期"), visible=False)
    scheme_version = django_tables2.Column(verbose_name=_("医保方案版本"), visible=False)
    reason = django_tables2.Column(verbose_name=_("医保分组说明"), visible=False)

    class Meta(Table.Meta):
        attrs = STACKED
        model = GroupComparison
        fields = (
            "encounter_no",
            "department",
            "discharged",
            "kind",
            "drg",
            "their_drg",
            "payment",
            "their_payment",
            "payment_difference",
            "worth_difference",
            "worth",
            "their_worth",
            "told_on",
            "scheme_version",
            "reason",
        )

    def render_encounter_no(self, value: str, record: GroupComparison) -> str:
        if record.case_id is not None:
            url = reverse("insurance_settlement:case", args=[record.case_id])
        else:
            url = reverse("insurance_settlement:encounter", args=[record.institution_id, record.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def render_discharged(self, value: datetime) -> str:
        return format_html('<span class="num">{}</span>', timezone.localdate(value).isoformat())

    def value_discharged(self, value: datetime) -> datetime:
        return value

    def value_encounter_no(self, value: str) -> str:
        return value


class KindTotalTable(Table):
    """Kinds of difference; each opens its stays."""

    stacks = True
    title = django_tables2.Column(verbose_name=_("对照"))
    cases = QuantityColumn(verbose_name=_("病例"))
    ours = MoneyColumn(verbose_name=_("本院病组支付(元)"))
    theirs = MoneyColumn(verbose_name=_("医保病组支付(元)"))
    difference = MoneyColumn(verbose_name=_("本院 − 医保(元)"))

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False

    def __init__(self, *args: Any, scope: str, chosen: str, **kwargs: Any) -> None:
        self.scope, self.chosen = scope, chosen
        super().__init__(*args, **kwargs)

    def render_title(self, value: str, record: KindTotal) -> str:
        marked = format_html("<strong>{}</strong>", value) if record.kind == self.chosen else value
        return format_html('<a href="?{}kind={}">{}</a>', f"{self.scope}&" if self.scope else "", record.kind, marked)

    def value_title(self, value: str) -> str:
        return value
