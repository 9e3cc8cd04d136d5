"""Flows: how matters of a kind are approved."""

from django.db import models

from ops_platform.identity.models import User
from ops_platform.masterdata.models import Institution
from ops_platform.orm.models import READ_APPEND_CHANGE, AppendOnly


class Flow(models.Model):
    """How matters of one subject type are approved, in the whole alliance or, before that, in one institution.

    Born with its first version. `draft` is what an administrator is working on; it becomes a version when a second person
    has approved it. `draft_editors` are all who changed the draft, by number: none of them approves it.
    """

    app_privileges = READ_APPEND_CHANGE

    subject_type = models.CharField(max_length=60)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=80)
    current = models.ForeignKey("FlowVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    draft = models.JSONField(null=True, blank=True)
    draft_note = models.CharField(max_length=300, blank=True, default="")
    draft_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    draft_editors = models.JSONField(default=list, blank=True)
    draft_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["subject_type", "institution"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_type", "institution"], nulls_distinct=False, name="flow_one_for_a_subject_and_place"
            )
        ]

    def __str__(self) -> str:
        return self.title


class FlowVersion(AppendOnly):
    """One published version of a flow. Never changed; a running matter keeps the version it began with."""

    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    body = models.JSONField()
    note = models.CharField(max_length=300, blank=True, default="")
    made_by = models.CharField(max_length=150)
    approved_by = models.CharField(max_length=150, blank=True, default="")
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["flow", "-number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="flow_version_number")]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"
