"""Set-up of the audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ops_platform.audit"
    label = "audit"
    verbose_name = "审计"

    def ready(self) -> None:
        from ops_platform.audit import chain, head, registry

        registry.register_check("audit.chain", "审计链", chain.verify)
        registry.register_check("audit.heads", "导出的审计链头", head.verify_heads)
