"""Writes to the master data: institutions, departments, items, periods, parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.masterdata import closing
from ops_platform.masterdata.models import (
    AccountingPeriod,
    Alliance,
    Institution,
    Parameter,
    PeriodReopening,
    PeriodState,
    Scope,
    SourceMark,
)

CLOSERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
REOPENERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)


@transaction.atomic
def load_alliance(actor: Actor, definition: Mapping[str, Any]) -> Alliance:
    """Create or update the alliance and its institutions from a definition (docs/intake-contract.md, alliance.json).

    Repeating it with the same definition changes nothing. Raises Invalid when an institution names an unknown parent
    or kind.
    """
    alliance, _ = Alliance.objects.update_or_create(
        code=definition["code"],
        defaults={"name": definition["name"], "population": definition.get("population")},
    )
    known: dict[str, Institution] = {}
    for row in definition["institutions"]:
        parent_code = row.get("parent")
        if parent_code and parent_code not in known:
            raise Invalid(
                "masterdata.unknown_parent",
                f"机构 {row['code']} 的上级 {parent_code} 不存在，或排在它之后。请先列出上级机构。",
                institution=row["code"],
                parent=parent_code,
            )
        known[row["code"]], _ = Institution.objects.update_or_create(
            code=row["code"],
            defaults={
                "alliance": alliance,
                "name": row["name"],
                "kind": row["kind"],
                "level": row.get("level") or "",
                "parent": known.get(parent_code) if parent_code else None,
                "region": row.get("region") or "",
                "beds": row.get("beds") or 0,
                "first_period": definition["first_period"],
            },
        )
    record(
        actor,
        "masterdata.alliance_loaded",
        subject_type="alliance",
        subject=alliance.code,
        detail={"institutions": len(known)},
    )
    return alliance


@dataclass(frozen=True, slots=True)
class PeriodGate:
    """Which months of an institution take facts just now, held under share locks until the transaction ends."""

    first: Period
    latest: Period
    closed: frozenset[str]

    def refusal(self, period: Period) -> tuple[str, str] | None:
        """Code and words why the month takes no facts; None when it does."""
        if str(period) in self.closed:
            return (
                "his_intake.period_closed",
                f"{period} 期间已关账或正在结账，不能再写入。请由财务负责人反结账，或改用未关账的期间。",
            )
        if period < self.first:
            return ("his_intake.period_before_start", f"{period} 早于本机构的启用期间 {self.first}，请核对日期。")
        if period > self.latest:
            return ("his_intake.period_in_future", f"{period} 晚于当前期间 {self.latest}，请核对日期。")
        return None


def hold_periods(institution: Institution, today: date) -> PeriodGate:
    """Lock the institution's months against closing until the transaction ends; missing ones are opened.

    Months exist from the institution's first period to the present one.
    """
    first, latest = Period.parse(institution.first_period), Period.of(today)
    open_missing_periods(institution, latest)
    states = AccountingPeriod.objects.select_for_update(of=("self",), no_key=True).filter(institution=institution)
    closed = frozenset(row.period for row in states.order_by("period") if row.state != PeriodState.OPEN)
    return PeriodGate(first=first, latest=latest, closed=closed)


def hold_period(institution: Institution, period: Period) -> bool:
    """Lock one month against closing until the transaction ends; whether it still takes results.

    Whoever writes results of a month calls this first. A month that is being closed takes no facts any more, but its
    last results; a closed one takes neither.
    """
    row = (
        AccountingPeriod.objects.select_for_update(of=("self",), no_key=True)
        .filter(institution=institution, period=str(period))
        .first()
    )
    return row is None or row.state != PeriodState.CLOSED


def open_missing_periods(institution: Institution, latest: Period) -> None:
    """Open every month from the institution's first period to `latest` that does not exist yet."""
    held = set(AccountingPeriod.objects.filter(institution=institution).values_list("period", flat=True))
    missing = []
    period = Period.parse(institution.first_period)
    while period <= latest:
        if str(period) not in held:
            missing.append(AccountingPeriod(institution=institution, period=str(period)))
        period = period.shift(1)
    AccountingPeriod.objects.bulk_create(missing, ignore_conflicts=True)


