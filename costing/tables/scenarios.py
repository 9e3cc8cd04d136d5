"""Lists of scenarios."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import Scenario
from costing.selectors.scenarios import Beside
from ops_platform.web import formats
from ops_platform.web.tables import DENSE_STACKED, STACKED, MoneyColumn, QuantityColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge


class ScenarioTable(Table):
    """Scenarios with the month they start from."""

    title = django_tables2.Column(verbose_name=_("方案"), orderable=False)
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    run = django_tables2.Column(verbose_name=_("起点"), orderable=False)
    number = QuantityColumn(verbose_name=_("变化项数"), orderable=False)
    created_by = django_tables2.Column(accessor="created_by__display_name", verbose_name=_("编制人"), orderable=False)
    created_at = TimeColumn(verbose_name=_("建立时间"), order_by=("created_at", "pk"))

    class Meta(Table.Meta):
        model = Scenario
        attrs = STACKED
        fields = ("title", "institution", "run", "number", "created_by", "created_at")

    def render_title(self, value: str, record: Scenario) -> str:
        link = format_html('<a href="{}">{}</a>', reverse("costing:scenario", args=[record.pk]), value)
        return format_html("{} {}", link, badge(_("已归档"))) if record.archived else link

    def value_title(self, value: str) -> str:
        return value

    def render_run(self, value: Any) -> str:
        return f"{formats.period_label(value.period)} {_('第 %s 版') % value.version}"


class BesideTable(Table):
    """Departments of a scenario beside those of its run."""

    stacks = True

    name = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    income_before = MoneyColumn(verbose_name=_("原收入(元)"))
    income = MoneyColumn(verbose_name=_("测算收入(元)"))
    cost_before = MoneyColumn(verbose_name=_("原全成本(元)"))
    cost = MoneyColumn(verbose_name=_("测算全成本(元)"))
    surplus_before = MoneyColumn(verbose_name=_("原结余(元)"))
    surplus = MoneyColumn(verbose_name=_("测算结余(元)"))
    change = MoneyColumn(verbose_name=_("结余变化(元)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False
        row_attrs = {"class": lambda record: "" if record.department else "row-total"}

    def __init__(self, *args: Any, period: str = "", **kwargs: Any) -> None:
        self.period = period
        super().__init__(*args, **kwargs)

    def render_name(self, value: str, record: Beside) -> str:
        """Opens the department's month, from which the scenario starts."""
        if not record.department or not self.period:
            return value
        url = f"{reverse('department', args=[record.department])}?period={self.period}"
        return format_html('<a href="{}">{}</a>', url, value)

    def value_name(self, value: str) -> str:
        return value
