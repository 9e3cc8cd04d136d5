"""That the detail of a provisional patient run has been let go."""

from django.db import models

from costing.models.patients import PatientRun
from ops_platform.orm.models import AppendOnly


class PatientRunPruning(AppendOnly):
    """The lasting record of a patient run whose items and encounters were let go when their time was over: how many rows of
    each, by whom, when. The run itself stays with its totals, digest and versions, and can be computed again from the facts
    as of its sequence while its cost run stays. Its own table because a run is immutable.

    The database lets go only what is provisional: no current run, none of a month that is or ever was closed, none of its
    first week (migration 0014)."""

    run = models.OneToOneField(PatientRun, on_delete=models.PROTECT, related_name="pruning", primary_key=True)
    items = models.PositiveIntegerField()
    encounters = models.PositiveIntegerField()
    unassigned = models.PositiveIntegerField()
    older_than_days = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    pruned_at = models.DateTimeField()

    class Meta:
        ordering = ["-pruned_at", "run"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.pruned_at:%Y-%m-%d}"
