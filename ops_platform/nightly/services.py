"""Starting, advancing and resuming nightly runs."""

import logging
import traceback
from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, DomainError, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.kernel.actor import PLATFORM
from ops_platform.masterdata.models import AccountingPeriod, Institution, PeriodState
from ops_platform.masterdata.services import open_missing_periods
from ops_platform.nightly import graph
from ops_platform.nightly.models import DONE_STATES, Lane, LaneState, NightlyRun, RunState, StepRun, StepState
from ops_platform.notifications.public import enqueue
from ops_platform.orm import leases
from ops_platform.orm.leases import LeaseLost

logger = logging.getLogger(__name__)
OPERATORS = (Role.OPERATION_CENTRE, Role.FINANCE_DIRECTOR)
MOST_LOST = 3  # a step that loses its worker each time must not go on for ever


@transaction.atomic
def start_run(
    actor: Actor,
    *,
    business_date: date,
    institutions: Sequence[str] = (),
    period: str | None = None,
    trigger: str = "page",
) -> NightlyRun:
    """Create a run with its lanes and steps and hand the lanes to Celery.

    Covers every month that is not closed, from each institution's first period to that of `business_date`, or only
    `period`. `institutions` are codes; empty means all in the actor's reach. Raises Conflict while another run goes on.
    """
    if not actor.has(*OPERATORS):
        raise Forbidden("nightly.not_allowed", "只有运营管理中心或财务负责人可以启动夜间运行。")
    if business_date > timezone.localdate():
        raise Invalid("nightly.date_in_future", f"业务日期 {business_date} 还没有到，请选择今天或更早的日期。")
    latest = Period.of(business_date)
    chosen = Institution.objects.visible_to(actor, *OPERATORS).order_by("code")
    if institutions:
        chosen = chosen.filter(code__in=institutions)
        unknown = set(institutions) - {row.code for row in chosen}
        if unknown:
            raise NotFound("masterdata.no_institution", f"没有机构 {'、'.join(sorted(unknown))}。")
    try:
        with transaction.atomic():
            run = NightlyRun.objects.create(business_date=business_date, trigger=trigger, started_by=actor.name)
    except IntegrityError as error:
        raise Conflict("nightly.already_running", "已有夜间运行正在进行，请等它结束或先恢复它。") from error
    all_periods: set[str] = set()
    for institution in chosen:
        open_missing_periods(institution, latest)
        periods = _open_periods(institution, latest, period)
        all_periods.update(periods)
        if periods:
            _add_lane(run, institution, periods)
    if not all_periods:
        raise Invalid("nightly.nothing_open", "所选机构在该日期没有未结账的期间，无需运行。")
    _add_lane(run, None, sorted(all_periods))
    record(
        actor,
        "nightly.run_started",
        subject_type="nightly_run",
        subject=run.pk,
        detail={"business_date": business_date.isoformat(), "institutions": list(institutions), "period": period or ""},
    )
    _send_lanes(run.lanes.filter(institution__isnull=False))
    return run


def _open_periods(institution: Institution, latest: Period, only: str | None) -> list[str]:
    rows = AccountingPeriod.objects.filter(institution=institution, period__lte=str(latest))
    if only:
        rows = rows.filter(period=only)
    return sorted(rows.exclude(state=PeriodState.CLOSED).values_list("period", flat=True))


def _add_lane(run: NightlyRun, institution: Institution | None, periods: Sequence[str]) -> None:
    scope = graph.StepScope.INSTITUTION if institution else graph.StepScope.ALLIANCE
    steps = graph.ordered(scope)
    lane = Lane.objects.create(run=run, institution=institution)
    pairs = [(period, step) for period in periods for step in steps]
    StepRun.objects.bulk_create(
        StepRun(lane=lane, step=step.code, period=period, position=position)
        for position, (period, step) in enumerate(pairs, start=1)
    )


def _send_lanes(lanes: QuerySet[Lane]) -> int:
    ids = list(lanes.order_by("id").values_list("id", flat=True))
    Lane.objects.filter(pk__in=ids).update(messaged_at=timezone.now())
    for lane_id in ids:
        enqueue("nightly.advance", lane_id=lane_id)
    return len(ids)


def advance(lane_id: int) -> None:
    """Take the lane, run what is left of it, and let go. Does nothing when somebody else holds it or it has ended."""
    owner = leases.new_owner()
    row = Lane.objects.filter(pk=lane_id)
    if not leases.claim(row, owner):
        return
    lane = Lane.objects.select_related("run", "institution").get(pk=lane_id)
    progress = _Progress()
    with leases.Heartbeat(row, owner, progress.write):
        try:
            _run_lane(lane, owner, progress)
        except LeaseLost:
            logger.warning("nightly: lane %s was taken over, its step is rolled back", lane.pk)
            return
    _let_go(lane, owner)


class _Progress:
    """How far the present step is; the heartbeat writes it, for readers in other sessions."""

    def __init__(self) -> None:
        self.step_id: int | None = None
        self.done = self.total = 0
        self._written: tuple[int | None, int, int] = (None, 0, 0)

    def write(self) -> None:
        """Keep it where it moved on."""
        current = (self.step_id, self.done, self.total)
        if self.step_id and current != self._written:
            StepRun.objects.filter(pk=self.step_id).update(progress_done=self.done, progress_total=self.total)
            self._written = current


