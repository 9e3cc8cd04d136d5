"""The register of business processes (业务流程): what they are, their risks and controls, what improving them brought."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, RateField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet
from workflows.models.flow import Flow, FlowVersion


class Area(models.TextChoices):
    """The side of the house a process belongs to: 医、教、研、防、产 and the functional departments."""

    MEDICAL = "medical", _("医疗")
    TEACHING = "teaching", _("教学")
    RESEARCH = "research", _("科研")
    PREVENTION = "prevention", _("预防")
    PRODUCTION = "production", _("产业")
    MANAGEMENT = "management", _("职能管理")


class Principle(models.TextChoices):
    """What improving a process serves."""

    COMPLIANCE = "compliance", _("合规")
    BENEFIT = "benefit", _("质量效益")
    SAVING = "saving", _("厉行节约")
    CONTROL = "control", _("内部控制")


class Process(models.Model):
    """One business process of an institution, combed by the matter (事项) it is about. Born when somebody enters it; goes
    from draft to embedded (a system runs it) to optimised (a second person agreed to the figures before and after), and is
    retired at last.

    `flow` is the approval flow that runs it on this platform, `embedded_system` names any other system. `version` counts
    the changes of the sheet, so that nobody overwrites what another has changed meanwhile. `optimised_on` is the day since
    when the improved process is in force or, where nobody said, the day it was marked: its year is the one it counts for.
    `entered_by` are all who entered figures or controls, by number: none of them agrees that it is optimised.
    """

    app_privileges = READ_APPEND_CHANGE

    class Status(models.TextChoices):
        DRAFT = "draft", _("梳理中")
        EMBEDDED = "embedded", _("已嵌入系统")
        OPTIMISED = "optimised", _("已优化")
        RETIRED = "retired", _("停用")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    matter = models.CharField(max_length=120)
    area = models.CharField(max_length=12, choices=Area)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    optimised_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, null=True, blank=True, related_name="processes")
    embedded_system = models.CharField(max_length=80, blank=True, default="")
    principles = models.JSONField(default=list, blank=True)
    entered_by = models.JSONField(default=list, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution__code", "code"]
        constraints = [models.UniqueConstraint(fields=["institution", "code"], name="process_code_unique")]

    def __str__(self) -> str:
        return self.name


class ProcessPoint(models.Model):
    """A risk point or a control point of a process: where, what, who is responsible. A risk names the control that
    answers it; without one it is open. What no longer holds is dropped and stays as a row."""

    app_privileges = READ_APPEND_CHANGE

    class Kind(models.TextChoices):
        RISK = "risk", _("风险点")
        CONTROL = "control", _("控制点")

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="points")
    kind = models.CharField(max_length=8, choices=Kind)
    place = models.CharField(max_length=80)
    text = models.CharField(max_length=300)
    responsible = models.CharField(max_length=80, blank=True, default="")
    control = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="risks")
    dropped = models.BooleanField(default=False)

    class Meta:
        ordering = ["process", "kind", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="risk") | models.Q(control__isnull=True), name="process_point_risk_has_control"
            ),
            models.CheckConstraint(
                condition=~models.Q(control=models.F("id")), name="process_point_not_its_own_control"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.text}"

    @property
    def open(self) -> bool:
        """A risk that no control answers."""
        return self.kind == self.Kind.RISK and self.control_id is None


class ProcessState(models.Model):
    """What a process was before it was improved, or is after it: figures, and its steps with who does them. An empty figure
    is not known. Its flow map is what people entered, `map` as a list of {step, post}, or a version of the approval flow
    that ran or runs it.

    Figures are stated by people, who say how they know (`source`), but for those named in `measured`: the platform took
    them from its log, of `measured_matters` matters decided among those submitted on the days from `measured_since` to
    `measured_until`. `explanation` says, after, why some figures became worse.
    """

    app_privileges = READ_APPEND_CHANGE

    class Which(models.TextChoices):
        BEFORE = "before", _("优化前")
        AFTER = "after", _("优化后")

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="states")
    which = models.CharField(max_length=6, choices=Which)
    steps = models.PositiveIntegerField(null=True, blank=True)
    handovers = models.PositiveIntegerField(null=True, blank=True)
    hours = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    cost = MoneyField(null=True, blank=True)
    error_rate = RateField(null=True, blank=True)
    map = models.JSONField(default=list, blank=True)
    flow_version = models.ForeignKey(FlowVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    since = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, blank=True, default="")
    explanation = models.CharField(max_length=300, blank=True, default="")
    measured = models.JSONField(default=list, blank=True)
    measured_since = models.DateField(null=True, blank=True)
    measured_until = models.DateField(null=True, blank=True)
    measured_matters = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["process", "-which"]
        constraints = [
            models.UniqueConstraint(fields=["process", "which"], name="process_state_one_of_each"),
            models.CheckConstraint(
                condition=models.Q(hours__isnull=True) | models.Q(hours__gte=0), name="process_hours_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(cost__isnull=True) | models.Q(cost__gte=0), name="process_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(error_rate__isnull=True) | models.Q(error_rate__gte=0, error_rate__lte=1),
                name="process_error_rate_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.process_id} {self.which}"


class ProcessCase(models.Model):
    """A typical case (典型案例) others can learn from: the situation, what was done, what it brought. Born as a draft that
    only its institution's editors see; once published everybody who is signed in reads it."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    process = models.ForeignKey(Process, on_delete=models.PROTECT, null=True, blank=True, related_name="cases")
    title = models.CharField(max_length=120)
    situation = models.TextField()
    done = models.TextField()
    effect = models.TextField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(published=False) | models.Q(published_at__isnull=False),
                name="process_case_published_some_day",
            )
        ]

    def __str__(self) -> str:
        return self.title
