"""Set-up of the intake."""

from django.apps import AppConfig


class HisIntakeConfig(AppConfig):
    name = "ops_platform.his_intake"
    label = "his_intake"
    verbose_name = "数据采集"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.his_intake import integrity, nightly
        from ops_platform.nightly.public import register_step

        register_actions(
            his_intake__batch_accepted="数据批次入库",
            his_intake__rows_discarded="弃用隔离数据",
        )
        register_check("his_intake.references", "收费明细的引用", integrity.orphan_charge_lines)
        register_check("his_intake.batches", "批次与事实行数", integrity.batches_add_up)
        register_step(nightly.QUALITY)
