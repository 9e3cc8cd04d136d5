"""Set-up of the approval engine."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    name = "workflows"
    label = "workflows"
    verbose_name = "审批"

    def ready(self) -> None:
        from ops_platform.audit.public import register_actions, register_check
        from ops_platform.documents.public import register_owner
        from ops_platform.identity.handlers import on_rights_lessened, on_role_given, on_role_proposed
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.notifications.public import register_event, register_kind
        from ops_platform.web import counters
        from workflows import integrity, optimisation, own_subjects, reference, reference_processes
        from workflows.selectors import matters as selectors
        from workflows.services import requests
        from workflows.services.acts import OWNER
        from workflows.subjects import register_subject

        for subject_type in (*own_subjects.TYPES, optimisation.OPTIMISATION):
            register_subject(subject_type)
        on_role_proposed(own_subjects.propose_role)
        on_rights_lessened(own_subjects.rights_lessened)
        on_role_given(own_subjects.role_given)
        register_owner(OWNER, selectors.may_see)
        register_owner(requests.KIND, selectors.may_see_request)
        register_reference("flows", reference.load_flows)
        register_reference("processes", reference_processes.load_processes)
        register_check("workflows.signatures", "审批签署", integrity.signatures)
        register_check("workflows.turns", "审批待办", integrity.turns)
        register_check("workflows.setbacks", "审批自动处理", integrity.setbacks)
        register_actions(
            workflows__acted="审批办理",
            workflows__flow_drafted="新建审批流程",
            workflows__flow_published="发布审批流程",
            workflows__flow_retired="停用审批流程",
            workflows__delegated="委派审批",
            workflows__delegation_revoked="撤销委派",
            workflows__request_changed="修改事项申请",
            workflows__process_registered="登记业务流程",
            workflows__process_changed="修改业务流程",
            workflows__process_optimised="流程标为已优化",
            workflows__process_point_saved="登记风险点或控制点",
            workflows__process_point_dropped="移除风险点或控制点",
            workflows__process_state_saved="填写流程优化前后的数据",
            workflows__case_saved="保存典型案例",
        )
        register_event("workflows.submitted", _("提交审批"))
        register_event("workflows.step_entered", _("进入下一环节"))
        register_event("workflows.sent_back", _("退回申请人"))
        register_event("workflows.decided", _("审批办结"))
        register_kind("workflows.task", _("待我审批"))
        register_kind("workflows.returned", _("退回给我"))
        register_kind("workflows.result", _("审批结果"), to_do=False)
        register_kind("workflows.comment", _("审批评论"), to_do=False)
        register_kind("workflows.signed_for", _("代我办理"), to_do=False)
        register_kind("workflows.copy", _("审批抄送"), to_do=False)
        register_kind("workflows.delegation", _("审批委派"))
        register_kind("workflows.setback", _("审批自动处理失败"))
        counters.register(
            counters.Counter(
                "workflows", _("待办"), "workflows:to-do", icon="checklist", count=selectors.to_do_count, order=10
            )
        )
