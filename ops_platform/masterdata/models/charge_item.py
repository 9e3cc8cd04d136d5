"""Charge items: drugs, chargeable materials and services, and what they were at each date."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models.alliance import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class ItemClass(models.TextChoices):
    """Drugs and separately charged materials bypass service-item costing (domain.md 1.5)."""

    DRUG = "drug", _("药品")
    CHARGEABLE_MATERIAL = "chargeable_material", _("单独收费卫生材料")
    SERVICE = "service", _("医疗服务项目")


class ChargeItem(models.Model):
    """An item's lasting identity within an institution; charge lines point here."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="charge_items")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=200)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "code"]
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="charge_item_code_unique")]

    def __str__(self) -> str:
        return self.name


class ChargeItemTerm(models.Model):
    """What an item is from a date on: name, class, fee class of the settlement list, price cap."""

    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, related_name="terms")
    effective_from = models.DateField()
    name = models.CharField(max_length=200)
    item_class = models.CharField(max_length=20, choices=ItemClass)
    fee_class = models.CharField(max_length=24)
    unit = models.CharField(max_length=20, blank=True, default="")
    price_cap = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["item", "effective_from"]
        constraints = [models.UniqueConstraint(fields=["item", "effective_from"], name="charge_item_term_unique")]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"
