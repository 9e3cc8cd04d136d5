"""Lists of scenarios."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import Scenario
from ops_platform.web import formats
from ops_platform.web.tables import STACKED, QuantityColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge


class ScenarioTable(Table):
    """Scenarios with the month they start from."""

    stacks = True

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
