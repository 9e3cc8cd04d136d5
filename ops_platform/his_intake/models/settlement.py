"""Facts of settlement with the insurer: what a stay's settlement list says, and how the insurer groups the stay."""

from django.db import models
from django.db.models import F, Q

from ops_platform.his_intake.models.facts import CURRENT, Fact
from ops_platform.orm.fields import MoneyField


class SettlementList(Fact):
    """The amounts of a settlement list (医保基金结算清单): what was charged, what of it the insurance does not cover or the
    patient bears first, and who paid.

    `self_paid` is outside the insurance (全自费), `first_self_paid` the patient's own share of partly covered items
    (先自付), `deductible` the threshold (起付线); what follows is shared at `reimbursement_ratio`. `fund_paid` is what the
    pooled fund pays on the bill as it stands (按项目记账), which is not what it owes by case. `new_technology` are charges
    that are paid apart from the case (除外新药新技术). A stay that was settled in between has more than one list: they add
    up. `encounter` is its lasting number.
    """

    settle_no = models.CharField(max_length=60)
    encounter = models.BigIntegerField()
    settled_on = models.DateField()
    total = MoneyField()
    self_paid = MoneyField()
    first_self_paid = MoneyField()
    deductible = MoneyField()
    reimbursement_ratio = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    fund_paid = MoneyField()
    other_paid = MoneyField()
    account_paid = MoneyField()
    cash_paid = MoneyField()
    new_technology = MoneyField(null=True)
    incomplete = models.CharField(max_length=1, null=True)  # noqa: DJ001  absent is not empty in a fact

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "settle_no"], condition=CURRENT, name="fact_settlement_key"),
            models.CheckConstraint(
                condition=Q(total=F("fund_paid") + F("other_paid") + F("account_paid") + F("cash_paid")),
                name="fact_settlement_payers",
            ),
        ]
        indexes = [models.Index(fields=["institution", "encounter"], name="fact_settlement_encounter")]

    def __str__(self) -> str:
        return self.settle_no


class InsurerGrouping(Fact):
    """The group into which the insurer's grouper put a stay, as it was told (医保分组反馈), and what it is worth there.

    Weight or points, as the area pays; the payment where it was told. 0000 is what the insurer could not group. Its own
    table: it is kept beside our grouping and never takes its place. `encounter` is the stay's lasting number.
    """

    encounter = models.BigIntegerField()
    told_on = models.DateField()
    scheme_version = models.CharField(max_length=120, null=True)  # noqa: DJ001  absent is not empty in a fact
    drg = models.CharField(max_length=40)
    weight = models.DecimalField(max_digits=18, decimal_places=8, null=True)
    points = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    payment = MoneyField(null=True)
    reason = models.CharField(max_length=500, null=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "encounter"], condition=CURRENT, name="fact_insurer_grouping_key"
            ),
            models.CheckConstraint(
                condition=Q(weight__isnull=True) | Q(points__isnull=True), name="fact_insurer_grouping_worth"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.encounter} {self.drg}"
