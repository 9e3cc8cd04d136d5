"""Facts of what members do for each other."""

from django.db import models

from ops_platform.his_intake.models.facts import CURRENT, Fact
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField


class AllianceService(Fact):
    """One line of a document of what an institution did for another one under an agreement of the alliance.

    `institution` and `department` provide; `receiver` gets it, absent when a shared centre served its own institution.
    What it cost is `amount`, else volume × `unit_cost`, else volume × the unit cost that the agreement names; of a diagnosis
    `amount` is the income from it. Its own table since a cost voucher knows neither agreement nor volume.
    """

    document = models.CharField(max_length=60)
    line = models.PositiveIntegerField()
    agreement = models.CharField(max_length=40)
    date = models.DateField()
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+", db_index=False)
    receiver = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    receiver_department = models.CharField(max_length=40, null=True)  # noqa: DJ001  absent is not empty in a fact
    service_kind = models.CharField(max_length=16)
    volume = models.DecimalField(max_digits=14, decimal_places=4)
    unit_cost = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    amount = MoneyField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "document", "line"], condition=CURRENT, name="fact_service_key"
            )
        ]
        indexes = [models.Index(fields=["agreement", "date"], name="fact_service_agreement")]

    def __str__(self) -> str:
        return f"{self.document}/{self.line}"
