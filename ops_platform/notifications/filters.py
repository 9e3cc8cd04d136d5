"""Filters of the message list."""

import django_filters
from django.utils.translation import gettext_lazy as _

from ops_platform.notifications import kinds
from ops_platform.notifications.models import Message

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
