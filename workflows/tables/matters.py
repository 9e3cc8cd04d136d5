"""Lists of matters."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import django_tables2
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.web import formats
from ops_platform.web.tables import (
    STACKED_WORDS,
    ActionsColumn,
    DayColumn,
    MoneyColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags import ops
from workflows.models import Copy, Delegation, Matter, Task
from workflows.selectors.deadlines import limit_of
from workflows.selectors.notable import Notable
from workflows.subjects import title_of

LONG_HOURS = 48
MATTER_TONES = {
    "running": "info",
    "returned": "warn",
    "approved": "good",
    "rejected": "bad",
    "withdrawn": "neutral",
    "expired": "bad",
}
TASK_TONES = {"signed": "good", "refused": "bad"}
NAME = {"td": {"class": "stack-block stack-name"}}
ONE_LINE = {"td": {"class": "text-nowrap"}}


class _KindColumn(django_tables2.Column):
    """The subject type in words."""

    def render(self, value: str) -> str:
        return title_of(value)

    def value(self, value: str) -> str:
        return title_of(value)


def how_long(hours: float) -> str:
    """A wait as people say it: hours for two days, then days."""
    if hours >= LONG_HOURS:
        return _now("%s 天") % formats.quantity(round(hours / 24, 1))
    return _now("%s 小时") % formats.quantity(round(hours, 1)) if hours >= 1 else formats.duration(hours)


class ToDoTable(Table):
    """Tasks that wait for the reader; those of flows that allow it can be ticked. Type and step stand under the title, in
    the export in columns of their own."""

    stacks = True
    tick = django_tables2.Column(
        verbose_name="",
        accessor="matter_id",
        orderable=False,
        exclude_from_export=True,
        attrs={"td": {"class": "stack-tick"}},
    )
    matter = django_tables2.Column(verbose_name=_("事项"), orderable=False, attrs=NAME)
    amount = MoneyColumn(verbose_name=_("金额(元)"), accessor="matter__amount")
    applicant = django_tables2.Column(
        verbose_name=_("申请人"), accessor="matter__applicant__display_name", attrs=ONE_LINE
    )
    institution = django_tables2.Column(verbose_name=_("机构"), accessor="matter__institution__name", default="医共体")
    kind = _KindColumn(verbose_name=_("类型"), accessor="matter__subject_type", visible=False)
    step_title = django_tables2.Column(verbose_name=_("环节"), visible=False)
    created_at = TimeColumn(verbose_name=_("到达时间"))
    waited = django_tables2.Column(verbose_name=_("已等待"), accessor="created_at", orderable=False, attrs=ONE_LINE)
    limit = django_tables2.Column(verbose_name=_("办理时限"), accessor="matter", orderable=False, attrs=ONE_LINE)

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Task
        fields = (
            "tick",
            "matter",
            "amount",
            "applicant",
            "institution",
            "kind",
            "step_title",
            "created_at",
            "waited",
            "limit",
        )

    notable: Mapping[int, Sequence[Notable]] = MappingProxyType({})

    def may_be_ticked(self, task: Task) -> bool:
        """The flow allows signing at one go, and the matter is not to be looked at by itself."""
        split = any(one.code == "split" for one in self.notable.get(task.matter_id, ()))
        return bool(task.matter.version.body.get("batch")) and not split

    def render_tick(self, record: Task) -> str:
        return render_to_string("workflows/tick.html", {"record": record, "may": self.may_be_ticked(record)})

    def render_matter(self, record: Task) -> str:
        kind = title_of(record.matter.subject_type)
        things = self.notable.get(record.matter_id, ())
        return render_to_string("workflows/matter_cell.html", {"record": record, "kind": kind, "notable": things})

    def value_matter(self, record: Task) -> str:
        return record.matter.title

    def render_waited(self, value: datetime) -> str:
        hours = (timezone.now() - value).total_seconds() / 3600
        return ops.badge(how_long(hours), "warn") if hours >= LONG_HOURS else how_long(hours)

    def value_waited(self, value: datetime) -> str:
        return how_long((timezone.now() - value).total_seconds() / 3600)

    def render_limit(self, value: Matter) -> str:
        limit = limit_of(value, timezone.now())
        words = self.value_limit(value)
        if limit is None or not limit.late:
            return words or formats.MISSING
        return ops.badge(words, "bad" if limit.hours_left(timezone.now()) <= 0 else "warn")

    def value_limit(self, value: Matter) -> str:
        now = timezone.now()
        limit = limit_of(value, now)
        if limit is None:
            return ""
        hours = limit.hours_left(now)
        if hours <= 0:
            return _now("已超 %s") % how_long(-hours)
        return _now("%(left)s后%(what)s") % {"left": how_long(hours), "what": limit.consequence.label}


class DoneTable(Table):
    """What the reader has signed or refused, or a delegate for them: then both names stand there."""

    stacks = True
    matter = django_tables2.Column(
        verbose_name=_("事项"), accessor="matter__title", linkify=("workflows:matter", {"pk": A("matter_id")})
    )
    amount = MoneyColumn(verbose_name=_("金额(元)"), accessor="matter__amount")
    kind = _KindColumn(verbose_name=_("类型"), accessor="matter__subject_type", orderable=False)
    institution = django_tables2.Column(
        verbose_name=_("机构"), accessor="matter__institution__name", default="医共体", attrs=ONE_LINE
    )
    applicant = django_tables2.Column(verbose_name=_("申请人"), accessor="matter__applicant", attrs=ONE_LINE)
    state = StateColumn(verbose_name=_("我的意见"), tones=TASK_TONES)
    signer = django_tables2.Column(verbose_name=_("办理人"), accessor="person", orderable=False, attrs=ONE_LINE)
    done_at = TimeColumn(verbose_name=_("办理时间"))
    now = django_tables2.Column(verbose_name=_("事项状态"), accessor="matter__get_state_display", orderable=False)

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Task
        fields = ("matter", "amount", "kind", "institution", "applicant", "state", "signer", "done_at", "now")

    def render_signer(self, record: Task) -> str:
        if record.behalf_of is None:
            return str(record.person)
        return _now("%(person)s 代 %(principal)s") % {"person": record.person, "principal": record.behalf_of}


class MatterTable(Table):
    """Matters, the latest first."""

    stacks = True
    title = django_tables2.Column(verbose_name=_("事项"), linkify=("workflows:matter", {"pk": A("pk")}))
    amount = MoneyColumn(verbose_name=_("金额(元)"))
    subject_type = _KindColumn(verbose_name=_("类型"))
    institution = django_tables2.Column(
        verbose_name=_("机构"), accessor="institution__name", default="医共体", attrs=ONE_LINE
    )
    applicant = django_tables2.Column(verbose_name=_("申请人"), attrs=ONE_LINE)
    state = StateColumn(verbose_name=_("状态"), tones=MATTER_TONES)
    step_title = django_tables2.Column(verbose_name=_("当前环节"))
    submitted_at = TimeColumn(verbose_name=_("提交时间"))
    ended_at = TimeColumn(verbose_name=_("办结时间"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Matter
        fields = (
            "title",
            "amount",
            "subject_type",
            "institution",
            "applicant",
            "state",
            "step_title",
            "submitted_at",
            "ended_at",
        )

    def render_step_title(self, value: str, record: Any) -> str:
        return value if record.state == Matter.State.RUNNING else "—"


class CopyTable(Table):
    """What the reader was informed of."""

    stacks = True
    matter = django_tables2.Column(
        verbose_name=_("事项"), accessor="matter__title", linkify=("workflows:matter", {"pk": A("matter_id")})
    )
    amount = MoneyColumn(verbose_name=_("金额(元)"), accessor="matter__amount")
    kind = _KindColumn(verbose_name=_("类型"), accessor="matter__subject_type", orderable=False)
    institution = django_tables2.Column(
        verbose_name=_("机构"), accessor="matter__institution__name", default="医共体", attrs=ONE_LINE
    )
    applicant = django_tables2.Column(verbose_name=_("申请人"), accessor="matter__applicant", attrs=ONE_LINE)
    at = TimeColumn(verbose_name=_("抄送时间"))
    read_at = TimeColumn(verbose_name=_("阅读时间"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Copy
        fields = ("matter", "amount", "kind", "institution", "applicant", "at", "read_at")


class DelegationTable(Table):
    """Who acts for whom, when."""

    stacks = True
    principal = django_tables2.Column(verbose_name=_("委派人"))
    delegate = django_tables2.Column(verbose_name=_("受托人"))
    first_day = DayColumn(verbose_name=_("开始"))
    last_day = DayColumn(verbose_name=_("结束"))
    subject_types = django_tables2.Column(verbose_name=_("事项类型"), orderable=False, empty_values=())
    reason = django_tables2.Column(verbose_name=_("原因"), orderable=False)
    state = django_tables2.Column(verbose_name=_("状态"), accessor="pk", orderable=False)
    actions = ActionsColumn("workflows/delegation_actions.html")

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Delegation
        fields = ("principal", "delegate", "first_day", "last_day", "subject_types", "reason", "state", "actions")

    def render_subject_types(self, value: list[str]) -> str:
        return "、".join(title_of(code) for code in value) if value else str(_("全部"))

    def render_state(self, record: Delegation) -> str:
        return record.words()
