"""Code sets: versioned lists of codes that facts, pages and reports share."""

from django.db import models

from ops_platform.masterdata.models.source import SourceMark
from ops_platform.orm.models import READ_AND_APPEND


class CodeSet(models.Model):
    """A list of codes with one meaning, e.g. cost items, insurance schemes, accounts."""

    app_privileges = READ_AND_APPEND

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True, default="")

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class CodeSetVersion(models.Model):
    """The codes as they hold from a date on. A change is a new version; old periods keep theirs."""

    app_privileges = READ_AND_APPEND

    code_set = models.ForeignKey(CodeSet, on_delete=models.PROTECT, related_name="versions")
    version = models.CharField(max_length=40)
    effective_from = models.DateField()
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["code_set", "effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["code_set", "version"], name="code_set_version_unique"),
            models.UniqueConstraint(fields=["code_set", "effective_from"], name="code_set_version_date_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.code_set_id} {self.version}"


class Code(models.Model):
    """One code of a version."""

    app_privileges = READ_AND_APPEND

    version = models.ForeignKey(CodeSetVersion, on_delete=models.PROTECT, related_name="codes")
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=300)
    parent_code = models.CharField(max_length=60, blank=True, default="")
    position = models.PositiveIntegerField(default=0)
    remark = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["version", "position", "code"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="code_unique_in_version")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
