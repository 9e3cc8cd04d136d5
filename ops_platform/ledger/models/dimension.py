"""Combinations of dimensions."""

from django.db import models

from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.models import AppendOnly


class Dimension(AppendOnly):
    """One combination of what legs say beside their account; born when a leg first says it. Legs and balances point here,
    so that a balance is kept for each account × combination. The empty combination is a row, too."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+")
    project = models.CharField(max_length=60, default="", blank=True)
    purpose = models.CharField(max_length=40, default="", blank=True)
    insurer = models.CharField(max_length=40, default="", blank=True)
    scheme = models.CharField(max_length=20, default="", blank=True)
    fund_type = models.CharField(max_length=20, default="", blank=True)
    cost_item = models.CharField(max_length=20, default="", blank=True)
    funding_source = models.CharField(max_length=20, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "department",
                    "counterparty",
                    "project",
                    "purpose",
                    "insurer",
                    "scheme",
                    "fund_type",
                    "cost_item",
                    "funding_source",
                ],
                name="dimension_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)