def _locked_period(institution_id: int, period: str) -> AccountingPeriod:
    row = (
        AccountingPeriod.objects.select_for_update(of=("self",))
        .select_related("institution")
        .filter(institution_id=institution_id, period=period)
        .first()
    )
    if row is None:
        raise NotFound("masterdata.no_period", f"没有期间 {period}。请先在该期间报送数据。", period=period)
    return row


def _access_institution(actor: Actor, institution_id: int, *roles: Role) -> None:
    if not actor.may(institution_id, *Role):
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    if not actor.may(institution_id, *roles):
        raise Forbidden("masterdata.not_allowed", "您的角色不能对该机构执行此操作。请联系财务负责人或运营管理中心。")


@transaction.atomic
def begin_closing(actor: Actor, *, institution_id: int, period: str) -> AccountingPeriod:
    """Start closing a month (开始结账): from now on it takes no facts, so that its last figures can be computed and looked
    at in peace. A repeat changes nothing. Refused while the month is not over, or an earlier one is open."""
    _access_institution(actor, institution_id, *REOPENERS)
    row = _locked_period(institution_id, period)
    if row.state == PeriodState.CLOSING:
        return row
    if row.state == PeriodState.CLOSED:
        raise Conflict("masterdata.period_closed", f"{period} 已经结账。", period=period)
    unfinished = closing.not_over(row.institution, Period.parse(period))
    if unfinished:
        raise Conflict("masterdata.month_not_over", unfinished.message, period=period)
    _refuse_earlier_open(row)
    return _move(actor, row, PeriodState.CLOSING, "masterdata.period_closing")


@transaction.atomic
def stop_closing(actor: Actor, *, institution_id: int, period: str) -> AccountingPeriod:
    """Take a month that is being closed back to open: it takes facts again. A repeat changes nothing."""
    _access_institution(actor, institution_id, *REOPENERS)
    row = _locked_period(institution_id, period)
    if row.state == PeriodState.OPEN:
        return row
    if row.state == PeriodState.CLOSED:
        raise Conflict("masterdata.period_closed", f"{period} 已经结账，请申请反结账。", period=period)
    return _move(actor, row, PeriodState.OPEN, "masterdata.period_opened")


def _move(actor: Actor, row: AccountingPeriod, state: str, action: str) -> AccountingPeriod:
    row.state = state
    row.save(update_fields=["state"])
    record(actor, action, institution=row.institution.code, subject_type="period", subject=row.period)
    return row


def _refuse_earlier_open(row: AccountingPeriod) -> None:
    """Months close in order."""
    earlier = (
        AccountingPeriod.objects.filter(institution_id=row.institution_id, period__lt=row.period)
        .exclude(state=PeriodState.CLOSED)
        .order_by("period")
        .first()
    )
    if earlier:
        raise Conflict(
            "masterdata.earlier_period_open",
            f"{earlier.period} 尚未结账，不能先结 {row.period}。请按月份顺序结账。",
            institution=row.institution.code,
            period=earlier.period,
        )


@transaction.atomic
def close_period(actor: Actor, *, institution_id: int, period: str) -> AccountingPeriod:
    """Close a month (结账). A repeat on a closed month changes nothing.

    Refused while an earlier month is open, or while a registered closing check (costing, intake) names a blocker.
    """
    _access_institution(actor, institution_id, *CLOSERS)
    row = _locked_period(institution_id, period)
    if row.state == PeriodState.CLOSED:
        return row
    _refuse_earlier_open(row)
    blockers = closing.blockers(row.institution, Period.parse(period))
    if blockers:
        raise Conflict(
            "masterdata.closing_blocked",
            f"{row.institution.name} {period} 还不能结账：" + " ".join(blocker.message for blocker in blockers),
            institution=row.institution.code,
            period=period,
        )
    row.state, row.closed_at, row.closed_by = PeriodState.CLOSED, timezone.now(), actor.name
    row.save(update_fields=["state", "closed_at", "closed_by"])
    record(
        actor,
        "masterdata.period_closed",
        institution=row.institution.code,
        subject_type="period",
        subject=period,
    )
    return row


