"""Facts of purchase and use: what goods came, went and were used, and how long devices ran."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round

from ops_platform.his_intake.models.facts import CURRENT, Fact
from ops_platform.masterdata.models import ChargeItem, Department, Institution
from ops_platform.orm.fields import MoneyField

PURCHASES = ("purchase", "purchase_return")


class GoodsMove(Fact):
    """One line of a document that moved a drug or a material: bought, issued, transferred, used on a patient.

    The quantity is never negative: `move_kind` says which way it went. `goods` is the code of the alliance's catalogue of
    goods, the same with every member, finer than a charge item (an imported and a domestic stent are one charge item and
    two goods); `item` is what it is charged as, empty for material that is not charged. `barcode` names one single piece.
    `encounter` is the lasting number of the patient's encounter.
    """

    document = models.CharField(max_length=60)
    line = models.PositiveIntegerField()
    move_kind = models.CharField(max_length=16)
    date = models.DateField()
    goods = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    goods_class = models.CharField(max_length=24)
    item = models.ForeignKey(ChargeItem, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unit = models.CharField(max_length=20)
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    supplier = models.CharField(max_length=120, null=True)  # noqa: DJ001  absent is not empty in a fact
    procurement = models.CharField(max_length=12, null=True)  # noqa: DJ001
    origin = models.CharField(max_length=12, null=True)  # noqa: DJ001
    lot = models.CharField(max_length=60, null=True)  # noqa: DJ001
    barcode = models.CharField(max_length=80, null=True)  # noqa: DJ001
    quantity = models.DecimalField(max_digits=14, decimal_places=4)
    price = models.DecimalField(max_digits=14, decimal_places=4)
    amount = MoneyField()
    reference_price = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    encounter = models.BigIntegerField(null=True)
    counterparty = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "document", "line"], condition=CURRENT, name="fact_move_key"
            ),
            models.CheckConstraint(
                condition=Q(barcode__isnull=True) | Q(quantity=1), name="fact_move_barcode_is_one_piece"
            ),
            models.CheckConstraint(condition=Q(amount=Round(F("quantity") * F("price"), 2)), name="fact_move_amount"),
        ]
        indexes = [
            models.Index(fields=["institution", "date"], name="fact_move_date"),
            # prices are compared over years, but only a small part of all moves are purchases
            models.Index(
                fields=["institution", "goods", "date"],
                name="fact_move_purchase",
                condition=Q(move_kind__in=PURCHASES) & CURRENT,
            ),
            models.Index(fields=["barcode"], name="fact_move_barcode", condition=Q(barcode__isnull=False) & CURRENT),
            models.Index(
                fields=["encounter", "item"], name="fact_move_use", condition=Q(encounter__isnull=False) & CURRENT
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document}/{self.line}"


class EquipmentUse(Fact):
    """How long a device ran on a day, how long it could have, and what it did; `card` is its asset card, `items` are the
    codes of the charge items that it carries out, where the sender knows."""

    card = models.CharField(max_length=60)
    date = models.DateField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    used_hours = models.DecimalField(max_digits=6, decimal_places=2)
    available_hours = models.DecimalField(max_digits=6, decimal_places=2)
    services = models.PositiveIntegerField(null=True)
    items = ArrayField(models.CharField(max_length=40), null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "card", "date"], condition=CURRENT, name="fact_device_key"),
            models.CheckConstraint(
                condition=Q(used_hours__lte=24, available_hours__lte=24), name="fact_device_day_has_24_hours"
            ),
        ]
        indexes = [models.Index(fields=["institution", "date"], name="fact_device_date")]

    def __str__(self) -> str:
        return f"{self.card} {self.date}"
