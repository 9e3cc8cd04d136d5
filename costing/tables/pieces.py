"""The open gaps of traced pieces."""

from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from ops_platform.web import formats
from ops_platform.web.tables import STACKED, QuantityColumn, Table
from ops_platform.web.templatetags.ops import badge

SHOWN = 6


class GapTable(Table):
    """What does not fit together, by kind."""

    stacks = True

    code = django_tables2.Column(verbose_name=_("缺口"))
    name = django_tables2.Column(verbose_name=_("品名规格"), attrs={"td": {"class": "cell-words stack-wide"}})
    barcodes = django_tables2.Column(
        verbose_name=_("条码"), empty_values=(None,), attrs={"td": {"class": "stack-wide"}}
    )
    encounter_no = django_tables2.Column(verbose_name=_("就诊号"))
    department_name = django_tables2.Column(verbose_name=_("科室"))
    day = django_tables2.Column(verbose_name=_("使用日期"))
    used = QuantityColumn(verbose_name=_("使用件数"))
    charged = QuantityColumn(verbose_name=_("净收费件数"))
    missing = QuantityColumn(verbose_name=_("相差"))

    class Meta(Table.Meta):
        attrs = STACKED
        orderable = False

    def __init__(self, *args: Any, institution: int, **kwargs: Any) -> None:
        self.institution = institution
        super().__init__(*args, **kwargs)

    def render_code(self, record: Any) -> str:
        tone = "warn" if record.code in ("not_issued", "undercharged", "used_not_charged") else "bad"
        mark = badge(record.title, tone)
        return format_html("{} {}", mark, badge(_("在院"), "info")) if record.staying else mark

    def value_code(self, record: Any) -> str:
        return str(record.title)

    def render_barcodes(self, value: Any) -> str:
        if not value:
            return formats.MISSING
        url = reverse("costing:piece")
        shown = format_html_join(
            " ",
            '<a class="num" href="{}?{}">{}</a>',
            ((url, urlencode({"barcode": one}), one) for one in value[:SHOWN]),
        )
        return format_html("{} …", shown) if len(value) > SHOWN else shown

    def value_barcodes(self, value: Any) -> str:
        return "、".join(value)

    def render_encounter_no(self, value: str, record: Any) -> str:
        url = reverse("insurance_settlement:encounter", args=[self.institution, record.encounter])
        return format_html('<a class="num" href="{}">{}</a>', url, value)

    def value_encounter_no(self, value: str) -> str:
        return value

    def render_day(self, value: Any) -> str:
        return format_html('<span class="num">{}</span>', value.isoformat())

    def value_day(self, value: Any) -> Any:
        return value
