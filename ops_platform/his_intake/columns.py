"""The column that says where a fact came from, for the lists at the bottom of every drill-down."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.drilldown import Origin
from ops_platform.his_intake.selectors import READERS
from ops_platform.web.templatetags.ops import badge


class OriginColumn(django_tables2.Column):
    """Batch number and row, with a mark when the row has been corrected since; opens the batch at it for its readers."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("verbose_name", _("来源批次 · 行号"))
        super().__init__(accessor="origin", orderable=False, **kwargs)

    def render(self, value: Origin, table: Any) -> str:
        actor = getattr(getattr(table, "request", None), "actor", None)
        words = format_html('<span class="origin num">{} · {}</span>', value.batch_no, value.row_no)
        if actor is not None and actor.has(*READERS):
            batch = reverse("his_intake:batch", args=[value.batch])
            words = format_html('<a href="{}?row={}#row-{}">{}</a>', batch, value.row_no, value.row_no, words)
        if value.superseded_by:
            mark = badge(_now("此后已更正"), "warn")
            words = format_html('{} <span title="{}">{}</span>', words, value.superseded_by, mark)
        return words

    def value(self, value: Origin) -> str:
        return f"{value.batch_no} · {value.row_no}"
