"""Lists of the dashboard."""

from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.web.tables import PercentColumn, QuantityColumn, Table, TimeColumn, WanColumn
from ops_platform.web.templatetags.ops import badge


class ComparisonTable(Table):
    """Institutions side by side; each opens its own cockpit."""

    name = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    income = WanColumn(verbose_name=_("收入(万元)"))
    cost = WanColumn(verbose_name=_("成本(万元)"))
    surplus = WanColumn(verbose_name=_("结余(万元)"))
    surplus_rate = PercentColumn(verbose_name=_("结余率"))
    visits = QuantityColumn(verbose_name=_("门急诊人次"))
    discharges = QuantityColumn(verbose_name=_("出院人次"))
    cmi = QuantityColumn(verbose_name=_("CMI"), decimals=4)
    findings = QuantityColumn(verbose_name=_("质量问题"))
    waiting = QuantityColumn(verbose_name=_("隔离行"))
    last_batch = TimeColumn(verbose_name=_("最近数据"))

    class Meta(Table.Meta):
        pass

    def render_name(self, value: str, record: Any) -> str:
        words = format_html('<a href="{}">{}</a>', record.url, value)
        return format_html("{} {}", words, badge(_("部分不显示"))) if record.withheld else words

    def value_name(self, value: str) -> str:
        return value

    def render_surplus_rate(self, value: Any) -> str:
        text = PercentColumn().render(value)
        return format_html('<span class="neg">{}</span>', text) if value < 0 else text
