"""Lists of runs and of what two versions differ in."""

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import CostRun
from costing.selectors.comparison import Moved
from ops_platform.masterdata.models import CostClass
from ops_platform.web import formats
from ops_platform.web.tables import (
    DENSE_STACKED,
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
        if record.restatement:
            link = format_html("{} {}", link, badge(_("重述"), "warn"))
        return format_html("<span>{}</span>", link)

    def value_version(self, value: int) -> int:
        return value

    def render_findings(self, record: CostRun) -> str:
        return badge(len(record.findings), "warn") if record.findings else badge(_("无"), "neutral")

    def value_findings(self, record: CostRun) -> int:
        return len(record.findings)


class MovedTable(Table):
    """Departments of two versions; amounts open what they are made of in their own version."""

    stacks = True
    name = django_tables2.Column(verbose_name=_("科室"))
    cost_class = django_tables2.Column(verbose_name=_("分类"), attrs={"td": {"class": "cell-name"}})
    income_before = MoneyColumn(verbose_name=_("原收入(元)"), accessor="before__income")
    income = MoneyColumn(verbose_name=_("新收入(元)"), accessor="now__income")
    income_change = MoneyColumn(verbose_name=_("收入变动(元)"), good="up")
    direct_before = MoneyColumn(verbose_name=_("原直接成本(元)"), accessor="before__direct")
    direct = MoneyColumn(verbose_name=_("新直接成本(元)"), accessor="now__direct")
    received_before = MoneyColumn(verbose_name=_("原分入(元)"), accessor="before__received")
    received = MoneyColumn(verbose_name=_("新分入(元)"), accessor="now__received")
    cost_change = MoneyColumn(verbose_name=_("成本变动(元)"), good="down")

    class Meta(Table.Meta):
        attrs = {"class": f"{DENSE_STACKED['class']} table-stack-words"}

    def __init__(self, *args: Any, run: CostRun | None = None, earlier: CostRun | None = None, **kwargs: Any) -> None:
        self.run, self.earlier = run, earlier
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: Moved) -> str:
        if self.run is None:
            return value
        url = f"{reverse('department', args=[record.department])}?period={self.run.period}"
        return format_html('<a href="{}">{}</a>', url, value)

    def value_name(self, value: str) -> str:
        return value

    def render_cost_class(self, value: str) -> str:
        return str(CostClass(value).label) if value in CostClass.values else value

    value_cost_class = render_cost_class

    def render_direct_before(self, value: Decimal, record: Moved) -> str:
        return _opened(value, "cost-entries", self.earlier, department=record.department)

    def render_direct(self, value: Decimal, record: Moved) -> str:
        return _opened(value, "cost-entries", self.run, department=record.department)

    def render_received_before(self, value: Decimal, record: Moved) -> str:
        return _opened(value, "flows", self.earlier, receiver=record.department)

    def render_received(self, value: Decimal, record: Moved) -> str:
        return _opened(value, "flows", self.run, receiver=record.department)

    def render_income_before(self, value: Decimal, record: Moved) -> str:
        return self._income(value, self.earlier, record.before.other, record.department)

    def render_income(self, value: Decimal, record: Moved) -> str:
        return self._income(value, self.run, record.now.other, record.department)

    def value_direct(self, value: Decimal) -> Decimal:
        """The amount; so of every figure that opens."""
        return value

    value_direct_before = value_received_before = value_received = value_income_before = value_income = value_direct

    def _income(self, value: Decimal, run: CostRun | None, other: Decimal, department: int) -> str:
        """Charges open their lines; with other income in it there is no one list that it is made of."""
        return formats.money(value) if other else _opened(value, "charge-lines", run, ordering=department)


def _opened(value: Decimal, page: str, run: CostRun | None, **asked: int) -> str:
    """An amount as a link to what it is made of in a version; nothing is made of nothing."""
    if not value or run is None:
        return formats.money(value)
    query = urlencode(asked | ({} if page == "charge-lines" else {"funding": "hospital"}))
    url = f"{reverse(f'costing:{page}', args=[run.pk])}?{query}"
    return format_html('<a href="{}">{}</a>', url, formats.money(value))
