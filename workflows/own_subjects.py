"""The subject types of this app itself: general requests, flows to be published or retired, and roles to be given (identity
stands below and cannot register its own)."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.documents.public import documents_of
from ops_platform.identity import services as identity
from ops_platform.identity.models import ROLE_TITLES, RoleAssignment
from ops_platform.kernel import Actor, Conflict, Line, NotFound, Role
from ops_platform.notifications.public import enqueue
from ops_platform.web.numbers import number_of
from workflows import starting
from workflows.drawing import differences, draw
from workflows.engine.conditions import Attribute, Kind
from workflows.engine.definition import Level, Step, from_json
from workflows.models import Flow, Request, RequestKind
from workflows.place_attributes import DEPARTMENT_CLASS, INSTITUTION_CODE, INSTITUTION_KIND
from workflows.reference import default, role
from workflows.services import flows, retirement
from workflows.services.acts import start
from workflows.services.delegations import barred_by
from workflows.services.requests import ASKERS
from workflows.services.requests import KIND as REQUESTS
from workflows.subjects import Decision, Subject, SubjectType


def _load_request(subject: str) -> Subject:
    row = Request.objects.select_related("institution", "department").filter(pk=number_of(subject)).first()
    if row is None:
        raise NotFound("workflows.no_request", "没有这个申请。")
    kind = RequestKind(row.kind)
    return Subject(
        title=f"{row.title}({row.amount:,} 元)" if row.amount else row.title,
        institution=row.institution_id,
        department=row.department_id,
        values={
            "amount": row.amount,
            "kind": str(row.kind),
            INSTITUTION_CODE.name: row.institution.code,
            INSTITUTION_KIND.name: row.institution.kind,
            DEPARTMENT_CLASS.name: row.department_class or None,
        },
        content={
            "title": row.title,
            "kind": str(row.kind),
            "amount": format(row.amount, "f"),
            "reason": row.reason,
            "institution": row.institution.code,
            "department": row.department.code if row.department else "",
        },
        lines=(
            Line("事项", row.title),
            Line("类别", str(kind.label)),
            Line("金额(元)", f"{row.amount:,}"),
            Line("机构", row.institution.name),
            *((Line("科室", _department_words(row)),) if row.department else ()),
            Line("理由", row.reason),
        ),
        edit=reverse("workflows:change-request", args=[row.pk]),
        documents=documents_of(REQUESTS, [str(row.pk)])[str(row.pk)],
    )


def _department_words(row: Request) -> str:
    title = dict(DEPARTMENT_CLASS.choices).get(row.department_class)
    return f"{row.department}({title})" if title else str(row.department)


def _decide_request(state: str) -> Any:
    def decide(_actor: Actor, subject: str, _decision: Decision) -> None:
        Request.objects.filter(pk=number_of(subject)).update(state=state)

    return decide


REQUEST = SubjectType(
    code=REQUESTS,
    title=_("事项申请"),
    load=_load_request,
    applicants=ASKERS,
    begin=starting.REQUEST,
    attributes=(
        Attribute("amount", "金额", Kind.AMOUNT),
        Attribute("kind", "类别", Kind.CHOICE, tuple((str(code), str(title)) for code, title in RequestKind.choices)),
        INSTITUTION_CODE,
        INSTITUTION_KIND,
        DEPARTMENT_CLASS,
    ),
    on_approval=_decide_request(Request.State.GRANTED),
    on_rejection=_decide_request(Request.State.DENIED),
    on_withdrawal=_decide_request(Request.State.WITHDRAWN),
    default=default(
        "事项申请",
        (
            Step(
                "head",
                "机构负责人审批",
                (role(Role.INSTITUTION_HEAD),),
                condition="amount <= 50000",
                remind_hours=24,
                escalate_hours=72,
            ),
            Step(
                "centre",
                "运营管理中心审批",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE),),
                condition="amount > 50000 and amount < 500000",
                copies=(role(Role.INSTITUTION_HEAD),),
                remind_hours=24,
                escalate_hours=72,
            ),
            Step(
                "group",
                "领导小组审批",
                (role(Role.LEADERSHIP, Level.ALLIANCE),),
                condition="amount >= 500000",
                copies=(role(Role.INSTITUTION_HEAD), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=48,
            ),
        ),
        note="医联体分级审批：5 万元及以下机构负责人，50 万元及以上领导小组，其间运营管理中心。",
        batch=True,
    ),
)


def _load_flow(subject: str) -> Subject:
    flow = Flow.objects.select_related("institution", "current").filter(pk=number_of(subject)).first()
    if flow is None:
        raise NotFound("workflows.no_flow_found", "没有这个流程。")
    draft = flow.draft or (flow.current.body if flow.current else {})
    return Subject(
        title=f"发布流程：{flow.title}",
        institution=flow.institution_id,
        values={},
        content={"flow": flow.pk, "draft": draft},
        lines=(
            Line("流程", flow.title),
            Line("适用", flow.institution.name if flow.institution else "整个医共体"),
            Line("说明", flow.draft_note or "—"),
            *_compared(flow),
            *_drawn(flow.subject_type, draft),
        ),
        url=reverse("workflows:flow-draft", args=[flow.pk])
        if flow.draft
        else reverse("workflows:flow", args=[flow.pk]),
        edit=reverse("workflows:flow-draft", args=[flow.pk]),
        barred=frozenset(flow.draft_editors),
    )


def _compared(flow: Flow) -> Iterator[Line]:
    """What the draft changes in what is in force there now."""
    if not flow.draft:
        return
    try:
        version = flows.version_for(flow.subject_type, flow.institution_id)
    except Conflict:
        yield Line("与现行版本比较", "首次发布，此前没有流程")
        return
    label = f"与现行第 {version.number} 版比较" if flow.current else f"与整个医共体第 {version.number} 版比较"
    found = differences(flows.with_attributes(flow.subject_type, flow.draft), from_json(version.body))
    yield Line(label, "\n".join(f"{which}：{what}" if what else which for which, what in found) or "没有不同")


def _drawn(kind: str, draft: Mapping[str, Any]) -> Iterator[Line]:
    """The flow in words, step by step: what the second person signs."""
    if not draft:
        return
    drawing = draw(flows.with_attributes(kind, draft))
    if drawing.warnings:
        yield Line("提醒", "\n".join(drawing.warnings))
    for number, step in enumerate(drawing.steps, start=1):
        parts = (step.how, "、".join(step.signers), step.condition, f"否决时：{step.rejection}", *step.limits)
        yield Line(f"环节 {number} {step.title}", "；".join(part for part in parts if part))
    yield Line("选项", "；".join(drawing.options) or "—")


def _must_be_submittable(actor: Actor, subject: str) -> None:
    flows.must_be_submittable(actor, number_of(subject))


def _publish_flow(actor: Actor, subject: str, decision: Decision) -> None:
    flows.publish(actor, flow_id=number_of(subject), made_by=decision.applicant)


FLOW = SubjectType(
    code="workflows.flow",
    title=_("流程发布"),
    load=_load_flow,
    applicants=flows.MAKERS,
    begun_at="流程草稿在「审批流程」页面上绘制并提交：提交人须看过所提交的图，程序没有看过，不能代为提交。",
    ready=_must_be_submittable,
    on_approval=_publish_flow,
    lasting=False,
    default=default(
        "流程发布",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE), role(Role.LEADERSHIP, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="审批流程的修改须经第二人同意。",
    ),
)


def _load_retirement(subject: str) -> Subject:
    flow = Flow.objects.select_related("institution", "current").filter(pk=number_of(subject)).first()
    if flow is None:
        raise NotFound("workflows.no_flow_found", "没有这个流程。")
    number = flow.current.number if flow.current else 0
    instead = Flow.objects.filter(subject_type=flow.subject_type, institution=None, current__isnull=False)
    alliance = instead.select_related("current").first()
    body = alliance.current.body if alliance and alliance.current else {}
    return Subject(
        title=f"停用流程：{flow.title}",
        institution=flow.institution_id,
        values={},
        content={"flow": flow.pk, "version": number},
        lines=(
            Line("流程", flow.title),
            Line("适用", flow.institution.name if flow.institution else "整个医共体"),
            Line("现行版本", f"第 {number} 版" if number else "—"),
            Line("同意之后", "新事项改按整个医共体的流程办理，如下；办理中的事项仍按原版本。"),
            *_drawn(flow.subject_type, body),
        ),
        url=reverse("workflows:flow", args=[flow.pk]),
    )


def _must_be_retirable(_actor: Actor, subject: str) -> None:
    retirement.must_be_retirable(flows.access_flow(number_of(subject)))


def _retire_flow(actor: Actor, subject: str, decision: Decision) -> None:
    retirement.retire(actor, flow_id=number_of(subject), asked_by=decision.applicant)


RETIREMENT = SubjectType(
    code="workflows.retirement",
    title=_("流程停用"),
    load=_load_retirement,
    applicants=flows.MAKERS,
    begin=starting.RETIREMENT,
    ready=_must_be_retirable,
    on_approval=_retire_flow,
    lasting=False,
    default=default(
        "流程停用",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.OPERATION_CENTRE, Level.ALLIANCE), role(Role.LEADERSHIP, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="停用机构单独的审批流程须经第二人同意。",
    ),
)


def _assignment(subject: str) -> RoleAssignment:
    row = (
        RoleAssignment.objects.select_related("user", "institution", "department").filter(pk=number_of(subject)).first()
    )
    if row is None:
        raise NotFound("identity.no_assignment", "没有这条角色记录。")
    return row


def _load_role(subject: str) -> Subject:
    row = _assignment(subject)
    title = str(ROLE_TITLES[Role(row.role)])
    return Subject(
        title=f"授予角色：{row.user} {title}",
        institution=row.institution_id,
        department=row.department_id,
        values={"role": str(row.role)},
        content={
            "user": row.user.username,
            "role": str(row.role),
            "institution": row.institution.code if row.institution else "",
            "department": row.department.code if row.department else "",
        },
        lines=(
            Line("人员", f"{row.user}({row.user.username})"),
            Line("角色", title),
            Line("机构", row.institution.name if row.institution else "整个医共体"),
            *((Line("科室", str(row.department)),) if row.department else ()),
            *(Line("请留意", words) for words in barred_by(row)),
        ),
        url=reverse("identity:user", args=[row.user_id]),
        barred=frozenset({row.user_id}),
    )


def _give_role(actor: Actor, subject: str, _decision: Decision) -> None:
    identity.confirm_role(actor, assignment_id=number_of(subject))


def _refuse_role(actor: Actor, subject: str, _decision: Decision) -> None:
    identity.refuse_role(actor, assignment_id=number_of(subject))


def _take_back_role(actor: Actor, subject: str, _decision: Decision) -> None:
    identity.withdraw_proposal(actor, assignment_id=number_of(subject))


def propose_role(actor: Actor, assignment: RoleAssignment) -> None:
    """A person proposed a role: it goes on its way. Set-up commands bring their own second actor."""
    if actor.user is not None:
        start(actor, kind="identity.role", subject=str(assignment.pk))


def rights_lessened(user: int) -> None:
    """Somebody left or lost a role: their open tasks go to others soon after."""
    enqueue("workflows.replace_person", person=user)


def role_given(assignment: RoleAssignment) -> None:
    """Somebody has a role (again): what waits for it is offered to them soon after."""
    enqueue("workflows.offer", person=assignment.user_id, role=str(assignment.role))


ROLE = SubjectType(
    code="identity.role",
    title=_("授予角色"),
    load=_load_role,
    applicants=(Role.SYSTEM_ADMIN,),
    begin=starting.ROLE,
    attributes=(
        Attribute("role", "角色", Kind.CHOICE, tuple((role.value, str(title)) for role, title in ROLE_TITLES.items())),
    ),
    on_approval=_give_role,
    on_rejection=_refuse_role,
    on_withdrawal=_take_back_role,
    readers=(Role.SYSTEM_ADMIN,),
    default=default(
        "授予角色",
        (Step("second", "另一位系统管理员确认", (role(Role.SYSTEM_ADMIN, Level.ALLIANCE),), remind_hours=24),),
        note="授予角色须由申请人和本人以外的第二位管理员同意。",
        stand_ins=False,
    ),
)

TYPES = (REQUEST, FLOW, RETIREMENT, ROLE)
