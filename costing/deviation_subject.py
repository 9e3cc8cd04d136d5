"""What of a deviation is approved: the reason, and what is to be done until when."""

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from costing.deviation_telling import words_of
from costing.engine.targets import Metric, excess
from costing.models import CostDeviation, DeviationAction, DeviationKind
from costing.selectors.responsibility.reach import ANSWERERS, deviations
from costing.services.deviations import KIND, approve_plan, refuse_plan
from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.web import formats
from ops_platform.web.numbers import number_of
from workflows.public import Attribute, Decision, Kind, Level, Step, Subject, SubjectType, default, role


def _load(subject: str) -> Subject:
    rows = CostDeviation.objects.select_related("institution", "department", "target", "responsible", "explained_by")
    found = rows.filter(pk=number_of(subject)).first()
    if found is None:
        raise NotFound("costing.no_deviation", "没有这个成本偏差。")
    actions = "\n".join(f"{number}. {what}(期限 {due})" for number, (what, due) in enumerate(found.plan, 1))
    return Subject(
        title=f"成本偏差整改：{found.title} {formats.period_label(found.period)}",
        institution=found.institution_id,
        department=found.department_id,
        values={"kind": str(found.kind), "whole": found.department_id is None, "excess": _excess(found)},
        content={
            "institution": found.institution.code,
            "department": found.department.code if found.department else "",
            "period": found.period,
            "title": found.title,
            "limit": format(found.limit, "f"),
            "actual": format(found.actual, "f"),
            "run": found.cost_run_id,
            "reason": found.reason,
            "plan": found.plan,
        },
        lines=(
            Line("机构", found.institution.name),
            Line("科室", found.department.name if found.department else "全院"),
            Line("月份", formats.period_label(found.period)),
            Line("偏差", f"{found.get_kind_display()}：{words_of(found)}"),
            Line("责任人", found.responsible.display_name),
            Line("原因", found.reason),
            Line("整改措施", actions or "重新核算后目标已达成，无须整改"),
        ),
        url=reverse("costing:deviation", args=[found.pk]),
        edit=reverse("costing:explain-deviation", args=[found.pk]),
        # the responsible person answers; a specialist may have explained, and the responsible one still does not approve it
        barred=frozenset(person.pk for person in found.people),
    )


def _excess(found: CostDeviation) -> Decimal | None:
    if found.target is None:
        return None
    exact = excess(Metric(found.target.metric), found.limit, found.actual)
    return (
        None
        if exact is None
        else (Decimal(exact.numerator) / Decimal(exact.denominator) * 100).quantize(Decimal("0.01"))
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    approve_plan(actor, deviation_id=number_of(subject))


def _refused(_actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_plan(deviation_id=number_of(subject))


def may_see_proof(actor: Actor, owner_id: str) -> bool:
    """Whether the actor may open the files of an action's proof."""
    action = DeviationAction.objects.filter(pk=number_of(owner_id)).first()
    return action is not None and deviations(actor=actor).filter(pk=action.deviation_id).exists()


DEVIATION = SubjectType(
    code=KIND,
    title=_("成本偏差整改"),
    load=_load,
    applicants=ANSWERERS,
    begun_at="成本偏差页面的「说明原因和措施」；由平台在月末后发现，程序不能代责任人说明",
    attributes=(
        Attribute("kind", "类别", Kind.CHOICE, tuple((str(code), str(title)) for code, title in DeviationKind.choices)),
        Attribute("whole", "全院目标", Kind.FLAG),
        Attribute("excess", "超出目标(%)", Kind.NUMBER),
    ),
    on_approval=_approved,
    on_rejection=_refused,
    on_withdrawal=_refused,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.FINANCE_DIRECTOR, Role.INSTITUTION_HEAD),
    default=default(
        "成本偏差整改",
        (
            Step(
                "finance",
                "财务负责人审批",
                (role(Role.FINANCE_DIRECTOR, or_above=True), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
            Step(
                "leader",
                "院领导审批",
                (role(Role.INSTITUTION_HEAD, or_above=True),),
                condition="whole or excess > 20",
                remind_hours=48,
            ),
        ),
        note="科室说明原因、提出措施，财务审批；全院目标或超出目标 20% 以上的，再由院领导审批。比例可在流程中修改。",
    ),
)
