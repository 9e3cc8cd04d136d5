"""Set-up of the notifications."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "ops_platform.notifications"
    label = "notifications"
    verbose_name = "消息与任务"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions
        from ops_platform.notifications import selectors
        from ops_platform.web import counters, navigation

        register_actions(
            notifications__webhook_created="新建事件推送",
            notifications__webhook_secret_rotated="轮换推送密钥",  # noqa: S106
            notifications__webhook_deactivated="停用事件推送",
            notifications__delivery_retried="重试投递",
        )
        navigation.register("系统", _("事件推送"), "webhooks", icon="webhook", roles=selectors.READERS, order=35)
        navigation.register("系统", _("投递记录"), "deliveries", icon="send", roles=selectors.READERS, order=36)

        counters.register(
            counters.Counter("messages", _("消息"), "messages", icon="bell", count=selectors.unread, order=20)
        )