def _run_lane(lane: Lane, owner: str, at: _Progress) -> None:
    for step_run in lane.steps.exclude(state__in=DONE_STATES).order_by("position"):
        at.step_id, at.done, at.total = step_run.pk, 0, 0
        lost_again = step_run.state == StepState.RUNNING and step_run.attempts >= MOST_LOST
        step_run.state, step_run.started_at, step_run.error = StepState.RUNNING, timezone.now(), ""
        step_run.attempts += 1
        step_run.save(update_fields=["state", "started_at", "error", "attempts"])
        try:
            if lost_again:
                raise Conflict(
                    "nightly.worker_lost_again",
                    f"这一步已使 {MOST_LOST} 个工作进程中断，不再自动重试。请查看日志后恢复运行。",
                )
            _run_step(lane, owner, step_run, at)
        except LeaseLost:
            raise
        except Exception as error:
            _fail(lane, owner, step_run, error)
            return


def _run_step(lane: Lane, owner: str, step_run: StepRun, at: _Progress) -> None:
    def progress(done: int, total: int) -> None:
        at.done, at.total = done, total

    with transaction.atomic():
        result = graph.step(step_run.step).run(
            graph.StepContext(
                run_id=lane.run_id,
                institution=lane.institution,
                period=Period.parse(step_run.period),
                actor=PLATFORM,
                progress=progress,
            )
        )
        at.step_id = None
        _fence(lane, owner)
        step_run.state = StepState.SUCCEEDED if result.changed else StepState.UNCHANGED
        step_run.finished_at = timezone.now()
        step_run.rows, step_run.note = result.rows, result.note[:300]
        step_run.input_digest, step_run.input_sequence = result.input_digest, result.input_sequence
        step_run.progress_done, step_run.progress_total = result.rows, result.rows
        step_run.save()


def _fence(lane: Lane, owner: str) -> None:
    leases.fence(Lane.objects.filter(pk=lane.pk), owner)


@transaction.atomic
def _fail(lane: Lane, owner: str, step_run: StepRun, error: Exception) -> None:
    _fence(lane, owner)
    if isinstance(error, DomainError):
        text = error.message
    else:
        logger.exception("nightly: step %s %s failed", step_run.step, step_run.period)
        text = "".join(traceback.format_exception(error))[-4000:]
    step_run.state, step_run.finished_at, step_run.error = StepState.FAILED, timezone.now(), text
    step_run.save(update_fields=["state", "finished_at", "error"])
    lane.steps.filter(position__gt=step_run.position).update(state=StepState.BLOCKED)


@transaction.atomic
def _let_go(lane: Lane, owner: str) -> None:
    run = NightlyRun.objects.select_for_update().get(pk=lane.run_id)
    _fence(lane, owner)
    failed = lane.steps.filter(state__in=[StepState.FAILED, StepState.BLOCKED]).exists()
    lane.state = LaneState.FAILED if failed else LaneState.SUCCEEDED
    lane.lease_owner, lane.lease_until = "", None
    lane.save(update_fields=["state", "lease_owner", "lease_until"])
    if lane.institution_id is None:
        _finish(run)
    elif not run.lanes.filter(institution__isnull=False, state__in=[LaneState.WAITING, LaneState.RUNNING]).exists():
        _send_lanes(run.lanes.filter(institution__isnull=True, state=LaneState.WAITING))


def _finish(run: NightlyRun) -> None:
    run.state = RunState.FAILED if run.lanes.filter(state=LaneState.FAILED).exists() else RunState.SUCCEEDED
    run.finished_at = timezone.now()
    run.save(update_fields=["state", "finished_at"])
    record(
        PLATFORM, "nightly.run_finished", subject_type="nightly_run", subject=run.pk, detail={"state": str(run.state)}
    )


@transaction.atomic
def resume_run(actor: Actor, *, run_id: int) -> NightlyRun:
    """Let failed lanes in the actor's reach try again from the step that failed; what succeeded stays. The alliance's
    lane runs anew."""
    if not actor.has(*OPERATORS):
        raise Forbidden("nightly.not_allowed", "只有运营管理中心或财务负责人可以恢复夜间运行。")
    run = NightlyRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound("nightly.no_run", "没有这次夜间运行。")
    if run.state == RunState.SUCCEEDED:
        return run
    if run.state == RunState.FAILED and NightlyRun.objects.filter(state=RunState.RUNNING).exists():
        raise Conflict("nightly.already_running", "已有夜间运行正在进行，请等它结束。")
    failed = run.lanes.filter(state=LaneState.FAILED)
    reach = actor.institutions(*OPERATORS)
    if reach is not None:
        failed = failed.filter(institution__in=reach)
    StepRun.objects.filter(lane__in=failed, state__in=[StepState.FAILED, StepState.BLOCKED]).update(
        state=StepState.WAITING
    )
    failed.update(state=LaneState.WAITING)
    alliance = run.lanes.filter(institution__isnull=True)
    alliance.exclude(state=LaneState.RUNNING).update(state=LaneState.WAITING)
    StepRun.objects.filter(lane__in=alliance.filter(state=LaneState.WAITING)).update(state=StepState.WAITING)
    run.state, run.finished_at = RunState.RUNNING, None
    run.save(update_fields=["state", "finished_at"])
    record(actor, "nightly.run_resumed", subject_type="nightly_run", subject=run.pk)
    waiting = run.lanes.filter(institution__isnull=False, state=LaneState.WAITING)
    if not _send_lanes(waiting):
        _send_lanes(alliance.filter(state=LaneState.WAITING))
    return run


def sweep() -> int:
    """On beat: send lanes again whose worker was lost or whose message went missing. Returns how many."""
    with transaction.atomic():
        run = NightlyRun.objects.select_for_update(skip_locked=True).filter(state=RunState.RUNNING).first()
        if run is None:
            return 0
        lost, unheard = leases.left_alone(run.lanes.all())
        waiting = unheard.filter(institution__isnull=False)
        ready = lost | waiting
        if not run.lanes.filter(institution__isnull=False, state__in=[LaneState.WAITING, LaneState.RUNNING]).exists():
            ready |= unheard.filter(institution__isnull=True)
        return _send_lanes(ready)
