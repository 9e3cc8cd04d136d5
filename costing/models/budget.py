"""What a year's cost is planned to be (成本预算)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class CostBudget(models.Model):
    """A version of the budget of an institution's direct cost in a year. Born when somebody asks for it, with all its
    amounts, which never change: an adjustment (预算调整) is another version. The version in force holds for the whole year,
    until a newer one replaces it; `source_text` says by which decision. Refused versions stay as they were asked for."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, decided_at)")

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已批准")
        REPLACED = "replaced", _("已被新版取代")
        REFUSED = "refused", _("未批准")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    version = models.PositiveSmallIntegerField()
    total = MoneyField()
    source_text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    decided_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "institution", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "year", "version"], name="cost_budget_version"),
            models.UniqueConstraint(
                fields=["institution", "year"], condition=Q(state="asked"), name="cost_budget_asked_once"
            ),
            models.UniqueConstraint(
                fields=["institution", "year"], condition=Q(state="in_force"), name="cost_budget_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", decided_at=None) | (~Q(state="asked") & Q(decided_at__isnull=False)),
                name="cost_budget_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.year} {self.version}"


class CostBudgetAmount(AppendOnly):
    """The budget of a department's cost item in a month of the year (1 to 12); months of nothing have no row."""

    budget = models.ForeignKey(CostBudget, on_delete=models.PROTECT, related_name="amounts")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    cost_item = models.CharField(max_length=20)
    month = models.PositiveSmallIntegerField()
    amount = MoneyField()

    class Meta:
        ordering = ["budget", "department", "cost_item", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["budget", "department", "cost_item", "month"], name="cost_budget_amount_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="cost_budget_amount_positive"),
            models.CheckConstraint(condition=Q(month__gte=1, month__lte=12), name="cost_budget_amount_month"),
        ]

    def __str__(self) -> str:
        return f"{self.budget_id} {self.department_id} {self.cost_item} {self.month}"
