"""Batches, and which months they touched."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models import Institution
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import READ_APPEND_CHANGE, ScopedQuerySet


class IntakeState(models.Model):
    """The last sequence number given to a batch of an institution.

    The gate locks this row until it commits: batches of one institution follow one another, so that "as of sequence n"
    always means the same rows.
    """

    app_privileges = READ_APPEND_CHANGE

    institution = models.OneToOneField(Institution, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last_sequence = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.institution_id} {self.last_sequence}"


class Batch(models.Model):
    """One accepted delivery of rows of one dataset by one institution. Never changed after it was accepted.

    `batch_no` is the sender's own number; the same number with the same digest answers `answer` again, with another
    digest it is refused. `sequence` orders the batches of an institution.
    """

    class Source(models.TextChoices):
        API = "api", _("接口")
        UPLOAD = "upload", _("上传")
        RESUBMISSION = "resubmission", _("隔离区重报")

    app_privileges = ("SELECT", "INSERT")

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    dataset = models.CharField(max_length=40)
    batch_no = models.CharField(max_length=80)
    sequence = models.BigIntegerField()
    source = models.CharField(max_length=12, choices=Source)
    digest = models.CharField(max_length=64)
    sender = models.CharField(max_length=150)
    received_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    landed = models.PositiveIntegerField()
    superseded = models.PositiveIntegerField()
    unchanged = models.PositiveIntegerField()
    retracted = models.PositiveIntegerField()
    quarantined = models.PositiveIntegerField()
    months = models.JSONField(default=list)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["institution", "dataset", "batch_no"], name="batch_no_unique"),
            models.UniqueConstraint(fields=["institution", "sequence"], name="batch_sequence_unique"),
            models.CheckConstraint(
                condition=models.Q(
                    rows=models.F("landed")
                    + models.F("superseded")
                    + models.F("unchanged")
                    + models.F("retracted")
                    + models.F("quarantined")
                ),
                name="batch_rows_add_up",
            ),
        ]
        indexes = [models.Index(fields=["institution", "-received_at"], name="batch_institution")]

    def __str__(self) -> str:
        return f"{self.dataset} {self.batch_no}"


class DatasetMonth(models.Model):
    """The last batch sequence that touched a dataset of an institution for a month: what the nightly steps digest to
    know whether their input changed. `month` is empty for datasets that belong to no month."""

    app_privileges = READ_APPEND_CHANGE

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    dataset = models.CharField(max_length=40)
    month = PeriodField(blank=True, default="")
    sequence = models.BigIntegerField()
    touched_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "dataset", "month"], name="dataset_month_unique")]

    def __str__(self) -> str:
        return f"{self.dataset} {self.month} {self.sequence}"
