"""Charts that institutions keep elsewhere, mapped to the unified one, and where official figures come from."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ops_platform.ledger.models.account import Account
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class LocalAccount(AppendOnly):
    """Which unified account, with which dimensions, stands behind a local code and all codes that begin with it, from a
    month on. The longest code that fits holds; of its rows that of the latest month, and of that month's the last one: what
    is changed gets another row, and what held before stays."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120, blank=True, default="")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    cost_item = models.CharField(max_length=20, blank=True, default="")
    funding_source = models.CharField(max_length=20, blank=True, default="")
    effective_from = models.DateField()
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "code", "effective_from", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(effective_from__day=1), name="local_account_from_a_month"),
            models.CheckConstraint(
                condition=Q(counterparty__isnull=True) | ~Q(counterparty=F("institution")),
                name="local_account_not_its_own_counterparty",
            ),
        ]
        indexes = [models.Index(fields=["institution", "code", "effective_from"], name="local_account_by_code")]

    def __str__(self) -> str:
        return f"{self.code} → {self.account_id}"


class BooksMode(AppendOnly):
    """Where an institution's official figures come from, from a month on: its books here, trial balances of books kept
    elsewhere, or its books here beside trial balances to compare them with. Without a row: its books here."""

    class Mode(models.TextChoices):
        OWN = "own", _("在本平台记账")
        ELSEWHERE = "elsewhere", _("在外部系统记账")
        BOTH = "both", _("两边记账(以本平台为准)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    mode = models.CharField(max_length=10, choices=Mode)
    effective_from = models.DateField()
    recorded_by = models.CharField(max_length=150)
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "effective_from", "id"]
        constraints = [models.CheckConstraint(condition=Q(effective_from__day=1), name="books_mode_from_a_month")]
        indexes = [models.Index(fields=["institution", "effective_from"], name="books_mode_by_month")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.mode} {self.effective_from}"
