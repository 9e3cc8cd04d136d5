"""Balances: written by the database itself when legs come in; the application may only read them."""

from django.db import models

from ops_platform.ledger.models.account import Account
from ops_platform.ledger.models.dimension import Dimension
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import ScopedQuerySet


class PeriodBalance(models.Model):
    """What an account × dimension of an institution moved in a month: debits and credits, of them those of carrying a year
    forward. Opening = all earlier months. Kept by a trigger in the transaction of the legs."""

    app_privileges = ("SELECT",)

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = PeriodField()
    debit = MoneyField()
    credit = MoneyField()
    carried_debit = MoneyField()
    carried_credit = MoneyField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "account", "dimension", "period"], name="period_balance_unique"
            )
        ]
        indexes = [models.Index(fields=["institution", "period"], name="period_balance_month")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.account_id} {self.period}"


class RunningBalance(models.Model):
    """What stands on an account × dimension now, and what pending entries hold of it. Carries the floor: no writer, however
    many there are, gets below it. Kept by triggers."""

    app_privileges = ("SELECT",)

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    debit = MoneyField()
    credit = MoneyField()
    held_debit = MoneyField()
    held_credit = MoneyField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "account", "dimension"], name="running_balance_unique")
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.account_id}"
