"""Reads of the nightly run."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q, QuerySet

from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.nightly.models import DONE_STATES, Lane, LaneState, NightlyRun, StepRun, StepState
from ops_platform.nightly.services import OPERATORS

READERS = (
    *OPERATORS,
    Role.FINANCE_OFFICER,
    Role.ACCOUNTING_REVIEWER,
    Role.INSTITUTION_HEAD,
    Role.AUDITOR,
    Role.SYSTEM_ADMIN,
)
BOARD_READERS = tuple(role for role in READERS if role is not Role.SYSTEM_ADMIN)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is."""

    run_id: int
    state: str
    total: int
    done: int
    failed: int
    started_at: datetime
    finished_at: datetime | None

    @property
    def percent(self) -> int:
        """Whole per cent of the steps that have ended, whatever their end."""
        return 100 * (self.done + self.failed) // self.total if self.total else 100


def progress(*, run_id: int) -> Progress:
    """One query over the steps of the run. Raises NightlyRun.DoesNotExist for an unknown run."""
    run = NightlyRun.objects.get(pk=run_id)
    counts = StepRun.objects.filter(lane__run=run).aggregate(
        total=Count("id"),
        done=Count("id", filter=Q(state__in=DONE_STATES)),
        failed=Count("id", filter=Q(state__in=[StepState.FAILED, StepState.BLOCKED])),
    )
    return Progress(
        run_id=run.pk,
        state=run.state,
        started_at=run.started_at,
        finished_at=run.finished_at,
        total=counts["total"],
        done=counts["done"],
        failed=counts["failed"],
    )


def lanes_of(*, actor: Actor, run: NightlyRun) -> QuerySet[Lane]:
    """The lanes the actor may see, with the counts of their steps; institutions by code, the alliance last."""
    return (
        visible_lanes(actor=actor)
        .filter(run=run)
        .annotate(
            began=Min("steps__started_at"),
            ended=Max("steps__finished_at"),
            total=Count("steps"),
            done=Count("steps", filter=Q(steps__state__in=DONE_STATES)),
            failed=Count("steps", filter=Q(steps__state__in=[StepState.FAILED, StepState.BLOCKED])),
            unchanged=Count("steps", filter=Q(steps__state=StepState.UNCHANGED)),
        )
        .order_by("institution__code", "pk")
    )


def visible_lanes(*, actor: Actor) -> QuerySet[Lane]:
    """Lanes of the institutions the actor may read; the alliance's lane for those who see all of them."""
    lanes = Lane.objects.select_related("institution", "run")
    reach = actor.institutions(*READERS)
    return lanes if reach is None else lanes.filter(institution__in=reach)


def access_lane(*, actor: Actor, lane_id: int) -> Lane:
    """One lane; NotFound for what the actor may not see."""
    lane = visible_lanes(actor=actor).filter(pk=lane_id).first()
    if lane is None:
        raise NotFound("nightly.no_lane", "没有这条运行记录。")
    return lane


def access_run(*, run_id: int) -> NightlyRun:
    """One run; NotFound for an unknown one."""
    run = NightlyRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound("nightly.no_run", "没有这次夜间运行。")
    return run


def runs(*, actor: Actor) -> QuerySet[NightlyRun]:
    """All runs, newest first, with the institutions that the actor sees of each counted, and what failed, which may also
    be the alliance's lane."""
    reach = actor.institutions(*READERS)
    seen = Q() if reach is None else Q(lanes__institution__in=reach)
    return NightlyRun.objects.annotate(
        lanes_seen=Count("lanes", filter=seen & Q(lanes__institution__isnull=False)),
        lanes_failed=Count("lanes", filter=seen & Q(lanes__state=LaneState.FAILED)),
    ).order_by("-id")
