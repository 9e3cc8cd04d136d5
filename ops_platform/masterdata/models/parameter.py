"""Parameters: every threshold, weight, ratio and rate, with unit, scope, first day and source."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models.alliance import Institution
from ops_platform.masterdata.models.source import SourceMark
from ops_platform.orm.models import READ_AND_APPEND, READ_APPEND_CHANGE


class Scope(models.TextChoices):
    """How far a parameter reaches; the narrowest that has a value wins."""

    NATIONAL = "national", _("国家")
    PROVINCE = "province", _("省")
    CITY = "city", _("统筹地区")
    INSTITUTION = "institution", _("机构")


IN_SCOPE = models.Q(scope=Scope.INSTITUTION, institution__isnull=False) | (
    ~models.Q(scope=Scope.INSTITUTION) & models.Q(institution__isnull=True)
)


class Parameter(models.Model):
    """One value from a day on; it ends where the next one of the same key and scope begins. Old periods compute with
    old values, so a row is never changed: a new value is a new row."""

    app_privileges = READ_AND_APPEND

    key = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12, choices=Scope)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    effective_from = models.DateField()
    value = models.DecimalField(max_digits=24, decimal_places=8)
    unit = models.CharField(max_length=30, blank=True, default="")
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    changed_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        ordering = ["key", "scope", "institution", "-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "scope", "institution", "effective_from"],
                name="parameter_one_value_a_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=IN_SCOPE, name="parameter_institution_only_in_its_scope"),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.effective_from}"


class ParameterProposal(models.Model):
    """That a person wants a parameter to have another value from a day on (参数变更申请). Born proposed; ends accepted, with
    a row of `Parameter`, or refused, or withdrawn. Its own table because a parameter's row is a value in force and never
    changes. `before` is the value that the new one takes the place of, as it stood when it was proposed, and in the end
    when it was decided.
    """

    app_privileges = READ_APPEND_CHANGE

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待审批")
        ACCEPTED = "accepted", _("已同意")
        REFUSED = "refused", _("已驳回")
        WITHDRAWN = "withdrawn", _("已撤回")

    key = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    scope = models.CharField(max_length=12, choices=Scope)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    effective_from = models.DateField()
    value = models.DecimalField(max_digits=24, decimal_places=8)
    before = models.DecimalField(max_digits=24, decimal_places=8, null=True, blank=True)
    unit = models.CharField(max_length=30, blank=True, default="")
    source_text = models.CharField(max_length=300)
    proposed_by = models.CharField(max_length=150)
    proposed_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.CharField(max_length=150, blank=True, default="")
    decided_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=IN_SCOPE, name="parameter_proposal_institution_only_in_its_scope"),
            models.CheckConstraint(
                condition=models.Q(state="proposed", decided_by="", decided_at__isnull=True)
                | (~models.Q(state="proposed") & ~models.Q(decided_by="") & models.Q(decided_at__isnull=False)),
                name="parameter_proposal_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["proposed", "withdrawn"]) | ~models.Q(proposed_by=models.F("decided_by")),
                name="parameter_proposal_by_two_persons",
            ),
            models.UniqueConstraint(
                fields=["key", "scope", "institution", "effective_from"],
                condition=models.Q(state="proposed"),
                name="parameter_proposal_one_open_a_day",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["key", "-proposed_at"], name="parameter_proposal_of_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.effective_from} {self.state}"

    @property
    def place(self) -> dict[str, Any]:
        """Key, scope and institution: what the value is of."""
        return {"key": self.key, "scope": self.scope, "institution": self.institution}
