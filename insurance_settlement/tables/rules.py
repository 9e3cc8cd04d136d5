"""Grouping schemes, price books and pooling areas."""

from typing import Any

import django_tables2
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.web.tables import (
    STACKED,
    DayColumn,
    MoneyColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge


class _RuleTable(Table):
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_mark = StateColumn(
        verbose_name=_("来源"), tones={"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}
    )
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words"}})
    imported_by = PersonColumn(verbose_name=_("导入人"))
    imported_at = TimeColumn(verbose_name=_("导入时间"))
    digest = django_tables2.TemplateColumn("<code>{{ value|slice:':12' }}</code>", verbose_name=_("摘要"))


class SchemeTable(_RuleTable):
    """Grouping schemes."""

    kind = django_tables2.Column(verbose_name=_("类别"))
    name = django_tables2.Column(verbose_name=_("分组方案"), linkify=("insurance_settlement:scheme", {"pk": A("pk")}))
    findings = django_tables2.Column(verbose_name=_("检查发现"), empty_values=())

    class Meta(Table.Meta):
        orderable = False
        sequence = ("name", "kind", "effective_from", "findings", "...")

    def render_findings(self, record: Any) -> str:
        return badge(len(record.findings), "warn") if record.findings else badge(_("无"), "good")

    def value_findings(self, record: Any) -> int:
        return len(record.findings)


class PriceBookTable(_RuleTable):
    """Price books with the scheme each belongs to."""

    name = django_tables2.Column(
        verbose_name=_("价格规则"), linkify=("insurance_settlement:price-book", {"pk": A("pk")})
    )
    scheme = django_tables2.Column(verbose_name=_("适用方案"))
    area = django_tables2.Column(verbose_name=_("统筹地区"), default=_("全部机构适用"))

    class Meta(Table.Meta):
        orderable = False
        sequence = ("name", "area", "effective_from", "scheme", "...")


class GroupWorthTable(Table):
    """Groups of a price book."""

    code = django_tables2.Column(verbose_name=_("病组"))
    name = django_tables2.Column(verbose_name=_("名称"), attrs={"td": {"class": "cell-words"}})
    weight = QuantityColumn(verbose_name=_("权重"), decimals=4)
    mean_charges = MoneyColumn(verbose_name=_("次均费用(元)"))
    same_price = django_tables2.Column(verbose_name=_("同病同价"))

    class Meta(Table.Meta):
        orderable = False

    def __init__(self, *args: Any, points: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if points:
            self.columns["weight"].column.verbose_name = _("基准点数")

    def render_same_price(self, value: bool) -> str:
        return badge(_("是"), "info") if value else ""

    def value_same_price(self, value: bool) -> bool:
        return value


class AreaMemberTable(Table):
    """By which area's rules institutions are paid, from when on."""

    institution = django_tables2.Column(verbose_name=_("机构"))
    area = django_tables2.Column(verbose_name=_("统筹地区"), default=_("全部机构适用的规则"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    changed_by = PersonColumn(verbose_name=_("设定人"))
    changed_at = TimeColumn(verbose_name=_("设定时间"))

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False
