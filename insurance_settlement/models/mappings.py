"""Classification mappings (归集口径): versions with their rows, simulations over past months, remarks handed up."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insurance_settlement.engine.mapping import Dimension
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import MoneyField, PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet

DIMENSION_TITLES = {
    Dimension.RECEIPT_OUTPATIENT: _("门急诊票据类别"),
    Dimension.RECEIPT_INPATIENT: _("住院票据类别"),
    Dimension.ACCOUNT_OUTPATIENT: _("门急诊收入科目"),
    Dimension.ACCOUNT_INPATIENT: _("住院收入科目"),
    Dimension.FRONT_PAGE: _("病案首页费用分类"),
}
DIMENSIONS = [(str(dimension), title) for dimension, title in DIMENSION_TITLES.items()]


class MappingVersion(models.Model):
    """Which item belongs in which class, from a month on: the province's (no institution), handed down to all, or one that
    an institution works by. Born as a draft from a workbook or derived from a province version (`based_on`).

    Draft → asked (in approval) → approved; a draft may be put away. Approved, it holds from `effective_from` until a later
    one of the same owner begins; months before keep what they had. `edition` counts the workbooks a draft was filled from:
    its rows are those of the last one, the former stay. `digest` is of these rows. `simulation` and `judgement` are what it
    was submitted with.
    """

    app_privileges = (
        "SELECT",
        "INSERT",
        "UPDATE (name, effective_from, source_text, edition, digest, state, simulation_id, judgement, approved_at)",
    )

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        ASKED = "asked", _("审批中")
        APPROVED = "approved", _("已批准")
        ARCHIVED = "archived", _("已作废")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80)
    effective_from = models.DateField()
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    source_text = models.CharField(max_length=300, blank=True, default="")
    edition = models.PositiveIntegerField(default=0)
    digest = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    simulation = models.ForeignKey("MappingSimulation", on_delete=models.PROTECT, null=True, related_name="+")
    judgement = models.CharField(max_length=1000, blank=True, default="")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "number"], name="mapping_version_number", nulls_distinct=False
            ),
            models.UniqueConstraint(
                fields=["institution", "effective_from"],
                condition=Q(state="approved"),
                name="mapping_version_one_from_a_month",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(effective_from__day=1), name="mapping_version_begins_a_month"),
            models.CheckConstraint(
                condition=Q(state="approved", approved_at__isnull=False)
                | (~Q(state="approved") & Q(approved_at__isnull=True)),
                name="mapping_version_approved_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}(第 {self.number} 版)"


class MappingRow(AppendOnly):
    """A national item with the local price item it is charged as, and the class of each dimension ("" for none). Drugs and
    materials have no national item. `line` is its place in the workbook."""

    class Origin(models.TextChoices):
        FILE = "file", _("文件填写")
        PROVINCE = "province", _("省版下发")
        SUGGESTED = "suggested", _("按费用类别预填")

    version = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, related_name="rows")
    edition = models.PositiveIntegerField()
    line = models.PositiveIntegerField()
    national_code = models.CharField(max_length=40, blank=True, default="")
    national_name = models.CharField(max_length=200, blank=True, default="")
    item_code = models.CharField(max_length=60)
    item_name = models.CharField(max_length=200, blank=True, default="")
    receipt_outpatient = models.CharField(max_length=24, blank=True, default="")
    receipt_inpatient = models.CharField(max_length=24, blank=True, default="")
    account_outpatient = models.CharField(max_length=24, blank=True, default="")
    account_inpatient = models.CharField(max_length=24, blank=True, default="")
    front_page = models.CharField(max_length=24, blank=True, default="")
    origin = models.CharField(max_length=9, choices=Origin)
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["version", "edition", "line"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "edition", "item_code", "national_code"], name="mapping_row_once_an_edition"
            )
        ]

    def __str__(self) -> str:
        return f"{self.national_code} {self.item_code}"


class MappingSimulation(AppendOnly):
    """Some past months of an institution by the mapping then in force (`before`; none: by the fee classes that the HIS
    reports) and by a version's rows. Immutable; `input_digest` is of facts, both mappings and the engine. Ratios are kept in
    `indicators` as text: {name: [before, after]}, null where there was nothing to divide by. `threshold` is the change that
    needed an explanation, `unmapped` what stands in no class after (of receipts)."""

    version = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, related_name="simulations")
    edition = models.PositiveIntegerField()
    rows_digest = models.CharField(max_length=64)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    first_period = PeriodField()
    last_period = PeriodField()
    before = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, null=True, related_name="+")
    input_digest = models.CharField(max_length=64)
    input_sequence = models.BigIntegerField()
    engine_version = models.CharField(max_length=10)
    outpatient = MoneyField()
    inpatient = MoneyField()
    unmapped = MoneyField()
    threshold = models.DecimalField(max_digits=18, decimal_places=8)
    indicators = models.JSONField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_period__lte=models.F("last_period")), name="mapping_simulation_months_in_order"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.first_period} {self.last_period}"


class SimulatedClass(AppendOnly):
    """A class of a simulation before and after, in yuan; "" is no class. `needs_words` when it changes beyond the threshold
    or comes out of nothing."""

    simulation = models.ForeignKey(MappingSimulation, on_delete=models.PROTECT, related_name="classes")
    dimension = models.CharField(max_length=20, choices=DIMENSIONS)
    code = models.CharField(max_length=24, blank=True)
    title = models.CharField(max_length=120)
    before = MoneyField()
    after = MoneyField()
    needs_words = models.BooleanField()

    class Meta:
        ordering = ["simulation", "id"]
        constraints = [models.UniqueConstraint(fields=["simulation", "dimension", "code"], name="simulated_class_once")]

    def __str__(self) -> str:
        return f"{self.dimension} {self.code}"


class SimulatedMove(AppendOnly):
    """An item that a simulation finds in another class, with what it was charged in the months, in yuan."""

    simulation = models.ForeignKey(MappingSimulation, on_delete=models.PROTECT, related_name="moves")
    dimension = models.CharField(max_length=20, choices=DIMENSIONS)
    item_code = models.CharField(max_length=60)
    item_name = models.CharField(max_length=200)
    before = models.CharField(max_length=24, blank=True)
    after = models.CharField(max_length=24, blank=True)
    amount = MoneyField()

    class Meta:
        ordering = ["simulation", "id"]
        constraints = [
            models.UniqueConstraint(fields=["simulation", "dimension", "item_code"], name="simulated_move_once")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.item_code}"


class MappingExplanation(models.Model):
    """Why a class changes as a simulation says; may be worded anew as long as the version is a draft."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (text, written_by_id, written_at)")

    simulated = models.OneToOneField(SimulatedClass, on_delete=models.PROTECT, related_name="explanation")
    text = models.CharField(max_length=500)
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["simulated"]

    def __str__(self) -> str:
        return self.text


