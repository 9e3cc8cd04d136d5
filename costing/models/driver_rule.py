"""Which driver divides the cost of a department."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.public import SHARED_KINDS
from ops_platform.identity.models import User
from ops_platform.masterdata.models import CostClass, Department, Institution, SourceMark
from ops_platform.orm.models import READ_AND_APPEND, READ_APPEND_CHANGE


class DriverKind(models.TextChoices):
    """By what the receivers' shares are measured (domain.md 1.3)."""

    HEADCOUNT = "headcount", _("人员数量")
    FLOOR_AREA = "floor_area", _("占用面积")
    ASSET_VALUE = "asset_value", _("资产价值")
    INCOME = "income", _("收入比重")
    WORKLOAD = "workload", _("工作量")
    ORDERED_INCOME = "ordered_income", _("开单收入")
    ASSIGNED = "assigned", _("直接指定")


NOT_SHARED = models.Q(shared_as="") & ~models.Q(cost_class="")
SHARED = ~models.Q(shared_as="") & models.Q(cost_class="", department__isnull=True)


class DriverRule(models.Model):
    """The driver of a cost class, or of one department, from a date on; or, with `shared_as`, of a kind of bill that is
    divided over all departments. The narrowest rule wins: department, institution, alliance. `metric` names the workload;
    ORDERED_INCOME is the income that a receiver ordered from the sender; ASSIGNED goes to the departments of `assignments`,
    which belong to the rule's institution. A rule is never changed: a new one begins."""

    app_privileges = READ_AND_APPEND

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cost_class = models.CharField(max_length=20, choices=CostClass, blank=True, default="")
    shared_as = models.CharField(max_length=16, choices=SHARED_KINDS, blank=True, default="")
    effective_from = models.DateField()
    driver = models.CharField(max_length=16, choices=DriverKind)
    metric = models.CharField(max_length=40, blank=True, default="")
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    changed_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["cost_class", "shared_as", "institution", "department", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "cost_class", "shared_as", "effective_from"],
                name="driver_rule_one_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=NOT_SHARED | SHARED, name="driver_rule_of_a_class_or_a_bill"),
            models.CheckConstraint(
                condition=models.Q(shared_as="") | ~models.Q(driver="ordered_income"),
                name="driver_rule_nobody_orders_a_bill",
            ),
            models.CheckConstraint(
                condition=models.Q(department__isnull=True) | models.Q(institution__isnull=False),
                name="driver_rule_department_needs_institution",
            ),
            models.CheckConstraint(
                condition=~models.Q(driver="assigned") | models.Q(institution__isnull=False),
                name="driver_rule_assigned_within_institution",
            ),
            models.CheckConstraint(
                condition=~models.Q(driver="workload") | ~models.Q(metric=""), name="driver_rule_workload_needs_metric"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cost_class or self.shared_as} {self.driver} {self.effective_from}"

    @property
    def divided(self) -> str:
        """Whose cost it divides, in words: a class of departments, or a kind of bill."""
        return str(self.get_shared_as_display() if self.shared_as else self.get_cost_class_display())

    @property
    def mark_title(self) -> str:
        """Where it comes from, in words: what people set and approved is no default of the system."""
        return str(_("本单位审批设定")) if self.changed_by else str(self.get_source_mark_display())


class DriverAssignment(models.Model):
    """A department that a rule by direct assignment (直接指定) names, with its share in per cent; those of a rule sum to
    100. Born with its rule and, as that, never changed."""

    app_privileges = READ_AND_APPEND

    rule = models.ForeignKey(DriverRule, on_delete=models.PROTECT, related_name="assignments")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField(max_digits=9, decimal_places=6)

    class Meta:
        ordering = ["rule", "department__code"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "department"], name="driver_assignment_names_once"),
            models.CheckConstraint(
                condition=models.Q(share__gt=0) & models.Q(share__lte=100), name="driver_assignment_is_a_share"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.department_id} {self.share}"


class DriverProposal(models.Model):
    """That somebody wants another driver from a day on. Born when it is asked for; a rule is made of it when it is approved.

    The columns mean what they mean at the rule; `assigned` are [department code, per cent] as text.
    """

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cost_class = models.CharField(max_length=20, choices=CostClass, blank=True, default="")
    shared_as = models.CharField(max_length=16, choices=SHARED_KINDS, blank=True, default="")
    effective_from = models.DateField()
    driver = models.CharField(max_length=16, choices=DriverKind)
    metric = models.CharField(max_length=40, blank=True, default="")
    assigned = models.JSONField(default=list)
    source_text = models.CharField(max_length=300, blank=True, default="")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    rule = models.ForeignKey(DriverRule, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "cost_class", "shared_as", "effective_from"],
                condition=models.Q(state="asked"),
                name="driver_proposal_asked_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.cost_class or self.shared_as} {self.driver} {self.effective_from}"

    @property
    def divided(self) -> str:
        """Whose cost it would divide, in words."""
        return str(self.get_shared_as_display() if self.shared_as else self.get_cost_class_display())
