"""Lists of the process register, its cases, and of what was measured."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.web import formats
from ops_platform.web.tables import STACKED, PercentColumn, QuantityColumn, StateColumn, Table, TimeColumn
from ops_platform.web.templatetags import ops
from workflows.models import Process, ProcessCase
from workflows.subjects import title_of

WIDE = {"class": "stack-wide"}
STATUS_TONES = {"draft": "neutral", "embedded": "info", "optimised": "good", "retired": "neutral"}


class ProcessTable(Table):
    """Processes by institution and code."""

    stacks = True

    code = django_tables2.Column(verbose_name=_("编号"), attrs={"td": {"class": "text-nowrap"}})
    name = django_tables2.Column(
        verbose_name=_("流程"), linkify=("workflows:process", {"pk": A("pk")}), attrs={"td": WIDE}
    )
    matter = django_tables2.Column(verbose_name=_("事项"), attrs={"td": WIDE})
    area = django_tables2.Column(verbose_name=_("领域"), attrs={"td": {"class": "text-nowrap"}})
    institution = django_tables2.Column(verbose_name=_("机构"), accessor="institution__name", attrs={"td": WIDE})
    owner = django_tables2.Column(verbose_name=_("责任人"), default="—")
    department = django_tables2.Column(verbose_name=_("责任科室"), default="—")
    status = StateColumn(verbose_name=_("状态"), tones=STATUS_TONES)
    open_risks = QuantityColumn(verbose_name=_("未落实风险(个)"))
    version = QuantityColumn(verbose_name=_("版本"))

    class Meta(Table.Meta):
        model = Process
        attrs = STACKED
        fields = (
            "code",
            "name",
            "matter",
            "area",
            "institution",
            "owner",
            "department",
            "status",
            "open_risks",
            "version",
        )

    def render_open_risks(self, value: int) -> str:
        return ops.badge(value, "warn") if value else "0"

    def value_open_risks(self, value: Any) -> Any:
        return value


class CaseTable(Table):
    """Typical cases, drafts first."""

    stacks = True

    title = django_tables2.Column(verbose_name=_("案例"), linkify=("workflows:case", {"pk": A("pk")}))
    institution = django_tables2.Column(verbose_name=_("机构"), accessor="institution__name", attrs={"td": WIDE})
    process = django_tables2.Column(verbose_name=_("业务流程"), default="—", attrs={"td": WIDE})
    area = django_tables2.Column(
        verbose_name=_("领域"), accessor="process__get_area_display", orderable=False, default="—"
    )
    author = django_tables2.Column(verbose_name=_("作者"))
    published_at = TimeColumn(verbose_name=_("发布时间"), empty_values=())

    class Meta(Table.Meta):
        model = ProcessCase
        attrs = STACKED
        fields = ("title", "institution", "process", "area", "author", "published_at")

    def render_published_at(self, value: Any, record: ProcessCase) -> str:
        if not record.published:
            return ops.badge(_("未发布"), "neutral")
        return TimeColumn().render(value)

    def value_published_at(self, value: Any) -> Any:
        return value


class _CountColumn(QuantityColumn):
    """A count that leads to the matters behind it, for readers who may open them."""

    def render(self, value: int, record: Any, table: Any, bound_column: Any) -> str:  # type: ignore[override]
        words = formats.quantity(value)
        if not value or not table.opens:
            return words
        address = reverse("workflows:measured-matters")
        return format_html(
            '<a href="{}?{}&amp;kind={}&amp;figure={}">{}</a>',
            address,
            table.query,
            record.kind,
            bound_column.name,
            words,
        )


class _HoursColumn(QuantityColumn):
    """Hours, shown in the unit that fits; exported as hours."""

    def render(self, value: Any) -> str:
        return formats.duration(value)


class MeasureTable(Table):
    """Figures of each subject type. `opens`: the reader may open the matters behind; `query`: what was chosen."""

    stacks = True

    kind = django_tables2.Column(verbose_name=_("类型"))
    started = _CountColumn(verbose_name=_("提交(件)"))
    in_hand = _CountColumn(verbose_name=_("在办"))
    approved = _CountColumn(verbose_name=_("同意"))
    rejected = _CountColumn(verbose_name=_("否决"))
    withdrawn = _CountColumn(verbose_name=_("撤回"))
    expired = _CountColumn(verbose_name=_("失效"))
    median_hours = _HoursColumn(verbose_name=_("办结时长中位"))
    p90_hours = _HoursColumn(verbose_name=_("九成办结于"))
    waiting_share = PercentColumn(verbose_name=_("等待占比"))
    returned = _CountColumn(verbose_name=_("退回过(件)"))
    return_rate = PercentColumn(verbose_name=_("退回率"))
    reminders = _CountColumn(verbose_name=_("提醒(次)"))
    escalations = _CountColumn(verbose_name=_("升级(次)"))

    class Meta(Table.Meta):
        attrs = {"class": "table table-vcenter card-table table-dense table-stack"}
        order_by = "-started"

    def __init__(self, rows: Any, *, opens: bool, query: str, **kwargs: Any) -> None:
        self.opens, self.query = opens, query
        super().__init__(rows, **kwargs)

    def render_kind(self, value: str) -> str:
        app, _dot, name = value.partition(".")
        address = reverse("workflows:measure", kwargs={"app": app, "kind": name})
        return format_html('<a href="{}?{}">{}</a>', address, self.query, title_of(value))

    def value_kind(self, value: str) -> str:
        return title_of(value)
