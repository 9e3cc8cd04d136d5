"""Trials (试算): what a past period would have been paid by other rules. Never among official figures."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models.results import CaseResult, GroupingRun
from insurance_settlement.models.rules import GroupingScheme, PriceBook
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly


class PricingTrial(models.Model):
    """A question asked of past months: what would have been paid by another book (`price_book`, or a `draft` that nobody has
    imported), another `scheme`, or some figures changed (`overrides`, see `engine.trial`). The base of each month is the
    book that its run was priced by.

    waiting → running → succeeded or failed, and never anything after that; what was asked is never changed. A table of its
    own beside the runs, because nothing that counts may ever read it.
    """

    app_privileges = (
        "SELECT",
        "INSERT",
        "UPDATE (state, attempts, finished_at, lease_owner, lease_until, heartbeat_at, messaged_at, engine_version,"
        " input_digest, result_digest, error_code, error)",
    )

    class State(models.TextChoices):
        """`failed` says why in words."""

        WAITING = "waiting", _("等待")
        RUNNING = "running", _("试算中")
        SUCCEEDED = "succeeded", _("完成")
        FAILED = "failed", _("未完成")

    title = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True, default="")
    first = PeriodField()
    last = PeriodField()
    price_book = models.ForeignKey(PriceBook, on_delete=models.PROTECT, null=True, related_name="+")
    draft = models.TextField(blank=True, default="")
    scheme = models.ForeignKey(GroupingScheme, on_delete=models.PROTECT, null=True, related_name="+")
    overrides = models.JSONField(default=dict)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    messaged_at = models.DateTimeField(null=True)
    engine_version = models.CharField(max_length=20, blank=True, default="")
    input_digest = models.CharField(max_length=64, blank=True, default="")
    result_digest = models.CharField(max_length=64, blank=True, default="")
    error_code = models.CharField(max_length=80, blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="succeeded") & ~Q(result_digest="") | ~Q(state="succeeded") & Q(result_digest=""),
                name="pricing_trial_result_when_done",
            ),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(error=""), name="pricing_trial_failed_for_a_reason"
            ),
            models.CheckConstraint(condition=Q(price_book__isnull=True) | Q(draft=""), name="pricing_trial_one_book"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def under_way(self) -> bool:
        """Neither done nor failed."""
        return self.state in (self.State.WAITING, self.State.RUNNING)


class TrialMonth(AppendOnly):
    """A month of an institution that a trial asks about: the run whose cases, facts and book it starts from. Fixed when the
    trial is asked for, so that it can be computed again."""

    trial = models.ForeignKey(PricingTrial, on_delete=models.PROTECT, related_name="months")
    run = models.ForeignKey(GroupingRun, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["trial", "run"]
        constraints = [models.UniqueConstraint(fields=["trial", "run"], name="trial_month_once")]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.run_id}"


class TrialGroup(AppendOnly):
    """Cases of a month, department and group, as they are paid and as they would be: `drg` by the run, `drg_after` by the
    trial. Payments, and what was `charged` beside them, are sums over the `priced` cases of their side; `changed`
    cases differ in payment or group."""

    trial = models.ForeignKey(PricingTrial, on_delete=models.PROTECT, related_name="groups")
    run = models.ForeignKey(GroupingRun, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    drg = models.CharField(max_length=12)
    drg_after = models.CharField(max_length=12)
    cases = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    priced_before = models.PositiveIntegerField()
    priced_after = models.PositiveIntegerField()
    charges = MoneyField()
    charged_before = MoneyField()
    charged_after = MoneyField()
    payment_before = MoneyField()
    payment_after = MoneyField()

    class Meta:
        ordering = ["trial", "run", "department", "drg", "drg_after"]
        constraints = [
            models.UniqueConstraint(fields=["trial", "run", "department", "drg", "drg_after"], name="trial_group_once")
        ]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.drg}"


class TrialCase(AppendOnly):
    """A case that the trial pays or groups otherwise. `delta` = after − before, where no price counts as nothing."""

    trial = models.ForeignKey(PricingTrial, on_delete=models.PROTECT, related_name="cases")
    case = models.ForeignKey(CaseResult, on_delete=models.PROTECT, related_name="+")
    drg_after = models.CharField(max_length=12)
    kind_after = models.CharField(max_length=20)
    payment_before = MoneyField(null=True)
    payment_after = MoneyField(null=True)
    delta = MoneyField()

    class Meta:
        ordering = ["trial", "case"]
        constraints = [models.UniqueConstraint(fields=["trial", "case"], name="trial_case_once")]

    def __str__(self) -> str:
        return f"{self.trial_id} {self.case_id}"
