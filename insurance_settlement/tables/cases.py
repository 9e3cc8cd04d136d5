"""Cases and the charge lines of one encounter."""

from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from insurance_settlement.models import CaseResult
from ops_platform.his_intake.public import FEE_CLASSES, SCHEMES, OriginColumn
from ops_platform.web.tables import DENSE, STACKED, MoneyColumn, QuantityColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge

SCHEME_TITLES = dict(SCHEMES)
FEE_TITLES = dict(FEE_CLASSES)
STATUS_TITLES = {
    "SUCCESS": _("入组"),
    "QY": _("歧义组"),
    "FAIL": _("未入组"),
    "CHECK_FAILED": _("首页检查未过"),
    "ZD_NOT_MAPPING": _("诊断无对照"),
    "SS_NOT_MAPPING": _("手术无对照"),
}
STATUS_TONES = {"SUCCESS": "good", "QY": "warn"}


def status_mark(status: str) -> str:
    """The state of grouping as a badge."""
    return badge(STATUS_TITLES.get(status, status), STATUS_TONES.get(status, "bad"))


class CaseTable(Table):
    """Cases; each opens its own page."""

    stacks = True
    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"), linkify=("insurance_settlement:case", {"pk": A("pk")})
    )
    department = django_tables2.Column(verbose_name=_("科室"), order_by=("department__code", "pk"))
    discharged = TimeColumn(
        verbose_name=_("出院时间"), order_by=("discharged", "pk"), attrs={"td": {"class": "stack-wide"}}
    )
    stay_days = QuantityColumn(verbose_name=_("住院日"), order_by=("stay_days", "pk"))
    drg = django_tables2.Column(verbose_name=_("病组"), order_by=("drg", "pk"))
    status = django_tables2.Column(verbose_name=_("状态"), order_by=("status", "pk"))
    scheme = django_tables2.Column(verbose_name=_("险种"), order_by=("scheme", "pk"))
    worth = QuantityColumn(verbose_name=_("权重或点数"), decimals=4, order_by=("weight", "points", "pk"))
    charges = MoneyColumn(verbose_name=_("费用(元)"), order_by=("charges", "pk"))
    payment = MoneyColumn(verbose_name=_("病组支付(元)"), order_by=("payment", "pk"))
    balance = MoneyColumn(verbose_name=_("盈亏(元)"), order_by=("balance", "pk"))
    fund = MoneyColumn(verbose_name=_("基金支付(元)"), order_by=("fund", "pk"))
    # in the workbook only: the list is wide enough
    billed = MoneyColumn(verbose_name=_("基金记账(元)"), visible=False)

    class Meta(Table.Meta):
        attrs = STACKED
        model = CaseResult
        fields = (
            "encounter_no",
            "department",
            "discharged",
            "stay_days",
            "drg",
            "status",
            "scheme",
            "worth",
            "charges",
            "payment",
            "balance",
            "fund",
            "billed",
        )

    def render_status(self, value: str, record: CaseResult) -> str:
        return status_mark(record.status)

    def value_status(self, value: str, record: CaseResult) -> str:
        return str(STATUS_TITLES.get(record.status, record.status))

    def render_scheme(self, value: str) -> str:
        return SCHEME_TITLES.get(value, value)


class EncounterLineTable(Table):
    """Charge lines of one encounter."""

    line_no = QuantityColumn(verbose_name=_("行号"))
    charged_at = TimeColumn(verbose_name=_("计费时间"))
    item_name = django_tables2.Column(verbose_name=_("收费项目"), attrs={"td": {"class": "cell-words"}})
    fee_class = django_tables2.Column(verbose_name=_("费用类别"))
    ordering_name = django_tables2.Column(verbose_name=_("开单科室"))
    executing_name = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    price = QuantityColumn(verbose_name=_("单价(元)"), decimals=2)
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    insured_amount = MoneyColumn(verbose_name=_("医保支付(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE

    def render_fee_class(self, value: str) -> str:
        return FEE_TITLES.get(value, value)

    def render_item_name(self, value: str, record: Any) -> str:
        if record.refund_of is None:
            return value
        return format_html("{} {}", value, badge(_("退第 %s 行") % record.refund_of, "warn"))

    def value_item_name(self, value: str) -> str:
        return value
