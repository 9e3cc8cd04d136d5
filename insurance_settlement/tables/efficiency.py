"""Departments and doctor groups beside the area, and the groups that their figures are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from insurance_settlement.efficiency import GroupLine, Line
from insurance_settlement.tables.groups import sum_of
from ops_platform.web.tables import DENSE, MoneyColumn, PercentColumn, QuantityColumn, Table
from ops_platform.web.templatetags.ops import quantity

DIED = "5"  # 离院方式


@dataclass(frozen=True, slots=True)
class Reached:
    """What the figures of a page of efficiency lead to: `asked` are its institution and span, as the pages take them."""

    asked: Mapping[str, str]
    since: str
    until: str

    def cases(self, line: Line, **more: str) -> str:
        """The address of the cases of a line, narrowed further."""
        span = {"period": self.until} if self.since == self.until else {"since": self.since, "until": self.until}
        named = {"institution": self.asked["institution"], **span, **_named(line), **more}
        return f"{reverse('insurance_settlement:cases')}?{urlencode(named)}"

    def groups(self, line: Line) -> str:
        """The address of the groups that the figures of a line are made of."""
        return f"{reverse('insurance_settlement:efficiency-groups')}?{urlencode({**self.asked, **_named(line)})}"


def _named(line: Line) -> dict[str, str]:
    named = {"department": str(line.department or ""), "doctor": line.doctor}
    return {name: value for name, value in named.items() if value}


def _to_cases(record: Line, table: "EfficiencyTable") -> str:
    return table.reached.cases(record)


def _to_deaths(record: Line, table: "EfficiencyTable") -> str | None:
    return table.reached.cases(record, left=DIED) if record.deaths else None


def _to_groups(record: Line, table: "EfficiencyTable") -> str:
    return table.reached.groups(record)


def _to_cases_of_group(record: GroupLine, table: "EfficiencyGroupTable") -> str:
    return table.reached.cases(table.line, drg=record.drg)


def _to_deaths_of_group(record: GroupLine, table: "EfficiencyGroupTable") -> str | None:
    return table.reached.cases(table.line, drg=record.drg, left=DIED) if record.deaths else None


class EfficiencyTable(Table):
    """Departments or doctor groups beside the area; the institution last. Counts open their cases, what is made of groups
    opens these."""

    name = django_tables2.Column(verbose_name=_("科室"))
    doctor = django_tables2.Column(verbose_name=_("医师代号"))
    cases = QuantityColumn(verbose_name=_("病例"), linkify=_to_cases)
    grouping_rate = PercentColumn(verbose_name=_("入组率"))
    groups = QuantityColumn(verbose_name=_("病组数"), linkify=_to_groups)
    weight = QuantityColumn(verbose_name=_("总权重"), decimals=2)
    cmi = QuantityColumn(verbose_name=_("CMI"), decimals=4, linkify=_to_groups)
    cost_index = QuantityColumn(verbose_name=_("费用消耗指数"), decimals=2, linkify=_to_groups)
    time_index = QuantityColumn(verbose_name=_("时间消耗指数"), decimals=2, linkify=_to_groups)
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    deaths = QuantityColumn(verbose_name=_("死亡"), linkify=_to_deaths)
    low_cases = QuantityColumn(verbose_name=_("低风险组病例"), linkify=_to_groups)
    low_deaths = QuantityColumn(verbose_name=_("低风险组死亡"), linkify=_to_groups)

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, reached: Reached, **kwargs: Any) -> None:
        self.reached = reached
        super().__init__(*args, **kwargs)


class EfficiencyGroupTable(Table):
    """The groups of one line beside the area's; a group opens its cases, so do its deaths."""

    drg = django_tables2.Column(verbose_name=_("病组"), footer=_("合计"), linkify=_to_cases_of_group)
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    cases = QuantityColumn(verbose_name=_("病例"), footer=sum_of("cases", quantity))
    weight = QuantityColumn(
        verbose_name=_("总权重"), decimals=2, footer=sum_of("weight", lambda total: quantity(total, 2))
    )
    mean_charges = MoneyColumn(verbose_name=_("例均费用(元)"))
    area_charges = MoneyColumn(verbose_name=_("区域例均费用(元)"))
    cost_index = QuantityColumn(verbose_name=_("费用比"), decimals=2)
    mean_days = QuantityColumn(verbose_name=_("平均住院日"), decimals=1)
    area_days = QuantityColumn(verbose_name=_("区域平均住院日"), decimals=1)
    time_index = QuantityColumn(verbose_name=_("时间比"), decimals=2)
    deaths = QuantityColumn(verbose_name=_("死亡"), footer=sum_of("deaths", quantity), linkify=_to_deaths_of_group)
    low_mark = django_tables2.Column(verbose_name=_("低风险组"))

    class Meta(Table.Meta):
        attrs = DENSE

    def __init__(self, *args: Any, reached: Reached, line: Line, **kwargs: Any) -> None:
        self.reached, self.line = reached, line
        super().__init__(*args, **kwargs)
