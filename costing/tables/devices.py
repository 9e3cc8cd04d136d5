"""Lists of devices, their kinds and who could share them."""

from collections.abc import Mapping
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import OriginColumn
from ops_platform.web import formats
from ops_platform.web.tables import DENSE, DENSE_STACKED, DayColumn, MoneyColumn, PercentColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import badge


class DeviceTable(Table):
    """Devices by kind and institution."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("设备"), accessor="sums__name", attrs={"td": {"class": "cell-words"}})
    kind = django_tables2.Column(verbose_name=_("设备类别"), accessor="sums__kind")
    card = django_tables2.Column(verbose_name=_("资产卡片"), accessor="sums__card")
    institution = django_tables2.Column(
        verbose_name=_("机构"), accessor="sums__institution", attrs={"td": {"class": "cell-name stack-wide"}}
    )
    department = django_tables2.Column(verbose_name=_("科室"), accessor="sums__department_name")
    used = QuantityColumn(verbose_name=_("使用机时"), accessor="sums__used", decimals=1)
    available = QuantityColumn(verbose_name=_("可用机时"), accessor="sums__available", decimals=1)
    rate = PercentColumn(verbose_name=_("使用率"))
    idle = QuantityColumn(verbose_name=_("闲置机时"), decimals=1)
    services = QuantityColumn(verbose_name=_("完成例数"), accessor="sums__services")
    cost = MoneyColumn(verbose_name=_("成本(元)"))
    per_hour = MoneyColumn(verbose_name=_("每使用机时成本(元)"))
    per_service = MoneyColumn(verbose_name=_("每例成本(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, span: Any, **kwargs: Any) -> None:
        self.span = span
        super().__init__(*args, **kwargs)

    def render_card(self, value: str, record: Any) -> str:
        query = self.span.query(institution=record.sums.institution, card=value)
        return format_html('<a class="num" href="{}?{}">{}</a>', reverse("costing:device"), query, value)

    def value_card(self, value: str) -> str:
        return value

    def render_institution(self, value: int) -> str:
        return self.span.names.get(value, "")

    def render_rate(self, value: Any, record: Any) -> str:
        text = formats.percent(value)
        return format_html("{} {}", badge(_("低效"), "warn"), text) if record.low else text

    def value_rate(self, value: Any) -> Any:
        return value


class KindTable(Table):
    """Kinds over all institutions."""

    kind = django_tables2.Column(verbose_name=_("设备类别"))
    devices = QuantityColumn(verbose_name=_("台数"))
    low = QuantityColumn(verbose_name=_("低效台数"))
    rate = PercentColumn(verbose_name=_("使用率"))
    lowest = PercentColumn(verbose_name=_("最低"))
    highest = PercentColumn(verbose_name=_("最高"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False


class SharingTable(Table):
    """Proposals."""

    stacks = True

    action = django_tables2.Column(verbose_name=_("建议"), accessor="proposal__action")
    kind = django_tables2.Column(verbose_name=_("类别"), accessor="proposal__kind")
    giver = django_tables2.Column(verbose_name=_("从"), attrs={"td": {"class": "cell-words stack-wide"}})
    taker = django_tables2.Column(verbose_name=_("到"), attrs={"td": {"class": "cell-words stack-wide"}})
    hours = QuantityColumn(verbose_name=_("机时"), accessor="proposal__hours", decimals=1)
    fee = MoneyColumn(verbose_name=_("按使用付费(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False

    def __init__(self, *args: Any, names: Mapping[int, str], **kwargs: Any) -> None:
        self.names = names
        super().__init__(*args, **kwargs)

    def render_action(self, value: str) -> str:
        return str(_("分流超负荷机时") if value == "share" else _("两台合用一台"))

    def _device(self, one: Any) -> str:
        return f"{self.names.get(one.sums.institution, '')} {one.sums.name}({formats.percent(one.rate)})"

    def render_giver(self, value: Any) -> str:
        return self._device(value)

    def render_taker(self, value: Any) -> str:
        return self._device(value)


class DeviceDayTable(Table):
    """Days of a device."""

    date = DayColumn(verbose_name=_("日期"))
    department_name = django_tables2.Column(verbose_name=_("科室"))
    used = QuantityColumn(verbose_name=_("使用机时"), decimals=2)
    available = QuantityColumn(verbose_name=_("可用机时"), decimals=2)
    services = QuantityColumn(verbose_name=_("完成例数"))
    origin = OriginColumn()

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False
