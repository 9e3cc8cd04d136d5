"""Service units (服务单元) for the ratio of cost to income: which services belong together, what a month made of them."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from costing.models.patients import PatientRun
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField
from ops_platform.orm.models import READ_APPEND_CHANGE, READ_APPEND_PRUNE, AppendOnly, ScopedQuerySet


class UnitKind(models.TextChoices):
    """What a service unit is (domain.md 1.6, example of a published hospital). `drugs` and `materials` are units of their
    own in every definition, at the ratio 1; `department` is an executing department that no unit names."""

    WARD = "ward", _("病房")
    OUTPATIENT = "outpatient", _("门急诊")
    OPERATING_ROOM = "operating_room", _("手术麻醉")
    ICU = "icu", _("重症监护")
    IMAGING = "imaging", _("影像")
    LABORATORY = "laboratory", _("检验")
    PATHOLOGY = "pathology", _("病理")
    ENDOSCOPY = "endoscopy", _("内镜")
    FUNCTION = "function", _("功能检查")
    DIALYSIS = "dialysis", _("血液净化")
    BLOOD = "blood", _("输血")
    PHARMACY = "pharmacy", _("药学服务")
    OTHER = "other", _("其他")
    DRUGS = "drugs", _("药品")
    MATERIALS = "materials", _("单独收费卫生材料")
    DEPARTMENT = "department", _("执行科室")


AT_CHARGE = (UnitKind.DRUGS, UnitKind.MATERIALS)
GIVEN_KINDS = tuple(kind for kind in UnitKind if kind not in (*AT_CHARGE, UnitKind.DEPARTMENT))


class UnitDefinition(AppendOnly):
    """The service units of an institution from a day on, until the next definition begins. Born when a second person has
    approved; never changed. `ended` says that from then on the executing departments are the units again."""

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    ended = models.BooleanField(default=False)
    source_text = models.CharField(max_length=300)
    changed_by = models.CharField(max_length=150)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "effective_from"], name="unit_definition_one_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.effective_from}"


class ServiceUnit(AppendOnly):
    """A service unit of a definition."""

    definition = models.ForeignKey(UnitDefinition, on_delete=models.PROTECT, related_name="units")
    code = models.CharField(max_length=24)
    name = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, choices=UnitKind)

    class Meta:
        ordering = ["definition", "code"]
        constraints = [
            models.UniqueConstraint(fields=["definition", "code"], name="service_unit_code_unique"),
            models.CheckConstraint(
                condition=~Q(kind__in=("drugs", "materials", "department")), name="service_unit_of_a_given_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceUnitPart(AppendOnly):
    """That the services of a fee class which a department carries out belong to a unit; without a fee class, all those of
    the department that no other part names. A (department, fee class) belongs to one unit of a definition."""

    definition = models.ForeignKey(UnitDefinition, on_delete=models.PROTECT, related_name="parts")
    unit = models.ForeignKey(ServiceUnit, on_delete=models.PROTECT, related_name="parts")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="+")
    fee_class = models.CharField(max_length=24, blank=True, default="")

    class Meta:
        ordering = ["unit", "department", "fee_class"]
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "department", "fee_class"], name="service_unit_part_in_one_unit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.department_id} {self.fee_class}"


class UnitProposal(models.Model):
    """That somebody wants other service units from a day on. Born when it is asked for; a definition is made of it when a
    second person has approved. `rows` are [department code, fee class, unit code, unit name, kind] as text."""

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        ASKED = "asked", _("审批中")
        IN_FORCE = "in_force", _("已同意")
        REFUSED = "refused", _("未同意")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    ended = models.BooleanField(default=False)
    rows = models.JSONField(default=list)
    source_text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "effective_from"], condition=Q(state="asked"), name="unit_definition_asked_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.effective_from}"


class UnitCost(AppendOnly):
    """A service unit in a month of an institution that has defined units: `cost` is what it cost, `borne` what its ratio
    of cost to income gave to patients. They differ only for drugs and separately charged materials, which go at their
    charge, and for a unit that nobody was charged for.

    `base` is what the cost followed: the charges of its services, and of goods that a pharmacy handed out; ratio
    (成本收入比) = cost ÷ base. `income` is the charges alone. Without a unit it is an executing department that no unit
    names, the unit of all drugs or of all materials, or (kind `department` without one) services of departments that
    hold no cost. Rows go only with the detail of a provisional run (`services.patient_retention`).
    """

    app_privileges = READ_APPEND_PRUNE

    run = models.ForeignKey(PatientRun, on_delete=models.PROTECT, related_name="units")
    unit = models.ForeignKey(ServiceUnit, on_delete=models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=16, choices=UnitKind)
    income = MoneyField()
    base = MoneyField()
    cost = MoneyField()
    borne = MoneyField()

    class Meta:
        ordering = ["run", "unit", "department", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "unit", "department", "kind"], name="unit_cost_unique", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.unit_id or self.department_id or self.kind}"

    @property
    def title(self) -> str:
        """What the unit is called."""
        if self.kind == UnitKind.DEPARTMENT and self.department is None:
            return str(_("没有成本的执行科室"))
        return str(self.unit or self.department or self.get_kind_display())

    @property
    def ratio(self) -> Decimal | None:
        """成本收入比, for display; None without a base."""
        if self.kind in AT_CHARGE:
            return Decimal(1)
        return self.cost / self.base if self.base else None


class PatientUnitCost(AppendOnly):
    """What a stay was charged and cost in a service unit in a month: `cost` = `base` · the unit's ratio, where the base is
    the charge, and goods that a pharmacy handed out. Over the units of a stay they sum
    to its cost to income, over the encounters of a unit (with visits, which are not kept) to what the unit gave.

    The unit is no foreign key in the database, as the run of a patient's cost is none. Rows go only with those of the unit.
    """

    app_privileges = READ_APPEND_PRUNE

    unit = models.ForeignKey(UnitCost, on_delete=models.PROTECT, related_name="patients", db_constraint=False)
    encounter = models.BigIntegerField()
    income = MoneyField()
    base = MoneyField()
    cost = MoneyField()

    class Meta:
        ordering = ["unit", "encounter"]
        constraints = [models.UniqueConstraint(fields=["encounter", "unit"], name="patient_unit_cost_unique")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.encounter}"
