"""The list of messages."""

import django_tables2
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import kinds
from ops_platform.notifications.models import Message
from ops_platform.web.tables import Table, TimeColumn


class MessageTable(Table):
    """Messages, what was told last first; unread ones stand out."""

    title = django_tables2.TemplateColumn(
        verbose_name=_("消息"), template_name="notifications/message_cell.html", orderable=False
    )
    kind = django_tables2.Column(verbose_name=_("类别"), orderable=False)
    told_at = TimeColumn(verbose_name=_("时间"))

    class Meta(Table.Meta):
        model = Message
        fields = ("title", "kind", "told_at")
        row_attrs = {"class": lambda record: "unread" if record.read_at is None else ""}

    def render_kind(self, value: str) -> str:
        return kinds.title_of(value)

    def value_title(self, record: Message) -> str:
        return f"{record.title} {record.body}".strip()

    def value_kind(self, value: str) -> str:
        return kinds.title_of(value)
