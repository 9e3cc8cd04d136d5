"""Long work that somebody asked for, done in the background."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class Errand(models.Model):
    """Long work over an institution's month that somebody asked for: what, by whom, how far it is, what came of it.

    Born when it is asked for; waiting → running → succeeded or failed, and never anything after that: to try again is
    another errand. A table of its own, and not a step of the night, because a person waits for it and it is about one
    month. `subject` tells apart what may go on at the same time in a month (a digest, or empty); `wanted` is all that the
    worker must know, `result` what it found, `error` says in words why it failed. At most one of a kind, month and subject
    is under way: a second click finds the first one's.
    """

    app_privileges = READ_APPEND_CHANGE

    class Kind(models.TextChoices):
        """What is to be done."""

        BOOKING = "booking", _("业务生成凭证")
        PREVIEW = "preview", _("凭证规则试算")
        EXPORT = "export", _("凭证导出")
        OUTLOOK = "outlook", _("待生成预览")

    class State(models.TextChoices):
        """`failed` says why in words."""

        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        SUCCEEDED = "succeeded", _("完成")
        FAILED = "failed", _("未完成")

    kind = models.CharField(max_length=10, choices=Kind)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    subject = models.CharField(max_length=64, blank=True, default="")
    wanted = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=150)
    asker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=80, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    messaged_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict)
    error_code = models.CharField(max_length=80, blank=True, default="")
    error = models.TextField(blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["institution", "kind", "period", "-id"], name="errand_of_month")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "institution", "period", "subject"],
                condition=Q(state__in=("waiting", "running")),
                name="errand_once_under_way",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "running")) | Q(finished_at__isnull=False),
                name="errand_ends_some_time",
            ),
            models.CheckConstraint(condition=~Q(state="failed") | ~Q(error=""), name="errand_failed_for_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period} #{self.pk}"

    @property
    def under_way(self) -> bool:
        """Neither done nor failed."""
        return self.state in (self.State.WAITING, self.State.RUNNING)
