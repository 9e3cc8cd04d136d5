"""Lists of what stands behind a figure."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import AllocationFlow, CostRun
from costing.tables.driving import facts_url, linked
from costing.titles import (
    COST_ITEM_TITLES,
    FEE_CLASS_TITLES,
    FUNDING_TITLES,
    INCOME_KIND_TITLES,
    METRIC_TITLES,
    driver_title,
    driver_value,
)
from ops_platform.his_intake.public import OriginColumn
from ops_platform.web import formats
from ops_platform.web.tables import (
    DENSE,
    DayColumn,
    MoneyColumn,
    QuantityColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge


class CostEntryTable(Table):
    """Voucher lines of cost."""

    date = DayColumn(verbose_name=_("记账日期"))
    voucher = django_tables2.Column(verbose_name=_("凭证号 · 行"))
    kind = django_tables2.Column(verbose_name=_("成本项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    summary = django_tables2.Column(verbose_name=_("摘要"), attrs={"td": {"class": "cell-words"}})
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        orderable = False

    def render_voucher(self, value: str, record: Any) -> str:
        return format_html('<span class="num">{} · {}</span>', value, record.line)

    def value_voucher(self, value: str, record: Any) -> str:
        return f"{value} · {record.line}"

    def render_kind(self, value: str) -> str:
        return COST_ITEM_TITLES.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return FUNDING_TITLES.get(value, value)


class IncomeEntryTable(CostEntryTable):
    """Voucher lines of income outside charges."""

    kind = django_tables2.Column(verbose_name=_("收入类别"))

    class Meta(Table.Meta):
        orderable = False
        exclude = ("funding_source",)

    def render_kind(self, value: str) -> str:
        return INCOME_KIND_TITLES.get(value, value)


class ChargeLineTable(Table):
    """Charge lines of many encounters; each opens its encounter."""

    charged_at = TimeColumn(verbose_name=_("计费时间"))
    encounter_no = django_tables2.Column(verbose_name=_("就诊号 · 行"))
    item_name = django_tables2.Column(verbose_name=_("收费项目"), attrs={"td": {"class": "cell-words"}})
    fee_class = django_tables2.Column(verbose_name=_("费用类别"))
    ordering_name = django_tables2.Column(verbose_name=_("开单科室"))
    executing_name = django_tables2.Column(verbose_name=_("执行科室"))
    quantity = QuantityColumn(verbose_name=_("数量"))
    price = QuantityColumn(verbose_name=_("单价(元)"), decimals=2)
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, run: CostRun, **kwargs: Any) -> None:
        self.run = run
        super().__init__(*args, **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("insurance_settlement:encounter", args=[self.run.institution_id, record.encounter])
        return format_html(
            '<a class="num" href="{}?as_of={}">{} · {}</a>', url, self.run.input_sequence, value, record.line_no
        )

    def value_encounter_no(self, value: str, record: Any) -> str:
        return f"{value} · {record.line_no}"

    def render_item_name(self, value: str, record: Any) -> str:
        if record.refund_of is None:
            return value
        return format_html("{} {}", value, badge(_("退费"), "warn"))

    def value_item_name(self, value: str) -> str:
        return value

    def render_fee_class(self, value: str) -> str:
        return FEE_CLASS_TITLES.get(value, value)


class FlowTable(Table):
    """Stored steps of the allocation, item by item."""

    step = QuantityColumn(verbose_name=_("步骤"))
    sender = django_tables2.Column(verbose_name=_("分出科室"))
    receiver = django_tables2.Column(verbose_name=_("分入科室"))
    cost_item = django_tables2.Column(verbose_name=_("成本项目"))
    funding_source = django_tables2.Column(verbose_name=_("资金来源"))
    driver = django_tables2.Column(verbose_name=_("分摊动因"))
    weight = QuantityColumn(verbose_name=_("动因值"))
    weight_total = QuantityColumn(verbose_name=_("动因合计"))
    share = django_tables2.Column(
        verbose_name=_("比例"), attrs={"th": {"class": "text-end"}, "td": {"class": "text-end num"}}
    )
    amount = MoneyColumn(verbose_name=_("金额(元)"))

    class Meta(Table.Meta):
        model = AllocationFlow
        attrs = DENSE
        orderable = False
        fields = (
            "step",
            "sender",
            "receiver",
            "cost_item",
            "funding_source",
            "driver",
            "weight",
            "weight_total",
            "share",
            "amount",
        )

    def __init__(
        self, *args: Any, run: CostRun, opens_departments: bool, opens_facts: Callable[[int], bool], **kwargs: Any
    ) -> None:
        """`opens_facts`: whether what is measured of a department may be looked at."""
        self.run, self.opens_departments, self.opens_facts = run, opens_departments, opens_facts
        super().__init__(*args, **kwargs)

    def _department(self, department: Any) -> str:
        if not self.opens_departments:
            return str(department)
        url = f"{reverse('department', args=[department.pk])}?period={self.run.period}"
        return format_html('<a href="{}">{}</a>', url, department)

    def render_sender(self, value: Any) -> str:
        return self._department(value)

    def value_sender(self, value: Any) -> str:
        return str(value)

    def render_receiver(self, value: Any) -> str:
        return self._department(value)

    def value_receiver(self, value: Any) -> str:
        return str(value)

    def render_cost_item(self, value: str) -> str:
        return COST_ITEM_TITLES.get(value, value)

    def render_funding_source(self, value: str) -> str:
        return FUNDING_TITLES.get(value, value)

    def render_driver(self, value: str) -> str:
        return driver_title(value)

    def render_weight(self, value: Any, record: AllocationFlow) -> str:
        receiver, sender = record.receiver_id, record.sender_id
        url = facts_url(self.run.pk, record.driver, value, receiver, sender) if self.opens_facts(receiver) else ""
        return linked(url, driver_value(record.driver, value))

    def value_weight(self, value: Any) -> Any:
        return value

    def render_weight_total(self, value: Any, record: AllocationFlow) -> str:
        query = {"sender": record.sender_id, "cost_item": record.cost_item, "funding": record.funding_source}
        url = f"{reverse('costing:flows', args=[self.run.pk])}?{urlencode(query)}"
        return linked(url if self.opens_facts(record.sender_id) else "", driver_value(record.driver, value))

    def value_weight_total(self, value: Any) -> Any:
        return value

    def render_share(self, value: Any) -> str:
        return formats.percent(value, 4)

    def value_share(self, value: Any) -> Any:
        return value


class WorkloadTable(Table):
    """What departments did or consumed by day."""

    date = DayColumn(verbose_name=_("日期"))
    department_name = django_tables2.Column(verbose_name=_("科室"))
    metric = django_tables2.Column(verbose_name=_("指标"))
    quantity = QuantityColumn(verbose_name=_("数量"), decimals=2)
    origin = OriginColumn()

    class Meta(Table.Meta):
        orderable = False

    def render_metric(self, value: str) -> str:
        return METRIC_TITLES.get(value, value)


class DriverFactTable(Table):
    """What a driver measured, row by row."""

    department_name = django_tables2.Column(verbose_name=_("科室"))
    name = django_tables2.Column(verbose_name=_("资产卡片"), attrs={"td": {"class": "cell-words"}})
    quantity = QuantityColumn(verbose_name=_("动因值"), decimals=2)
    origin = OriginColumn()

    class Meta(Table.Meta):
        orderable = False

    def __init__(self, *args: Any, of_cards: bool, **kwargs: Any) -> None:
        super().__init__(*args, exclude=() if of_cards else ("name",), **kwargs)
