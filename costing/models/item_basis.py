"""By what the cost of a department's services is divided over its service items."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.orm.models import READ_AND_APPEND, READ_APPEND_CHANGE, ScopedQuerySet


class ItemMethod(models.TextChoices):
    """The official methods (domain.md 1.5); `minutes` is the coefficient method by operating time. `activity` is of one
    department, whose activities hang on the basis."""

    INCOME = "income", _("成本比例系数法(收入)")
    MINUTES = "minutes", _("成本比例系数法(操作时间)")
    EQUIVALENT = "equivalent", _("成本当量法")
    ACTIVITY = "activity", _("作业成本法")


class ItemBasis(models.Model):
    """The method of an institution, or of one of its departments, from a day on. The department's own wins; without any
    it is income. Never changed: a new one begins."""

    app_privileges = READ_AND_APPEND

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    method = models.CharField(max_length=12, choices=ItemMethod)
    effective_from = models.DateField()
    source_text = models.CharField(max_length=300)
    changed_by = models.CharField(max_length=150)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "department", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "effective_from"],
                name="item_basis_one_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(method="activity") | models.Q(department__isnull=False),
                name="item_basis_activities_of_a_department",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.department_id} {self.method}"


class ItemCoefficient(models.Model):
    """The equivalent of a service item (当量, the representative item has 1), or the minutes that it takes, from a day on;
    of a department, or of every department of the institution. Never changed: a new one begins."""

    app_privileges = READ_AND_APPEND

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=12, choices=ItemMethod)
    value = models.DecimalField(max_digits=14, decimal_places=4)
    effective_from = models.DateField()
    changed_by = models.CharField(max_length=150)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "item", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "item", "method", "effective_from"],
                name="item_coefficient_one_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(value__gte=0), name="item_coefficient_not_negative"),
            models.CheckConstraint(
                condition=~models.Q(method__in=("income", "activity")), name="item_coefficient_of_a_weighing_method"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.method} {self.value}"


class ItemBasisProposal(models.Model):
    """That somebody wants another method, with its coefficients, from a day on. Born when it is asked for; a basis and its
    coefficients are made of it when a second person has approved. `rows` are [item code, coefficient] as text; `activities`
    of a basis by activity are {"name", "resources": {column: driver}, "uses": {item code: unit use}}, numbers as text."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    method = models.CharField(max_length=12, choices=ItemMethod)
    effective_from = models.DateField()
    rows = models.JSONField(default=list)
    activities = models.JSONField(default=list)
    source_text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "effective_from"],
                condition=models.Q(state="asked"),
                name="item_basis_asked_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.department_id} {self.method}"
