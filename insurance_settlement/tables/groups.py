"""Groups of a month."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.web.tables import MoneyColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import money, quantity


def sum_of(name: str, form: Any) -> Any:
    """A footer: the sum of a column over all rows of the month."""
    return lambda table: form(sum(getattr(line, name) or 0 for line in table.data.data))


class DrgTable(Table):
    """Groups of a month; a group opens its cases."""

    drg = django_tables2.Column(verbose_name=_("病组"), footer=_("合计"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("例数"), footer=sum_of("cases", quantity))
    stay_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    worth = QuantityColumn(verbose_name=_("权重或点数"), decimals=4)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    charges = MoneyColumn(verbose_name=_("费用合计(元)"), footer=sum_of("charges", money))
    payment = MoneyColumn(verbose_name=_("支付合计(元)"), footer=sum_of("payment", money))
    balance = MoneyColumn(verbose_name=_("盈亏合计(元)"), footer=sum_of("balance", money))
    fund = MoneyColumn(verbose_name=_("基金支付合计(元)"), footer=sum_of("fund", money))

    class Meta(Table.Meta):
        order_by = "balance"

    def __init__(self, *args: Any, cases_query: str = "", **kwargs: Any) -> None:
        self.cases_query = cases_query
        super().__init__(*args, **kwargs)

    def render_drg(self, value: str) -> str:
        return format_html(
            '<a class="num" href="{}?{}&drg={}">{}</a>',
            reverse("insurance_settlement:cases"),
            self.cases_query,
            value,
            value,
        )

    def value_drg(self, value: Any) -> Any:
        return value
