"""Set-up of the app."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "ops_platform.dashboard"
    label = "dashboard"
    verbose_name = "运营驾驶舱"
