"""Entries (凭证) and their legs (分录): posted, for ever."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.account import Account, Book
from ops_platform.ledger.models.amounts import LARGEST_OF_A_LEG, numbers
from ops_platform.ledger.models.dimension import Dimension
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class EntryKind(models.TextChoices):
    """What an entry is for."""

    ORDINARY = "ordinary", _("普通")
    OPENING = "opening", _("期初")
    REVERSAL = "reversal", _("冲销")
    CARRY_FORWARD = "carry_forward", _("年末结转")


class Entry(AppendOnly):
    """One posted voucher of an institution. Never changed: what was wrong is reversed and booked anew.

    `number` counts an institution's entries without gaps and chains them: `hash` covers the entry, its legs and the hash of
    the one before. `voucher_no` counts within the month, as printed. (`source`, `key`) recognise a repeat, `digest` tells
    whether it is the same. `leg_count` is checked by the database when the transaction commits: no leg can be added later.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    number = models.BigIntegerField()
    period = PeriodField()
    day = models.DateField()
    voucher_no = models.PositiveIntegerField()
    kind = models.CharField(max_length=14, choices=EntryKind)
    summary = models.CharField(max_length=200)
    source = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)
    document = models.CharField(max_length=200, blank=True, default="")
    leg_count = models.PositiveIntegerField()
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    made_by = models.CharField(max_length=150)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    checked_by = models.CharField(max_length=150, blank=True, default="")
    checker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    posted_at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "number"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "number"], name="entry_number_unique"),
            models.UniqueConstraint(fields=["institution", "period", "voucher_no"], name="entry_voucher_no_unique"),
            models.UniqueConstraint(fields=["institution", "source", "key"], name="entry_key_unique"),
            models.CheckConstraint(condition=Q(leg_count__gte=2), name="entry_two_legs"),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False) | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reversal_names_its_original",
            ),
            models.CheckConstraint(
                condition=~Q(source="ledger.voucher") | ~Q(checked_by=""), name="entry_by_hand_is_checked"
            ),
            models.CheckConstraint(
                condition=Q(maker__isnull=True) | Q(checker__isnull=True) | ~Q(maker=F("checker")),
                name="entry_by_two_persons",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.voucher_no}"


class Leg(AppendOnly):
    """One line of an entry: an amount on one side of an account (negative: in red). Institution, period and book repeat
    those of entry and account, which the database checks; they serve balances and account sheets."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="legs")
    position = models.PositiveIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = PeriodField()
    book = models.CharField(max_length=9, choices=Book)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    dimension = models.ForeignKey(Dimension, on_delete=models.PROTECT, related_name="+", db_index=False)
    debit = MoneyField()
    credit = MoneyField()
    summary = models.CharField(max_length=200, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["entry", "position"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="leg_position_unique"),
            models.CheckConstraint(
                condition=Q(debit=0) & ~Q(credit=0) | Q(credit=0) & ~Q(debit=0), name="leg_on_one_side"
            ),
            numbers("debit", "credit", name="leg_amounts", largest=LARGEST_OF_A_LEG),
        ]
        indexes = [models.Index(fields=["institution", "account", "period"], name="leg_account_sheet")]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.position}"
