"""What the checks of discharge abstracts (病案首页) found, what became of it, and what somebody found right."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from insurance_settlement.models.results import CaseResult, GroupingRun
from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class FrontPageRun(models.Model):
    """One examination of the abstracts of an institution's month, over the cases of a grouping run and facts up to
    its sequence. Immutable; the same inputs make no new run. `abstracts` were examined, of which some are
    `without_findings`; `findings` were open afterwards, whether somebody marked them as right or not."""

    app_privileges = ("SELECT", "INSERT", "UPDATE (is_current)")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    version = models.PositiveIntegerField()
    is_current = models.BooleanField(default=True)
    grouping_run = models.ForeignKey(GroupingRun, on_delete=models.PROTECT, related_name="+")
    input_digest = models.CharField(max_length=64)
    input_sequence = models.BigIntegerField()
    rules_version = models.CharField(max_length=20)
    engine_version = models.CharField(max_length=20)
    abstracts = models.PositiveIntegerField()
    without_findings = models.PositiveIntegerField()
    findings = models.PositiveIntegerField()
    actor = models.CharField(max_length=150)
    created_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "period", "version"], name="front_page_run_version_unique"),
            models.UniqueConstraint(
                fields=["institution", "period"], condition=Q(is_current=True), name="front_page_run_one_current"
            ),
            models.CheckConstraint(
                condition=Q(without_findings__lte=models.F("abstracts")), name="front_page_run_clean"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.period} v{self.version}"


class FrontPageFinding(models.Model):
    """What a check found on one abstract. Born in the run that first sees it, closed by the run that no longer does, for one
    of the reasons of `Closing`; what is said and of which abstract never changes. Open ones are the coder's work list.

    `abstract` is the version of the abstract (lasting number of the fact) it was found on. `case` is the result of the stay
    as of the newest run in which it stood, and says charges and group; `closed_case` and `closed_abstract` are those of the
    run that closed it, so that before and after can be told; both are empty where the stay left the month.
    """

    app_privileges = (
        "SELECT",
        "INSERT",
        "UPDATE (case_id, closed_run_id, closing, closed_case_id, closed_abstract)",
    )

    class Closing(models.TextChoices):
        CORRECTED = "corrected", _("首页已更正")
        REPLACED = "replaced", _("更正后仍有问题")
        RESOLVED = "resolved", _("收费或规则变化后不再成立")
        WITHDRAWN = "withdrawn", _("病例已不在本月")

    class Severity(models.TextChoices):
        BLOCKING = "blocking", _("不能入组")
        WARNING = "warning", _("前后矛盾")
        INFO = "info", _("请核对")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    encounter = models.BigIntegerField()
    encounter_no = models.CharField(max_length=60)
    abstract = models.BigIntegerField()
    rule = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True, default="")
    severity = models.CharField(max_length=8, choices=Severity)
    message = models.CharField(max_length=1000)
    case = models.ForeignKey(CaseResult, on_delete=models.PROTECT, related_name="+")
    found_run = models.ForeignKey(FrontPageRun, on_delete=models.PROTECT, related_name="+")
    closed_run = models.ForeignKey(FrontPageRun, on_delete=models.PROTECT, null=True, related_name="+")
    closing = models.CharField(max_length=9, choices=Closing, blank=True, default="")
    closed_case = models.ForeignKey(CaseResult, on_delete=models.PROTECT, null=True, related_name="+")
    closed_abstract = models.BigIntegerField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["institution", "-period", "encounter", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "period", "encounter", "rule", "subject"],
                condition=Q(closed_run=None),
                name="front_page_finding_open_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_run=None, closing="", closed_case=None, closed_abstract=None)
                | (Q(closed_run__isnull=False) & ~Q(closing="")),
                name="front_page_finding_closed_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["institution", "period"], condition=Q(closed_run=None), name="front_page_finding_work_list"
            ),
            models.Index(fields=["institution", "encounter"], name="front_page_finding_stay"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_no} {self.rule}"


class FrontPageMark(AppendOnly):
    """That somebody looked at an open finding and found the abstract right (核对无误), and why. It holds for this finding
    only: an abstract that comes anew has findings of its own."""

    finding = models.OneToOneField(FrontPageFinding, on_delete=models.PROTECT, related_name="mark")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.finding_id}"
