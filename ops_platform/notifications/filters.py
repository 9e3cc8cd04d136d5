"""Filters of messages and deliveries."""

import django_filters
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import kinds
from ops_platform.notifications.models import Delivery, Message, WebhookEndpoint

UNREAD, READ = "unread", "read"


class MessageFilter(django_filters.FilterSet):
    """Messages by whether they are read, and by kind."""

    state = django_filters.ChoiceFilter(
        label=_("状态"),
        choices=[(UNREAD, _("未读")), (READ, _("已读"))],
        empty_label=_("全部"),
        method="by_state",
    )
    kind = django_filters.ChoiceFilter(label=_("类别"), choices=kinds.choices, empty_label=_("全部"))

    class Meta:
        model = Message
        fields: list[str] = []

    def by_state(self, rows, _name, value):
        return rows.filter(read_at__isnull=value == UNREAD)


def _all_kinds() -> list[tuple[str, str]]:
    return [*kinds.choices(), *kinds.events().items()]


class DeliveryFilter(django_filters.FilterSet):
    """Deliveries by state, channel, kind and webhook."""

    state = django_filters.ChoiceFilter(label=_("状态"), choices=Delivery.State.choices, empty_label=_("全部"))
    channel = django_filters.ChoiceFilter(label=_("渠道"), choices=Delivery.Channel.choices, empty_label=_("全部"))
    event = django_filters.ChoiceFilter(label=_("类别"), choices=_all_kinds, empty_label=_("全部"))
    endpoint = django_filters.ModelChoiceFilter(
        label=_("接收地址"), queryset=WebhookEndpoint.objects.order_by("name", "id"), empty_label=_("全部")
    )

    class Meta:
        model = Delivery
        fields: list[str] = []
