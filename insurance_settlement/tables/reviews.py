"""Lists of special reviews, of cases that come into question for one, and of the quotas."""

from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from insurance_settlement.engine.special_review import Hints
from insurance_settlement.models import CaseResult, ReviewGround, ReviewOutcome, SpecialReview
from insurance_settlement.selectors.reviews import grounds_of
from ops_platform.web.tables import (
    STACKED,
    MoneyColumn,
    PercentColumn,
    QuantityColumn,
    StateColumn,
    Table,
    TimeColumn,
)
from ops_platform.web.templatetags.ops import badge

REVIEW_TONES = {
    "draft": "neutral",
    "asked": "warn",
    "declared": "info",
    "concluding": "warn",
    "approved": "good",
    "rejected": "bad",
    "appealed": "info",
    "archived": "neutral",
}


class ReviewTable(Table):
    """Reviews with what is at stake and where they stand."""

    stacks = True

    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"), linkify=("insurance_settlement:review", {"pk": A("pk")})
    )
    institution = django_tables2.Column(verbose_name=_("机构"), order_by=("institution__code", "pk"))
    department = django_tables2.Column(verbose_name=_("科室"), order_by=("department__code", "pk"))
    period = django_tables2.Column(verbose_name=_("出院月份"))
    drg = django_tables2.Column(verbose_name=_("病组"), accessor="case__drg", order_by=("case__drg", "pk"))
    grounds = django_tables2.Column(
        verbose_name=_("理由"), orderable=False, attrs={"td": {"class": "cell-words stack-wide"}}
    )
    asked = django_tables2.Column(verbose_name=_("申请"), orderable=False)
    charges = MoneyColumn(verbose_name=_("费用(元)"), accessor="case__charges", order_by=("case__charges", "pk"))
    balance = MoneyColumn(verbose_name=_("申请时盈亏(元)"), accessor="case__balance", order_by=("case__balance", "pk"))
    state = StateColumn(verbose_name=_("状态"), tones=REVIEW_TONES)
    created_at = TimeColumn(verbose_name=_("申请时间"))

    class Meta(Table.Meta):
        attrs = STACKED
        model = SpecialReview
        fields = (
            "encounter_no",
            "institution",
            "department",
            "period",
            "drg",
            "grounds",
            "asked",
            "charges",
            "balance",
            "state",
            "created_at",
        )

    def render_grounds(self, record: SpecialReview) -> str:
        return "、".join(record.ground_titles)

    def value_grounds(self, record: SpecialReview) -> str:
        return "、".join(record.ground_titles)

    def render_asked(self, value: str) -> str:
        return str(ReviewOutcome(value).label) if value in ReviewOutcome.values else value


class CandidateTable(Table):
    """Cases whose figures show a ground; each leads to its application."""

    stacks = True

    encounter_no = django_tables2.Column(
        verbose_name=_("就诊号"), linkify=("insurance_settlement:case", {"pk": A("pk")})
    )
    institution = django_tables2.Column(
        verbose_name=_("机构"), accessor="run__institution", order_by=("run__institution__code", "pk")
    )
    department = django_tables2.Column(verbose_name=_("科室"), order_by=("department__code", "pk"))
    period = django_tables2.Column(verbose_name=_("出院月份"), accessor="run__period", order_by=("run__period", "pk"))
    drg = django_tables2.Column(verbose_name=_("病组"), order_by=("drg", "pk"))
    shows = django_tables2.Column(verbose_name=_("数字可见的理由"), empty_values=(), orderable=False)
    stay_days = QuantityColumn(verbose_name=_("住院日"), order_by=("stay_days", "pk"))
    charges = MoneyColumn(verbose_name=_("费用(元)"), order_by=("charges", "pk"))
    payment = MoneyColumn(verbose_name=_("现支付(元)"), order_by=("payment", "pk"))
    balance = MoneyColumn(verbose_name=_("盈亏(元)"), order_by=("balance", "pk"))
    apply = django_tables2.Column(
        verbose_name="", empty_values=(), orderable=False, exclude_from_export=True, attrs={"td": {"class": "text-end"}}
    )

    class Meta(Table.Meta):
        attrs = STACKED
        model = CaseResult
        fields = (
            "encounter_no",
            "institution",
            "department",
            "period",
            "drg",
            "shows",
            "stay_days",
            "charges",
            "payment",
            "balance",
            "apply",
        )

    def __init__(self, *args: Any, hints: Hints, may_apply: bool, **kwargs: Any) -> None:
        self.hints = hints
        super().__init__(*args, **kwargs)
        if not may_apply:
            self.columns.hide("apply")

    def _titles(self, record: CaseResult) -> list[str]:
        return [str(ReviewGround(one).label) for one in grounds_of(record, self.hints)]

    def render_shows(self, record: CaseResult) -> str:
        return format_html_join(" ", "{}", ((badge(title, "info"),) for title in self._titles(record)))

    def value_shows(self, record: CaseResult) -> str:
        return "、".join(self._titles(record))

    def render_apply(self, record: CaseResult) -> str:
        page = reverse("insurance_settlement:new-review", args=[record.pk])
        return format_html('<a class="btn btn-sm" href="{}">{}</a>', page, _("申请"))


class QuotaTable(Table):
    """How many cases may be put forward in a year, and have been."""

    institution = django_tables2.Column(verbose_name=_("机构"))
    kind = django_tables2.Column(verbose_name=_("付费方式"))
    year = django_tables2.Column(verbose_name=_("年度"))
    discharges = QuantityColumn(verbose_name=_("已分组出院病例"), accessor="quota__discharges")
    share = PercentColumn(verbose_name=_("申报上限"), accessor="quota__share")
    most = QuantityColumn(verbose_name=_("可申报"), accessor="quota__most")
    used = QuantityColumn(verbose_name=_("已申报"), accessor="quota__used")
    left = QuantityColumn(verbose_name=_("还可申报"), accessor="quota__left")

    class Meta(Table.Meta):
        orderable = False

    def render_kind(self, value: str) -> str:
        return value.upper()
