"""Lists of price adjustments."""

from typing import Any

import django_tables2
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from costing.models import PriceAdjustment
from ops_platform.web.tables import STACKED, QuantityColumn, StateColumn, Table, TimeColumn

TONES = {"draft": "neutral", "asked": "warn", "approved": "good", "archived": "neutral"}


class PriceAdjustmentTable(Table):
    """Plans with their base and where they stand."""

    stacks = True

    title = django_tables2.Column(
        verbose_name=_("方案"),
        linkify=("costing:price-adjustment", {"pk": A("pk")}),
        orderable=False,
        attrs={"td": {"class": "cell-words stack-wide"}},
    )
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    first_month = django_tables2.Column(verbose_name=_("基期"), orderable=False)
    steps = django_tables2.Column(
        verbose_name=_("步骤"), orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    number = QuantityColumn(verbose_name=_("项目数"), orderable=False)
    state = StateColumn(verbose_name=_("状态"), tones=TONES)
    created_by = django_tables2.Column(accessor="created_by__display_name", verbose_name=_("编制人"), orderable=False)
    created_at = TimeColumn(verbose_name=_("建立时间"), order_by=("created_at", "pk"))

    class Meta(Table.Meta):
        model = PriceAdjustment
        attrs = STACKED
        fields = ("title", "institution", "first_month", "steps", "number", "state", "created_by", "created_at")

    def render_first_month(self, record: PriceAdjustment) -> str:
        if record.first_month == record.last_month:
            return record.first_month
        return f"{record.first_month} 至 {record.last_month}"

    def render_steps(self, value: Any) -> str:
        return "、".join(day.isoformat() for day in value)
