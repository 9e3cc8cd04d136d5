"""What the sweeper could not do, so that it neither tries without end nor keeps silent."""

from django.db import models
from django.utils import timezone

from ops_platform.orm.models import READ_APPEND_CHANGE
from workflows.models.matter import Matter


class Setback(models.Model):
    """One duty of the sweeper at one matter that failed (办理受阻). Born at the first failure; `failures` counts those in a
    row and is 0 again once the duty was done. Before `retry_at` the sweeper leaves the duty and looks at others.

    `words` is the error's class only: its text may hold what a matter keeps to its readers. The whole stands in the log.
    """

    app_privileges = READ_APPEND_CHANGE

    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="setbacks")
    duty = models.CharField(max_length=40)
    failures = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(default=timezone.now)
    retry_at = models.DateTimeField(default=timezone.now)
    words = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        ordering = ["matter", "duty"]
        constraints = [models.UniqueConstraint(fields=["matter", "duty"], name="setback_one_a_duty")]
        indexes = [
            models.Index(fields=["duty", "retry_at"], name="setback_waiting", condition=models.Q(failures__gt=0))
        ]

    def __str__(self) -> str:
        return f"{self.matter_id} {self.duty} {self.failures}"
