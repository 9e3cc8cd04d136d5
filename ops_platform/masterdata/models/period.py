"""Accounting periods of an institution."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models.alliance import Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class PeriodState(models.TextChoices):
    """open → closing → closed. Only an open period takes facts; a closed one is reopened by two persons."""

    OPEN = "open", _("未结账")
    CLOSING = "closing", _("结账中")
    CLOSED = "closed", _("已结账")


class AccountingPeriod(models.Model):
    """One month of one institution. Whoever writes facts holds a share lock on it, whoever closes it an exclusive one."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="periods")
    period = PeriodField()
    state = models.CharField(max_length=8, choices=PeriodState, default=PeriodState.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "period"]
        constraints = [models.UniqueConstraint(fields=["institution", "period"], name="accounting_period_unique")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period}"


class PeriodReopening(models.Model):
    """A request to reopen a closed period (反结账): born with a reason, decided by a second person."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        REQUESTED = "requested", _("待审批")
        CONFIRMED = "confirmed", _("已同意")
        REFUSED = "refused", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")

    accounting_period = models.ForeignKey(AccountingPeriod, on_delete=models.PROTECT, related_name="reopenings")
    reason = models.CharField(max_length=500)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.CharField(max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)

    class Meta:
        ordering = ["-requested_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(requested_by=models.F("decided_by")), name="period_reopening_by_two_persons"
            ),
            models.UniqueConstraint(
                fields=["accounting_period"],
                condition=models.Q(state="requested"),
                name="period_reopening_one_open_request",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.accounting_period_id} {self.state}"
