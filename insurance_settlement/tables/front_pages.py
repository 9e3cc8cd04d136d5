"""Lists of front page findings and of how departments do."""

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.front_page import TITLES
from insurance_settlement.models import FrontPageFinding
from insurance_settlement.tables.cases import STATUS_TITLES, status_mark
from ops_platform.web.tables import (
    DENSE_STACKED,
    STACKED,
    MoneyColumn,
    PercentColumn,
    PeriodColumn,
    QuantityColumn,
    StateColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge

SEVERITY_TONES = {"blocking": "bad", "warning": "warn", "info": "info"}


def state_of(finding: FrontPageFinding) -> tuple[str, str]:
    """Where a finding stands, in words and as a tone."""
    if finding.closed_run_id is not None:
        tone = "good" if finding.closing == FrontPageFinding.Closing.CORRECTED else "neutral"
        return finding.get_closing_display(), tone
    if getattr(finding, "mark", None) is not None:
        return str(_("核对无误")), "good"
    return str(_("待处理")), "warn"


class FrontPageTable(Table):
    """Findings; each opens the front page of its stay."""

    stacks = True

    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"),
        linkify=lambda record: reverse(
            "insurance_settlement:front-page", args=[record.institution_id, record.encounter]
        ),
    )
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    department = django_tables2.Column(
        verbose_name=_("科室"),
        accessor="case__department",
        order_by=("case__department__code", "pk"),
        attrs={"td": {"class": "text-nowrap"}},
    )
    period = django_tables2.Column(verbose_name=_("出院月份"), order_by=("period", "pk"))
    severity = StateColumn(verbose_name=_("程度"), tones=SEVERITY_TONES, order_by=("rank", "pk"))
    rule = django_tables2.Column(
        verbose_name=_("问题"), order_by=("rule", "pk"), attrs={"td": {"class": "stack-wide text-nowrap"}}
    )
    message = django_tables2.Column(
        verbose_name=_("说明"), orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    drg = django_tables2.Column(verbose_name=_("现入病组"), accessor="case__drg", order_by=("case__drg", "pk"))
    charges = MoneyColumn(verbose_name=_("费用(元)"), accessor="case__charges", order_by=("case__charges", "pk"))
    state = django_tables2.Column(verbose_name=_("状态"), empty_values=(), orderable=False)

    class Meta(Table.Meta):
        attrs = STACKED
        model = FrontPageFinding
        fields = (
            "encounter_no",
            "institution",
            "department",
            "period",
            "severity",
            "rule",
            "message",
            "drg",
            "charges",
            "state",
        )

    def render_rule(self, value: str) -> str:
        return TITLES.get(value, value)

    def render_drg(self, value: str, record: FrontPageFinding) -> str:
        status = record.case.status
        return value if status == "SUCCESS" else format_html("{} {}", value, status_mark(status))

    def value_drg(self, value: str, record: FrontPageFinding) -> str:
        status = record.case.status
        return value if status == "SUCCESS" else f"{value} {STATUS_TITLES.get(status, status)}"

    def render_state(self, record: FrontPageFinding) -> str:
        return badge(*state_of(record))

    def value_state(self, record: FrontPageFinding) -> str:
        return state_of(record)[0]


class ScoreTable(Table):
    """How departments do in each month."""

    stacks = True

    period = PeriodColumn(verbose_name=_("出院月份"))
    institution = django_tables2.Column(verbose_name=_("机构"))
    department = django_tables2.Column(
        verbose_name=_("科室"),
        linkify=lambda record: (
            f"{reverse('insurance_settlement:front-pages')}?institution={record.institution.pk}"
            f"&period={record.period}&department={record.department.pk}"
        ),
    )
    abstracts = QuantityColumn(verbose_name=_("首页(份)"))
    clean = QuantityColumn(verbose_name=_("没有待处理问题(份)"))
    share = PercentColumn(verbose_name=_("合格占比"))
    open = QuantityColumn(verbose_name=_("待处理(个)"))
    marked = QuantityColumn(verbose_name=_("核对无误(个)"))
    corrected = QuantityColumn(verbose_name=_("HIS 已更正(个)"))

    class Meta(Table.Meta):
        attrs = DENSE_STACKED
        orderable = False
