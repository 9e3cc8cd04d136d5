"""Reads of the nightly run."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from ops_platform.kernel import Actor
from ops_platform.nightly.models import DONE_STATES, Lane, NightlyRun, StepRun, StepState


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
    lanes = run.lanes.select_related("institution")
    reach = actor.institutions()
    if reach is not None:
        lanes = lanes.filter(institution__in=reach)
    return lanes.annotate(
        total=Count("steps"),
        done=Count("steps", filter=Q(steps__state__in=DONE_STATES)),
        failed=Count("steps", filter=Q(steps__state__in=[StepState.FAILED, StepState.BLOCKED])),
        unchanged=Count("steps", filter=Q(steps__state=StepState.UNCHANGED)),
    ).order_by("institution__code", "pk")
