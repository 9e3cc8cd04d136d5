"""Filters of the intake lists."""

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake import selectors
from ops_platform.his_intake.datasets.catalogue import DATASETS
from ops_platform.his_intake.models import Batch, QualityFinding, QuarantinedRow
from ops_platform.his_intake.quality.rules import rule_titles
from ops_platform.kernel import Period
from ops_platform.masterdata.models import Institution, InstitutionKind
from ops_platform.web.filter_fields import MonthFilter
from ops_platform.web.formats import period_label

ALL = _("全部")
CHOSEN_MONTHS = 13
DATASET_CHOICES = [(code, dataset.title) for code, dataset in DATASETS.items()]
FAULT_TITLES = {
    "his_intake.missing": _("必填项为空"),
    "his_intake.unknown_department": _("科室尚未报送"),
    "his_intake.unknown_item": _("收费项目尚未报送"),
    "his_intake.unknown_encounter": _("就诊尚未报送"),
    "his_intake.period_closed": _("期间已结账"),
    "his_intake.period_before_start": _("早于启用期间"),
    "his_intake.period_in_future": _("晚于当前期间"),
    "his_intake.repeated_key": _("与本批其他行重复"),
    "his_intake.amount_mismatch": _("金额 ≠ 数量 × 单价"),
    "his_intake.insured_exceeds_amount": _("医保支付超过金额"),
    "his_intake.refund_not_negative": _("退费正负不符"),
    "his_intake.discharged_before_admitted": _("出院早于入院"),
    "his_intake.abstract_not_inpatient": _("首页对应的不是住院"),
    "his_intake.settlement_payers": _("各项支付之和 ≠ 总费用"),
    "his_intake.settlement_parts": _("自付各项大于总费用"),
    "his_intake.settlement_fund_too_high": _("统筹支付超过可报范围"),
    "his_intake.settlement_self_pay": _("自费患者报了医保结算"),
    "his_intake.age_out_of_range": _("年龄超出范围"),
    "his_intake.unknown_code": _("不在可选代码内"),
    "his_intake.not_a_date": _("日期形式不对"),
    "his_intake.not_a_time": _("时间形式不对"),
    "his_intake.not_a_period": _("期间形式不对"),
    "his_intake.not_a_number": _("数字形式不对"),
    "his_intake.not_a_code": _("代码形式不对"),
    "his_intake.not_text": _("文本形式不对"),
    "his_intake.not_a_pseudonym": _("不是假名"),
    "his_intake.unknown_field": _("多余的字段"),
    "his_intake.unknown_op": _("操作无法识别"),
    "his_intake.row_not_an_object": _("整行无法识别"),
    "his_intake.too_many_cells": _("列数多于表头"),
    "his_intake.repeated_field": _("字段重复"),
    "his_intake.nothing_to_retract": _("没有可撤回的数据"),
}


def last_full_month() -> str:
    """The month that is to be complete by now."""
    return str(Period.of(timezone.localdate()).shift(-1))


def _months() -> list[tuple[str, str]]:
    present = Period.of(timezone.localdate())
    return [(str(month), period_label(month)) for month in (present.shift(-back) for back in range(CHOSEN_MONTHS))]


class OwnInstitutions(django_filters.FilterSet):
    """A filter whose institutions are those that the reader may read."""

    institution = django_filters.ModelChoiceFilter(
        label=_("机构"),
        empty_label=ALL,
        queryset=lambda request: (
            selectors.readable_institutions(actor=request.actor) if request else Institution.objects.none()
        ),
    )


class ReportingFilter(django_filters.FilterSet):
    """What institutions have reported for a month, by name, by kind, and by what is to be done."""

    period = django_filters.ChoiceFilter(label=_("月份"), choices=_months, empty_label=None, method="of_period")
    q = django_filters.CharFilter(label=_("机构名称或代码"), method="by_words")
    kind = django_filters.ChoiceFilter(label=_("类别"), choices=InstitutionKind.choices, empty_label=ALL)
    todo = django_filters.ChoiceFilter(
        label=_("待办"),
        choices=[("missing", _("有未报送的数据")), ("waiting", _("有待处理的隔离数据")), ("findings", _("有质量问题"))],
        empty_label=ALL,
        method="by_todo",
    )

    class Meta:
        model = Institution
        fields: list[str] = []

    def by_words(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(Q(name__icontains=value) | Q(code__icontains=value))

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        chosen = data.copy() if data is not None else QueryDict(mutable=True)
        chosen.setdefault("period", last_full_month())
        super().__init__(chosen, *args, **kwargs)

    def of_period(self, rows: QuerySet, _name: str, _value: str) -> QuerySet:
        """The figures are already those of the month."""
        return rows

    def by_todo(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        if value == "missing":
            return rows.filter(reported__lt=F("expected"))
        return rows.filter(**{f"{value}__gt": 0})


class BatchFilter(OwnInstitutions):
    """Batches by institution, dataset, source, month and number."""

    dataset = django_filters.ChoiceFilter(label=_("数据集"), choices=DATASET_CHOICES, empty_label=ALL)
    source = django_filters.ChoiceFilter(label=_("来源"), choices=Batch.Source.choices, empty_label=ALL)
    month = MonthFilter(label=_("月份"), method="by_month")
    q = django_filters.CharFilter(label=_("批次号"), field_name="batch_no", lookup_expr="icontains")

    class Meta:
        model = Batch
        fields: list[str] = []

    def by_month(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(months__contains=[value])


class QuarantineFilter(OwnInstitutions):
    """Quarantined rows; those that wait unless another state is asked for."""

    dataset = django_filters.ChoiceFilter(label=_("数据集"), choices=DATASET_CHOICES, empty_label=ALL)
    state = django_filters.ChoiceFilter(label=_("状态"), choices=QuarantinedRow.State.choices, empty_label=ALL)
    code = django_filters.ChoiceFilter(
        label=_("错误"), choices=list(FAULT_TITLES.items()), empty_label=ALL, method="by_code"
    )

    class Meta:
        model = QuarantinedRow
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        chosen = data.copy() if data is not None else QueryDict(mutable=True)
        if "state" not in chosen:
            chosen["state"] = QuarantinedRow.State.OPEN.value
        super().__init__(chosen, *args, **kwargs)

    def by_code(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(faults__contains=[{"code": value}])


class FindingFilter(OwnInstitutions):
    """Findings by institution, month and rule."""

    period = MonthFilter(label=_("月份"))
    rule = django_filters.ChoiceFilter(label=_("规则"), choices=lambda: list(rule_titles().items()), empty_label=ALL)

    class Meta:
        model = QualityFinding
        fields: list[str] = []
