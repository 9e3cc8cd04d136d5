"""Who acts for whom while somebody is away."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.orm.models import READ_APPEND_CHANGE


class Delegation(models.Model):
    """From its first to its last day the delegate has the principal's tasks (委派); both names stand in the record.

    Born when the principal gives it; ends by itself or is revoked. `subject_types` empty means all matters.
    """

    app_privileges = READ_APPEND_CHANGE

    principal = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    delegate = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    subject_types = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=200)
    made_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-first_day", "-id"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(principal=models.F("delegate")), name="delegation_to_another"),
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="delegation_days_in_order"
            ),
        ]
        indexes = [models.Index(fields=["principal", "last_day"], name="delegation_of_principal")]

    def __str__(self) -> str:
        return f"{self.principal_id} → {self.delegate_id}"

    @property
    def over(self) -> bool:
        """It has ended or was revoked."""
        return self.revoked_at is not None or self.last_day < timezone.localdate()

    def words(self) -> str:
        """How it stands today."""
        today = timezone.localdate()
        if self.revoked_at is not None:
            return str(_("已撤销"))
        if today < self.first_day:
            return str(_("未开始"))
        return str(_("生效中")) if today <= self.last_day else str(_("已到期"))
