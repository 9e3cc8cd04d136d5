"""Lists of the master data pages."""

import django_tables2
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.masterdata.models import Code, CodeSet, Parameter
from ops_platform.web.tables import DayColumn, PersonColumn, QuantityColumn, StateColumn, Table

SOURCE_TONES = {"seed": "good", "web": "info", "recall": "warn", "default": "neutral"}


class CodeSetTable(Table):
    """Code sets with the version in force."""

    name = django_tables2.Column(verbose_name=_("名称"), linkify=("masterdata:code-set", {"code": A("code")}))
    code = django_tables2.Column(verbose_name=_("代码"))
    description = django_tables2.Column(verbose_name=_("说明"), orderable=False)
    versions = QuantityColumn(verbose_name=_("版本数"), accessor="version_count")
    newest = DayColumn(verbose_name=_("最新版本自"), accessor="newest_from")

    class Meta(Table.Meta):
        model = CodeSet
        fields = ("name", "code", "description", "versions", "newest")


class CodeTable(Table):
    """Codes of one version."""

    code = django_tables2.Column(verbose_name=_("代码"))
    name = django_tables2.Column(verbose_name=_("名称"))
    parent_code = django_tables2.Column(verbose_name=_("上级代码"))
    remark = django_tables2.Column(verbose_name=_("备注"), orderable=False)

    class Meta(Table.Meta):
        model = Code
        fields = ("code", "name", "parent_code", "remark")


class _ParameterRows(Table):
    value = QuantityColumn(verbose_name=_("取值"))
    unit = django_tables2.Column(verbose_name=_("单位"), orderable=False)
    scope = django_tables2.Column(verbose_name=_("适用范围"))
    institution = django_tables2.Column(verbose_name=_("机构"))
    effective_from = DayColumn(verbose_name=_("生效日期"))
    source_mark = StateColumn(verbose_name=_("来源"), tones=SOURCE_TONES)
    source_text = django_tables2.Column(verbose_name=_("依据"), orderable=False)


class ParameterTable(_ParameterRows):
    """Parameters as they hold today."""

    name = django_tables2.Column(verbose_name=_("参数"), linkify=("masterdata:parameter", {"key": A("key")}))

    class Meta(Table.Meta):
        model = Parameter
        fields = ("name", "value", "unit", "scope", "institution", "effective_from", "source_mark", "source_text")
        sequence = fields


class ParameterHistoryTable(_ParameterRows):
    """All values of one parameter."""

    changed_by = PersonColumn(verbose_name=_("修改人"), orderable=False)

    class Meta(Table.Meta):
        model = Parameter
        fields = ("effective_from", "value", "unit", "scope", "institution", "source_mark", "source_text", "changed_by")
        sequence = fields
