"""Accounting periods: opened with the facts, closed in order, held against closing while somebody writes."""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, NotFound, Period, Role
from ops_platform.masterdata import closing
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState

CLOSERS = (Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
REOPENERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)


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
                f"{period} 期间已结账或正在结账，不能再写入。请由财务负责人反结账，或改用未结账的期间。",
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


def locked_period(institution_id: int, period: str) -> AccountingPeriod:
    """One month under its row lock. Raises NotFound."""
    row = (
        AccountingPeriod.objects.select_for_update(of=("self",))
        .select_related("institution")
        .filter(institution_id=institution_id, period=period)
        .first()
    )
    if row is None:
        raise NotFound("masterdata.no_period", f"没有期间 {period}。请先在该期间报送数据。", period=period)
    return row


def access_institution(actor: Actor, institution_id: int, *roles: Role) -> None:
    """The actor may act upon the institution in one of the roles. Raises NotFound or Forbidden."""
    if not actor.may(institution_id, *Role):
        raise NotFound("masterdata.no_institution", "没有这个机构。")
    if not actor.may(institution_id, *roles):
        raise Forbidden("masterdata.not_allowed", "您的角色不能对该机构执行此操作。请联系财务负责人或运营管理中心。")


@transaction.atomic
def begin_closing(actor: Actor, *, institution_id: int, period: str) -> AccountingPeriod:
    """Start closing a month (开始结账): from now on it takes no facts, so that its last figures can be computed and looked
    at in peace. A repeat changes nothing. Refused while the month is not over, or an earlier one is open."""
    access_institution(actor, institution_id, *REOPENERS)
    row = locked_period(institution_id, period)
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
    access_institution(actor, institution_id, *REOPENERS)
    row = locked_period(institution_id, period)
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
    access_institution(actor, institution_id, *CLOSERS)
    row = locked_period(institution_id, period)
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
