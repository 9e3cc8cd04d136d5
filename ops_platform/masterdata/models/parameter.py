"""Parameters: every threshold, weight, ratio and rate, with unit, scope, first day and source."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models.alliance import Institution
from ops_platform.masterdata.models.source import SourceMark
from ops_platform.orm.models import READ_AND_APPEND


class Scope(models.TextChoices):
    """How far a parameter reaches; the narrowest that has a value wins."""

    NATIONAL = "national", _("国家")
    PROVINCE = "province", _("省")
    CITY = "city", _("统筹地区")
    INSTITUTION = "institution", _("机构")


class Parameter(models.Model):
    """One value from a day on; it ends where the next one of the same key and scope begins. Old periods compute with
    old values, so a row is never changed: a new value is a new row."""

    app_privileges = READ_AND_APPEND

    key = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12, choices=Scope)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    effective_from = models.DateField()
    value = models.DecimalField(max_digits=24, decimal_places=8)
    unit = models.CharField(max_length=30, blank=True, default="")
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    changed_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["key", "scope", "institution", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "scope", "institution", "effective_from"],
                name="parameter_one_value_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(scope=Scope.INSTITUTION, institution__isnull=False)
                | (~models.Q(scope=Scope.INSTITUTION) & models.Q(institution__isnull=True)),
                name="parameter_institution_only_in_its_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.effective_from}"
