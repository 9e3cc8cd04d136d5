"""Values of parameters: proposed by one person, accepted by a second one.

How the second person is found is decided higher up: the approval engine stands above and registers what happens when a value
is proposed (`on_parameter_proposed`). Set-up and reference data write their values directly.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Role
from ops_platform.masterdata.bounds import must_be_within
from ops_platform.masterdata.models import Parameter, ParameterProposal, Scope, SourceMark
from ops_platform.masterdata.selectors import value_before
from ops_platform.masterdata.services.periods import access_institution

SETTERS = (Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
LARGEST = Decimal(10) ** 16
FINEST = Decimal("0.00000001")

Handler = Callable[[Actor, ParameterProposal], None]
_proposed: list[Handler] = []


def on_parameter_proposed(handler: Handler) -> None:
    """Have `handler(actor, proposal)` called in the transaction that proposes a value; called in `apps.ready()`."""
    _proposed.append(handler)


@transaction.atomic
def propose_parameter(
    actor: Actor,
    *,
    key: str,
    scope: str,
    institution_id: int | None,
    effective_from: date,
    value: Decimal,
    source_text: str,
) -> ParameterProposal:
    """Propose a new value of a parameter from a day on; it holds when a second person has accepted it. One value a day, and
    one proposal for it at a time."""
    _must_set(actor, scope, institution_id)
    known = Parameter.objects.filter(key=key).order_by("effective_from").first()
    if known is None:
        raise NotFound("masterdata.no_parameter", f"没有参数 {key}。", key=key)
    _must_fit(key, value)
    proposal = ParameterProposal(
        key=key,
        name=known.name,
        scope=scope,
        institution_id=institution_id if scope == Scope.INSTITUTION else None,
        effective_from=effective_from,
        value=value,
        unit=known.unit,
        source_text=source_text.strip(),
        proposed_by=actor.name,
    )
    _refuse_same_day(proposal)
    proposal.before = value_before(proposal)
    _save(proposal)
    _record(actor, proposal, "masterdata.parameter_proposed")
    for handler in _proposed:
        handler(actor, proposal)
    return proposal


@transaction.atomic
def change_proposal(
    actor: Actor, *, proposal_id: int, effective_from: date, value: Decimal, source_text: str
) -> ParameterProposal:
    """Who proposed changes day, value and source. Called by the approval only, while it is returned to them."""
    proposal = _locked_proposal(proposal_id)
    if proposal.proposed_by != actor.name:
        raise NotFound("masterdata.no_proposal", "没有这个参数变更申请。")
    _must_set(actor, proposal.scope, proposal.institution_id)
    _must_fit(proposal.key, value)
    proposal.effective_from, proposal.value, proposal.source_text = effective_from, value, source_text.strip()
    _refuse_same_day(proposal)
    proposal.before = value_before(proposal)
    _save(proposal)
    _record(actor, proposal, "masterdata.parameter_proposal_changed")
    return proposal


def _must_fit(key: str, value: Decimal) -> None:
    if not value.is_finite() or abs(value) >= LARGEST or value != value.quantize(FINEST):
        raise Invalid("masterdata.bad_value", "取值最多 16 位整数、8 位小数。", field="value")
    must_be_within(key, value)


def _save(proposal: ParameterProposal) -> None:
    try:
        with transaction.atomic():
            proposal.save()
    except IntegrityError as error:
        raise Conflict(
            "masterdata.proposal_pending",
            f"该参数自 {proposal.effective_from} 起的取值已有一个变更申请待审批，请等其办结，或请申请人先撤回。",
            field="effective_from",
        ) from error


def _must_set(actor: Actor, scope: str, institution_id: int | None) -> None:
    if not actor.has(*SETTERS):
        raise Forbidden("masterdata.not_allowed", "只有运营管理中心或财务负责人可以修改参数。")
    if scope not in Scope.values:
        raise Invalid("masterdata.parameter_scope", "请选择适用范围。", field="scope")
    if scope == Scope.INSTITUTION:
        if institution_id is None:
            raise Invalid("masterdata.parameter_scope", "机构级参数须指明机构。", field="institution")
        access_institution(actor, institution_id, *SETTERS)
    elif not actor.has(Role.OPERATION_CENTRE):
        raise Forbidden("masterdata.not_allowed", "医共体统一的参数只能由运营管理中心修改。")


def _refuse_same_day(proposal: ParameterProposal) -> None:
    held = Parameter.objects.filter(effective_from=proposal.effective_from, **proposal.place).first()
    if held is not None:
        raise Conflict(
            "masterdata.parameter_same_day",
            f"该参数自 {proposal.effective_from} 起已有取值 {held.value.normalize():f}{held.unit}，须另选生效日期重新申请。",
            key=proposal.key,
            field="effective_from",
        )


@transaction.atomic
def accept_parameter(actor: Actor, *, proposal_id: int) -> Parameter:
    """The second person agrees: the value holds from its day on. Called by the approval only, which has found out who the
    second person is.

    Raises Conflict when the day has got another value meanwhile. What a person sets is a local decision: its mark is never
    "official".
    """
    proposal = _locked_proposal(proposal_id)
    if proposal.proposed_by == actor.name:
        raise Forbidden("masterdata.second_person", "参数变更须由申请人以外的第二人审批。")
    must_be_within(proposal.key, proposal.value)
    _refuse_same_day(proposal)
    proposal.before = value_before(proposal)
    parameter = Parameter(
        **proposal.place,
        name=proposal.name,
        effective_from=proposal.effective_from,
        value=proposal.value,
        unit=proposal.unit,
        source_mark=SourceMark.DEFAULT,
        source_text=proposal.source_text,
        changed_by=proposal.proposed_by,
    )
    try:
        with transaction.atomic():
            parameter.save()
    except IntegrityError:  # somebody else's value of the same day arrived at the same moment
        _refuse_same_day(proposal)
        raise
    _decide(actor, proposal, ParameterProposal.State.ACCEPTED, "masterdata.parameter_changed")
    return parameter


@transaction.atomic
def refuse_parameter(actor: Actor, *, proposal_id: int) -> None:
    """The second person refuses: the value in force stays."""
    _decide(actor, _locked_proposal(proposal_id), ParameterProposal.State.REFUSED, "masterdata.parameter_refused")


@transaction.atomic
def withdraw_parameter(actor: Actor, *, proposal_id: int) -> None:
    """Who proposed takes it back. Called by the approval only."""
    _decide(actor, _locked_proposal(proposal_id), ParameterProposal.State.WITHDRAWN, "masterdata.parameter_withdrawn")


def _locked_proposal(proposal_id: int) -> ParameterProposal:
    rows = ParameterProposal.objects.select_for_update(of=("self",)).select_related("institution")
    proposal = rows.filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound("masterdata.no_proposal", "没有这个参数变更申请。")
    if proposal.state != ParameterProposal.State.PROPOSED:
        raise Conflict("masterdata.proposal_decided", "这个参数变更申请已经处理过了。")
    return proposal


def _decide(actor: Actor, proposal: ParameterProposal, state: str, action: str) -> None:
    proposal.state, proposal.decided_by, proposal.decided_at = state, actor.name, timezone.now()
    proposal.save(update_fields=["state", "before", "decided_by", "decided_at"])
    _record(actor, proposal, action)


def _record(actor: Actor, proposal: ParameterProposal, action: str) -> None:
    record(
        actor,
        action,
        institution=proposal.institution.code if proposal.institution else "",
        subject_type="parameter",
        subject=proposal.key,
        detail={
            "scope": str(proposal.scope),
            "effective_from": proposal.effective_from.isoformat(),
            "value": format(proposal.value, "f"),
            "before": format(proposal.before, "f") if proposal.before is not None else "",
            "proposed_by": proposal.proposed_by,
        },
    )
