"""Lists of the audit pages."""

import django_tables2
from django.utils.translation import gettext_lazy as _
from django_tables2 import A

from ops_platform.audit.models import AuditEvent
from ops_platform.audit.registry import action_title
from ops_platform.web.tables import Table, TimeColumn


class EventTable(Table):
    """Events, newest first."""

    number = django_tables2.Column(verbose_name=_("编号"), linkify=("audit:event", {"number": A("number")}))
    at = TimeColumn(verbose_name=_("时间"))
    actor = django_tables2.Column(verbose_name=_("操作人"))
    action = django_tables2.Column(verbose_name=_("操作"))
    institution = django_tables2.Column(verbose_name=_("机构"))
    subject = django_tables2.Column(verbose_name=_("对象"))
    address = django_tables2.Column(verbose_name=_("来源地址"))
    hash = django_tables2.TemplateColumn(
        '<code title="{{ value }}">{{ value|slice:":12" }}</code>', verbose_name=_("链值")
    )

    class Meta(Table.Meta):
        model = AuditEvent
        orderable = False
        fields = ("number", "at", "actor", "action", "institution", "subject", "address", "hash")

    def render_action(self, value: str) -> str:
        return action_title(value)

    def value_action(self, value: str) -> str:
        return value

    def render_subject(self, record: AuditEvent) -> str:
        return f"{record.subject_type} {record.subject}".strip()

    def value_hash(self, value: str) -> str:
        return value
