"""The audit chain."""

from django.db import models

from ops_platform.orm.models import AppendOnly


class AuditEvent(AppendOnly):
    """One thing that somebody did. Born in the transaction of the deed itself and never changed.

    `number` counts without gaps; `hash` covers all fields and the hash of the event before, so that a changed, removed
    or inserted event breaks the chain at a place that can be named. `institution` is the code as it was then, not a
    foreign key: audit stands below master data and outlives it.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    address = models.CharField(max_length=45, blank=True, default="")
    action = models.CharField(max_length=80)
    institution = models.CharField(max_length=40, blank=True, default="")
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject = models.CharField(max_length=120, blank=True, default="")
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        indexes = [
            models.Index(fields=["institution", "-number"], name="audit_event_institution"),
            models.Index(fields=["subject_type", "subject", "-number"], name="audit_event_subject"),
            models.Index(fields=["action", "-number"], name="audit_event_action"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"
