"""What people worked where: hours by post, as the human resources or roster system has them."""

from django.db import models
from django.db.models import F, Q

from ops_platform.his_intake.models.facts import CURRENT, Fact
from ops_platform.masterdata.models import Department
from ops_platform.orm.fields import PeriodField


class PostHours(Fact):
    """Hours of a month on one post (岗位) of a department, by people of `home` (None: its own). `flexible` hours are beyond
    the fixed roster: overtime, flexible shifts, calls to other wards. `team` names a multidisciplinary team (多学科团队)."""

    roster = models.CharField(max_length=60)
    period = PeriodField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    home = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False, null=True)
    post = models.CharField(max_length=60)
    category = models.CharField(max_length=16)
    established = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    people = models.DecimalField(max_digits=8, decimal_places=2)
    hours = models.DecimalField(max_digits=10, decimal_places=2)
    flexible = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    team = models.CharField(max_length=60, null=True)  # noqa: DJ001  absent is not empty in a fact

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "roster"], condition=CURRENT, name="fact_post_key"),
            models.CheckConstraint(
                condition=Q(flexible__isnull=True) | Q(flexible__lte=F("hours")), name="fact_post_flexible_of_hours"
            ),
        ]
        indexes = [models.Index(fields=["institution", "period"], name="fact_post_period")]

    def __str__(self) -> str:
        return f"{self.roster} {self.post}"
