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
        from ops_platform.masterdata.reference import register_reference
        from ops_platform.notifications.public import register_kind
        from ops_platform.web import counters
        from workflows import integrity, own_subjects, reference
        from workflows.selectors import matters as selectors
        from workflows.services.acts import OWNER
        from workflows.subjects import register_subject

        for subject_type in own_subjects.TYPES:
            register_subject(subject_type)
        register_owner(OWNER, selectors.may_see)
        register_reference("flows", reference.load_flows)
        register_check("workflows.signatures", "审批签署", integrity.signatures)
        register_check("workflows.turns", "审批待办", integrity.turns)
        register_actions(
            workflows__acted="审批办理",
            workflows__flow_drafted="新建审批流程",
            workflows__flow_published="发布审批流程",
            workflows__delegated="委派审批",
            workflows__delegation_revoked="撤销委派",
            workflows__request_changed="修改事项申请",
        )
        register_kind("workflows.task", _("待我审批"))
        register_kind("workflows.result", _("审批结果"))
        register_kind("workflows.copy", _("审批抄送"))
        register_kind("workflows.delegation", _("审批委派"))
        counters.register(
            counters.Counter(
                "workflows", _("待办"), "workflows:to-do", icon="checklist", count=selectors.to_do_count, order=10
            )
        )
