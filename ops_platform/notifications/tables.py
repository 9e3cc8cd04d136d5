"""Lists of messages, webhooks and deliveries."""

import django_tables2
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import kinds
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint
from ops_platform.web.tables import STACKED_WORDS, ActionsColumn, QuantityColumn, StateColumn, Table, TimeColumn
from ops_platform.web.templatetags.ops import badge

NAME = {"td": {"class": "stack-block stack-name"}}
IN_ONE_LINE = {"td": {"class": "text-nowrap"}}
DELIVERY_TONES = {"waiting": "info", "sent": "good", "failed": "warn", "given_up": "bad"}


class MessageTable(Table):
    """Messages, what was told last first; unread ones stand out."""

    stacks = True
    title = django_tables2.TemplateColumn(
        verbose_name=_("消息"),
        template_name="notifications/message_cell.html",
        orderable=False,
        attrs=NAME,
    )
    kind = django_tables2.Column(verbose_name=_("类别"), orderable=False)
    told_at = TimeColumn(verbose_name=_("时间"))

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Message
        fields = ("title", "kind", "told_at")
        row_attrs = {"class": lambda record: "unread" if record.read_at is None else ""}

    def render_kind(self, value: str) -> str:
        return kinds.title_of(value)

    def value_title(self, record: Message) -> str:
        return f"{record.title} {record.body}".strip()

    def value_kind(self, value: str) -> str:
        return kinds.title_of(value)


class WebhookTable(Table):
    """Webhooks with what they are told and how it goes."""

    name = django_tables2.Column(verbose_name=_("名称"))
    place = django_tables2.Column(verbose_name=_("接收地址"), orderable=False)
    events = django_tables2.Column(verbose_name=_("事件"), orderable=False)
    secret_mark = django_tables2.Column(verbose_name=_("密钥指纹"), orderable=False)
    last_success_at = TimeColumn(verbose_name=_("最近送达"))
    last_failure_at = TimeColumn(verbose_name=_("最近失败"))
    is_active = django_tables2.Column(verbose_name=_("状态"))
    actions = ActionsColumn("notifications/webhook_actions.html")

    class Meta(Table.Meta):
        model = WebhookEndpoint
        fields = ("name", "place", "events", "secret_mark", "last_success_at", "last_failure_at", "is_active")

    def render_events(self, value: list[str]) -> str:
        return "、".join(kinds.title_of(code) for code in value)

    def value_events(self, value: list[str]) -> str:
        return " ".join(value)

    def render_is_active(self, value: bool) -> str:
        return badge(_("在用"), "good") if value else badge(_("已停用"))

    def value_is_active(self, value: bool) -> str:
        return str(_("在用") if value else _("已停用"))


class DeliveryTable(Table):
    """Deliveries, newest first: of a mail the line that left, of an event what makes it unique."""

    stacks = True
    about = django_tables2.Column(verbose_name=_("事由"), orderable=False, attrs=NAME)
    created_at = TimeColumn(verbose_name=_("时间"), orderable=False)
    channel = django_tables2.Column(verbose_name=_("渠道"), orderable=False)
    target = django_tables2.Column(verbose_name=_("送往"), orderable=False, attrs=IN_ONE_LINE)
    event = django_tables2.Column(verbose_name=_("类别"), orderable=False, attrs=IN_ONE_LINE)
    state = StateColumn(verbose_name=_("状态"), orderable=False, tones=DELIVERY_TONES)
    attempts = QuantityColumn(verbose_name=_("尝试次数"), orderable=False)
    moment = TimeColumn(verbose_name=_("送达或下次尝试"), orderable=False)
    last_error = django_tables2.Column(verbose_name=_("失败原因"), orderable=False)
    actions = ActionsColumn("notifications/delivery_actions.html")

    class Meta(Table.Meta):
        attrs = STACKED_WORDS
        model = Delivery
        fields = ("about", "created_at", "channel", "target", "event", "state", "attempts", "moment", "last_error")

    def render_event(self, value: str) -> str:
        return kinds.title_of(value)

    def value_event(self, value: str) -> str:
        return value