class MappingRemark(models.Model):
    """What an institution says of an approved province version, or of one row of it: that it fits, what the problem is, what
    it suggests. Handed up → answered by the operation centre, or taken back."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (state, outcome, answer, answered_by_id, answered_at)")

    class Kind(models.TextChoices):
        FITS = "fits", _("评估：适用")
        PROBLEM = "problem", _("存在问题")
        SUGGESTION = "suggestion", _("修改建议")

    class State(models.TextChoices):
        RAISED = "raised", _("待答复")
        ANSWERED = "answered", _("已答复")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", _("采纳，下一版修订")
        EXPLAINED = "explained", _("已解释，维持不变")
        DECLINED = "declined", _("不采纳")

    version = models.ForeignKey(MappingVersion, on_delete=models.PROTECT, related_name="remarks")
    row = models.ForeignKey(MappingRow, on_delete=models.PROTECT, null=True, related_name="+")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=1000)
    state = models.CharField(max_length=9, choices=State, default=State.RAISED)
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True, default="")
    answer = models.CharField(max_length=1000, blank=True, default="")
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="answered", answered_by__isnull=False, answered_at__isnull=False)
                & ~Q(outcome="")
                & ~Q(answer="")
                | (~Q(state="answered") & Q(outcome="", answer="", answered_by=None)),
                name="mapping_remark_answered",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.text[:20]}"
