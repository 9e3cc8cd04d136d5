"""Consolidation: who is consolidated, its runs, what they found, and what was eliminated."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.account import Account
from ops_platform.ledger.models.amounts import numbers
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField, PeriodField, RateField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class ConsolidationMember(models.Model):
    """That an institution is consolidated from a month on, with the share of it that is owned (1 = all). Another share is
    another row; the end of a row is set once. Changed by the operation centre only."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (until, ended_by)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    share = RateField()
    since = PeriodField()
    until = PeriodField(null=True, blank=True)
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.CharField(max_length=150, blank=True, default="")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "since"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "since"], name="consolidation_member_begins_once"),
            models.UniqueConstraint(
                fields=["institution"], condition=Q(until__isnull=True), name="consolidation_member_one_open"
            ),
            models.CheckConstraint(condition=Q(share__gt=0, share__lte=1), name="consolidation_member_share"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")),
                name="consolidation_member_ends_after",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.since}"


class ConsolidationRun(models.Model):
    """One consolidation of a month, with all it was made from: the same inputs make no new run; other inputs make the next
    `version`. draft → final once, when every difference is explained and every member has closed the month. The current
    one is what reports say: the newest draft, or the last final one, beside which a newer draft waits until it is made
    final. `members` keeps institution, share and joining month; `by_hand`
    the eliminations by hand that it holds. The same `input_stamp` means the same inputs, without reading them all; another
    one may still (empty in runs of before 2026-11-29)."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current, state, explanation, finalised_by, finalised_at)")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        FINAL = "final", _("已定稿")

    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    state = models.CharField(max_length=5, choices=State, default=State.DRAFT)
    input_digest = models.CharField(max_length=64)
    input_stamp = models.CharField(max_length=64, blank=True, default="")
    engine_version = models.CharField(max_length=20)
    tolerance = MoneyField()
    members = models.JSONField(default=list)
    by_hand = ArrayField(models.BigIntegerField(), default=list)
    findings = models.JSONField(default=list)
    explanation = models.CharField(max_length=500, blank=True, default="")
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    finalised_by = models.CharField(max_length=150, blank=True, default="")
    finalised_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["period", "version"], name="consolidation_run_version_unique"),
            models.UniqueConstraint(
                fields=["period"], condition=Q(is_current=True), name="consolidation_run_one_current"
            ),
            models.CheckConstraint(
                condition=Q(state="final", finalised_at__isnull=False) | Q(state="draft", finalised_at__isnull=True),
                name="consolidation_run_final_at_a_moment",
            ),
            numbers("tolerance", name="consolidation_run_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.period} v{self.version}"


class ConsolidatedFigure(AppendOnly):
    """What a member, all eliminations together, or the whole says of an account × cost item in a run: debits less credits
    before the year (or before joining), of the month, of the year, and what carrying the year forward moved. What stands is
    start + year + carried."""

    class Part(models.TextChoices):
        MEMBER = "member", _("成员")
        ELIMINATION = "elimination", _("抵销")
        CONSOLIDATED = "consolidated", _("合并")

    run = models.ForeignKey(ConsolidationRun, on_delete=models.PROTECT, related_name="figures", db_index=False)
    part = models.CharField(max_length=12, choices=Part)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    cost_item = models.CharField(max_length=20, default="", blank=True)
    start = MoneyField()
    month = MoneyField()
    year = MoneyField()
    carried = MoneyField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "account", "cost_item", "part", "institution"],
                name="consolidated_figure_unique",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(part="member", institution__isnull=False)
                | (~Q(part="member") & Q(institution__isnull=True)),
                name="consolidated_figure_of_a_member",
            ),
            numbers("start", "month", "year", "carried", name="consolidated_figure_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.part} {self.account_id}"

    @property
    def end(self) -> Decimal:
        """What stands, in yuan."""
        return self.start + self.year + self.carried


class ConsolidatedCash(AppendOnly):
    """What a member received (`way` in) or paid (out) in cash by counter account in a run; `internal`: from or to another
    member. Opening and closing follow from the figures."""

    class Way(models.TextChoices):
        RECEIVED = "in", _("收")
        PAID = "out", _("付")

    run = models.ForeignKey(ConsolidationRun, on_delete=models.PROTECT, related_name="cash", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    way = models.CharField(max_length=3, choices=Way)
    internal = models.BooleanField()
    account = models.CharField(max_length=20)
    month = MoneyField()
    year = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "institution", "way", "internal", "account"], name="consolidated_cash_unique"
            ),
            numbers("month", "year", name="consolidated_cash_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.institution_id} {self.way} {self.account}"


class MinorityInterest(AppendOnly):
    """What of a member's net assets and surplus belongs to others (少数权益) in a run."""

    run = models.ForeignKey(ConsolidationRun, on_delete=models.PROTECT, related_name="minority", db_index=False)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    share = RateField()
    net_assets_start = MoneyField()
    net_assets = MoneyField()
    surplus_month = MoneyField()
    surplus_year = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "institution"], name="minority_interest_unique"),
            numbers(
                "net_assets_start", "net_assets", "surplus_month", "surplus_year", name="minority_interest_amounts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.institution_id}"


class PairMatch(models.Model):
    """What two members say of the same dealings in a run: matched, or different until somebody explains it. An explanation
    stays valid for the next run while the amounts are the same. `by_hand` is what eliminations by hand take off the
    difference; what they do not cover, or take too much, is left to be explained."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, explanation, explained_by, explained_at)")

    class State(models.TextChoices):
        MATCHED = "matched", _("一致")
        DIFFERENT = "different", _("有差异")
        EXPLAINED = "explained", _("已说明")

    run = models.ForeignKey(ConsolidationRun, on_delete=models.PROTECT, related_name="pairs", db_index=False)
    kind = models.CharField(max_length=20)
    creditor = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    debtor = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    claim = MoneyField()
    debt = MoneyField()
    difference = MoneyField()
    month_claim = MoneyField()
    month_debt = MoneyField()
    eliminated = MoneyField()
    by_hand = MoneyField(default=Decimal(0))
    state = models.CharField(max_length=9, choices=State)
    explanation = models.CharField(max_length=300, blank=True, default="")
    explained_by = models.CharField(max_length=150, blank=True, default="")
    explained_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["run", "kind", "creditor", "debtor"]
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "creditor", "debtor"], name="pair_match_unique"),
            models.CheckConstraint(
                condition=Q(difference=models.F("claim") - models.F("debt")), name="pair_match_difference"
            ),
            models.CheckConstraint(
                condition=Q(state="explained") & ~Q(explanation="") & Q(explained_at__isnull=False)
                | ~Q(state="explained") & Q(explanation=""),
                name="pair_match_explained_in_words",
            ),
            numbers(
                "claim",
                "debt",
                "difference",
                "month_claim",
                "month_debt",
                "eliminated",
                "by_hand",
                name="pair_match_amounts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.creditor_id} {self.debtor_id}"

    @property
    def rest(self) -> Decimal:
        """What of the difference eliminations by hand leave, or take too much."""
        return self.difference - self.by_hand

    @property
    def unexplained(self) -> Decimal:
        """The rest until somebody explains it; nothing within the tolerance."""
        return self.rest if self.state == self.State.DIFFERENT else Decimal(0)


class Elimination(models.Model):
    """One entry of the elimination sheet (抵销分录). Automatic ones belong to a run and its inputs. One by hand has no run
    but a reason, and holds from `period` to `through` once a second person approved it: asked → approved or refused, once.
    It may say which pair it settles. Its legs are counted and must balance when it is written, which triggers guard."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, decided_at)")

    class Kind(models.TextChoices):
        PAIR = "pair", _("内部往来抵销")
        JOINING = "joining", _("年度中加入")
        HAND = "hand", _("手工抵销")

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        APPROVED = "approved", _("有效")
        REFUSED = "refused", _("未同意")

    run = models.ForeignKey(ConsolidationRun, on_delete=models.PROTECT, null=True, related_name="eliminations")
    kind = models.CharField(max_length=7, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.APPROVED)
    title = models.CharField(max_length=200)
    pair_kind = models.CharField(max_length=20, blank=True, default="")
    creditor = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    debtor = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    period = PeriodField()
    through = PeriodField()
    leg_count = models.PositiveIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    made_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["period", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="hand", run__isnull=True, asked_by__isnull=False)
                | (~Q(kind="hand") & Q(run__isnull=False, state="approved")),
                name="elimination_by_hand_or_of_a_run",
            ),
            models.CheckConstraint(condition=Q(through__gte=models.F("period")), name="elimination_ends_after"),
            models.CheckConstraint(condition=Q(leg_count__gte=2), name="elimination_two_legs"),
        ]
        indexes = [models.Index(fields=["period"], condition=Q(kind="hand"), name="elimination_by_hand")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class EliminationLeg(AppendOnly):
    """One leg of an elimination: what is added to an account of a member (debits less credits), by measure."""

    elimination = models.ForeignKey(Elimination, on_delete=models.PROTECT, related_name="legs", db_index=False)
    position = models.PositiveIntegerField()
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False)
    cost_item = models.CharField(max_length=20, default="", blank=True)
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    start = MoneyField()
    month = MoneyField()
    year = MoneyField()

    class Meta:
        ordering = ["elimination", "position"]
        constraints = [
            models.UniqueConstraint(fields=["elimination", "position"], name="elimination_leg_unique"),
            numbers("start", "month", "year", name="elimination_leg_amounts"),
        ]

    def __str__(self) -> str:
        return f"{self.elimination_id}/{self.position}"
