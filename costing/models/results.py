"""What a cost run found. Rows are born with their run and never change."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from costing.models.run import CostRun
from ops_platform.masterdata.models import Department
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import AppendOnly


class DepartmentCost(AppendOnly):
    """Cost of a department by cost item and funding source: direct + received − sent = full.

    `direct` is what was booked straight to it and its `ComputedCost`. A closed department (any but clinical) has full = 0,
    but for one without driver whose cost is held back (未分摊); of a clinical one nothing was sent.
    """

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="department_costs")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    cost_item = models.CharField(max_length=20)
    funding_source = models.CharField(max_length=20)
    direct = MoneyField()
    received = MoneyField()
    sent = MoneyField()
    full = MoneyField()

    class Meta:
        ordering = ["run", "department", "cost_item", "funding_source"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "department", "cost_item", "funding_source"], name="department_cost_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(full=models.F("direct") + models.F("received") - models.F("sent")),
                name="department_cost_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.department_id} {self.cost_item}"


class ComputedCost(AppendOnly):
    """The part of a department's direct cost that was computed (计算计入): its share of a bill that was taken in for all
    (`kind`), with the driver; or depreciation of its asset cards of a category (`kind`), of which `weight` is their number.

    Its own table because a direct cost must open down to what it came from; what was booked straight is the rest.
    """

    class Origin(models.TextChoices):
        SHARED = "shared", _("公共费用分配")
        DEPRECIATION = "depreciation", _("资产折旧与摊销")

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="computed_costs")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=12, choices=Origin)
    kind = models.CharField(max_length=20)
    cost_item = models.CharField(max_length=20)
    funding_source = models.CharField(max_length=20)
    driver = models.CharField(max_length=60)
    weight = models.DecimalField(max_digits=24, decimal_places=4)
    weight_total = models.DecimalField(max_digits=24, decimal_places=4)
    amount = MoneyField()

    class Meta:
        ordering = ["run", "department", "origin", "kind", "cost_item", "funding_source"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "department", "origin", "kind", "cost_item", "funding_source"],
                name="computed_cost_unique",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.department_id} {self.origin} {self.kind}"


class AllocationFlow(AppendOnly):
    """One stored step of the allocation: from whom, to whom, which item, by which driver and share, how much."""

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="flows")
    step = models.PositiveSmallIntegerField()
    sender = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    receiver = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    cost_item = models.CharField(max_length=20)
    funding_source = models.CharField(max_length=20)
    driver = models.CharField(max_length=60)
    weight = models.DecimalField(max_digits=24, decimal_places=4)
    weight_total = models.DecimalField(max_digits=24, decimal_places=4)
    share = models.DecimalField(max_digits=14, decimal_places=12)
    amount = MoneyField()

    class Meta:
        ordering = ["run", "step", "sender", "receiver", "cost_item", "funding_source"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "sender", "receiver", "cost_item", "funding_source"], name="allocation_flow_unique"
            )
        ]
        indexes = [models.Index(fields=["run", "receiver"], name="allocation_flow_receiver")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.sender_id}→{self.receiver_id}"


class IncomeCell(AppendOnly):
    """Charge income of a month by ordering department, executing department and fee class."""

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="income_cells")
    ordering = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    executing = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    item_class = models.CharField(max_length=20)
    fee_class = models.CharField(max_length=24)
    amount = MoneyField()
    insured_amount = MoneyField()
    lines = models.PositiveIntegerField()

    class Meta:
        ordering = ["run", "ordering", "executing", "fee_class", "item_class"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "ordering", "executing", "item_class", "fee_class"], name="income_cell_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.ordering_id}→{self.executing_id} {self.fee_class}"


class Earned(AppendOnly):
    """What a department earned and did in some time.

    `income` is what it ordered, wherever it was executed; drugs, materials and the insured part are of that.
    `executed_income` is what it carried out for anybody.
    """

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    income = MoneyField()
    executed_income = MoneyField()
    other_income = MoneyField()
    drug_income = MoneyField()
    material_income = MoneyField()
    insured_income = MoneyField()
    visits = models.PositiveIntegerField()
    discharges = models.PositiveIntegerField()
    bed_days = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        abstract = True


class DepartmentMonth(Earned):
    """The summary that pages read: what a department earned, cost and did in the month.

    surplus = income + other_income − full_cost, for clinical departments; others keep `other_income`.
    """

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="departments")
    name = models.CharField(max_length=120)
    cost_class = models.CharField(max_length=20)
    direct_cost = MoneyField()
    received_cost = MoneyField()
    full_cost = MoneyField()
    surplus = MoneyField()

    class Meta:
        ordering = ["run", "department"]
        constraints = [models.UniqueConstraint(fields=["run", "department"], name="department_month_unique")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"


class DepartmentDay(Earned):
    """What a department earned and did on one day of the month; a day on which nothing came has no row.

    Its own table because an open month is compared with the same days of another one, and because income is booked by the
    day. Summed over the days it is the DepartmentMonth of the run. Costs have no day: they come in with the month's end.
    """

    run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="department_days")
    day = models.DateField()

    class Meta:
        ordering = ["run", "department", "day"]
        constraints = [models.UniqueConstraint(fields=["run", "department", "day"], name="department_day_unique")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.department_id} {self.day}"
