"""Schemes and price books: rules as data, immutable once imported."""

from django.db import models

from ops_platform.masterdata.models import SourceMark
from ops_platform.orm.models import AppendOnly


class GroupingScheme(AppendOnly):
    """A grouping scheme as it was imported, with its code tables, from a date on. A change is another scheme.

    The files themselves are kept, so that any case can be grouped again as it was.
    """

    name = models.CharField(max_length=80)
    effective_from = models.DateField(unique=True)
    digest = models.CharField(max_length=64)
    content = models.TextField()
    dx_codes = models.TextField()
    proc_codes = models.TextField()
    findings = models.JSONField(default=list)
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    imported_by = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-effective_from"]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"


class PriceBook(AppendOnly):
    """Weights, base rate and coefficients of a pooling area from a date on, as imported."""

    name = models.CharField(max_length=80)
    effective_from = models.DateField(unique=True)
    scheme = models.ForeignKey(GroupingScheme, on_delete=models.PROTECT, related_name="price_books")
    digest = models.CharField(max_length=64)
    content = models.TextField()
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    imported_by = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-effective_from"]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"
