"""Lists of what a figure over patients or items was added up from."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.measures import Measure
from costing.selectors.measured import MeasuredItem
from costing.titles import HANDING_OUT
from ops_platform.web.tables import DENSE, MoneyColumn, QuantityColumn, Table


def _amount(measure: Measure) -> Any:
    unit = "(元)" if measure.kind == "money" else ""
    return (MoneyColumn if measure.kind == "money" else QuantityColumn)(verbose_name=f"{measure.title}{unit}")


class MeasuredTable(Table):
    """Encounters with the amount of each; each opens its cost."""

    encounter_no = django_tables2.Column(verbose_name=_("就诊号"))
    department = django_tables2.Column(verbose_name=_("科室"))
    what = django_tables2.Column(verbose_name=_("病组或类别"))
    days = QuantityColumn(verbose_name=_("住院日"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, measure: Measure, **kwargs: Any) -> None:
        super().__init__(*args, extra_columns=[("amount", _amount(measure))], **kwargs)

    def render_encounter_no(self, value: str, record: Any) -> str:
        if record.run is None:
            return format_html('<span class="num">{}</span>', value)
        return format_html(
            '<a class="num" href="{}">{}</a>', reverse("costing:patient", args=[record.run, record.encounter]), value
        )

    def value_encounter_no(self, value: str) -> str:
        return value


class MeasuredItemTable(Table):
    """Service items in their departments with the amount of each; each opens its activities or weight and charge lines."""

    code = django_tables2.Column(accessor="row__item__code", verbose_name=_("项目编码"))
    item = django_tables2.Column(
        accessor="row__item__name", verbose_name=_("项目"), attrs={"td": {"class": "cell-words"}}, empty_values=()
    )
    department = django_tables2.Column(accessor="row__department", verbose_name=_("执行科室"))
    quantity = QuantityColumn(accessor="row__quantity", verbose_name=_("数量"))

    class Meta(Table.Meta):
        attrs = DENSE
        orderable = False

    def __init__(self, *args: Any, measure: Measure, **kwargs: Any) -> None:
        super().__init__(*args, extra_columns=[("amount", _amount(measure))], **kwargs)

    def render_item(self, value: Any, record: MeasuredItem) -> str:
        url = reverse("costing:item-cost", args=[record.row.pk])
        return format_html('<a href="{}">{}</a>', url, value or HANDING_OUT)

    def value_item(self, value: Any) -> str:
        return str(value or HANDING_OUT)
