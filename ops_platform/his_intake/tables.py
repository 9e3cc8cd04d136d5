"""Lists of the intake pages. They keep the order of their selectors, which ends in the key."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch, QualityFinding, QuarantinedRow
from ops_platform.his_intake.quality.rules import rule_titles
from ops_platform.his_intake.sheets import faults_in_words, field_title
from ops_platform.masterdata.models import Institution
from ops_platform.web.tables import (
    ActionsColumn,
    PeriodColumn,
    PersonColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge, quantity

SOURCE_TONES = {"api": "neutral", "upload": "info", "resubmission": "warn"}
STATE_TONES = {"open": "bad", "resubmitted": "good", "discarded": "neutral"}
PLACE = {"td": {"class": "place"}}
NAME = {"td": {"class": "text-nowrap"}}


def dataset_title(code: str) -> str:
    """A dataset by the name people know."""
    return DATASETS[code].title if code in DATASETS else code


class DatasetColumn(django_tables2.Column):
    """The dataset by its title."""

    def render(self, value: str) -> str:
        return dataset_title(value)

    def value(self, value: str) -> str:
        return dataset_title(value)


class ReportingTable(Table):
    """Institutions with what they have reported for the month."""

    name = django_tables2.Column(
        verbose_name=_("机构"), linkify=("his_intake:institution", {"pk": A("pk")}), order_by=("name", "code")
    )
    kind = django_tables2.Column(verbose_name=_("类别"), order_by=("kind", "code"))
    reported = django_tables2.Column(
        verbose_name=_("本月已报数据集"),
        order_by=("missing", "code"),
        attrs={"th": {"class": "text-end"}, "td": {"class": "text-end"}},
    )
    waiting = QuantityColumn(verbose_name=_("待处理隔离行"), order_by=("waiting", "code"))
    findings = QuantityColumn(verbose_name=_("本月质量问题"), order_by=("findings", "code"))
    last_batch = TimeColumn(verbose_name=_("最近批次"), order_by=("last_batch", "code"))

    class Meta(Table.Meta):
        model = Institution
        fields = ("name", "kind", "reported", "waiting", "findings", "last_batch")

    def render_reported(self, value: int, record: Any) -> str:
        return badge(f"{value} / {record.expected}", "good" if value >= record.expected else "warn")

    def value_reported(self, value: int) -> int:
        return value

    def render_waiting(self, value: int, record: Any) -> str:
        if not value:
            return quantity(value)
        url = f"{reverse('his_intake:quarantine')}?institution={record.pk}"
        return format_html('<a class="neg" href="{}">{}</a>', url, quantity(value))

    def value_waiting(self, value: Any) -> Any:
        return value

    def render_findings(self, value: int, record: Any) -> str:
        if not value:
            return quantity(value)
        url = f"{reverse('his_intake:quality')}?institution={record.pk}"
        return format_html('<a href="{}">{}</a>', url, quantity(value))

    def value_findings(self, value: Any) -> Any:
        return value


class BatchTable(Table):
    """Batches with their counts."""

    received_at = TimeColumn(verbose_name=_("接收时间"))
    institution = django_tables2.Column(verbose_name=_("机构"), attrs=PLACE)
    dataset = DatasetColumn(verbose_name=_("数据集"), attrs=NAME)
    batch_no = django_tables2.Column(verbose_name=_("批次号"), linkify=("his_intake:batch", {"pk": A("pk")}))
    source = StateColumn(verbose_name=_("来源"), tones=SOURCE_TONES)
    sender = PersonColumn(verbose_name=_("报送人"), attrs=NAME)
    rows = QuantityColumn(verbose_name=_("行数"))
    landed = QuantityColumn(verbose_name=_("新增"))
    superseded = QuantityColumn(verbose_name=_("更正"))
    unchanged = QuantityColumn(verbose_name=_("无变化"))
    retracted = QuantityColumn(verbose_name=_("撤回"))
    quarantined = QuantityColumn(verbose_name=_("隔离"))

    class Meta(Table.Meta):
        model = Batch
        orderable = False
        fields = (
            "received_at",
            "institution",
            "dataset",
            "batch_no",
            "source",
            "sender",
            "rows",
            "landed",
            "superseded",
            "unchanged",
            "retracted",
            "quarantined",
        )

    def render_quarantined(self, value: int) -> str:
        return format_html('<span class="neg">{}</span>', quantity(value)) if value else quantity(value)

    def value_quarantined(self, value: Any) -> Any:
        return value


class QuarantineTable(Table):
    """Quarantined rows with what is wrong in each."""

    chosen = django_tables2.TemplateColumn(
        template_name="his_intake/choose_row.html", verbose_name="", exclude_from_export=True, empty_values=()
    )
    institution = django_tables2.Column(verbose_name=_("机构"), attrs=PLACE)
    dataset = DatasetColumn(verbose_name=_("数据集"), attrs=NAME)
    batch = django_tables2.Column(
        verbose_name=_("批次"), accessor="batch__batch_no", linkify=("his_intake:batch", {"pk": A("batch_id")})
    )
    row_no = QuantityColumn(verbose_name=_("行"))
    faults = django_tables2.Column(verbose_name=_("错误"))
    state = StateColumn(verbose_name=_("状态"), tones=STATE_TONES)
    taken_by = django_tables2.Column(
        verbose_name=_("重报或更正于"),
        accessor="resubmitted_in",
        linkify=("his_intake:batch", {"pk": A("resubmitted_in_id")}),
    )
    actions = ActionsColumn("his_intake/quarantine_actions.html")

    class Meta(Table.Meta):
        model = QuarantinedRow
        orderable = False
        fields = ("chosen", "institution", "dataset", "batch", "row_no", "faults", "state", "taken_by", "actions")

    def render_faults(self, record: QuarantinedRow) -> str:
        dataset = DATASETS[record.dataset]
        shown = ((field_title(dataset, fault["field"]), fault["value"], fault["message"]) for fault in record.faults)
        return format_html_join("", '<div class="fault"><b>{}</b> <span class="fault-value">{}</span> {}</div>', shown)

    def render_taken_by(self, value: Batch, record: QuarantinedRow) -> str:
        if record.resubmitted_as is None:
            return value.batch_no
        return _("%(batch)s 第 %(row)s 行") % {"batch": value.batch_no, "row": record.resubmitted_as}

    def value_taken_by(self, value: Batch, record: QuarantinedRow) -> str:
        return self.render_taken_by(value, record)

    def value_faults(self, record: QuarantinedRow) -> str:
        return faults_in_words(DATASETS[record.dataset], record)


class FindingTable(Table):
    """Findings with a sample of what was seen."""

    institution = django_tables2.Column(verbose_name=_("机构"), attrs=PLACE)
    period = PeriodColumn(verbose_name=_("月份"))
    message = django_tables2.Column(verbose_name=_("规则"))
    count = QuantityColumn(verbose_name=_("处数"))
    sample = django_tables2.TemplateColumn(template_name="his_intake/sample.html", verbose_name=_("样例"))
    found_at = TimeColumn(verbose_name=_("检查时间"))

    class Meta(Table.Meta):
        model = QualityFinding
        orderable = False
        fields = ("institution", "period", "message", "count", "sample", "found_at")

    def render_message(self, record: QualityFinding) -> str:
        return rule_title(record)

    def value_message(self, record: QualityFinding) -> str:
        return rule_title(record)

    def value_sample(self, value: list[dict[str, str]]) -> str:
        return "；".join(f"{item['reference']}({item['seen']})" for item in value)


def rule_title(finding: QualityFinding) -> str:
    """The rule in words."""
    return rule_titles().get(finding.rule, finding.rule)
