"""What services, items and patients cost: made from a cost run, never changed."""

from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from costing.models.run import CostRun
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import READ_APPEND_PRUNE, AppendOnly, ScopedQuerySet


class PatientRun(models.Model):
    """The cost of all items and encounters of an institution's month, from one cost run and the charge lines that it read.

    The same inputs make no new run; one of a month is current. `bases` says for each department by what its services were
    divided, `findings` ([code, message]) what was odd about it. Full cost of the cost run = patients + unassigned, to the
    fen, in every column.
    """

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    cost_run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="patient_runs")
    input_digest = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    bases = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    encounters = models.PositiveIntegerField()
    full_cost = MoneyField()
    patient_cost = MoneyField()
    unassigned_cost = MoneyField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "period", "version"], name="patient_run_version_unique"),
            models.UniqueConstraint(
                fields=["institution", "period"], condition=models.Q(is_current=True), name="patient_run_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(full_cost=models.F("patient_cost") + models.F("unassigned_cost")),
                name="patient_run_conserves",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period} v{self.version}"


class Costed(AppendOnly):
    """Cost in nine columns (`costing.engine.columns`): the seven items, then what fiscal projects and research bore.

    Rows are never changed. Those of a provisional run may be deleted as a whole when their time is over
    (`services.patient_retention`): a trigger refuses it for current, young and official runs (migration 0014).
    """

    app_privileges = READ_APPEND_PRUNE

    personnel = MoneyField()
    materials = MoneyField()
    drugs = MoneyField()
    depreciation = MoneyField()
    amortisation = MoneyField()
    risk_fund = MoneyField()
    other = MoneyField()
    fiscal_project = MoneyField()
    research = MoneyField()

    class Meta:
        abstract = True

    @property
    def medical_cost(self) -> Decimal:
        """医疗成本: the seven items."""
        return (
            self.personnel
            + self.materials
            + self.drugs
            + self.depreciation
            + self.amortisation
            + self.risk_fund
            + self.other
        )

    @property
    def hospital_cost(self) -> Decimal:
        """医院全成本: all nine."""
        return self.medical_cost + self.fiscal_project + self.research


class ItemCost(Costed):
    """What a service item cost in the department that carried it out. Without an item: what handing out drugs and materials
    cost a department that does nothing else (a pharmacy); its quantity is yuan. `weight` is what its share was measured
    by: the department's basis says of what; by activity it is 0, and the measures are in ActivityCost. Unit cost = cost ÷
    quantity, for display. Its references are no foreign keys in the database, for the reason PatientCost gives.
    """

    run = models.ForeignKey(
        PatientRun, on_delete=models.PROTECT, related_name="items", db_constraint=False, db_index=False
    )
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(
        ChargeItem, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    quantity = models.DecimalField(max_digits=18, decimal_places=4)
    income = MoneyField()
    weight = models.DecimalField(max_digits=24, decimal_places=4)

    class Meta:
        ordering = ["run", "department", "item"]
        constraints = [
            models.UniqueConstraint(fields=["run", "department", "item"], name="item_cost_unique", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.department_id} {self.item_id}"


class PatientCost(Costed):
    """What an encounter cost in the month, bottom-up; a stay over several months has a row in each. `days` are those of the
    stay that fall into the month. `drug_cost` and `material_cost` are what drugs and separately charged materials are of
    the drugs and materials in its cost; the rest came with services. `top_down` and `cost_to_income` are its medical cost
    by the two other official methods.

    Its department is the one that treats (encounters), not the one that carried a service out. Not `discharged` at the
    month's end: work in progress (在院患者). Run and department are no foreign keys in the database, as those of charge
    lines are none: checking them takes as long as writing the rows. Neither can be deleted; verify_integrity looks for
    orphans.

    Each B-tree costs as much as the rows themselves. There is one, by encounter, which finds a stay in all its months; the
    rows of a run lie together in order of department, so that a block range index finds those.
    """

    pk = models.CompositePrimaryKey("encounter", "run_id")
    run = models.ForeignKey(
        PatientRun, on_delete=models.PROTECT, related_name="patients", db_constraint=False, db_index=False
    )
    encounter = models.BigIntegerField()
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    inpatient = models.BooleanField()
    discharged = models.BooleanField()
    days = models.PositiveIntegerField()
    income = MoneyField()
    drug_cost = MoneyField()
    material_cost = MoneyField()
    top_down = MoneyField()
    cost_to_income = MoneyField()

    class Meta:
        ordering = ["run", "encounter"]
        indexes = [
            BrinIndex(fields=["run", "department"], name="patient_cost_of_run", pages_per_range=16, autosummarize=True)
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.encounter}"


class UnassignedCost(Costed):
    """Cost of a department that no patient bears, and why."""

    class Reason(models.TextChoices):
        NO_SERVICES = "no_services", _("有成本而当月没有收费")
        NOT_ALLOCATED = "not_allocated", _("没有分摊动因，暂未分摊")
        IDLE_ACTIVITY = "idle_activity", _("作业当月没有项目使用(闲置作业)")

    run = models.ForeignKey(PatientRun, on_delete=models.PROTECT, related_name="unassigned")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason)

    class Meta:
        ordering = ["run", "department"]
        constraints = [models.UniqueConstraint(fields=["run", "department", "reason"], name="unassigned_cost_unique")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.department_id} {self.reason}"
