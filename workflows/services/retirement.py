"""Retiring an institution's own flow: asked for by one person, done when a second one has approved it."""

from django.db import transaction

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Invalid
from workflows.models import Flow, Matter
from workflows.selectors.flows import RETIREMENT, SUBJECT
from workflows.selectors.matters import on_its_way
from workflows.services import acts
from workflows.services.flows import lock_flow, must_make, version_for


@transaction.atomic
def ask_retirement(actor: Actor, *, flow_id: int, reason: str) -> Matter:
    """Ask that an institution's own flow be retired (停用): new matters then go by the alliance's flow, running ones keep
    their version. The alliance's own flow is not retired: without one nothing could be approved."""
    must_make(actor)
    flow = lock_flow(flow_id)
    must_be_retirable(flow)
    if len(reason.strip()) < 2:
        raise Invalid("workflows.reason_missing", "请写明停用的理由(至少 2 个字)。", field="comment")
    if on_its_way(SUBJECT, str(flow.pk)) is not None:
        raise Conflict("workflows.draft_under_way", "草稿已提交审批，请先撤回那件审批，再申请停用。")
    return acts.start(actor, kind=RETIREMENT, subject=str(flow.pk), comment=reason)


@transaction.atomic
def retire(actor: Actor, *, flow_id: int, asked_by: str) -> None:
    """A second person has approved: no new matter begins by the flow. Called by the approval only. Its versions stay, for
    what began by them and to look up; a version that is published later puts it in force again."""
    flow = lock_flow(flow_id)
    must_be_retirable(flow)
    number = flow.current.number if flow.current else 0
    flow.current = None
    flow.save(update_fields=["current"])
    record(
        actor,
        "workflows.flow_retired",
        institution=flow.institution.code if flow.institution else "",
        subject_type="flow",
        subject=flow.pk,
        detail={"type": flow.subject_type, "version": number, "asked_by": asked_by},
    )


def must_be_retirable(flow: Flow) -> None:
    """The flow is an institution's own and in force, and the alliance's is in force without it. Raises Conflict."""
    if flow.institution_id is None:
        raise Conflict("workflows.not_retirable", "整个医共体的流程不能停用，请修改流程。")
    if flow.current is None:
        raise Conflict("workflows.not_in_force", "这个流程没有现行版本，不需要停用。")
    version_for(flow.subject_type, None)  # raises Conflict where nothing would be in force afterwards
