"""What of the master data needs a second person: reopening a closed month, and another value of a parameter. masterdata
stands below the approval engine and cannot register them itself."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ops_platform.kernel import Actor, Line, NotFound, Role
from ops_platform.masterdata.models import ParameterProposal, PeriodReopening, Scope
from ops_platform.masterdata.selectors import value_before
from ops_platform.masterdata.services import (
    REOPENERS,
    SETTERS,
    accept_parameter,
    change_proposal,
    change_reopening_reason,
    confirm_reopening,
    refuse_parameter,
    refuse_reopening,
    withdraw_parameter,
    withdraw_reopening,
)
from ops_platform.nightly import starting
from ops_platform.web.numbers import number_of
from workflows.public import (
    Attribute,
    Decision,
    Kind,
    Level,
    Step,
    Subject,
    SubjectType,
    default,
    hold_returned,
    role,
    start,
)

KIND = "nightly.reopening"
PARAMETER_KIND = "masterdata.parameter"


def _load(subject: str) -> Subject:
    rows = PeriodReopening.objects.select_related("accounting_period__institution")
    request = rows.filter(pk=number_of(subject)).first()
    if request is None:
        raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
    month, institution = request.accounting_period, request.accounting_period.institution
    later = institution.periods.filter(period__gt=month.period, state="closed").count()
    return Subject(
        title=f"反结账：{institution.name} {month.period}",
        institution=institution.pk,
        values={"later_closed_months": Decimal(later), "institution_kind": institution.kind},
        content={"institution": institution.code, "period": month.period, "reason": request.reason},
        lines=(
            Line("机构", institution.name),
            Line("期间", month.period),
            Line("原因", request.reason),
            Line("其后已结账的月份", f"{later} 个"),
            Line("同意之后", "该期间重新打开，可以补录和更正；原核算结果保留，重新核算的结果标为重述。"),
        ),
        url=reverse("masterdata:period", args=[institution.pk, month.period]),
        edit=reverse("nightly-change-reopening", args=[request.pk]),
    )


def _approved(actor: Actor, subject: str, _decision: Decision) -> None:
    confirm_reopening(actor, reopening_id=int(subject))


def _rejected(actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_reopening(actor, reopening_id=int(subject))


def _withdrawn(_actor: Actor, subject: str, _decision: Decision) -> None:
    withdraw_reopening(reopening_id=int(subject))


def begin(actor: Actor, request: PeriodReopening) -> None:
    """A person asked for a reopening: it goes on its way. What the platform itself asks for needs nobody's approval."""
    if actor.user is not None:
        start(actor, kind=KIND, subject=str(request.pk), comment=request.reason)


@transaction.atomic
def change_reason(actor: Actor, *, reopening_id: int, reason: str) -> None:
    """The applicant says the reason anew while the reopening is returned; submitted again, the new one is what is signed."""
    hold_returned(actor, kind=KIND, subject=str(reopening_id))
    change_reopening_reason(actor, reopening_id=reopening_id, reason=reason)


REOPENING = SubjectType(
    code=KIND,
    title=_("反结账"),
    load=_load,
    applicants=REOPENERS,
    begin=starting.REOPENING,
    attributes=(
        Attribute("later_closed_months", "其后已结账的月份数", Kind.NUMBER),
        Attribute("institution_kind", "机构类型", Kind.TEXT),
    ),
    on_approval=_approved,
    on_rejection=_rejected,
    on_withdrawal=_withdrawn,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER),
    default=default(
        "反结账",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="反结账须写明原因，经财务负责人或运营管理中心中申请人以外的一人同意。",
    ),
)


def _load_parameter(subject: str) -> Subject:
    proposal = ParameterProposal.objects.select_related("institution").filter(pk=number_of(subject)).first()
    if proposal is None:
        raise NotFound("masterdata.no_proposal", "没有这个参数变更申请。")
    open_ = proposal.state == ParameterProposal.State.PROPOSED
    before = value_before(proposal) if open_ else proposal.before
    institution, unit = proposal.institution, f" {proposal.unit}" if proposal.unit else ""
    reach = institution.name if institution else f"整个医共体({proposal.get_scope_display()})"
    return Subject(
        title=f"参数变更：{proposal.name} {_plain(proposal.value)}{unit}({institution.name if institution else '统一'})",
        institution=institution.pk if institution else None,
        values={"parameter": proposal.key, "scope": str(proposal.scope)},
        content={
            "key": proposal.key,
            "scope": str(proposal.scope),
            "institution": institution.code if institution else "",
            "effective_from": proposal.effective_from.isoformat(),
            "value": _plain(proposal.value),
            "before": _plain(before) if before is not None else "",
            "source": proposal.source_text,
        },
        lines=(
            Line("参数", f"{proposal.name}({proposal.key})"),
            Line("现行取值", f"{_plain(before)}{unit}" if before is not None else "没有取值"),
            Line("新的取值", f"{_plain(proposal.value)}{unit}"),
            Line("单位", proposal.unit or "—"),
            Line("适用范围", str(proposal.get_scope_display())),
            Line("机构", reach),
            Line("生效日期", proposal.effective_from.isoformat()),
            Line("依据", proposal.source_text),
        ),
        url=reverse("masterdata:parameter", args=[proposal.key]),
        edit=reverse("nightly-change-parameter", args=[proposal.pk]),
    )


def _plain(value: Decimal) -> str:
    """The number without zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _parameter_approved(actor: Actor, subject: str, _decision: Decision) -> None:
    accept_parameter(actor, proposal_id=int(subject))


def _parameter_rejected(actor: Actor, subject: str, _decision: Decision) -> None:
    refuse_parameter(actor, proposal_id=int(subject))


def _parameter_withdrawn(actor: Actor, subject: str, _decision: Decision) -> None:
    withdraw_parameter(actor, proposal_id=int(subject))


def begin_parameter(actor: Actor, proposal: ParameterProposal) -> None:
    """A person proposed a value: it goes on its way."""
    start(actor, kind=PARAMETER_KIND, subject=str(proposal.pk), comment=proposal.source_text)


@transaction.atomic
def change_parameter(actor: Actor, *, proposal_id: int, effective_from: date, value: Decimal, source_text: str) -> None:
    """The applicant changes day, value and source while the proposal is returned."""
    hold_returned(actor, kind=PARAMETER_KIND, subject=str(proposal_id))
    change_proposal(actor, proposal_id=proposal_id, effective_from=effective_from, value=value, source_text=source_text)


PARAMETER = SubjectType(
    code=PARAMETER_KIND,
    title=_("参数变更"),
    load=_load_parameter,
    applicants=SETTERS,
    begin=starting.PARAMETER,
    attributes=(
        Attribute("parameter", "参数代码", Kind.TEXT),
        Attribute("scope", "适用范围", Kind.CHOICE, tuple((str(code), str(title)) for code, title in Scope.choices)),
    ),
    on_approval=_parameter_approved,
    on_rejection=_parameter_rejected,
    on_withdrawal=_parameter_withdrawn,
    readers=(Role.FINANCE_OFFICER, Role.ACCOUNTING_REVIEWER, Role.INSURANCE_OFFICER),
    default=default(
        "参数变更",
        (
            Step(
                "second",
                "第二人审批",
                (role(Role.FINANCE_DIRECTOR), role(Role.OPERATION_CENTRE, Level.ALLIANCE)),
                remind_hours=24,
                escalate_hours=72,
            ),
        ),
        note="参数的新取值须经财务负责人或运营管理中心中申请人以外的一人同意；没有这样的人时由领导小组审批。",
    ),
)
