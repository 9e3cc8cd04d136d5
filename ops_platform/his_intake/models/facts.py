"""Facts: one table a dataset. Nothing is overwritten.

Every row carries the batch that brought it (`batch_id`, `sequence`, `row_no`) and, once corrected or withdrawn, the batch
that did so. Rows as of sequence n: sequence <= n and (superseded_sequence is null or > n). The app role may insert rows
and set the superseded columns, nothing else.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from ops_platform.his_intake.models.batch import Batch
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import ScopedQuerySet

FACT_PRIVILEGES = ("SELECT", "INSERT", "UPDATE (superseded_batch_id, superseded_sequence)")
CURRENT = Q(superseded_sequence__isnull=True)


class FactQuerySet(ScopedQuerySet):
    """Facts of institutions."""

    def current(self) -> "FactQuerySet":
        """Rows that hold now."""
        return self.filter(CURRENT)

    def as_of(self, sequence: int) -> "FactQuerySet":
        """Rows that held when the institution's sequence was `sequence`."""
        return self.filter(
            Q(superseded_sequence__isnull=True) | Q(superseded_sequence__gt=sequence), sequence__lte=sequence
        )


class Fact(models.Model):
    """What every fact carries."""

    app_privileges = FACT_PRIVILEGES

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    sequence = models.BigIntegerField()
    row_no = models.PositiveIntegerField()
    superseded_batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="+")
    superseded_sequence = models.BigIntegerField(null=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        abstract = True


class DepartmentFact(Fact):
    """A department as reported from a date on; master data keeps the identity it names."""

    code = models.CharField(max_length=40)
    effective_from = models.DateField()
    name = models.CharField(max_length=120)
    cost_class = models.CharField(max_length=20)
    service_mode = models.CharField(max_length=12)
    parent = models.CharField(max_length=40, null=True)  # noqa: DJ001  absent is not empty in a fact
    closed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "code", "effective_from"], condition=CURRENT, name="fact_department_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"


class StaffHeadcount(Fact):
    """How many people a department had in a month (two decimals: part-time)."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    headcount = models.DecimalField(max_digits=12, decimal_places=2)
    physicians = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    nurses = models.DecimalField(max_digits=12, decimal_places=2, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "period"], condition=CURRENT, name="fact_headcount_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.period}"


class FloorArea(Fact):
    """The floor area of a department in a month, square metres."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    area = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "period"], condition=CURRENT, name="fact_area_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.period}"


