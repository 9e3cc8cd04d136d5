"""Deviations: a target was missed, or something costs much and brings little; somebody explains, acts and is confirmed."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from costing.models.patients import PatientRun
from costing.models.run import CostRun
from costing.models.target import CostTarget
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import ScopedQuerySet


class DeviationKind(models.TextChoices):
    """Why a deviation was opened."""

    TARGET = "target", _("成本目标未达成")
    ITEM = "item", _("高成本低效益项目")
    GROUP = "group", _("高成本低效益病组")


class CostDeviation(models.Model):
    """A month in which a target was missed, or in which an item or a disease group cost much and brought little.

    Born in the night after the month's end, or when finance opens it. Its figures are those of the runs it was found with
    and never change; whether a newer run says otherwise is computed when it is read. `plan` is what the responsible person
    intends: [what, until when], of which a `DeviationAction` each is born when it is approved.

    open 待说明 → submitted 审批中 → acting 整改中 → confirming 待确认 → closed 已关闭; refused, it is open again; what the
    second person does not accept is acting again. Its own table beside the target because a target has many months.
    """

    app_privileges = (
        "SELECT",
        "INSERT",
        "UPDATE (state, reason, plan, explained_by_id, remark, confirmed_by_id, confirmed_at)",
    )

    class State(models.TextChoices):
        OPEN = "open", _("待说明")
        SUBMITTED = "submitted", _("审批中")
        ACTING = "acting", _("整改中")
        CONFIRMING = "confirming", _("待确认")
        CLOSED = "closed", _("已关闭")

    kind = models.CharField(max_length=8, choices=DeviationKind)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    period = PeriodField()
    target = models.ForeignKey(CostTarget, on_delete=models.PROTECT, null=True, blank=True, related_name="deviations")
    object = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200)
    limit = models.DecimalField(max_digits=18, decimal_places=6)
    actual = models.DecimalField(max_digits=18, decimal_places=6)
    cost_run = models.ForeignKey(CostRun, on_delete=models.PROTECT, related_name="+")
    patient_run = models.ForeignKey(PatientRun, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    responsible = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    specialist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_specialist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    opened_by = models.CharField(max_length=150)
    opened_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reason = models.TextField(blank=True)
    plan = models.JSONField(default=list)
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    remark = models.CharField(max_length=500, blank=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-period", "institution", "department", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "period"], condition=Q(kind="target"), name="deviation_once_a_month_of_target"
            ),
            models.UniqueConstraint(
                fields=["department", "kind", "object", "period"],
                condition=~Q(kind="target"),
                name="deviation_once_a_month_of_object",
            ),
            models.CheckConstraint(
                condition=Q(kind="target", target__isnull=False) | (~Q(kind="target") & Q(target__isnull=True)),
                name="deviation_target_of_kind",
            ),
            models.CheckConstraint(
                condition=(Q(state="closed") & Q(confirmed_by__isnull=False) & Q(confirmed_at__isnull=False))
                | (~Q(state="closed") & Q(confirmed_by__isnull=True) & Q(confirmed_at__isnull=True)),
                name="deviation_closed_by_confirmation",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | ~(Q(confirmed_by=models.F("explained_by")) | Q(confirmed_by=models.F("responsible"))),
                name="deviation_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.title}"

    @property
    def people(self) -> tuple[User, ...]:
        """Who is responsible and the specialists, without repeats."""
        found = (self.responsible, self.specialist, self.second_specialist)
        return tuple(dict.fromkeys(person for person in found if person is not None))


class DeviationAction(models.Model):
    """A measure (整改措施) of an approved plan: what, until when; done by whom, with which proof. Files of the proof are its
    attachments. What the second person did not accept is planned again."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (proof, done_by_id, done_at)")

    deviation = models.ForeignKey(CostDeviation, on_delete=models.PROTECT, related_name="actions")
    number = models.PositiveSmallIntegerField()
    what = models.CharField(max_length=500)
    due = models.DateField()
    proof = models.TextField(blank=True)
    done_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["deviation", "number"]
        constraints = [
            models.UniqueConstraint(fields=["deviation", "number"], name="deviation_action_number"),
            models.CheckConstraint(
                condition=(Q(done_by__isnull=True) & Q(done_at__isnull=True))
                | (Q(done_by__isnull=False) & Q(done_at__isnull=False) & ~Q(proof="")),
                name="deviation_action_done_with_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deviation_id} {self.number}"
