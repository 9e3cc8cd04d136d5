"""What members bear for each other in a month, agreement by agreement."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from costing.engine.agreements import What as EngineWhat
from costing.models.agreement import Agreement, PartyRole
from costing.models.run import CostRun
from ops_platform.masterdata.models import Department, Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly


class SettlementRun(models.Model):
    """One computation of a month of an agreement: immutable, with all it was made from. `inputs` are the sequences as of
    which services were read. The same inputs make no new run; one of a month is current, and it is what the books say.
    `restatement` marks a run of a month that a member had closed before."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current)")

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40)
    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    restatement = models.BooleanField(default=False)
    input_digest = models.CharField(max_length=64)
    inputs = models.JSONField(default=dict)
    engine_version = models.CharField(max_length=20)
    findings = models.JSONField(default=list)
    total = MoneyField()
    dealings = MoneyField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-period", "code", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["code", "period", "version"], name="settlement_run_version_unique"),
            models.UniqueConstraint(
                fields=["code", "period"], condition=models.Q(is_current=True), name="settlement_run_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.period} v{self.version}"


class What(models.TextChoices):
    """What an amount is that is divided."""

    SERVICES = EngineWhat.SERVICES.value, _("服务成本")
    EXAM_INCOME = EngineWhat.EXAM_INCOME.value, _("基层检查收入")
    DIAGNOSIS_INCOME = EngineWhat.DIAGNOSIS_INCOME.value, _("上级诊断收入")
    FULL_COST = EngineWhat.FULL_COST.value, _("中心全成本")


class SettlementBasis(AppendOnly):
    """An amount that a run divides: services of a provider for a receiver (None: for itself), or an income of a member.
    `cost_run` is where an income or a full cost was read."""

    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="bases")
    number = models.PositiveIntegerField()
    what = models.CharField(max_length=20, choices=What)
    provider = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    provider_department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    receiver = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+")
    receiver_department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    volume = models.DecimalField(max_digits=18, decimal_places=4)
    rows = models.PositiveIntegerField()
    amount = MoneyField()
    cost_run = models.ForeignKey(CostRun, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="settlement_basis_unique")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.number} {self.what}"


class SettlementPart(AppendOnly):
    """What a member bears of a basis, and for whom. Bearer and payee may be the same: then nobody owes anything."""

    run = models.ForeignKey(SettlementRun, on_delete=models.PROTECT, related_name="parts")
    basis = models.ForeignKey(SettlementBasis, on_delete=models.PROTECT, related_name="parts")
    role = models.CharField(max_length=12, choices=PartyRole)
    bearer = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    payee = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    share = models.DecimalField(max_digits=9, decimal_places=6)
    amount = MoneyField()

    class Meta:
        ordering = ["run", "basis", "id"]
        constraints = [
            models.UniqueConstraint(fields=["basis", "role", "bearer"], name="settlement_part_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.bearer_id}→{self.payee_id} {self.amount}"
