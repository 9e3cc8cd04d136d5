"""Vouchers from business events: the rules in their versions, and what was booked of which event."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.entry import Entry
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, AppendOnly, ScopedQuerySet


class VoucherRules(AppendOnly):
    """One version of the rule book of the alliance: which event goes to which accounts (`engine.voucher_rules`).

    Born with the shipped defaults, then when a second person approved a proposal; never changed. In force for a day is the
    version with the latest `effective_from` up to it, among equals the highest `version`.
    """

    version = models.PositiveIntegerField(unique=True)
    effective_from = models.DateField()
    body = models.JSONField()
    note = models.CharField(max_length=300, blank=True, default="")
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    made_by = models.CharField(max_length=150)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_by = models.CharField(max_length=150, blank=True, default="")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-effective_from", "-version"]
        verbose_name = _("凭证规则")
        constraints = [
            models.CheckConstraint(
                condition=Q(maker__isnull=True) | ~Q(approved_by=""), name="voucher_rules_by_two_persons"
            )
        ]

    def __str__(self) -> str:
        return f"第 {self.version} 版"


class VoucherRulesProposal(models.Model):
    """That somebody wants another rule book from a day on. Born when it is asked for; a version is made of it when it is
    approved. One at a time, so that no proposal silently takes back another."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    effective_from = models.DateField()
    body = models.JSONField()
    note = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    rules = models.ForeignKey(VoucherRules, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="asked"), name="voucher_rules_proposal_one_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.effective_from} {self.state}"


class VoucherRulesDraft(models.Model):
    """Another rule book that somebody is writing. Born when they begin, one a person; gone when it is submitted (a proposal
    is made of it) or given up. May be faulty while it is written."""

    app_privileges = ("SELECT", "INSERT", "UPDATE", "DELETE")

    person = models.OneToOneField(User, on_delete=models.PROTECT, related_name="+")
    based_on = models.ForeignKey(VoucherRules, on_delete=models.PROTECT, null=True, related_name="+")
    body = models.JSONField()
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("凭证规则草稿")

    def __str__(self) -> str:
        return f"{self.person_id} {self.changed_at:%Y-%m-%d}"


class EventBooking(models.Model):
    """That an event was booked: which entry it became, by which rules, from facts as of which sequence.

    When its facts were corrected, the entry is reversed and the event booked anew: a row with the next `revision`; one is
    current. Only `is_current` and `reversal` ever change, once, which a trigger keeps. `input_digest` is that of the event,
    `outcome_digest` that of what was booked; the second decides whether it still stands.
    """

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current, reversal_id)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    event_type = models.CharField(max_length=60)
    event_key = models.CharField(max_length=100)
    revision = models.PositiveIntegerField()
    period = PeriodField()
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="event")
    reversal = models.OneToOneField(Entry, on_delete=models.PROTECT, null=True, related_name="event_taken_back")
    is_current = models.BooleanField(default=True)
    input_digest = models.CharField(max_length=64)
    outcome_digest = models.CharField(max_length=64)
    sequence = models.BigIntegerField()
    rules = models.ForeignKey(VoucherRules, on_delete=models.PROTECT, null=True, related_name="+")
    booked_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "event_type", "event_key", "revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "event_type", "event_key", "revision"], name="event_booking_revision_unique"
            ),
            models.UniqueConstraint(
                fields=["institution", "event_type", "event_key"],
                condition=Q(is_current=True),
                name="event_booking_one_current",
            ),
            models.CheckConstraint(
                condition=Q(is_current=True, reversal__isnull=True) | Q(is_current=False, reversal__isnull=False),
                name="event_booking_ends_by_a_reversal",
            ),
        ]
        indexes = [models.Index(fields=["institution", "period", "event_type"], name="event_booking_month")]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_key}"


class EventMonth(models.Model):
    """How far the events of a month are booked: what they were read from (`input_digest`, intake `sequence`), up to which
    day (`until`, not included), and what could not be booked. Written by each booking of the month."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    period = PeriodField()
    input_digest = models.CharField(max_length=64)
    sequence = models.BigIntegerField()
    until = models.DateField()
    events = models.PositiveIntegerField()
    findings = models.JSONField(default=list)
    booked_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "period"]
        constraints = [models.UniqueConstraint(fields=["institution", "period"], name="event_month_unique")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period}"
