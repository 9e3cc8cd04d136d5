"""Clinical pathways (临床路径) as standards of what a case uses, and standard costs (标准成本) of service items."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.orm.models import READ_AND_APPEND, READ_APPEND_CHANGE, ScopedQuerySet

PLACE = ["institution", "drg", "diagnosis", "procedure", "effective_from"]


class ProposalState(models.TextChoices):
    """Where a proposal stands."""

    ASKED = "asked", _("审批中")
    IN_FORCE = "in_force", _("已同意")
    REFUSED = "refused", _("未同意")


class _PathwayTerms(models.Model):
    """For whom a pathway is: an institution's cases of a disease group, narrowed to a main diagnosis and a main procedure
    where they are given (a category such as J18 stands for all codes that begin with it). `standard_days` is the standard
    stay in days."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    drg = models.CharField(max_length=20)
    diagnosis = models.CharField(max_length=40, blank=True, default="")
    procedure = models.CharField(max_length=40, blank=True, default="")
    name = models.CharField(max_length=120)
    standard_days = models.DecimalField(max_digits=6, decimal_places=1)
    effective_from = models.DateField()
    source_text = models.CharField(max_length=300)

    class Meta:
        abstract = True


class Pathway(_PathwayTerms):
    """One version of a pathway, in force from a day on until the next version of the same group, diagnosis and procedure.
    Born when a second person has approved its proposal; never changed. A version without items ends the pathway."""

    app_privileges = READ_AND_APPEND

    changed_by = models.CharField(max_length=150)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "drg", "diagnosis", "procedure", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=PLACE, name="pathway_one_a_day"),
            models.CheckConstraint(condition=models.Q(standard_days__gte=0), name="pathway_days_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.drg} {self.name}"


class PathwayItem(models.Model):
    """A charge item, drug or material of a pathway: the standard quantity of a case, obligatory or optional. Never changed.
    It holds no price and no cost: they are computed from what the item costs in the month that is looked at."""

    app_privileges = READ_AND_APPEND

    pathway = models.ForeignKey(Pathway, on_delete=models.PROTECT, related_name="items")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    obligatory = models.BooleanField()

    class Meta:
        ordering = ["pathway", "item"]
        constraints = [
            models.UniqueConstraint(fields=["pathway", "item"], name="pathway_item_unique"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="pathway_item_quantity_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.pathway_id} {self.item_id} {self.quantity}"


class PathwayProposal(_PathwayTerms):
    """That somebody wants a pathway, or another version of it. Born when it is asked for; the pathway is made of it when a
    second person has approved. `rows` are [item code, quantity, "1" for obligatory or "0"] as text."""

    app_privileges = READ_APPEND_CHANGE

    rows = models.JSONField(default=list)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=ProposalState, default=ProposalState.ASKED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=PLACE, condition=models.Q(state=ProposalState.ASKED), name="pathway_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.drg} {self.name}"


class ItemStandard(models.Model):
    """Standard cost of a service item in a department, from a day on: the quantity of a month and the cost of one, in yuan.
    A standard of zero units ends it. Never changed: a new one begins."""

    app_privileges = READ_AND_APPEND

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    unit_cost = models.DecimalField(max_digits=18, decimal_places=6)
    effective_from = models.DateField()
    source_text = models.CharField(max_length=300)
    changed_by = models.CharField(max_length=150)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "department", "item", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["department", "item", "effective_from"], name="item_standard_one_a_day"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0, unit_cost__gte=0), name="item_standard_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department_id} {self.item_id} {self.quantity} × {self.unit_cost}"


class ItemStandardProposal(models.Model):
    """That somebody wants standard costs of items from a day on. `rows` are [department code, item code, quantity, unit
    cost] as text; standards are made of them when a second person has approved."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    rows = models.JSONField(default=list)
    source_text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=ProposalState, default=ProposalState.ASKED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "effective_from"],
                condition=models.Q(state=ProposalState.ASKED),
                name="item_standard_asked_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.effective_from}"
