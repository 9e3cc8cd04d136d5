"""The unified chart of accounts, own accounts of institutions, and what institutions call them elsewhere."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class AccountKind(models.TextChoices):
    """The eight elements of government accounting; what engines know is `engine.chart.AccountKind`."""

    ASSET = "asset", _("资产")
    LIABILITY = "liability", _("负债")
    NET_ASSETS = "net_assets", _("净资产")
    INCOME = "income", _("收入")
    EXPENSE = "expense", _("费用")
    BUDGET_INCOME = "budget_income", _("预算收入")
    BUDGET_EXPENSE = "budget_expense", _("预算支出")
    BUDGET_BALANCE = "budget_balance", _("预算结余")


class Side(models.TextChoices):
    """On which side an account usually stands."""

    DEBIT = "debit", _("借")
    CREDIT = "credit", _("贷")


class Book(models.TextChoices):
    """The two parallel books."""

    FINANCIAL = "financial", _("财务会计")
    BUDGET = "budget", _("预算会计")


class Account(models.Model):
    """An account of the unified chart or, with an institution, one that this institution keeps below it.

    Legs stand on leaves only. Below which an institution keeps own accounts, that takes no more legs of this
    institution. `required` and `optional` name the dimensions of its legs. `closed_on` is the first day on which it
    takes no legs.
    """

    app_privileges = READ_APPEND_CHANGE

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=16, choices=AccountKind)
    book = models.CharField(max_length=9, choices=Book)
    side = models.CharField(max_length=6, choices=Side)
    leaf = models.BooleanField(default=True)
    required = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    optional = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["code", "institution"]
        constraints = [
            models.UniqueConstraint(fields=["code", "institution"], name="account_code_unique", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="account_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(institution__isnull=True) | Q(parent__isnull=False), name="account_own_hangs_below_unified"
            ),
            models.CheckConstraint(
                condition=(Q(book="budget") & Q(kind__startswith="budget"))
                | (Q(book="financial") & ~Q(kind__startswith="budget")),
                name="account_book_of_its_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Floor(models.Model):
    """That an account of an institution may never be overdrawn (不得透支): for each of its dimensions what stands on its
    usual side, less what is held, stays at or above nothing. Kept by the database at every leg."""

    app_privileges = ("SELECT", "INSERT", "DELETE")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "account"], name="floor_unique")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.account_id}"
