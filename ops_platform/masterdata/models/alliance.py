"""The alliance and its institutions."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class Alliance(models.Model):
    """A medical alliance or county community (医联体, 医共体): the whole that an operation centre sees."""

    app_privileges = READ_APPEND_CHANGE

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    population = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class InstitutionKind(models.TextChoices):
    """What an institution is within the alliance."""

    LEAD_HOSPITAL = "lead_hospital", _("牵头医院")
    TOWNSHIP_HOSPITAL = "township_hospital", _("乡镇卫生院")
    VILLAGE_CLINIC = "village_clinic", _("村卫生室")
    SPECIALIST = "specialist", _("专科医院")


class InstitutionQuerySet(ScopedQuerySet):
    institution_path = "pk"


class Institution(models.Model):
    """A member of the alliance with books of its own. `parent` guides it (牵头、管理), nothing more.

    `first_period` is the month in which it starts on the platform: earlier facts are refused.
    """

    app_privileges = READ_APPEND_CHANGE

    alliance = models.ForeignKey(Alliance, on_delete=models.PROTECT, related_name="institutions")
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=InstitutionKind)
    level = models.CharField(max_length=20, blank=True, default="")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="members")
    region = models.CharField(max_length=60, blank=True, default="")
    beds = models.PositiveIntegerField(default=0)
    first_period = PeriodField()

    objects = InstitutionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="institution_not_its_own_parent")
        ]

    def __str__(self) -> str:
        return self.name
