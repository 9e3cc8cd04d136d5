"""The list of remarks on province versions."""

from collections.abc import Collection
from typing import Any

import django_tables2
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from insurance_settlement.models import MappingRemark
from ops_platform.web.tables import STACKED_WORDS, ActionsColumn, StateColumn, Table, TimeColumn

REMARK_TONES = {"raised": "warn", "answered": "good", "withdrawn": "neutral"}


class RemarkTable(Table):
    """Remarks of institutions with what they were answered."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    version = django_tables2.Column(
        verbose_name=_("省版"), linkify=("insurance_settlement:mapping", {"pk": A("version_id")}), orderable=False
    )
    row = django_tables2.Column(verbose_name=_("项目"), empty_values=(), orderable=False)
    kind = django_tables2.Column(verbose_name=_("意见"))
    text = django_tables2.Column(
        verbose_name=_("内容"), orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    state = StateColumn(verbose_name=_("状态"), tones=REMARK_TONES)
    outcome = django_tables2.Column(verbose_name=_("处理"), default="—")
    answer = django_tables2.Column(
        verbose_name=_("答复"), default="—", orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    raised_by = django_tables2.Column(verbose_name=_("提出人"), accessor="raised_by__display_name", orderable=False)
    raised_at = TimeColumn(verbose_name=_("提出时间"))
    act = ActionsColumn("insurance_settlement/mapping_remark_actions.html")

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = MappingRemark
        fields = (
            "institution",
            "version",
            "row",
            "kind",
            "text",
            "state",
            "outcome",
            "answer",
            "raised_by",
            "raised_at",
            "act",
        )

    def __init__(
        self, *args: Any, may_answer: bool = False, own: Collection[int] | None = frozenset(), **kwargs: Any
    ) -> None:
        """`own`: the institutions whose remarks the reader may take back, None for all."""
        self.may_answer, self.own = may_answer, own
        super().__init__(*args, **kwargs)
        if not may_answer and own is not None and not own:
            self.columns.hide("act")

    def render_row(self, record: MappingRemark) -> str:
        return f"{record.row.item_code} {record.row.item_name}" if record.row else _now("整个版本")

    def value_row(self, record: MappingRemark) -> str:
        return self.render_row(record)

    def before_render(self, request: Any) -> None:
        """Whose remarks may be taken back is said row by row."""
        for row in self.paginated_rows:
            open_ = row.record.state == MappingRemark.State.RAISED
            row.record.may_answer = open_ and self.may_answer
            row.record.may_withdraw = open_ and (self.own is None or row.record.institution_id in self.own)