@transaction.atomic
def request_reopening(actor: Actor, *, institution_id: int, period: str, reason: str) -> PeriodReopening:
    """Ask to reopen a closed month (反结账). One open request per month; a second person decides."""
    _access_institution(actor, institution_id, *REOPENERS)
    if len(reason.strip()) < 4:
        raise Invalid("masterdata.reason_missing", "请写明反结账的原因(至少 4 个字)。")
    row = _locked_period(institution_id, period)
    if row.state != PeriodState.CLOSED:
        raise Conflict("masterdata.period_not_closed", f"{period} 没有结账，不需要反结账。", period=period)
    if row.reopenings.filter(state=PeriodReopening.State.REQUESTED).exists():
        raise Conflict("masterdata.reopening_pending", f"{period} 已有待审批的反结账申请。", period=period)
    request = PeriodReopening.objects.create(accounting_period=row, reason=reason.strip(), requested_by=actor.name)
    record(
        actor,
        "masterdata.period_reopening_requested",
        institution=row.institution.code,
        subject_type="period",
        subject=period,
        detail={"reason": request.reason},
    )
    return request


def _locked_request(actor: Actor, reopening_id: int) -> PeriodReopening:
    request = (
        PeriodReopening.objects.select_for_update(of=("self", "accounting_period"))
        .select_related("accounting_period__institution")
        .filter(pk=reopening_id)
        .first()
    )
    if request is None:
        raise NotFound("masterdata.no_reopening", "没有这个反结账申请。")
    _access_institution(actor, request.accounting_period.institution_id, *CLOSERS)
    if request.state != PeriodReopening.State.REQUESTED:
        raise Conflict("masterdata.reopening_decided", "这个申请已经处理过了。")
    if request.requested_by == actor.name:
        raise Forbidden("masterdata.second_person", "反结账须由申请人以外的第二人审批。")
    return request


@transaction.atomic
def confirm_reopening(actor: Actor, *, reopening_id: int) -> PeriodReopening:
    """The second person agrees: the month is open again, later months stay as they are.

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


@transaction.atomic
def set_parameter(
    actor: Actor,
    *,
    key: str,
    scope: str,
    institution_id: int | None,
    effective_from: date,
    value: Decimal,
    source_text: str,
) -> Parameter:
    """A new value of a parameter from a day on. Earlier values stay; one value a day.

    What a person sets is a local decision: its mark is never "official".
    """
    if not actor.has(Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR):
        raise Forbidden("masterdata.not_allowed", "只有运营管理中心或财务负责人可以修改参数。")
    if scope == Scope.INSTITUTION:
        if institution_id is None:
            raise Invalid("masterdata.parameter_scope", "机构级参数须指明机构。")
        _access_institution(actor, institution_id, Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
    elif not actor.has(Role.OPERATION_CENTRE):
        raise Forbidden("masterdata.not_allowed", "医共体统一的参数只能由运营管理中心修改。")
    known = Parameter.objects.filter(key=key).order_by("effective_from").first()
    if known is None:
        raise NotFound("masterdata.no_parameter", f"没有参数 {key}。", key=key)
    where = {"key": key, "scope": scope, "institution_id": institution_id if scope == Scope.INSTITUTION else None}
    if Parameter.objects.filter(**where, effective_from=effective_from).exists():
        raise Conflict(
            "masterdata.parameter_same_day",
            f"该参数自 {effective_from} 起已有取值，请另选生效日期。",
            key=key,
        )
    parameter = Parameter.objects.create(
        **where,
        name=known.name,
        effective_from=effective_from,
        value=value,
        unit=known.unit,
        source_mark=SourceMark.DEFAULT,
        source_text=source_text,
        changed_by=actor.name,
    )
    record(
        actor,
        "masterdata.parameter_changed",
        subject_type="parameter",
        subject=key,
        detail={"scope": scope, "effective_from": effective_from.isoformat(), "value": format(value, "f")},
    )
    return parameter
