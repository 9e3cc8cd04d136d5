"""Runs, lanes and steps of the nightly work."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import AccountingPeriod, Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class RunState(models.TextChoices):
    """A run ends `succeeded` only if every step of every lane did."""

    RUNNING = "running", _("运行中")
    SUCCEEDED = "succeeded", _("成功")
    FAILED = "failed", _("有失败")


class NightlyRun(models.Model):
    """One run over the open months of some or all institutions. At most one is running."""

    app_privileges = READ_APPEND_CHANGE

    business_date = models.DateField()
    trigger = models.CharField(max_length=10)
    started_by = models.CharField(max_length=150)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.RUNNING)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="running"), name="nightly_one_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.business_date} #{self.pk}"


class LaneState(models.TextChoices):
    """waiting → running → succeeded or failed; a failed lane can be resumed."""

    WAITING = "waiting", _("等待")
    RUNNING = "running", _("运行中")
    SUCCEEDED = "succeeded", _("成功")
    FAILED = "failed", _("失败")


class Lane(models.Model):
    """The part of a run that belongs to one institution (or, without one, to the alliance).

    A worker holds a lane by a lease that its heartbeat prolongs. When the lease runs out, another may take the lane;
    the first can then no longer commit (its step ends by locking the lane under its own lease).
    """

    app_privileges = READ_APPEND_CHANGE

    run = models.ForeignKey(NightlyRun, on_delete=models.PROTECT, related_name="lanes")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=LaneState, default=LaneState.WAITING)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    messaged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["run", "institution"]
        constraints = [
            models.UniqueConstraint(fields=["run", "institution"], name="nightly_lane_unique", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.institution_id}"


class StepState(models.TextChoices):
    """`unchanged`: the input was the same as last time, no new version was made. `blocked`: an earlier step failed."""

    WAITING = "waiting", _("等待")
    RUNNING = "running", _("运行中")
    SUCCEEDED = "succeeded", _("成功")
    UNCHANGED = "unchanged", _("无变化")
    FAILED = "failed", _("失败")
    BLOCKED = "blocked", _("受阻")


DONE_STATES = (StepState.SUCCEEDED, StepState.UNCHANGED)


class StepRun(models.Model):
    """One step for one month within a lane: when it ran, on which input, with what result or error."""

    app_privileges = READ_APPEND_CHANGE

    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=80)
    period = PeriodField()
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=StepState, default=StepState.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0)
    input_digest = models.CharField(max_length=64, blank=True, default="")
    input_sequence = models.BigIntegerField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["lane", "position"]
        constraints = [models.UniqueConstraint(fields=["lane", "position"], name="nightly_step_position_unique")]

    def __str__(self) -> str:
        return f"{self.lane_id} {self.step} {self.period}"


class ReminderQuerySet(ScopedQuerySet):
    """Reminders of the institutions whose months they are about."""

    institution_path = "accounting_period__institution"


class MonthReminder(models.Model):
    """That a member was reminded of a month which something keeps from closing, and what it answered.

    Born when the lead hospital or a finance director reminds; `blockers` are the hindrances as they stood then. Done when
    the month closes, whatever was answered.
    """

    app_privileges = READ_APPEND_CHANGE

    accounting_period = models.ForeignKey(AccountingPeriod, on_delete=models.PROTECT, related_name="+")
    blockers = models.JSONField(default=list)
    note = models.CharField(max_length=500, blank=True, default="")
    sender = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    sent_at = models.DateTimeField()
    answer = models.CharField(max_length=500, blank=True, default="")
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = ReminderQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at", "-id"]
        indexes = [models.Index(fields=["accounting_period", "-sent_at"], name="month_reminder_last")]

    def __str__(self) -> str:
        return f"{self.accounting_period_id} {self.sent_at:%Y-%m-%d}"
