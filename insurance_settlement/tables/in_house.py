"""The list of patients who are still in."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.forecast import Notice
from insurance_settlement.selectors.in_house import InHouseLine
from ops_platform.web.tables import DENSE_STACKED, MoneyColumn, PercentColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import badge

NOTICE_TITLES = {
    "high": _("超过高倍率界限"),
    "near_high": _("接近高倍率界限"),
    "over_standard": _("高于支付标准"),
    "long_stay": _("住院时间长"),
    "over_mean_days": _("长于同组平均"),
    "self_pay": _("自费"),
}


def notice_marks(notices: tuple[Notice, ...]) -> str:
    """What the figures show as badges."""
    return format_html_join(
        " ",
        "{}",
        ((badge(NOTICE_TITLES[one.code], "neutral" if one.code == "self_pay" else "warn"),) for one in notices),
    )


class InHouseTable(Table):
    """Stays that are not over, with the estimate; each opens its own page."""

    stacks = True

    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"),
        linkify=lambda record: reverse(
            "insurance_settlement:in-house-stay", args=[record.institution.pk, record.stay.encounter]
        ),
        order_by=("stay__encounter_no",),
    )
    department = django_tables2.Column(verbose_name=_("科室"), order_by=("department__code",))
    days = QuantityColumn(verbose_name=_("已住院(天)"))
    mean_days = QuantityColumn(verbose_name=_("同组平均(天)"), decimals=1)
    drg = django_tables2.Column(verbose_name=_("预计病组"), empty_values=())
    charges = MoneyColumn(verbose_name=_("目前费用(元)"))
    payment = MoneyColumn(verbose_name=_("预计支付(元)"))
    remaining = MoneyColumn(verbose_name=_("剩余(元)"))
    used = PercentColumn(verbose_name=_("费用 ÷ 预计支付"))
    charges_to_norm = PercentColumn(verbose_name=_("费用 ÷ 同组次均"))
    notices = django_tables2.Column(
        verbose_name=_("提示"), orderable=False, empty_values=(), attrs={"td": {"class": "cell-words stack-wide"}}
    )

    class Meta(Table.Meta):
        attrs = DENSE_STACKED

    def render_drg(self, record: InHouseLine) -> str:
        return record.drg or str(_("尚无法判断"))

    def value_drg(self, record: InHouseLine) -> str:
        return record.drg

    def render_notices(self, record: InHouseLine) -> Any:
        return notice_marks(record.estimate.notices) if record.estimate else ""

    def value_notices(self, record: InHouseLine) -> str:
        return "".join(record.notices)
