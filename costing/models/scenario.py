"""Scenarios: what a month would have come to otherwise."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from costing.models.driver_rule import DriverKind
from costing.models.run import CostRun
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class ChangeKind(models.TextChoices):
    """What is changed. Per cent are written as numbers: −10 takes a tenth away."""

    HEADCOUNT = "headcount", _("人员数量改为")
    AREA = "area", _("占用面积改为")
    COST_CLASS = "cost_class", _("科室分类改为")
    DRIVER = "driver", _("分摊动因改为")
    PRICE = "price", _("收费价格变动(%)")
    VOLUME = "volume", _("业务量变动(%)")
    COST = "cost", _("直接成本变动(%)")
    CLOSE = "close", _("科室关闭")


class Scenario(models.Model):
    """A question asked of a cost run: what if. Born with a run that it starts from, which stays as it is; its figures are
    computed from run and changes whenever they are read, so that they are stored nowhere and never among official ones."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    note = models.CharField(max_length=500, blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    archived = models.BooleanField(default=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.title


class ScenarioChange(models.Model):
    """One change of a scenario, applied in the order of their numbers; taken back by `removed`. Of one department, or of all
    where `department` is empty. `code` is a cost class, driver, fee class or cost item, as the kind says; of a driver
    without department `target` is the class of departments or the kind of bill that it divides; of a driver by direct
    assignment `assigned` are [department code, per cent] as text."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (removed)")

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12, choices=ChangeKind)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    target = models.CharField(max_length=24, blank=True, default="")
    code = models.CharField(max_length=24, blank=True, default="")
    metric = models.CharField(max_length=40, blank=True, default="")
    assigned = models.JSONField(default=list)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    removed = models.BooleanField(default=False)

    class Meta:
        ordering = ["scenario", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(kind="driver") | models.Q(code__in=DriverKind.values),
                name="scenario_change_names_a_driver",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.kind}"
