"""Reopening a closed month: asked for with a reason, decided by a second person.

How the second person is found is decided higher up: the approval engine stands above and registers what happens when a
reopening is asked for (`on_reopening_asked`).
"""

from collections.abc import Callable

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound
from ops_platform.masterdata.models import PeriodReopening, PeriodState
from ops_platform.masterdata.services.periods import REOPENERS, access_institution, locked_period

Handler = Callable[[Actor, PeriodReopening], None]
LONGEST_REASON = 500
_asked: list[Handler] = []


def on_reopening_asked(handler: Handler) -> None:
    """Have `handler(actor, request)` called in the transaction that asks for a reopening; called in `apps.ready()`."""
    _asked.append(handler)


@transaction.atomic
def request_reopening(actor: Actor, *, institution_id: int, period: str, reason: str) -> PeriodReopening:
    """Ask to reopen a closed month (反结账). One open request per month; a second person decides."""
    access_institution(actor, institution_id, *REOPENERS)
    given = _reason(reason)
    row = locked_period(institution_id, period)
    if row.state != PeriodState.CLOSED:
        raise Conflict("masterdata.period_not_closed", f"{period} 没有结账，不需要反结账。", period=period)
    if row.reopenings.filter(state=PeriodReopening.State.REQUESTED).exists():
        raise Conflict("masterdata.reopening_pending", f"{period} 已有待审批的反结账申请。", period=period)
    request = PeriodReopening.objects.create(accounting_period=row, reason=given, requested_by=actor.name)
    record(
        actor,
        "masterdata.period_reopening_requested",
        institution=row.institution.code,
        subject_type="period",
        subject=period,
        detail={"reason": request.reason},
    )
    for handler in _asked:
        handler(actor, request)
    return request


@transaction.atomic
def change_reopening_reason(actor: Actor, *, reopening_id: int, reason: str) -> PeriodReopening:
    """Who asked says the reason anew. Called by the approval only, while it is returned to them."""
    request = _undecided_request(reopening_id)
    row = request.accounting_period
    access_institution(actor, row.institution_id, *REOPENERS)
    if request.requested_by != actor.name:
        raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
    before, request.reason = request.reason, _reason(reason)
    request.save(update_fields=["reason"])
    record(
        actor,
        "masterdata.period_reopening_reworded",
        institution=row.institution.code,
        subject_type="period",
        subject=row.period,
        detail={"reason": request.reason, "before": before},
    )
    return request


def _reason(reason: str) -> str:
    if len(reason.strip()) < 4:
        raise Invalid("masterdata.reason_missing", "请写明反结账的原因(至少 4 个字)。", field="reason")
    return reason.strip()[:LONGEST_REASON]


def _undecided_request(reopening_id: int) -> PeriodReopening:
    request = (
        PeriodReopening.objects.select_for_update(of=("self", "accounting_period"))
        .select_related("accounting_period__institution")
        .filter(pk=reopening_id)
        .first()
    )
    if request is None:
        raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
    if request.state != PeriodReopening.State.REQUESTED:
        raise Conflict("masterdata.reopening_decided", "这个申请已经处理过了。")
    return request


def _locked_request(actor: Actor, reopening_id: int) -> PeriodReopening:
    request = _undecided_request(reopening_id)
    if request.requested_by == actor.name:
        raise Forbidden("masterdata.second_person", "反结账须由申请人以外的第二人审批。")
    return request


@transaction.atomic
def confirm_reopening(actor: Actor, *, reopening_id: int) -> PeriodReopening:
    """The second person agrees: the month is open again, later months stay as they are. Called by the approval only, which
    has found out who the second person is.

    The official run of the month stays; whatever is computed afterwards is a restatement.
    """
    request = _locked_request(actor, reopening_id)
    row = request.accounting_period
    row.state, row.closed_at, row.closed_by = PeriodState.OPEN, None, ""
    row.save(update_fields=["state", "closed_at", "closed_by"])
    return _decide(actor, request, PeriodReopening.State.CONFIRMED, "masterdata.period_reopened")


@transaction.atomic
def refuse_reopening(actor: Actor, *, reopening_id: int) -> PeriodReopening:
    """The second person refuses: the month stays closed."""
    request = _locked_request(actor, reopening_id)
    return _decide(actor, request, PeriodReopening.State.REFUSED, "masterdata.period_reopening_refused")


@transaction.atomic
def withdraw_reopening(*, reopening_id: int) -> None:
    """Who asked takes the request back: the month stays closed. Called by the approval only."""
    rows = PeriodReopening.objects.filter(pk=reopening_id, state=PeriodReopening.State.REQUESTED)
    rows.update(state=PeriodReopening.State.WITHDRAWN, decided_at=timezone.now())


def _decide(actor: Actor, request: PeriodReopening, state: str, action: str) -> PeriodReopening:
    request.state, request.decided_by, request.decided_at = state, actor.name, timezone.now()
    request.save(update_fields=["state", "decided_by", "decided_at"])
    record(
        actor,
        action,
        institution=request.accounting_period.institution.code,
        subject_type="period",
        subject=request.accounting_period.period,
        detail={"reason": request.reason, "requested_by": request.requested_by},
    )
    return request
