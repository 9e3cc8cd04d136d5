"""Set-up of the audit app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "ops_platform.audit"
    label = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        from ops_platform.audit import chain, head, registry
        from ops_platform.audit.selectors import READERS
        from ops_platform.web import navigation

        registry.register_check("audit.chain", "审计链", chain.verify)
        registry.register_check("audit.heads", "导出的审计链头", head.verify_heads)
        navigation.register("系统", _("审计日志"), "audit:events", icon="history", roles=READERS, order=50)
