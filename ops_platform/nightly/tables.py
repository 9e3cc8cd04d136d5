"""Lists of the nightly pages."""

from datetime import datetime
from typing import Any

import django_tables2
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.nightly.models import MonthReminder, NightlyRun
from ops_platform.web.tables import (
    STACKED_WORDS,
    DayColumn,
    PeriodColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)

RUN_TONES = {"running": "info", "succeeded": "good", "failed": "bad"}
TRIGGERS = {"page": _("页面"), "beat": _("定时"), "command": _("命令"), "api": _("接口")}


def duration(began: datetime | None, ended: datetime | None) -> str:
    """From beginning to end (or until now) in hours, minutes and seconds."""
    if began is None:
        return "—"
    seconds = max(0, int(((ended or timezone.now()) - began).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return _now("%(hours)s 小时 %(minutes)s 分") % {"hours": hours, "minutes": minutes}
    if minutes:
        return _now("%(minutes)s 分 %(seconds)s 秒") % {"minutes": minutes, "seconds": seconds}
    return _now("%(seconds)s 秒") % {"seconds": seconds}


class RunTable(Table):
    """Runs, newest first."""

    number = django_tables2.Column(verbose_name=_("运行"), accessor="pk", linkify=("nightly-run", {"pk": A("pk")}))
    business_date = DayColumn(verbose_name=_("业务日期"))
    state = StateColumn(verbose_name=_("状态"), tones=RUN_TONES)
    lanes_seen = QuantityColumn(verbose_name=_("机构"))
    lanes_failed = QuantityColumn(verbose_name=_("失败"))
    trigger = django_tables2.Column(verbose_name=_("由来"))
    started_by = PersonColumn(verbose_name=_("启动人"))
    started_at = TimeColumn(verbose_name=_("开始"))
    lasted = django_tables2.Column(verbose_name=_("用时"), accessor="started_at")

    class Meta(Table.Meta):
        model = NightlyRun
        orderable = False
        fields = (
            "number",
            "business_date",
            "state",
            "lanes_seen",
            "lanes_failed",
            "trigger",
            "started_by",
            "started_at",
            "lasted",
        )

    def render_number(self, value: int) -> str:
        return f"#{value}"

    def render_trigger(self, value: str) -> str:
        return str(TRIGGERS.get(value, value))

    def render_lasted(self, record: NightlyRun) -> str:
        return duration(record.started_at, record.finished_at)

    def value_lasted(self, record: Any) -> str:
        return duration(record.started_at, record.finished_at)


class ReminderTable(Table):
    """Reminders with what blocked and what was answered."""

    stacks = True
    institution = django_tables2.Column(verbose_name=_("机构"), accessor="accounting_period__institution__name")
    period = PeriodColumn(verbose_name=_("月份"), accessor="accounting_period__period")
    asked = django_tables2.TemplateColumn(
        verbose_name=_("催办内容"), template_name="nightly/reminder_cell.html", orderable=False
    )
    sender = django_tables2.Column(verbose_name=_("催办人"))
    sent_at = TimeColumn(verbose_name=_("催办时间"))
    answer = django_tables2.TemplateColumn(
        verbose_name=_("答复"), template_name="nightly/answer_cell.html", orderable=False
    )

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = MonthReminder
        fields = ("institution", "period", "asked", "sender", "sent_at", "answer")

    def value_asked(self, record: MonthReminder) -> str:
        return " ".join([*record.blockers, record.note]).strip()

    def value_answer(self, record: MonthReminder) -> str:
        return record.answer
