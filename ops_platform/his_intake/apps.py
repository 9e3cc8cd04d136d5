"""Set-up of the intake."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HisIntakeConfig(AppConfig):
    name = "ops_platform.his_intake"
    label = "his_intake"
    verbose_name = "数据采集"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.his_intake import approval, board, integrity, nightly
        from ops_platform.his_intake.selectors import READERS, key_names
        from ops_platform.his_intake.services import UPLOADERS
        from ops_platform.nightly.public import register_column, register_step
        from ops_platform.notifications.public import register_kind
        from ops_platform.web import navigation
        from ops_platform.web.people import register_names
        from workflows.public import register_subject

        register_actions(
            his_intake__batch_accepted="数据批次入库",
            his_intake__rows_discarded="弃用隔离数据",
            his_intake__rows_released="放行隔离数据",
        )
        register_check("his_intake.references", "收费明细的引用", integrity.orphan_charge_lines)
        register_check("his_intake.uses", "耗材使用的就诊", integrity.orphan_uses)
        register_check("his_intake.batches", "批次与事实行数", integrity.batches_add_up)
        register_names(key_names)
        register_subject(approval.RELEASE)
        register_step(nightly.QUALITY)
        register_step(nightly.TELLING)
        register_kind("his_intake.findings", _("数据问题"))
        for column in board.COLUMNS:
            register_column(column)
        for order, (title, name, icon, roles) in enumerate(
            (
                (_("采集概况"), "overview", "table", READERS),
                (_("上传数据"), "upload-choice", "upload", UPLOADERS),
                (_("批次"), "batches", "database", READERS),
                (_("隔离区"), "quarantine", "alert-triangle", READERS),
                (_("数据质量"), "quality", "activity", READERS),
            )
        ):
            navigation.register("数据采集", title, f"his_intake:{name}", icon=icon, roles=roles, order=order)
