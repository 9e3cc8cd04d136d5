"""Departments and what they were at each date."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models.alliance import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class CostClass(models.TextChoices):
    """The four cost classes, in the order in which they are closed by the step-down (domain.md 1.2)."""

    ADMINISTRATION = "administration", _("行政后勤类")
    MEDICAL_SUPPORT = "medical_support", _("医疗辅助类")
    MEDICAL_TECHNOLOGY = "medical_technology", _("医疗技术类")
    CLINICAL = "clinical", _("临床服务类")


class ServiceMode(models.TextChoices):
    """Whom a clinical department treats."""

    OUTPATIENT = "outpatient", _("门诊")
    INPATIENT = "inpatient", _("住院")
    MIXED = "mixed", _("门诊与住院")
    NONE = "none", _("不直接接诊")


class Department(models.Model):
    """A department's lasting identity. Rights, charge lines and results point here; what it is called and how it is
    classed at a date stands in its terms. `name` repeats the name of the newest term for lists."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="departments")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "code"]
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="department_code_unique")]

    def __str__(self) -> str:
        return self.name


class DepartmentTerm(models.Model):
    """What a department is from a date on, until its next term begins."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="terms")
    effective_from = models.DateField()
    name = models.CharField(max_length=120)
    cost_class = models.CharField(max_length=20, choices=CostClass)
    service_mode = models.CharField(max_length=12, choices=ServiceMode, default=ServiceMode.NONE)
    parent_code = models.CharField(max_length=40, blank=True, default="")
    closed_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["department", "effective_from"]
        constraints = [models.UniqueConstraint(fields=["department", "effective_from"], name="department_term_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"
