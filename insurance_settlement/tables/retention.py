"""Departments with what they contribute to the surplus or overspend of the year."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from insurance_settlement.selectors.fund import FundLine
from insurance_settlement.tables.groups import sum_of
from ops_platform.kernel import from_fen
from ops_platform.web.tables import MoneyColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import money, quantity


class RetentionTable(Table):
    """A department opens its cases of the year."""

    name = django_tables2.Column(verbose_name=_("科室"), footer=_("合计"), attrs={"td": {"class": "cell-words"}})
    told = QuantityColumn(verbose_name=_("可比病例"), footer=sum_of("told", quantity))
    waiting = QuantityColumn(verbose_name=_("待清单"), footer=sum_of("waiting", quantity))
    payable = MoneyColumn(verbose_name=_("按规则应付(元)"), footer=sum_of("payable", money))
    billed = MoneyColumn(verbose_name=_("按项目记账(元)"), footer=sum_of("billed", money))
    difference = MoneyColumn(verbose_name=_("应付 − 记账(元)"), footer=sum_of("difference", money))
    left_to = MoneyColumn(
        accessor="key",
        verbose_name=_("留给科室(测算，元)"),
        footer=lambda table: money(sum(table.shares.values(), Decimal("0.00"))),
        orderable=False,
    )

    class Meta(Table.Meta):
        order_by = "-difference"

    def __init__(self, *args: Any, cases: str, shares: Mapping[int, int], **kwargs: Any) -> None:
        self.cases_query = cases
        self.shares = {department: from_fen(fen) for department, fen in shares.items()}
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: FundLine) -> str:
        address = f"{reverse('insurance_settlement:cases')}?{self.cases_query}&department={record.key}"
        return format_html('<a href="{}">{}</a>', address, value)

    def value_name(self, value: str) -> str:
        return value

    def render_left_to(self, record: FundLine) -> str:
        return money(self.shares.get(record.key, Decimal("0.00")))

    def value_left_to(self, record: FundLine) -> Decimal:
        return self.shares.get(record.key, Decimal("0.00"))
