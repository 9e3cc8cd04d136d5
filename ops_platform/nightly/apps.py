"""Set-up of the nightly run."""

from django.apps import AppConfig


class NightlyConfig(AppConfig):
    name = "ops_platform.nightly"
    label = "nightly"
    verbose_name = "夜间运行"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions

        register_actions(
            nightly__run_started="启动夜间运行",
            nightly__run_finished="夜间运行结束",
            nightly__run_resumed="恢复夜间运行",
        )
