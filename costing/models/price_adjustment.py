"""Plans to adjust the prices of medical services (医疗服务价格调整方案)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from costing.models.patients import PatientRun
from ops_platform.identity.models import User
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class PriceAdjustment(models.Model):
    """A plan: new prices of service items in steps, measured on what a base of months charged and cost. Born as a draft with
    its items and measures, which never change: another thought is another plan.

    `steps` are the days on which each step begins. Of a year, in yuan: `loss`, what is to be compensated and why; `subsidy`
    by the government; `fund_limit`, what the insurance fund can bear (empty: not told). Measured when it was born, in yuan
    of the base: what all services earned and cost, income by fee class (`cells`), and what central purchase saved.
    `by_case`: whether the insurer pays stays by case. The figures of the plan are computed from these when read.

    `decision_on` and `decision_no` are those of the price authority, of a plan that is entered after it has decided;
    `approved_on` is the day of the hospital's own approval. Prices are followed from the earlier of the two on.
    """

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, approved_on)")

    class State(models.TextChoices):
        DRAFT = "draft", _("草案")
        ASKED = "asked", _("审批中")
        APPROVED = "approved", _("已同意")
        ARCHIVED = "archived", _("已归档")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    source_text = models.CharField(max_length=300)
    first_month = PeriodField()
    last_month = PeriodField()
    steps = ArrayField(models.DateField())
    loss = MoneyField(default=0)
    loss_text = models.CharField(max_length=200, blank=True, default="")
    subsidy = MoneyField(default=0)
    fund_limit = MoneyField(null=True)
    service_income = MoneyField()
    service_cost = MoneyField()
    cells = models.JSONField(default=dict)
    saved = MoneyField(default=0)
    by_case = models.BooleanField()
    decision_on = models.DateField(null=True)
    decision_no = models.CharField(max_length=80, blank=True, default="")
    approved_on = models.DateField(null=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_month__lte=F("last_month")), name="price_adjustment_base_in_order"
            ),
            models.CheckConstraint(
                condition=Q(loss__gte=0, subsidy__gte=0) & (Q(fund_limit=None) | Q(fund_limit__gte=0)),
                name="price_adjustment_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class PriceAdjustmentItem(AppendOnly):
    """An item of a plan: its price at each step in yuan, the highest allowed (`price_cap`), its fee class, and whose share
    pays: what was charged in the plan's last month of base, and the insured parts of stays and of visits, in yuan."""

    adjustment = models.ForeignKey(PriceAdjustment, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    fee_class = models.CharField(max_length=24)
    prices = ArrayField(models.DecimalField(max_digits=14, decimal_places=4))
    price_cap = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    charged = MoneyField()
    insured_stays = MoneyField()
    insured_visits = MoneyField()
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["adjustment", "item__code"]
        constraints = [models.UniqueConstraint(fields=["adjustment", "item"], name="price_adjustment_item_once")]

    def __str__(self) -> str:
        return f"{self.adjustment_id} {self.item_id}"


class PriceAdjustmentBase(AppendOnly):
    """What a department charged and what it cost of an item in a month of the base, as the patient run had it; cost is
    medical cost (医疗成本). Kept although the run may be superseded or its detail let go."""

    item = models.ForeignKey(PriceAdjustmentItem, on_delete=models.PROTECT, related_name="base")
    run = models.ForeignKey(PatientRun, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=18, decimal_places=4)
    income = MoneyField()
    cost = MoneyField()

    class Meta:
        ordering = ["item", "run", "department"]
        constraints = [models.UniqueConstraint(fields=["item", "run", "department"], name="price_adjustment_base_once")]

    def __str__(self) -> str:
        return f"{self.item_id} {self.run_id} {self.department_id}"
