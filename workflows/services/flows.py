"""Flows and their versions: drafts, publishing, which version a new matter begins with."""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.identity.models import User
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role, Severity
from workflows.engine.definition import Definition, faults, from_json, to_json
from workflows.models import Flow, FlowVersion, Matter
from workflows.selectors.flows import RETIREMENT, SUBJECT
from workflows.selectors.matters import on_its_way
from workflows.subjects import subject_type

MAKERS = (Role.SYSTEM_ADMIN, Role.OPERATION_CENTRE)


def version_for(kind: str, institution: int | None) -> FlowVersion:
    """The version in force: the institution's own flow, else the alliance's. Raises Conflict where there is none."""
    rows = Flow.objects.filter(subject_type=kind, current__isnull=False).select_related("current")
    for place in dict.fromkeys((institution, None)):
        flow = rows.filter(institution=place).first()
        if flow is not None and flow.current is not None:
            return flow.current
    raise Conflict("workflows.no_flow", "这类事项还没有审批流程，请先由系统管理员发布流程。", type=kind)


LONGEST_MAKERS = 150


def with_attributes(kind: str, body: Mapping[str, Any]) -> Definition:
    """The definition of a draft, its conditions read against what the subject type declares now."""
    draft = from_json({"attributes": [], **body})
    return Definition(
        steps=draft.steps,
        attributes=subject_type(kind).attributes,
        withdrawing=draft.withdrawing,
        sign_once=draft.sign_once,
        straight_back=draft.straight_back,
        batch=draft.batch,
        stand_ins=draft.stand_ins,
        needs_department=draft.needs_department,
    )


def access_flow(flow_id: int) -> Flow:
    """One flow. Raises NotFound."""
    flow = Flow.objects.select_related("institution", "current", "draft_by").filter(pk=flow_id).first()
    if flow is None:
        raise NotFound("workflows.no_flow_found", "没有这个流程。")
    return flow


@transaction.atomic
def create_flow(actor: Actor, *, kind: str, institution_id: int | None, title: str) -> Flow:
    """A flow of one institution's own; it begins as a draft that copies the one in force there, an empty one where there is
    none."""
    must_make(actor)
    subject_type(kind)
    if not title.strip():
        raise Invalid("workflows.flow_untitled", "请填写流程名称。", field="title")
    if Flow.objects.filter(subject_type=kind, institution=institution_id).exists():
        raise _exists_already()
    try:
        body = version_for(kind, institution_id).body
    except Conflict:
        body = to_json(Definition(steps=()))
    try:
        with transaction.atomic():
            flow = Flow.objects.create(
                subject_type=kind,
                institution_id=institution_id,
                title=title.strip()[:80],
                draft=body,
                draft_by_id=actor.user,
                draft_editors=[actor.user] if actor.user else [],
                draft_at=timezone.now(),
            )
    except IntegrityError as error:
        raise _exists_already() from error
    record(actor, "workflows.flow_drafted", subject_type="flow", subject=flow.pk, detail={"type": kind})
    return flow


def _exists_already() -> Conflict:
    return Conflict("workflows.flow_exists", "这类事项在该处已有流程，请直接修改。", field="institution")


@transaction.atomic
def save_draft(actor: Actor, *, flow_id: int, body: Mapping[str, Any], seen: str, note: str | None = None) -> Flow:
    """Keep what an administrator is working on. Faults are shown, not refused; publishing refuses them.

    Raises Conflict while the draft is under approval, and when it is another one than what the administrator has `seen`.
    """
    flow = lock_for_change(actor, flow_id)
    must_have_seen(flow, seen)
    definition = with_attributes(flow.subject_type, body)
    flow.draft = to_json(definition)
    flow.draft_note = flow.draft_note if note is None else note.strip()[:300]
    flow.draft_by_id, flow.draft_at = actor.user, timezone.now()
    if actor.user is not None and actor.user not in flow.draft_editors:
        flow.draft_editors = [*flow.draft_editors, actor.user]
    flow.save(update_fields=["draft", "draft_note", "draft_by", "draft_editors", "draft_at"])
    return flow


@transaction.atomic
def discard_draft(actor: Actor, *, flow_id: int, seen: str) -> Flow:
    """Give the draft up; one that has been submitted is withdrawn first. A repeat changes nothing."""
    flow = lock_for_change(actor, flow_id)
    if flow.draft is None:
        return flow
    must_have_seen(flow, seen)
    if on_its_way(SUBJECT, str(flow.pk)) is not None:
        raise Conflict("workflows.draft_under_way", "草稿已提交审批，请先撤回那件审批再放弃草稿。")
    flow.draft, flow.draft_note, flow.draft_by, flow.draft_at = None, "", None, None
    flow.draft_editors = []
    flow.save(update_fields=["draft", "draft_note", "draft_by", "draft_editors", "draft_at"])
    return flow


