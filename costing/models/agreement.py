"""Agreements of the alliance: who bears what for whom."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from costing.engine import agreements as engine
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution, SourceMark
from ops_platform.orm.models import READ_APPEND_CHANGE, AppendOnly


class AgreementKind(models.TextChoices):
    """What an agreement is about (engine/agreements.py)."""

    EXPERT = engine.AgreementKind.EXPERT.value, _("专家下沉")
    JOINT_EXAM = engine.AgreementKind.JOINT_EXAM.value, _("联合检查")
    SHARED_CENTRE = engine.AgreementKind.SHARED_CENTRE.value, _("共享中心")
    THREE_LEVEL = engine.AgreementKind.THREE_LEVEL.value, _("县乡村三级分担")


class PartyRole(models.TextChoices):
    """What a party of an agreement does."""

    PROVIDER = engine.PartyRole.PROVIDER.value, _("提供方")
    RECEIVER = engine.PartyRole.RECEIVER.value, _("接受方")
    POOL = engine.PartyRole.POOL.value, _("医联体统筹")
    COUNTY = engine.PartyRole.COUNTY.value, _("县级")
    TOWNSHIP = engine.PartyRole.TOWNSHIP.value, _("乡级")
    VILLAGE = engine.PartyRole.VILLAGE.value, _("村级")
    BASE = engine.PartyRole.BASE.value, _("基层检查")
    UPPER = engine.PartyRole.UPPER.value, _("上级诊断")


class Agreement(AppendOnly):
    """One version of an agreement, from the first day of a month until the next version begins. Born when a second person
    has approved a proposal; never changed. `ended` says that from then on there is none.

    `department` is that of a shared centre whose full cost is shared; `fee_classes` or `items` (codes) say which charges of
    a base member are its exam income.
    """

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=AgreementKind)
    effective_from = models.DateField()
    ended = models.BooleanField(default=False)
    by_full_cost = models.BooleanField(default=False)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    fee_classes = models.JSONField(default=list)
    items = models.JSONField(default=list)
    source_mark = models.CharField(max_length=10, choices=SourceMark)
    source_text = models.CharField(max_length=300)
    changed_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["code", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "effective_from"], name="agreement_one_a_day"),
            models.CheckConstraint(condition=Q(effective_from__day=1), name="agreement_begins_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class AgreementShare(AppendOnly):
    """A party of an agreement's version with its share of a cost, or the rate of its income. Without an institution it is
    whoever receives, or whoever is of that level. Of the pool it is who holds it."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="shares")
    role = models.CharField(max_length=12, choices=PartyRole)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    share = models.DecimalField(max_digits=9, decimal_places=6, default=Decimal(0))

    class Meta:
        ordering = ["agreement", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "role", "institution"], name="agreement_share_unique", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(share__gte=0, share__lte=1), name="agreement_share_is_a_share"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.role} {self.share}"


class AgreementRate(AppendOnly):
    """What one unit of a kind of service costs under an agreement's version, where the rows do not say so themselves."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="rates")
    service_kind = models.CharField(max_length=16)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        ordering = ["agreement", "service_kind"]
        constraints = [
            models.UniqueConstraint(fields=["agreement", "service_kind"], name="agreement_rate_unique"),
            models.CheckConstraint(condition=Q(unit_cost__gte=0), name="agreement_rate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.service_kind} {self.unit_cost}"


class AgreementProposal(models.Model):
    """That somebody wants an agreement, or another version of one, from a month on. Born when it is asked for; an Agreement
    is made of it when a second person has approved. `terms` is all of it, institutions and departments by code."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    code = models.CharField(max_length=40)
    effective_from = models.DateField()
    terms = models.JSONField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "effective_from"], condition=Q(state="asked"), name="agreement_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.effective_from}"
