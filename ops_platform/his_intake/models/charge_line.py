"""Charge lines: the one table that grows by millions a month."""

from django.db import models

from ops_platform.his_intake.models.facts import FACT_PRIVILEGES, FactQuerySet
from ops_platform.orm.fields import MoneyField


class ChargeLine(models.Model):
    """One charged item of an encounter; a refund is a negative line that names its original line.

    Partitioned by `month` (first day of the month of `charged_at`, Asia/Shanghai); made by SQL in the migration, since
    Django knows no partitions. No foreign keys in the database: the gate resolves every reference, and
    verify_integrity looks for orphans. `encounter` is the encounter's lasting number.
    """

    app_privileges = FACT_PRIVILEGES

    id = models.BigIntegerField(primary_key=True)
    month = models.DateField()
    institution_id = models.BigIntegerField()
    encounter = models.BigIntegerField()
    line_no = models.IntegerField()
    item_id = models.BigIntegerField()
    ordering_department_id = models.BigIntegerField()
    executing_department_id = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    amount = MoneyField()
    charged_at = models.DateTimeField()
    insured_amount = MoneyField()
    refund_of = models.IntegerField(null=True)
    batch_id = models.BigIntegerField()
    sequence = models.BigIntegerField()
    row_no = models.IntegerField()
    superseded_batch_id = models.BigIntegerField(null=True)
    superseded_sequence = models.BigIntegerField(null=True)

    objects = FactQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "his_intake_chargeline"

    def __str__(self) -> str:
        return f"{self.encounter}/{self.line_no}"
