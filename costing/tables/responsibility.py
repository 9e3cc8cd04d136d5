"""Targets, deviations, savings, and what costs much and brings little."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.engine.saving_gate import Gate
from costing.engine.targets import Verdict
from costing.models import CostDeviation
from costing.selectors.responsibility.gates import Condition
from costing.selectors.responsibility.low_benefit import LowBenefit
from costing.selectors.responsibility.savings import Saving
from costing.selectors.responsibility.targets import TargetMonth, title_of
from ops_platform.web.tables import (
    DENSE_STACKED,
    DENSE_STACKED_WORDS,
    STACKED_WORDS,
    ActionsColumn,
    MoneyColumn,
    PercentColumn,
    PeriodColumn,
    QuantityColumn,
    StateColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge

VERDICTS = {
    Verdict.KEPT: (_("达成"), "good"),
    Verdict.MISSED: (_("未达成"), "bad"),
    Verdict.UNKNOWN: (_("不可比"), "neutral"),
}
GATES = {Gate.OPEN: (_("打开"), "good"), Gate.SHUT: (_("关闭"), "bad"), Gate.UNDECIDED: (_("待核定"), "warn")}
HOLDS = {True: (_("满足"), "good"), False: (_("不满足"), "bad"), None: (_("待核定"), "warn")}
STATE_TONES = {"open": "bad", "submitted": "warn", "acting": "warn", "confirming": "info", "closed": "good"}
END = {"th": {"class": "text-end"}, "td": {"class": "text-end num"}}
WORDS = {"td": {"class": "cell-words"}}
WIDE_WORDS = {"td": {"class": "cell-words stack-wide"}}


def _people(row: Any) -> str:
    return "、".join(person.display_name for person in row.people)


def _deviation(found: CostDeviation | None) -> str:
    if found is None:
        return ""
    url = reverse("costing:deviation", args=[found.pk])
    mark = badge(found.get_state_display(), STATE_TONES[found.state])
    return format_html('<a href="{}">{}</a>', url, mark)


class _MonthTable(Table):
    """A target in a month: limit, figure, verdict, deviation."""

    limit_words = django_tables2.Column(verbose_name=_("目标"), attrs=END)
    actual_words = django_tables2.Column(verbose_name=_("实际"), attrs=END)
    verdict = django_tables2.Column(verbose_name=_("结果"))
    deviation = django_tables2.Column(verbose_name=_("偏差"), empty_values=())

    class Meta(Table.Meta):
        orderable = False
        attrs = DENSE_STACKED_WORDS

    stacks = True

    def render_actual_words(self, value: str, record: TargetMonth) -> str:
        return (
            format_html('<a href="{}">{}</a>', record.url, value) if record.url and record.actual is not None else value
        )

    def value_actual_words(self, value: str) -> str:
        return value

    def render_verdict(self, record: TargetMonth) -> str:
        words, tone = VERDICTS[record.verdict]
        mark = badge(words, tone)
        return (
            format_html('{} <span class="text-secondary">{}</span>', mark, record.measured.why)
            if record.measured.why
            else mark
        )

    def value_verdict(self, record: TargetMonth) -> str:
        words, _tone = VERDICTS[record.verdict]
        return f"{words} {record.measured.why}".strip()

    def render_deviation(self, record: TargetMonth) -> str:
        return _deviation(record.deviation)

    def value_deviation(self, record: TargetMonth) -> str:
        return str(record.deviation.get_state_display()) if record.deviation else ""


class TargetMonthTable(_MonthTable):
    """The targets of a month."""

    place = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    title = django_tables2.Column(verbose_name=_("指标"))
    people = django_tables2.Column(verbose_name=_("责任人和成本专员"), empty_values=(), accessor="target")
    margin = MoneyColumn(verbose_name=_("距支付标准(元)"))

    class Meta(_MonthTable.Meta):
        sequence = ("place", "title", "limit_words", "actual_words", "verdict", "margin", "people", "deviation")

    def render_title(self, value: str, record: TargetMonth) -> str:
        url = reverse("costing:target", args=[record.target.pk])
        return format_html('<a href="{}?{}">{}</a>', url, urlencode({"period": record.period}), value)

    def value_title(self, value: str) -> str:
        return value

    def render_people(self, record: TargetMonth) -> str:
        return _people(record.target)


class CourseTable(_MonthTable):
    """One target month by month."""

    period = PeriodColumn(verbose_name=_("月份"), attrs={"td": {"class": "cell-name"}})
    volume = QuantityColumn(verbose_name=_("工作量"), accessor="measured__volume")

    class Meta(_MonthTable.Meta):
        sequence = ("period", "limit_words", "actual_words", "verdict", "volume", "deviation")


def course_table(rows: Sequence[TargetMonth], **more: Any) -> CourseTable:
    """With the volume where the metric is a mean of one."""
    hidden = () if any(row.measured.volume for row in rows) else ("volume",)
    return CourseTable(rows, exclude=hidden, **more)


class DeviationTable(Table):
    """Deviations, the newest month first."""

    stacks = True

    period = PeriodColumn(verbose_name=_("月份"), order_by=("period", "pk"))
    institution = django_tables2.Column(verbose_name=_("机构"), orderable=False)
    title = django_tables2.Column(verbose_name=_("偏差"), orderable=False, attrs=WORDS)
    kind = django_tables2.Column(verbose_name=_("类别"), orderable=False)
    responsible = django_tables2.Column(verbose_name=_("责任人"), accessor="responsible__display_name", orderable=False)
    state = StateColumn(verbose_name=_("状态"), tones=STATE_TONES, orderable=False)

    class Meta(Table.Meta):
        model = CostDeviation
        attrs = STACKED_WORDS
        fields = ("period", "institution", "title", "kind", "responsible", "state")

    def render_title(self, value: str, record: CostDeviation) -> str:
        return format_html('<a href="{}">{}</a>', reverse("costing:deviation", args=[record.pk]), value)

    def value_title(self, value: str) -> str:
        return value


class SavingTable(Table):
    """Targets of amounts: the month, the year, and what could be proposed."""

    stacks = True

    place = django_tables2.Column(verbose_name=_("科室"), accessor="month__place", attrs={"td": {"class": "cell-name"}})
    title = django_tables2.Column(verbose_name=_("指标"), accessor="month__title")
    limit = MoneyColumn(verbose_name=_("本月目标(元)"))
    actual = MoneyColumn(verbose_name=_("本月实际(元)"), accessor="month__actual")
    month_saving = MoneyColumn(verbose_name=_("本月节约(元)"))
    months = QuantityColumn(verbose_name=_("月数"), accessor="year__months")
    year_limit = MoneyColumn(verbose_name=_("年内目标(元)"))
    year_actual = MoneyColumn(verbose_name=_("年内实际(元)"))
    year_saving = MoneyColumn(verbose_name=_("年内节约(元)"))
    gate = django_tables2.Column(verbose_name=_("门槛"), accessor="gate__state")
    bonus = MoneyColumn(verbose_name=_("可提分享(元)"))

    def render_gate(self, value: Gate) -> str:
        return badge(*GATES[value])

    def value_gate(self, value: Gate) -> str:
        return str(GATES[value][0])

    class Meta(Table.Meta):
        orderable = False
        attrs = DENSE_STACKED_WORDS

    def render_title(self, value: str, record: Saving) -> str:
        return format_html('<a href="{}">{}</a>', reverse("costing:target", args=[record.target.pk]), value)

    def value_title(self, record: Saving) -> str:
        return title_of(record.target.metric, record.target.object)

    def render_actual(self, value: Any, record: Saving) -> str:
        words = MoneyColumn().render(value)
        return format_html('<a href="{}">{}</a>', record.month.url, words) if record.month.url else words

    def value_actual(self, value: Any) -> Any:
        return value


class ChangedStandardTable(Table):
    """Targets that a changed payment standard left behind, and what would follow."""

    stacks = True

    place = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    title = django_tables2.Column(verbose_name=_("指标"))
    standard_before = MoneyColumn(verbose_name=_("原支付标准(元)"), accessor="target__standard")
    standard = MoneyColumn(verbose_name=_("新支付标准(元)"))
    limit_before = MoneyColumn(verbose_name=_("原限额(元)"), accessor="target__limit")
    limit = MoneyColumn(verbose_name=_("拟新限额(元)"))
    effective_from = django_tables2.DateColumn(verbose_name=_("生效月份"), format="Y-m")

    class Meta(Table.Meta):
        orderable = False
        attrs = DENSE_STACKED_WORDS


class GateTable(Table):
    """What the gate of each department hangs on."""

    stacks = True

    place = django_tables2.Column(verbose_name=_("科室"), attrs={"td": {"class": "cell-name"}})
    title = django_tables2.Column(verbose_name=_("条件"), accessor="condition__title")
    holds = django_tables2.Column(verbose_name=_("结论"), accessor="condition__holds", empty_values=())
    words = django_tables2.Column(verbose_name=_("依据"), accessor="condition__words", attrs=WORDS)

    class Meta(Table.Meta):
        orderable = False
        attrs = STACKED_WORDS

    def render_holds(self, value: bool | None) -> str:
        return badge(*HOLDS[value])

    def value_holds(self, value: bool | None) -> str:
        return str(HOLDS[value][0])


@dataclass(frozen=True, slots=True)
class GateLine:
    """A condition of a place."""

    place: str
    condition: Condition


def gate_table(rows: Sequence[Saving], **more: Any) -> GateTable:
    """Each place once, over the most months that one of its savings is of."""
    gates = {(one.month.place, one.gate) for one in rows}
    lines = [GateLine(place, each) for place, gate in sorted(gates, key=lambda one: one[0]) for each in gate.conditions]
    return GateTable(list(dict.fromkeys(lines)), **more)


class LowBenefitTable(Table):
    """Items and groups that cost much and bring little."""

    stacks = True

    kind_words = django_tables2.Column(verbose_name=_("类别"))
    department_name = django_tables2.Column(verbose_name=_("责任科室"))
    name = django_tables2.Column(verbose_name=_("项目或病组"), attrs=WIDE_WORDS)
    object = django_tables2.Column(verbose_name=_("编码"))
    volume = QuantityColumn(verbose_name=_("数量或例数"))
    cost = MoneyColumn(verbose_name=_("医疗成本(元)"))
    income = MoneyColumn(verbose_name=_("收入或支付(元)"))
    surplus = MoneyColumn(verbose_name=_("结余(元)"))
    ratio = PercentColumn(verbose_name=_("收回比例"))
    act = ActionsColumn("costing/low_benefit_act.html")

    class Meta(Table.Meta):
        orderable = False
        attrs = DENSE_STACKED

    def render_name(self, value: str, record: LowBenefit) -> str:
        return format_html('<a href="{}">{}</a>', record.url, value or record.object)

    def value_name(self, value: str) -> str:
        return value
