"""Pending entries (待记账凭证): made, not yet posted; meanwhile what they would take is held."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.account import Account
from ops_platform.ledger.models.amounts import LARGEST_OF_A_LEG, numbers
from ops_platform.ledger.models.dimension import Dimension
from ops_platform.ledger.models.entry import Entry
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class PendingEntry(models.Model):
    """An entry that waits for its reviewer, or for the other side of a deal. It is in no balance, but on accounts with a
    floor its amounts are held. pending → posted (as `entry`), voided (refused or taken back), expired: once, which a
    trigger guards."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, entry_id, resolved_at, resolved_by, remark)")

    class State(models.TextChoices):
        PENDING = "pending", _("待记账")
        POSTED = "posted", _("已记账")
        VOIDED = "voided", _("已作废")
        EXPIRED = "expired", _("已失效")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    summary = models.CharField(max_length=200)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    document = models.CharField(max_length=200, blank=True, default="")
    leg_count = models.PositiveIntegerField()
    made_by = models.CharField(max_length=150)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="pending")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.CharField(max_length=150, blank=True, default="")
    remark = models.CharField(max_length=200, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "source", "key"], name="pending_key_unique"),
            models.CheckConstraint(condition=Q(leg_count__gte=2), name="pending_two_legs"),
            models.CheckConstraint(
                condition=Q(state="posted", entry__isnull=False) | (~Q(state="posted") & Q(entry__isnull=True)),
                name="pending_posted_as_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", resolved_at__isnull=True)
                | (~Q(state="pending") & Q(resolved_at__isnull=False)),
                name="pending_resolved_at_a_moment",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="pending"), name="pending_expiry")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class PendingLeg(AppendOnly):
    """One line of a pending entry."""

    pending = models.ForeignKey(PendingEntry, on_delete=models.PROTECT, related_name="legs")
    position = models.PositiveIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    debit = MoneyField()
    credit = MoneyField()
    summary = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["pending", "position"]
        constraints = [
            models.UniqueConstraint(fields=["pending", "position"], name="pending_leg_position_unique"),
            models.CheckConstraint(
                condition=Q(debit=0) & ~Q(credit=0) | Q(credit=0) & ~Q(debit=0), name="pending_leg_on_one_side"
            ),
            numbers("debit", "credit", name="pending_leg_amounts", largest=LARGEST_OF_A_LEG),
        ]

    def __str__(self) -> str:
        return f"{self.pending_id}/{self.position}"
