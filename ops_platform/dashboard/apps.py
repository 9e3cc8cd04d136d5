"""Set-up of the dashboard."""

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "ops_platform.dashboard"
    label = "dashboard"
    verbose_name = "运营驾驶舱"

    def ready(self) -> None:
        from django.utils.translation import gettext_lazy as _

        from ops_platform.dashboard.scope import COCKPIT_READERS
        from ops_platform.web import navigation

        navigation.register("总览", _("首页"), "home", icon="home", order=10)
        navigation.register("总览", _("机构比较"), "comparison", icon="sitemap", roles=COCKPIT_READERS, order=20)