class Workload(Fact):
    """What a department did or consumed on a day, by metric."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    metric = models.CharField(max_length=40)
    date = models.DateField()
    quantity = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "metric", "date"], condition=CURRENT, name="fact_workload_key"
            )
        ]
        indexes = [models.Index(fields=["institution", "date"], name="fact_workload_date")]

    def __str__(self) -> str:
        return f"{self.department_id} {self.metric} {self.date}"


class ChargeItemFact(Fact):
    """A charge item as reported from a date on."""

    code = models.CharField(max_length=60)
    effective_from = models.DateField()
    name = models.CharField(max_length=200)
    item_class = models.CharField(max_length=20)
    fee_class = models.CharField(max_length=24)
    unit = models.CharField(max_length=20, null=True)  # noqa: DJ001
    price_cap = models.DecimalField(max_digits=18, decimal_places=4, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "code", "effective_from"], condition=CURRENT, name="fact_charge_item_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"


class CostEntry(Fact):
    """One voucher line of cost, booked to a department; `counterparty` is the member of the alliance from which it came.

    `shared_as` marks a bill that the department only took in for all (water, cleaning, …): costing divides it.
    """

    voucher = models.CharField(max_length=60)
    line = models.PositiveIntegerField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    cost_item = models.CharField(max_length=20)
    funding_source = models.CharField(max_length=20)
    amount = MoneyField()
    summary = models.CharField(max_length=200, null=True)  # noqa: DJ001
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    shared_as = models.CharField(max_length=16, null=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "voucher", "line"], condition=CURRENT, name="fact_cost_key")
        ]
        indexes = [models.Index(fields=["institution", "date"], name="fact_cost_date")]

    def __str__(self) -> str:
        return f"{self.voucher}/{self.line}"


class IncomeEntry(Fact):
    """One voucher line of income outside charges; `counterparty` is the member of the alliance from which it came."""

    voucher = models.CharField(max_length=60)
    line = models.PositiveIntegerField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    date = models.DateField()
    income_kind = models.CharField(max_length=20)
    amount = MoneyField()
    summary = models.CharField(max_length=200, null=True)  # noqa: DJ001
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "voucher", "line"], condition=CURRENT, name="fact_income_key"
            )
        ]
        indexes = [models.Index(fields=["institution", "date"], name="fact_income_date")]

    def __str__(self) -> str:
        return f"{self.voucher}/{self.line}"


class Asset(Fact):
    """A card of a fixed or intangible asset as it is from a day on: where it stands, what it is worth, how long it serves.

    Months of depreciation count from the month of `in_use_from`. `accumulated` is what had been depreciated before
    `effective_from`; without it, it is what the earlier versions of the card come to.
    """

    card = models.CharField(max_length=60)
    effective_from = models.DateField()
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=20)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    in_use_from = models.DateField()
    original_value = MoneyField()
    residual_value = MoneyField(null=True)
    useful_months = models.PositiveIntegerField()
    accumulated = MoneyField(null=True)
    funding_source = models.CharField(max_length=20)
    disposed_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "card", "effective_from"], condition=CURRENT, name="fact_asset_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.card} {self.effective_from}"


class Encounter(Fact):
    """A visit or stay. `entity` is its lasting number: versions of the same encounter share it, charge lines and
    abstracts point to it."""

    entity = models.BigIntegerField()
    encounter_no = models.CharField(max_length=60)
    kind = models.CharField(max_length=12)
    patient = models.CharField(max_length=64)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    doctor = models.CharField(max_length=64, null=True)  # noqa: DJ001
    admitted = models.DateTimeField()
    discharged = models.DateTimeField(null=True)
    insurer = models.CharField(max_length=40, null=True)  # noqa: DJ001
    scheme = models.CharField(max_length=20, null=True)  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "encounter_no"], condition=CURRENT, name="fact_encounter_key"
            ),
            models.UniqueConstraint(fields=["entity"], condition=CURRENT, name="fact_encounter_entity"),
        ]
        indexes = [
            models.Index(fields=["institution", "admitted"], name="fact_encounter_admitted"),
            models.Index(
                fields=["institution", "admitted"],
                condition=Q(kind="inpatient", discharged__isnull=True, superseded_sequence__isnull=True),
                name="fact_encounter_in_house",
            ),
            models.Index(
                fields=["entity"], condition=Q(superseded_sequence__isnull=False), name="fact_encounter_former"
            ),
            models.Index(
                fields=["institution", "discharged"],
                name="fact_encounter_discharged",
                condition=Q(kind="inpatient", discharged__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.encounter_no


class DischargeAbstract(Fact):
    """The coded front page of a discharged stay (病案首页)."""

    encounter = models.BigIntegerField()
    diagnoses = ArrayField(models.CharField(max_length=40))
    procedures = ArrayField(models.CharField(max_length=40), null=True)
    sex = models.CharField(max_length=1)
    age = models.PositiveSmallIntegerField()
    age_days = models.PositiveSmallIntegerField(null=True)
    weight = models.PositiveIntegerField(null=True)
    stay_days = models.PositiveIntegerField()
    leaving_type = models.CharField(max_length=1)
    total_charges = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "encounter"], condition=CURRENT, name="fact_abstract_key")
        ]

    def __str__(self) -> str:
        return str(self.encounter)


class TrialBalance(Fact):
    """One account of the books that an institution keeps elsewhere, in a month: what stood on it, what it moved, what
    stands. Codes are those of its own chart; the ledger maps them."""

    period = PeriodField()
    account = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    opening_debit = MoneyField()
    opening_credit = MoneyField()
    debit = MoneyField()
    credit = MoneyField()
    closing_debit = MoneyField()
    closing_credit = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "period", "account"], condition=CURRENT, name="fact_trial_balance_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.account}"
