"""Lists of the comparison of materials."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.selectors.effects import Arm, GroupEffect
from ops_platform.his_intake.public import LEAVING_TYPES
from ops_platform.web import formats
from ops_platform.web.tables import DENSE, MoneyColumn, PercentColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import badge

LEAVING_TITLES = dict(LEAVING_TYPES)


class _Row:
    """A side of a group as a line of the table."""

    def __init__(self, group: GroupEffect, arm: Arm, *, first: bool) -> None:
        self.group, self.arm, self.first = group, arm, first


class EffectTable(Table):
    """Disease groups, one line a side."""

    drg = django_tables2.Column(verbose_name=_("病组"), accessor="group__drg")
    name = django_tables2.Column(verbose_name=_("名称"), accessor="group__name", attrs={"td": {"class": "cell-words"}})
    side = django_tables2.Column(verbose_name=_("比较方"), accessor="arm__title")
    count = QuantityColumn(verbose_name=_("例数"), accessor="arm__count")
    pieces = QuantityColumn(verbose_name=_("例均件数"), accessor="arm__pieces", decimals=2)
    material = MoneyColumn(verbose_name=_("例均耗材采购成本(元)"), accessor="arm__material")
    cost = MoneyColumn(verbose_name=_("例均医疗成本(元)"), accessor="arm__cost")
    charges = MoneyColumn(verbose_name=_("例均费用(元)"), accessor="arm__charges")
    days = QuantityColumn(verbose_name=_("平均住院日"), accessor="arm__days", decimals=1)
    home = PercentColumn(verbose_name=_("医嘱离院率"), accessor="arm__home")
    died = PercentColumn(verbose_name=_("病死率"), accessor="arm__died")
    mixed = QuantityColumn(verbose_name=_("两方都用(例)"), accessor="group__mixed")

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, groups: Iterable[GroupEffect], *, query: Callable[..., str], **kwargs: Any) -> None:
        self.query = query
        rows = [_Row(group, arm, first=place == 0) for group in groups for place, arm in enumerate(group.arms)]
        super().__init__(rows, **kwargs)

    def render_drg(self, value: str, record: Any) -> str:
        if not record.first:
            return ""
        url = f"{reverse('costing:effect-cases')}?{self.query(drg=value)}"
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_drg(self, value: str) -> str:
        return value

    def value_name(self, value: str) -> str:
        return value

    def render_mixed(self, value: int, record: Any) -> str:
        return formats.quantity(value) if record.first else ""

    def value_mixed(self, value: int, record: Any) -> int | str:
        return value if record.first else ""

    def render_name(self, value: str, record: Any) -> str:
        if not record.first:
            return ""
        return format_html("{} {}", value, badge(_("可比"), "good")) if record.group.enough else value


class EffectCaseTable(Table):
    """Cases of one group."""

    side = django_tables2.Column(verbose_name=_("比较方"), accessor="arm")
    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    encounter_no = django_tables2.Column(verbose_name=_("就诊号"), accessor="case__encounter_no")
    pieces = QuantityColumn(verbose_name=_("件数"))
    material = MoneyColumn(verbose_name=_("耗材采购成本(元)"))
    cost = MoneyColumn(verbose_name=_("医疗成本(元)"))
    charges = MoneyColumn(verbose_name=_("费用(元)"), accessor="case__charges")
    days = QuantityColumn(verbose_name=_("住院日"), accessor="case__stay_days")
    leaving = django_tables2.Column(verbose_name=_("离院方式"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, titles: Mapping[str, str], names: Mapping[int, str], **kwargs: Any) -> None:
        self.titles, self.names = titles, names
        super().__init__(*args, **kwargs)

    def render_side(self, value: str) -> str:
        return self.titles.get(value, value)

    def render_institution(self, value: int) -> str:
        return self.names.get(value, "")

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("insurance_settlement:encounter", args=[record.institution, record.case.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_encounter_no(self, value: str) -> str:
        return value

    def render_leaving(self, value: str) -> str:
        return str(LEAVING_TITLES.get(value, value))
