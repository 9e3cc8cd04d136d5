"""Lists of the dashboard."""

from typing import Any

import django_tables2
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.dashboard.unit import Unit, unit_of
from ops_platform.web.tables import MoneyColumn, PercentColumn, QuantityColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge

AMOUNTS = ("income", "cost", "surplus")


class AmountColumn(MoneyColumn):
    """An amount in the unit of its table, which the header names."""

    def render(self, value: Any, table: Any = None) -> str:
        return table.unit.shown(value)

    def value(self, value: Any, table: Any = None) -> Any:
        return value / table.unit.size


class ComparisonTable(Table):
    """Institutions side by side; each opens its own cockpit."""

    name = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    income = AmountColumn(verbose_name=_("收入"))
    cost = AmountColumn(verbose_name=_("成本"))
    surplus = AmountColumn(verbose_name=_("结余"))
    surplus_rate = PercentColumn(verbose_name=_("结余率"))
    visits = QuantityColumn(verbose_name=_("门急诊人次"))
    discharges = QuantityColumn(verbose_name=_("出院人次"))
    cmi = QuantityColumn(verbose_name=_("CMI"), decimals=4)
    findings = QuantityColumn(verbose_name=_("质量问题"))
    waiting = QuantityColumn(verbose_name=_("隔离行"))
    last_batch = TimeColumn(verbose_name=_("最近数据"))

    class Meta(Table.Meta):
        pass

    def __init__(self, data: Any, *args: Any, unit: Unit | None = None, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.unit = unit or unit_of(getattr(row, name) for row in data for name in AMOUNTS)
        for name in AMOUNTS:
            column = self.columns[name].column
            column.verbose_name = self.unit.named(column.verbose_name)

    def render_name(self, value: str, record: Any) -> str:
        words = format_html('<a href="{}">{}</a>', record.url, value)
        return format_html("{} {}", words, badge(_("部分不显示"))) if record.withheld else words

    def value_name(self, value: str) -> str:
        return value

    def render_surplus_rate(self, value: Any) -> str:
        text = PercentColumn().render(value)
        return format_html('<span class="neg">{}</span>', text) if value < 0 else text

    def value_surplus_rate(self, value: Any) -> Any:
        return value
