"""General requests: what has no page of its own and yet needs approval."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class RequestKind(models.TextChoices):
    """What is asked for."""

    OFFICE = "office", _("日常办公支出")
    EQUIPMENT = "equipment", _("设备购置")
    WORKS = "works", _("基建与修缮")
    SERVICE = "service", _("服务采购")
    TRAINING = "training", _("培训与差旅")
    OTHER = "other", _("其他事项")


class Request(models.Model):
    """A general request of an institution (事项申请): what for, how much, why. Born when somebody writes it; what is on its
    way or decided is not changed any more, what was returned may be.

    `department_class` is what its department was when it was written, or written anew: a class that is corrected later
    neither breaks what was signed nor changes its way. `once` is the key of the form: sent twice, it is one request.
    """

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        GRANTED = "granted", _("已同意")
        DENIED = "denied", _("未同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department_class = models.CharField(max_length=20, blank=True, default="")
    kind = models.CharField(max_length=12, choices=RequestKind)
    title = models.CharField(max_length=120)
    amount = MoneyField()
    reason = models.CharField(max_length=1000)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    once = models.UUIDField(null=True, blank=True, unique=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [models.CheckConstraint(condition=models.Q(amount__gte=0), name="request_amount_not_negative")]

    def __str__(self) -> str:
        return self.title
