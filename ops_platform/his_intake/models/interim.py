"""Diagnoses of patients who are still in."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ops_platform.his_intake.models.facts import CURRENT, Fact


class InterimDiagnosis(Fact):
    """What is known of a stay before its discharge (在院诊断): diagnoses and procedures so far, main ones first, and the
    patient's sex and age, which an encounter does not carry. The latest counts; after discharge the abstract does. Its own
    table since an abstract is signed and final, and is what is declared. Weight in grams."""

    encounter = models.BigIntegerField()
    seq = models.PositiveIntegerField()
    recorded_at = models.DateTimeField()
    diagnoses = ArrayField(models.CharField(max_length=40))
    procedures = ArrayField(models.CharField(max_length=40), null=True)
    sex = models.CharField(max_length=1)
    age = models.PositiveSmallIntegerField()
    age_days = models.PositiveSmallIntegerField(null=True)
    weight = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "encounter", "seq"], condition=CURRENT, name="fact_interim_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.encounter} #{self.seq}"
