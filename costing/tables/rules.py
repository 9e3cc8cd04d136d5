"""Lists of the rules of costing."""

from collections.abc import Mapping
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from costing.models import DriverRule, ItemBasis, UnitDefinition
from costing.titles import rule_title
from ops_platform.web.tables import (
    STACKED,
    DayColumn,
    PersonColumn,
    StateColumn,
    Table,
)
from ops_platform.web.templatetags.ops import badge

SOURCE_TONES = {"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}


class RuleTable(Table):
    """Driver rules with where each comes from, and its approval (`approvals`: the matter of a rule); where all of them are
    listed, each has its place on the page."""

    stacks = True
    divided = django_tables2.Column(verbose_name=_("分摊对象"), attrs={"td": {"class": "stack-block stack-name"}})
    reach = django_tables2.Column(
        verbose_name=_("适用范围"), empty_values=(), attrs={"td": {"class": "cell-words stack-wide"}}
    )
    driver = django_tables2.Column(verbose_name=_("分摊动因"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_mark = StateColumn(verbose_name=_("来源"), tones=SOURCE_TONES, attrs={"td": {"class": "stack-wide"}})
    source_text = django_tables2.Column(
        verbose_name=_("依据"), default="", attrs={"td": {"class": "cell-words stack-wide"}}
    )
    changed_by = PersonColumn(verbose_name=_("修改人"), default="")

    class Meta(Table.Meta):
        model = DriverRule
        attrs = STACKED
        orderable = False
        fields = ("divided", "reach", "driver", "effective_from", "source_mark", "source_text", "changed_by")

    def __init__(self, *args: Any, approvals: Mapping[int, int], placed: bool = False, **kwargs: Any) -> None:
        self.approvals = approvals
        if placed:
            kwargs["row_attrs"] = {"id": lambda record: f"rule-{record.pk}"}
        super().__init__(*args, **kwargs)

    def render_reach(self, record: DriverRule) -> str:
        if record.institution is None:
            return str(_("整个医共体"))
        return f"{record.institution} · {record.department}" if record.department else str(record.institution)

    def render_source_mark(self, record: DriverRule) -> str:
        mark = badge(record.mark_title, SOURCE_TONES[record.source_mark])
        matter = self.approvals.get(record.pk)
        if matter is None:
            return mark
        return format_html(
            '<span>{} <a href="{}">{}</a></span>', mark, reverse("workflows:matter", args=[matter]), _("审批过程")
        )

    def value_source_mark(self, record: DriverRule) -> str:
        return record.mark_title

    def render_driver(self, record: DriverRule) -> str:
        return rule_title(record)


class ItemBasisTable(Table):
    """Methods of item costing."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    department = django_tables2.Column(verbose_name=_("执行科室"), default=_("全部科室"))
    method = django_tables2.Column(verbose_name=_("方法"), attrs={"td": {"class": "cell-name"}})
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words stack-wide"}})
    changed_by = PersonColumn(verbose_name=_("申请人"))

    class Meta(Table.Meta):
        model = ItemBasis
        attrs = STACKED
        orderable = False
        fields = ("institution", "department", "method", "effective_from", "source_text", "changed_by")

    def __init__(self, *args: Any, in_force: set[int], **kwargs: Any) -> None:
        self.in_force = in_force
        super().__init__(*args, **kwargs)

    def render_method(self, value: str, record: ItemBasis) -> str:
        return format_html('<a href="{}">{}</a>', reverse("costing:item-basis", args=[record.pk]), value)

    def value_method(self, value: str) -> str:
        return value

    def render_effective_from(self, value: Any, record: ItemBasis) -> str:
        if record.pk not in self.in_force:
            return str(value)
        return format_html('<span class="num">{}</span> {}', value, badge(_("现行"), "good"))

    def value_effective_from(self, value: Any) -> Any:
        return value


class UnitDefinitionTable(Table):
    """Definitions of service units; each opens its units."""

    stacks = True

    institution = django_tables2.Column(verbose_name=_("机构"), attrs={"td": {"class": "cell-name"}})
    count = django_tables2.Column(verbose_name=_("服务单元"), attrs={"td": {"class": "cell-name"}})
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_text = django_tables2.Column(verbose_name=_("依据"), attrs={"td": {"class": "cell-words stack-wide"}})
    changed_by = PersonColumn(verbose_name=_("申请人"))

    class Meta(Table.Meta):
        model = UnitDefinition
        attrs = STACKED
        orderable = False
        fields = ("institution", "count", "effective_from", "source_text", "changed_by")

    def __init__(self, *args: Any, in_force: set[int], **kwargs: Any) -> None:
        self.in_force = in_force
        super().__init__(*args, **kwargs)

    def render_count(self, value: int, record: UnitDefinition) -> str:
        if record.ended:
            return str(_("停用，按执行科室"))
        url = reverse("costing:service-unit-definition", args=[record.pk])
        return format_html('<a href="{}">{}</a>', url, _("%s 个单元") % value)

    def value_count(self, value: Any) -> Any:
        return value

    def render_effective_from(self, value: Any, record: UnitDefinition) -> str:
        if record.pk not in self.in_force:
            return str(value)
        return format_html('<span class="num">{}</span> {}', value, badge(_("现行"), "good"))

    def value_effective_from(self, value: Any) -> Any:
        return value
