"""Set-up of the notifications."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "ops_platform.notifications"
    label = "notifications"
    verbose_name = "消息与任务"

    def ready(self) -> None:
        from ops_platform.notifications import selectors
        from ops_platform.web import counters

        counters.register(
            counters.Counter("messages", _("消息"), "messages", icon="bell", count=selectors.unread, order=20)
        )
