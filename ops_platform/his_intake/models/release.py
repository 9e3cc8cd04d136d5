"""Requests to release many quarantined rows at one go."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.his_intake.models.batch import Batch
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class QuarantineRelease(models.Model):
    """That somebody wants to send again, or give up, more quarantined rows than one person may (隔离数据放行).

    Born with the rows it means; carried out when a second person has approved it. The rows stay in quarantine until then.
    """

    app_privileges = READ_APPEND_CHANGE

    class Deed(models.TextChoices):
        RESUBMIT = "resubmit", _("原样重报")
        DISCARD = "discard", _("弃用")

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        DONE = "done", _("已执行")
        REFUSED = "refused", _("未同意")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    dataset = models.CharField(max_length=40)
    deed = models.CharField(max_length=10, choices=Deed)
    rows = models.JSONField()
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.deed} {self.dataset} {len(self.rows)}"
