"""Activities of a department (作业): what they consume, who uses them, and what they cost in a month."""

from django.db import models
from django.db.models import Q

from costing.models.item_basis import ItemBasis
from costing.models.patients import Costed, PatientRun
from ops_platform.masterdata.models import ChargeItem
from ops_platform.orm.models import AppendOnly


class Activity(AppendOnly):
    """An activity of the department of a basis by activity (作业成本法), in force as long as the basis. Born with it, when a
    second person has approved; never changed."""

    basis = models.ForeignKey(ItemBasis, on_delete=models.PROTECT, related_name="activities")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ["basis", "number"]
        constraints = [
            models.UniqueConstraint(fields=["basis", "number"], name="activity_number_unique"),
            models.UniqueConstraint(fields=["basis", "name"], name="activity_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class ActivityResource(AppendOnly):
    """The resource driver of an activity (资源动因): its part of the department's cost, in any unit, against the other
    activities of the basis. `column` is a column of cost (`costing.engine.columns`); without one it holds for every column
    of which no activity of the basis has a driver of its own."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="resources")
    column = models.CharField(max_length=16, blank=True, default="")
    value = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        ordering = ["activity", "column"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "column"], name="activity_resource_unique"),
            models.CheckConstraint(condition=Q(value__gt=0), name="activity_resource_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} {self.column} {self.value}"


class ActivityUse(AppendOnly):
    """How much of an activity one unit of a service item uses (作业动因量), in the activity's own unit."""

    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="uses")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    value = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        ordering = ["activity", "item"]
        constraints = [
            models.UniqueConstraint(fields=["activity", "item"], name="activity_use_unique"),
            models.CheckConstraint(condition=Q(value__gt=0), name="activity_use_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.activity_id} {self.item_id} {self.value}"


class ActivityCost(Costed):
    """What a service item bears of an activity in a month; without an item, the cost of an activity that no item used,
    which no patient bears. `volume` is what the item used of the activity in the month: unit use × volume.

    Cost of an activity = Σ of its rows; rate (作业分配率) = that ÷ Σ volume, for display. An item's cost by activity is the
    sum of its rows, to the fen.
    """

    run = models.ForeignKey(PatientRun, on_delete=models.PROTECT, related_name="activities")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, null=True, related_name="+")
    volume = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta:
        ordering = ["run", "activity", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "activity", "item"], name="activity_cost_unique", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.activity_id} {self.item_id}"
