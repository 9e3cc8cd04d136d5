"""Vouchers made by hand, on their way to the books."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.entry import Entry
from ops_platform.ledger.models.pending import PendingEntry
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class Voucher(models.Model):
    """A voucher that a person makes (手工凭证), or by which they ask to take a posted entry back (`reverses`). Reviewed by a
    second person through the approval flow; what it says stands in its pending entry, of which a change after a return
    makes a new one (`revision`). submitted → posted, or voided when it is refused or taken back."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        SUBMITTED = "submitted", _("待审核")
        POSTED = "posted", _("已记账")
        VOIDED = "voided", _("已作废")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    pending = models.OneToOneField(PendingEntry, on_delete=models.PROTECT, null=True, related_name="voucher")
    reverses = models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=9, choices=State, default=State.SUBMITTED)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    once = models.UUIDField(null=True, blank=True, unique=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(state="submitted"), name="voucher_one_reversal_on_its_way"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.pk}"
