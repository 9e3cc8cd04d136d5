"""Cost runs."""

from django.db import models

from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import ScopedQuerySet


class CostRun(models.Model):
    """One computation of an institution's month: immutable, with all it was made from.

    The same inputs make no new run. A run on other inputs gets the next `version` and becomes the current one of its
    scope; earlier ones stay and can be opened. `restatement` marks a run of a month that had been closed before. `policies`
    are the parameters that decided how it was computed, by key; empty in runs of before 2026-11-29.
    """

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    restatement = models.BooleanField(default=False)
    input_digest = models.CharField(max_length=64)
    input_sequence = models.BigIntegerField()
    engine_version = models.CharField(max_length=20)
    method = models.CharField(max_length=20)
    rules = models.JSONField(default=list)
    policies = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    direct_cost = MoneyField()
    full_cost = MoneyField()
    income = MoneyField()
    other_income = MoneyField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "period", "version"], name="cost_run_version_unique"),
            models.UniqueConstraint(
                fields=["institution", "period"], condition=models.Q(is_current=True), name="cost_run_one_current"
            ),
            models.CheckConstraint(condition=models.Q(direct_cost=models.F("full_cost")), name="cost_run_conserves"),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period} v{self.version}"
