"""Schemes and price books: rules as data, immutable once imported, and for whom they hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.orm.models import AppendOnly


class SchemeKind(models.TextChoices):
    """What discharges are put into: diagnosis related groups, or diseases of a catalogue (病种分值)."""

    DRG = "drg", _("DRG")
    DIP = "dip", _("DIP")


class GroupingScheme(AppendOnly):
    """A grouping scheme or a DIP catalogue as it was imported, with its code tables, from a date on. A change is another
    scheme.

    The files themselves are kept, so that any case can be grouped again as it was.
    """

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=3, choices=SchemeKind, default=SchemeKind.DRG)
    effective_from = models.DateField()
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
        constraints = [
            models.UniqueConstraint(fields=["name", "effective_from"], name="grouping_scheme_name_one_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"


class PoolingArea(AppendOnly):
    """A pooling area (统筹地区) whose insurer pays by rules of its own."""

    name = models.CharField(max_length=60, unique=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AreaMember(AppendOnly):
    """That an institution is paid by the rules of an area from a day on, until the next row of it; without area, by those
    that hold for everybody. Without any row too."""

    area = models.ForeignKey(PoolingArea, on_delete=models.PROTECT, null=True, blank=True, related_name="members")
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    effective_from = models.DateField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["institution", "-effective_from"]
        constraints = [models.UniqueConstraint(fields=["institution", "effective_from"], name="area_member_one_a_day")]

    def __str__(self) -> str:
        return f"{self.institution_id} {self.area_id} {self.effective_from}"


class PriceBook(AppendOnly):
    """Weights or points, what they are worth, and exceptions, from a date on, as imported: of a pooling area, or (without
    one) of every institution whose area has none."""

    name = models.CharField(max_length=80)
    area = models.ForeignKey(PoolingArea, on_delete=models.PROTECT, null=True, blank=True, related_name="price_books")
    effective_from = models.DateField()
    scheme = models.ForeignKey(GroupingScheme, on_delete=models.PROTECT, related_name="price_books")
    digest = models.CharField(max_length=64)
    content = models.TextField()
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    source_text = models.CharField(max_length=300, blank=True, default="")
    imported_by = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    class Meta:
        ordering = ["-effective_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["area", "effective_from"], name="price_book_one_a_day", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.effective_from}"
