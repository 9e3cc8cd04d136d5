"""Rows that the gate did not let through."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.models.batch import Batch
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class QuarantinedRow(models.Model):
    """A row as it was sent (identity numbers masked) with what is wrong in it. Nothing is lost: it waits here until it
    is corrected and resubmitted, discarded with a reason, or the sender itself sends the same key rightly.

    `resubmitted_in` is the batch that took the row at last, `resubmitted_as` its number among that batch's rows.
    `alone` marks what one person settled as it was, without a second one: it counts against the day's limit."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        OPEN = "open", _("待处理")
        RESUBMITTED = "resubmitted", _("已重报")
        DISCARDED = "discarded", _("已弃用")
        CORRECTED = "corrected", _("来源已更正")

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantined_rows")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    dataset = models.CharField(max_length=40)
    row_no = models.PositiveIntegerField()
    content = models.JSONField()
    faults = models.JSONField()
    state = models.CharField(max_length=12, choices=State, default=State.OPEN)
    settled_by = models.CharField(max_length=150, blank=True, default="")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_reason = models.CharField(max_length=300, blank=True, default="")
    resubmitted_in = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    resubmitted_as = models.PositiveIntegerField(null=True, blank=True)
    alone = models.BooleanField(default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-batch", "row_no"]
        constraints = [models.UniqueConstraint(fields=["batch", "row_no"], name="quarantined_row_unique")]
        indexes = [
            models.Index(fields=["institution", "dataset"], name="quarantine_open", condition=models.Q(state="open")),
            models.Index(
                fields=["institution", "dataset", "settled_at"],
                name="quarantine_alone",
                condition=models.Q(alone=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.row_no}"
