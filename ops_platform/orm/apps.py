"""Set-up of the orm layer: after every migration the app role gets exactly the rights its tables declare."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OrmConfig(AppConfig):
    name = "ops_platform.orm"
    label = "orm"

    def ready(self) -> None:
        import ops_platform.celery  # noqa: F401  shared tasks need the configured application
        from ops_platform.orm.privileges import grant_after_migrate

        post_migrate.connect(grant_after_migrate, sender=self, dispatch_uid="orm.privileges")
