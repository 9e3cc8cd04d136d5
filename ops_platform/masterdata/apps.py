"""Set-up of the master data app."""

from django.apps import AppConfig


class MasterdataConfig(AppConfig):
    name = "ops_platform.masterdata"
    label = "masterdata"
    verbose_name = "主数据"

    def ready(self) -> None:
        from pathlib import Path

        from ops_platform.audit.public import register_actions, register_institution_names
        from ops_platform.masterdata import reference
        from ops_platform.masterdata.selectors import institution_names

        shipped = Path(__file__).parent / "reference_data"
        reference.register_reference("code_sets", lambda: reference.load_code_sets(shipped / "code_sets.json"))
        reference.register_reference("parameters", lambda: reference.load_parameters(shipped / "parameters.json"))
        register_actions(
            masterdata__alliance_loaded="载入医共体机构",
            masterdata__reference_loaded="载入参考数据",
            masterdata__period_opened="开启会计期间",
            masterdata__period_closing="开始结账",
            masterdata__period_closed="结账",
            masterdata__period_reopening_requested="申请反结账",
            masterdata__period_reopening_reworded="修改反结账原因",
            masterdata__period_reopened="反结账",
            masterdata__period_reopening_refused="驳回反结账申请",
            masterdata__parameter_proposed="申请修改参数",
            masterdata__parameter_proposal_changed="改动参数变更申请",
            masterdata__parameter_changed="修改参数",
            masterdata__parameter_refused="驳回参数变更申请",
            masterdata__parameter_withdrawn="撤回参数变更申请",
        )
        register_institution_names(institution_names)
