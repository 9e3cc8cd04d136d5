"""Cost targets: what a department or an institution is to keep within, and who answers for it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from costing.engine import targets as engine
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution, SourceMark
from ops_platform.orm.models import READ_APPEND_CHANGE, AppendOnly, ScopedQuerySet


class TargetMetric(models.TextChoices):
    """What a target limits (engine/targets.py)."""

    DRUG_RATIO = engine.Metric.DRUG_RATIO.value, _("药占比")
    MATERIAL_RATIO = engine.Metric.MATERIAL_RATIO.value, _("耗占比")
    SERVICE_RATIO = engine.Metric.SERVICE_RATIO.value, _("医疗服务收入占比")
    VISIT_COST_GROWTH = engine.Metric.VISIT_COST_GROWTH.value, _("诊次成本同比增幅")
    DISCHARGE_COST_GROWTH = engine.Metric.DISCHARGE_COST_GROWTH.value, _("出院例均成本同比增幅")
    VISIT_COST = engine.Metric.VISIT_COST.value, _("诊次成本")
    BED_DAY_COST = engine.Metric.BED_DAY_COST.value, _("床日成本")
    FULL_COST = engine.Metric.FULL_COST.value, _("月全成本")
    ITEM_COST = engine.Metric.ITEM_COST.value, _("成本项目月成本")
    DRG_COST = engine.Metric.DRG_COST.value, _("病组例均成本")


class CostTarget(AppendOnly):
    """One version of a target, from the first day of a month until the next version of the same line (institution,
    department, metric, object) begins. Born when a second person has approved a proposal; never changed.

    Without a department it is of the whole institution. `object` is the cost item or the disease group where the metric
    has one. `limit` is yuan, or a share of 1 for ratios; amounts are of a month. `standard` is what is paid for a case of
    the group, which the limit of its cost lies below. `responsible` answers for it, one or two cost specialists help.
    `ended`: from then on there is none.
    """

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    metric = models.CharField(max_length=24, choices=TargetMetric)
    object = models.CharField(max_length=40, blank=True)
    effective_from = models.DateField()
    limit = models.DecimalField(max_digits=18, decimal_places=6)
    standard = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    ended = models.BooleanField(default=False)
    responsible = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    specialist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    second_specialist = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    source_mark = models.CharField(max_length=10, choices=SourceMark)
    source_text = models.CharField(max_length=300)
    proposal = models.ForeignKey("CostTargetProposal", on_delete=models.PROTECT, related_name="targets")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "department", "metric", "object", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "department", "metric", "object", "effective_from"],
                name="cost_target_one_a_month",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(effective_from__day=1), name="cost_target_begins_a_month"),
            models.CheckConstraint(
                condition=Q(metric__in=sorted(one.value for one in engine.WITH_OBJECT)) ^ Q(object=""),
                name="cost_target_object_of_metric",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.department_id} {self.metric} {self.object}"

    @property
    def line(self) -> tuple[int, int | None, str, str]:
        """What its versions have in common."""
        return self.institution_id, self.department_id, self.metric, self.object

    @property
    def people(self) -> tuple[User, ...]:
        """Who answers for it and the specialists, without repeats."""
        found = (self.responsible, self.specialist, self.second_specialist)
        return tuple(dict.fromkeys(person for person in found if person is not None))


class CostTargetProposal(models.Model):
    """That somebody wants some targets of an institution. Born when they are asked for; a CostTarget is made of each row
    when a second person has approved. `rows` name departments, metrics and people by code."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    rows = models.JSONField()
    source_mark = models.CharField(max_length=10, choices=SourceMark)
    source_text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return f"{self.institution_id} {len(self.rows)}"
