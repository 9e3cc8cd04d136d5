"""What a month's discharges are worth."""

from decimal import Decimal

from django.db import models

from insurance_settlement.models.rules import GroupingScheme, PriceBook
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class GroupingRun(models.Model):
    """One grouping and pricing of an institution's discharges of a month. Immutable; the same inputs make no new run.

    `restatement` marks a run of a month that had been closed before. `fund` is what the fund owes by the rules for the cases
    of which it can be told, `billed` what it pays for the same on their bills (empty where the price book has no rule for
    the fund, and in runs before engine version 4); `without_settlement` counts insured cases that wait for their list.
    """

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    restatement = models.BooleanField(default=False)
    scheme = models.ForeignKey(GroupingScheme, on_delete=models.PROTECT, related_name="+")
    price_book = models.ForeignKey(PriceBook, on_delete=models.PROTECT, related_name="+")
    input_digest = models.CharField(max_length=64)
    input_sequence = models.BigIntegerField()
    engine_version = models.CharField(max_length=20)
    cases = models.PositiveIntegerField()
    grouped = models.PositiveIntegerField()
    without_abstract = models.PositiveIntegerField()
    total_weight = models.DecimalField(max_digits=18, decimal_places=6)
    charges = MoneyField()
    priced_charges = MoneyField()
    payment = MoneyField()
    without_settlement = models.PositiveIntegerField(null=True)
    fund = MoneyField(null=True)
    billed = MoneyField(null=True)
    findings = models.JSONField(default=list)
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "period", "version"], name="grouping_run_version_unique"),
            models.UniqueConstraint(
                fields=["institution", "period"], condition=models.Q(is_current=True), name="grouping_run_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period} v{self.version}"


class CaseResult(AppendOnly):
    """One discharge: its group, weight, charges and what the insurer pays for it; `kind` says how it was priced
    (`engine.rule_book.Kind`). By a DIP catalogue `drg` is the disease, MDC and ADRG are empty, and `factor` is that of its
    auxiliary lists (1 by DRG). It has a weight by the rate method, `points` by the points method, neither where an exception
    pays it otherwise.

    `balance` = payment − charges (against charges, not against cost: that view belongs to costing). Payment and balance
    are empty where there is no price (ungrouped, group without weight). `fund` is the fund's part of the payment (基金支付),
    empty where nothing can be told of it; `billed` is what the fund pays on the bill as it stands (按项目记账), empty
    while no settlement list has come.
    """

    run = models.ForeignKey(GroupingRun, on_delete=models.PROTECT, related_name="results")
    encounter = models.BigIntegerField()
    encounter_no = models.CharField(max_length=60)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField(max_length=20, blank=True, default="")
    discharged = models.DateTimeField()
    stay_days = models.PositiveIntegerField()
    mdc = models.CharField(max_length=8)
    adrg = models.CharField(max_length=8)
    drg = models.CharField(max_length=12)
    status = models.CharField(max_length=16)
    kind = models.CharField(max_length=20)
    weight = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    points = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    factor = models.DecimalField(max_digits=12, decimal_places=6, default=1)
    charges = MoneyField()
    payment = MoneyField(null=True)
    balance = MoneyField(null=True)
    fund = MoneyField(null=True)
    billed = MoneyField(null=True)

    class Meta:
        ordering = ["run", "encounter"]
        constraints = [
            models.UniqueConstraint(fields=["run", "encounter"], name="case_result_unique"),
            models.CheckConstraint(
                condition=models.Q(payment__isnull=True, balance__isnull=True)
                | models.Q(balance=models.F("payment") - models.F("charges")),
                name="case_result_balance",
            ),
            models.CheckConstraint(
                condition=models.Q(fund__isnull=True) | models.Q(payment__isnull=False, billed__isnull=False),
                name="case_result_fund",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "drg"], name="case_result_drg"),
            models.Index(fields=["run", "department"], name="case_result_department"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_no} {self.drg}"

    @property
    def fund_difference(self) -> Decimal | None:
        """What the fund owes by the rules less what it pays on the bill (应付 − 记账, domain.md 2.7)."""
        return None if self.fund is None or self.billed is None else self.fund - self.billed

    @property
    def worth(self) -> Decimal | None:
        """Weight, or points."""
        return self.weight if self.points is None else self.points
