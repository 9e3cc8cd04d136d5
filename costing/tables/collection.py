"""Lists of the computed parts of direct cost."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.asset_cards import CardCharge
from costing.models import ComputedCost
from costing.tables.driving import facts_url, linked
from costing.titles import (
    ASSET_TITLES,
    COST_ITEM_TITLES,
    FUNDING_TITLES,
    SHARED_TITLES,
    driver_title,
    driver_value,
)
from ops_platform.his_intake.public import OriginColumn
from ops_platform.web.tables import DENSE, DayColumn, MoneyColumn, QuantityColumn, Table

PAGES = {
    ComputedCost.Origin.SHARED: "costing:shared-bills",
    ComputedCost.Origin.DEPRECIATION: "costing:asset-cards",
}


class ComputedCostTable(Table):
    """Shares of bills, and depreciation by category; each opens what it came from."""

    origin = django_tables2.Column(verbose_name=_("来源"))
    department = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    cost_item = django_tables2.Column(verbose_name=_("成本项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    driver = django_tables2.Column(verbose_name=_("分配动因"))
    weight = QuantityColumn(verbose_name=_("动因值"))
    weight_total = QuantityColumn(verbose_name=_("动因合计"))
    amount = MoneyColumn(verbose_name=_("金额(元)"))

    class Meta(Table.Meta):
        model = ComputedCost
        attrs = DENSE
        orderable = False
        fields = (
            "origin",
            "department",
            "cost_item",
            "funding_source",
            "driver",
            "weight",
            "weight_total",
            "amount",
        )

    def __init__(self, *args: Any, run: int, query: Mapping[str, str], **kwargs: Any) -> None:
        self.run, self.query = run, {name: value for name, value in query.items() if value}
        super().__init__(*args, **kwargs)

    def value_origin(self, record: ComputedCost) -> str:
        return str(SHARED_TITLES.get(record.kind) or ASSET_TITLES.get(record.kind, record.kind))

    def render_origin(self, record: ComputedCost) -> str:
        title = self.value_origin(record)
        if record.origin == ComputedCost.Origin.SHARED and not self.query:
            return title
        asked = {**self.query, "department": record.department_id, "cost_item": record.cost_item}
        if record.origin == ComputedCost.Origin.SHARED:
            asked["kind"] = record.kind
        else:
            title = f"{COST_ITEM_TITLES[record.cost_item]}：{title}"
        url = reverse(PAGES[ComputedCost.Origin(record.origin)], args=[self.run])
        return format_html('<a href="{}?{}">{}</a>', url, urlencode(asked), title)

    def render_cost_item(self, value: str) -> str:
        return COST_ITEM_TITLES.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return FUNDING_TITLES.get(value, value)

    def render_driver(self, value: str) -> str:
        return driver_title(value)

    def render_weight(self, value: Any, record: ComputedCost) -> str:
        shared = record.origin == ComputedCost.Origin.SHARED
        url = facts_url(self.run, record.driver, value, record.department_id) if shared else ""
        return linked(url, driver_value(record.driver, value))

    def value_weight(self, value: Any) -> Any:
        return value

    def render_weight_total(self, value: Any, record: ComputedCost) -> str:
        return driver_value(record.driver, value)

    def value_weight_total(self, value: Any) -> Any:
        return value


class CardTable(Table):
    """Asset cards in a month."""

    card = django_tables2.Column(verbose_name=_("卡片编号"), attrs={"td": {"class": "num"}})
    name = django_tables2.Column(verbose_name=_("资产名称"), attrs={"td": {"class": "cell-words"}})
    category = django_tables2.Column(verbose_name=_("类别"))
    department = django_tables2.Column(accessor="charge__department", verbose_name=_("科室"))
    funding_source = django_tables2.Column(accessor="charge__funding_source", verbose_name=_("资金来源"))
    amount = MoneyColumn(verbose_name=_("本月折旧(元)"))
    in_use_from = DayColumn(accessor="version__in_use_from", verbose_name=_("投入使用"))
    original_value = MoneyColumn(verbose_name=_("原值(元)"))
    residual_value = MoneyColumn(verbose_name=_("净残值(元)"))
    month_no = QuantityColumn(accessor="charge__month_no", verbose_name=_("第几月"))
    useful_months = QuantityColumn(accessor="version__useful_months", verbose_name=_("年限(月)"))
    accumulated = MoneyColumn(verbose_name=_("累计折旧(元)"))
    net_value = MoneyColumn(verbose_name=_("净值(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, departments: Mapping[int, str], **kwargs: Any) -> None:
        self.departments = departments
        super().__init__(*args, **kwargs)

    def render_category(self, value: str) -> str:
        return ASSET_TITLES.get(value, value)

    def render_department(self, value: int) -> str:
        return self.departments.get(value, "")

    def render_funding_source(self, value: str, record: CardCharge) -> str:
        return FUNDING_TITLES.get(value, value)
