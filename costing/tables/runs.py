"""Lists of runs and of what two versions differ in."""

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import CostRun
from ops_platform.web.tables import (
    STACKED,
    STACKED_WORDS,
    MoneyColumn,
    PeriodColumn,
    QuantityColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge


class RunTable(Table):
    """Runs with their versions."""

    stacks = True
    period = PeriodColumn(verbose_name=_("期间"), order_by=("period", "pk"))
    institution = django_tables2.Column(
        verbose_name=_("机构"), order_by=("institution__code", "pk"), attrs={"td": {"class": "cell-name"}}
    )
    version = django_tables2.Column(verbose_name=_("版本"), orderable=False)
    full_cost = MoneyColumn(verbose_name=_("成本(元)"), order_by=("full_cost", "pk"))
    income = MoneyColumn(verbose_name=_("医疗收入(元)"), order_by=("income", "pk"))
    other_income = MoneyColumn(verbose_name=_("其他收入(元)"), order_by=("other_income", "pk"))
    findings = django_tables2.Column(verbose_name=_("提示"), orderable=False, empty_values=())
    input_sequence = QuantityColumn(verbose_name=_("读到批次"), orderable=False)
    created_at = TimeColumn(verbose_name=_("计算时间"), order_by=("created_at", "pk"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = CostRun
        fields = (
            "period",
            "institution",
            "version",
            "full_cost",
            "income",
            "other_income",
            "findings",
            "input_sequence",
            "created_at",
        )

    def render_version(self, value: int, record: CostRun) -> str:
        link = format_html('<a href="{}">{}</a>', reverse("costing:run", args=[record.pk]), _("第 %s 版") % value)
        if record.is_current:
            link = format_html("{} {}", link, badge(_("当前"), "good"))
        return format_html("{} {}", link, badge(_("重述"), "warn")) if record.restatement else link

    def value_version(self, value: int) -> int:
        return value

    def render_findings(self, record: CostRun) -> str:
        return badge(len(record.findings), "warn") if record.findings else badge(_("无"), "neutral")

    def value_findings(self, record: CostRun) -> int:
        return len(record.findings)


class MovedTable(Table):
    """Departments of two versions."""

    stacks = True
    name = django_tables2.Column(verbose_name=_("科室"))
    income_before = MoneyColumn(verbose_name=_("原收入(元)"))
    income = MoneyColumn(verbose_name=_("新收入(元)"))
    income_change = MoneyColumn(verbose_name=_("收入变动(元)"))
    cost_before = MoneyColumn(verbose_name=_("原成本(元)"))
    cost = MoneyColumn(verbose_name=_("新成本(元)"))
    cost_change = MoneyColumn(verbose_name=_("成本变动(元)"))

    class Meta(Table.Meta):
        attrs = STACKED
