"""What every institution's departments cost, and who bears it."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.selectors.reconciling import COSTED, NO_RUN, NOT_COSTED, STALE, Reconciled
from ops_platform.web.tables import DENSE_STACKED_WORDS, MoneyColumn, Table
from ops_platform.web.templatetags import ops

STATES = {
    COSTED: (_("已核算"), "good"),
    STALE: (_("待重算"), "warn"),
    NOT_COSTED: (_("患者未核算"), "warn"),
    NO_RUN: (_("没有科室成本"), "bad"),
}


class ReconciledTable(Table):
    """Institutions, then all whose patients are costed."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    state = django_tables2.Column(verbose_name=_("状态"))
    direct = MoneyColumn(verbose_name=_("科室成本(元)"))
    visits = MoneyColumn(verbose_name=_("门急诊(元)"))
    discharged = MoneyColumn(verbose_name=_("出院(元)"))
    staying = MoneyColumn(verbose_name=_("在产品(元)"))
    patients = MoneyColumn(verbose_name=_("患者合计(元)"))
    without_services = MoneyColumn(verbose_name=_("无收费科室(元)"))
    idle = MoneyColumn(verbose_name=_("闲置作业(元)"))
    not_allocated = MoneyColumn(verbose_name=_("未分摊(元)"))
    difference = MoneyColumn(verbose_name=_("差额(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED_WORDS
        orderable = False
        row_attrs = {"class": lambda record: "row-total" if record.institution is None else ""}

    def __init__(self, *args: Any, period: str, **kwargs: Any) -> None:
        self.period = period
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: Reconciled) -> str:
        if record.institution is None or record.state in (NOT_COSTED, NO_RUN):
            return value
        address = reverse("costing:patient-costs")
        return format_html(
            '<a href="{}?institution={}&period={}">{}</a>', address, record.institution, self.period, value
        )

    def value_name(self, value: str) -> str:
        return value

    def render_state(self, value: str, record: Reconciled) -> str:
        return "" if record.institution is None else ops.badge(*STATES[value])

    def value_state(self, value: str, record: Reconciled) -> str:
        return "" if record.institution is None else str(STATES[value][0])