def lock_for_change(actor: Actor, flow_id: int) -> Flow:
    """The flow under its row lock, by somebody who may change it, while its draft is not being approved. What was returned
    may be changed and submitted again."""
    must_make(actor)
    flow = lock_flow(flow_id)
    matter = on_its_way(SUBJECT, str(flow.pk))
    if matter is not None and matter.state == Matter.State.RUNNING:
        raise Conflict("workflows.draft_under_way", "草稿正在审批，请先撤回或请审批人退回，再修改。")
    if on_its_way(RETIREMENT, str(flow.pk)) is not None:
        raise Conflict("workflows.retirement_under_way", "这个流程已申请停用，请等审批办结，或先撤回停用申请，再修改。")
    return flow


def token_of(flow: Flow) -> str:
    """What tells the present draft from earlier ones; a page carries it as what its reader has seen."""
    if flow.draft_at is not None:
        return flow.draft_at.isoformat()
    return f"version-{flow.current.number}" if flow.current is not None else "nothing"


def must_have_seen(flow: Flow, seen: str) -> None:
    """Raises Conflict when the draft was changed, published or given up since the actor's page was made."""
    if seen == token_of(flow):
        return
    if flow.draft_at is not None:
        when = timezone.localtime(flow.draft_at)
        what = f"草稿已由 {flow.draft_by} 在 {when:%m-%d %H:%M} 修改"
    else:
        what = "草稿已被发布或放弃"
    raise Conflict("workflows.draft_changed", f"{what}，您的这次改动没有保存。请核对现在的内容，再决定是否保存。")


def blocking(definition: Definition) -> list[str]:
    """Words of all that keeps the definition from being published."""
    return [finding.message for finding in faults(definition) if finding.severity is Severity.BLOCKING]


def ready_draft(flow: Flow) -> Definition:
    """The draft, fit to be published. Raises Conflict without one, Invalid with its faults."""
    if flow.draft is None:
        raise Conflict("workflows.no_draft", "没有待发布的草稿。")
    definition = with_attributes(flow.subject_type, flow.draft)
    found = blocking(definition)
    if found:
        raise Invalid("workflows.draft_faulty", " ".join(found))
    return definition


def must_be_submittable(actor: Actor, flow_id: int) -> None:
    """The draft has no fault and changes something, and the actor is who changed it last: they stand in the version as who
    made it, and nobody approves what they made. Raises Invalid or Conflict."""
    must_make(actor)
    flow = lock_flow(flow_id)
    ready = ready_draft(flow)
    if flow.current is not None and to_json(ready) == flow.current.body:
        raise Conflict("workflows.draft_unchanged", f"草稿与现行第 {flow.current.number} 版相同，没有需要审批的改动。")
    if flow.draft_by_id != actor.user:
        raise Conflict(
            "workflows.not_the_drafter",
            f"草稿最后由 {flow.draft_by} 修改，请由其提交。您也可以核对后保存一次流程规则，再由您提交。",
        )


@transaction.atomic
def publish(actor: Actor, *, flow_id: int, made_by: str) -> FlowVersion:
    """The draft becomes the version in force. Called when a second person has approved it, or by the reference data. Who
    else worked on the draft stands in the version beside who submitted it."""
    flow = lock_flow(flow_id)
    definition = ready_draft(flow)
    last = flow.versions.aggregate(last=Max("number"))["last"] or 0
    version = FlowVersion.objects.create(
        flow=flow,
        number=last + 1,
        body=to_json(definition),
        note=flow.draft_note,
        made_by="、".join(dict.fromkeys([made_by, *_names(flow.draft_editors)]))[:LONGEST_MAKERS],
        approved_by=actor.name,
        published_at=timezone.now(),
    )
    flow.current, flow.draft, flow.draft_note, flow.draft_by, flow.draft_at = version, None, "", None, None
    flow.draft_editors = []
    flow.save()
    record(
        actor,
        "workflows.flow_published",
        subject_type="flow",
        subject=flow.pk,
        detail={"type": flow.subject_type, "version": version.number, "made_by": made_by},
    )
    return version


def _names(persons: Collection[int]) -> list[str]:
    return list(User.objects.filter(pk__in=persons).order_by("username").values_list("username", flat=True))


def must_make(actor: Actor) -> None:
    """The actor may change flows. Raises Forbidden."""
    if not actor.has(*MAKERS):
        raise Forbidden("workflows.not_allowed", "只有系统管理员或运营管理中心可以修改审批流程。")
    if actor.user is not None and not User.objects.filter(pk=actor.user, is_active=True).exists():
        raise Forbidden("workflows.persons_only", "审批只能由登录的人员办理。")


def lock_flow(flow_id: int) -> Flow:
    """The flow under its row lock. Raises NotFound."""
    rows = Flow.objects.select_for_update(of=("self",)).select_related("current", "institution")
    flow = rows.filter(pk=flow_id).first()
    if flow is None:
        raise NotFound("workflows.no_flow_found", "没有这个流程。")
    return flow
