"""Cases put forward for special review (特例单议), what experts said of them, and what was concluded."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models.results import CaseResult
from insurance_settlement.models.rules import SchemeKind
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class ReviewGround(models.TextChoices):
    """Why a case does not fit what its group is paid."""

    COMPLEX = "complex", _("病情复杂")
    CRITICAL = "critical", _("危急重症")
    LONG_STAY = "long_stay", _("住院时间长")
    RESOURCE_HEAVY = "resource_heavy", _("资源消耗多")
    NEW_TECHNOLOGY = "new_technology", _("合理使用新药耗新技术")
    MULTI_DEPARTMENT = "multi_department", _("多学科联合诊疗")
    UNGROUPED = "ungrouped", _("未能入组")


class ReviewOutcome(models.TextChoices):
    """What a review asks for, and what it may come to."""

    ITEMS = "items", _("按项目付费")
    RESCORED = "rescored", _("重新核定权重或分值")
    REJECTED = "rejected", _("不予通过")


class SpecialReview(models.Model):
    """A discharge for which the hospital asks the insurer to look at the case by itself. Born as a draft; one for a stay.

    Draft → asked (approval inside the hospital) → declared to the insurer → approved or rejected by what was concluded;
    a rejection may be appealed against once, after which it is concluded again. A draft may be changed, or put away.

    `case` is the result it was put forward on, and says charges, group and payment of that day; `kind` is that of its
    scheme, since the quotas differ. `effective` is the outcome that pricing takes, with the weight or points of a
    re-scoring: empty until a review is approved.
    """

    app_privileges = (
        "SELECT",
        "INSERT",
        "UPDATE (case_id, grounds, statement, asked, asked_worth, state, declared_on, appeal, appealed_on, effective,"
        " worth)",
    )

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ASKED = "asked", _("院内审批")
        DECLARED = "declared", _("已申报")
        CONCLUDING = "concluding", _("结论待确认")
        APPROVED = "approved", _("评审通过")
        REJECTED = "rejected", _("评审未通过")
        APPEALED = "appealed", _("已申诉")
        ARCHIVED = "archived", _("已作废")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(CaseResult, on_delete=models.PROTECT, related_name="+")
    encounter = models.BigIntegerField()
    encounter_no = models.CharField(max_length=60)
    period = PeriodField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=SchemeKind)
    grounds = ArrayField(models.CharField(max_length=20, choices=ReviewGround))
    statement = models.CharField(max_length=2000)
    asked = models.CharField(max_length=8, choices=ReviewOutcome)
    asked_worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    declared_on = models.DateField(null=True)
    appeal = models.CharField(max_length=2000, blank=True, default="")
    appealed_on = models.DateField(null=True)
    effective = models.CharField(max_length=8, choices=ReviewOutcome, blank=True, default="")
    worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "encounter"],
                condition=~Q(state="archived"),
                name="special_review_one_for_a_stay",
            ),
            models.CheckConstraint(
                condition=Q(asked="rescored", asked_worth__gt=0) | Q(asked="items", asked_worth=None),
                name="special_review_asks_for_worth",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", effective="rescored", worth__gt=0)
                | Q(state="approved", effective="items", worth=None)
                | (~Q(state="approved") & Q(effective="", worth=None)),
                name="special_review_effective_when_approved",
            ),
        ]
        indexes = [models.Index(fields=["institution", "period", "state"], name="special_review_month")]

    def __str__(self) -> str:
        return self.encounter_no

    @property
    def ground_titles(self) -> list[str]:
        """The grounds in words."""
        return [str(ReviewGround(one).label) for one in self.grounds]


class ReviewOpinion(AppendOnly):
    """What one expert of the insurer said of a case; `unit` is where the expert works, which may not be the hospital itself
    (回避). `round` 2 is after an appeal."""

    review = models.ForeignKey(SpecialReview, on_delete=models.PROTECT, related_name="opinions")
    round = models.PositiveSmallIntegerField()
    expert = models.CharField(max_length=60)
    unit = models.CharField(max_length=120)
    outcome = models.CharField(max_length=8, choices=ReviewOutcome)
    worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    text = models.CharField(max_length=1000)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["review", "round", "id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "round", "expert"], name="review_opinion_once_an_expert"),
            models.CheckConstraint(
                condition=Q(outcome="rescored", worth__gt=0) | (~Q(outcome="rescored") & Q(worth=None)),
                name="review_opinion_worth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.expert} {self.outcome}"


class ReviewConclusion(models.Model):
    """What the insurer decided, as its document says; recorded by one person and confirmed by another, since it changes what
    the case is paid. Only a confirmed one moves the review."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state)")

    class State(models.TextChoices):
        ASKED = "asked", _("待确认")
        CONFIRMED = "confirmed", _("已确认")
        REFUSED = "refused", _("退回")

    review = models.ForeignKey(SpecialReview, on_delete=models.PROTECT, related_name="conclusions")
    round = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=8, choices=ReviewOutcome)
    worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    decided_on = models.DateField()
    document_no = models.CharField(max_length=80)
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["review", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "round"], condition=~Q(state="refused"), name="review_conclusion_one_a_round"
            ),
            models.CheckConstraint(
                condition=Q(outcome="rescored", worth__gt=0) | (~Q(outcome="rescored") & Q(worth=None)),
                name="review_conclusion_worth",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.outcome}"
