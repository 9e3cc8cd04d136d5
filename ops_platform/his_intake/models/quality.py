"""What the data-quality rules found."""

from django.db import models

from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import ScopedQuerySet


class QualityFinding(models.Model):
    """What one rule found for one institution and month: how many, and a sample. Rewritten whenever the rule runs again;
    a rule that finds nothing leaves no row."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    rule = models.CharField(max_length=60)
    severity = models.CharField(max_length=10)
    count = models.PositiveIntegerField()
    message = models.CharField(max_length=300)
    sample = models.JSONField(default=list)
    sequence = models.BigIntegerField()
    found_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "rule"]
        constraints = [models.UniqueConstraint(fields=["institution", "period", "rule"], name="quality_finding_unique")]

    def __str__(self) -> str:
        return f"{self.rule} {self.period}"
