"""Set-up of the nightly run."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NightlyConfig(AppConfig):
    name = "ops_platform.nightly"
    label = "nightly"
    verbose_name = "夜间运行"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions
        from ops_platform.masterdata.services import on_parameter_proposed, on_reopening_asked
        from ops_platform.nightly import approval
        from ops_platform.nightly.readiness import worker_answers
        from ops_platform.nightly.selectors import BOARD_READERS, READERS
        from ops_platform.notifications.public import register_kind
        from ops_platform.web import navigation
        from ops_platform.web.health import register_readiness
        from workflows.public import register_subject

        register_readiness("worker", worker_answers)
        register_subject(approval.REOPENING)
        register_subject(approval.PARAMETER)
        on_reopening_asked(approval.begin)
        on_parameter_proposed(approval.begin_parameter)
        register_actions(
            nightly__run_started="启动夜间运行",
            nightly__run_finished="夜间运行结束",
            nightly__run_resumed="恢复夜间运行",
            nightly__month_reminded="催办结账",
            nightly__reminder_answered="答复催办",
        )
        register_kind("nightly.reminder", _("结账催办"))
        navigation.register("夜间运行", _("运行"), "nightly-runs", icon="moon-stars", roles=READERS, order=10)
        navigation.register("夜间运行", _("月末看板"), "nightly-board", icon="lock", roles=BOARD_READERS, order=20)
        navigation.register("夜间运行", _("催办记录"), "nightly-reminders", icon="bell", roles=BOARD_READERS, order=30)
