"""Lists of flows and of their versions."""

from typing import Any

import django_tables2
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.web.tables import STACKED, PersonColumn, QuantityColumn, Table, TimeColumn
from ops_platform.web.templatetags import ops
from workflows.drawing import step_words
from workflows.engine.definition import from_json
from workflows.models import FlowVersion
from workflows.reference import MADE_BY
from workflows.selectors.flows import FlowRow
from workflows.subjects import title_of

DRAFTS = {
    "none": ("—", ""),
    "working": (_("草稿"), "warn"),
    "under_way": (_("草稿审批中"), "info"),
    "returned": (_("草稿被退回"), "bad"),
}


class FlowTable(Table):
    """All flows."""

    kind = django_tables2.Column(
        verbose_name=_("事项类型"), accessor="flow__subject_type", linkify=("workflows:flow", {"pk": A("flow__pk")})
    )
    place = django_tables2.Column(verbose_name=_("适用"), accessor="flow__institution__name", default="整个医共体")
    number = django_tables2.Column(verbose_name=_("版本"), accessor="flow__current__number", default="未发布")
    steps = django_tables2.Column(
        verbose_name=_("环节"),
        accessor="flow__current__body",
        orderable=False,
        default="—",
        attrs={"td": {"class": "flow-words stack-wide"}},
    )
    published_at = TimeColumn(
        verbose_name=_("发布时间"), accessor="flow__current__published_at", attrs={"td": {"class": "stack-wide"}}
    )
    draft = django_tables2.Column(verbose_name=_("草稿"))

    stacks = True

    class Meta(Table.Meta):
        attrs = STACKED
        fields = ("kind", "place", "number", "steps", "published_at", "draft")

    def render_kind(self, value: str) -> str:
        return title_of(value)

    def value_kind(self, value: str) -> str:
        return title_of(value)

    def render_number(self, value: int) -> str:
        return str(_("第 %s 版") % value)

    def value_number(self, value: int) -> int:
        return value

    def render_steps(self, value: dict[str, Any]) -> str:
        lines = ((words,) for words in step_words(from_json(value)))
        return format_html('<ol class="step-words">{}</ol>', format_html_join("", "<li>{}</li>", lines))

    def value_steps(self, value: dict[str, Any]) -> str:
        return " → ".join(step_words(from_json(value)))

    def render_draft(self, value: str, record: FlowRow) -> Any:
        words, tone = DRAFTS[value]
        if not tone:
            return words
        return format_html("{} {}", ops.badge(words, tone), record.flow.draft_by or "")

    def value_draft(self, value: str, record: FlowRow) -> str:
        words, tone = DRAFTS[value]
        return f"{words} {record.flow.draft_by or ''}".strip() if tone else ""


class _MakerColumn(PersonColumn):
    """Who made a version; the first ones come with the platform."""

    def render(self, value: Any, table: Any, bound_column: Any) -> str:
        return str(_("平台预置")) if value == MADE_BY else super().render(value, table, bound_column)


class VersionTable(Table):
    """All versions of a flow; each number leads to its drawing."""

    number = django_tables2.Column(
        verbose_name=_("版本"), linkify=("workflows:flow-version", {"pk": A("flow_id"), "number": A("number")})
    )
    note = django_tables2.Column(
        verbose_name=_("说明"), default="—", orderable=False, attrs={"td": {"class": "flow-words stack-wide"}}
    )
    made_by = _MakerColumn(verbose_name=_("制定人"))
    approved_by = PersonColumn(verbose_name=_("批准人"), default="—")
    published_at = TimeColumn(verbose_name=_("发布时间"), attrs={"td": {"class": "stack-wide"}})
    begun = QuantityColumn(verbose_name=_("按此版发起(件)"))
    still = QuantityColumn(verbose_name=_("其中未办结(件)"))

    stacks = True

    class Meta(Table.Meta):
        model = FlowVersion
        attrs = {"class": f"{STACKED['class']} versions"}
        fields = ("number", "note", "made_by", "approved_by", "published_at", "begun", "still")

    def render_number(self, value: int) -> str:
        return str(_("第 %s 版") % value)
