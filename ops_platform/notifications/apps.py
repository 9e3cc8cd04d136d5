"""Set-up of the notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ops_platform.notifications"
    label = "notifications"
    verbose_name = "消息"
