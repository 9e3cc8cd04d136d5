"""Our grouping beside the insurer's."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models.results import CaseResult
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import ScopedQuerySet


class GroupComparison(models.Model):
    """A discharge as our current run grouped it, beside what the insurer's grouper made of it (医保分组对照). A view, not a
    table: it stores nothing and moves with the facts and the runs. Made in migration 0007.

    A row is a case of a current run, or a stay of which only the insurer has a group (then without `case`, and `id` is below
    zero). Insured cases without the insurer's word stand here once the institution has received any. `drg` and the figures
    are ours, `their_…` the insurer's.
    """

    app_privileges = ("SELECT",)

    class Kind(models.TextChoices):
        """How the two stand to each other; 0000 and QY are no group. Ungrouped on both sides is the same; the same group may
        be paid differently."""

        DIFFERS = "differs", _("病组不同")
        OURS_NONE = "ours_none", _("仅医保入组")
        THEIRS_NONE = "theirs_none", _("仅本院入组")
        UNTOLD = "untold", _("医保未反馈")
        PRICE = "price", _("同组不同价")
        SAME = "same", _("一致")

    id = models.BigIntegerField(primary_key=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(CaseResult, on_delete=models.PROTECT, null=True, related_name="+")
    encounter = models.BigIntegerField()
    encounter_no = models.CharField(max_length=60)
    discharged = models.DateTimeField()
    scheme = models.CharField(max_length=20)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    drg = models.CharField(max_length=12)
    worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    payment = MoneyField(null=True)
    their_drg = models.CharField(max_length=40)
    their_worth = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    their_payment = MoneyField(null=True)
    told_on = models.DateField(null=True)
    scheme_version = models.CharField(max_length=120)
    reason = models.CharField(max_length=500)
    worth_difference = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    payment_difference = MoneyField(null=True)
    at_stake = MoneyField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "insurance_settlement_groupcomparison"

    def __str__(self) -> str:
        return f"{self.encounter_no} {self.drg} / {self.their_drg}"
