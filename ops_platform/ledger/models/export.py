"""Vouchers handed to the finance system that a hospital keeps: layouts, and what was handed over when."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ops_platform.identity.models import User
from ops_platform.ledger.models.entry import Entry
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.orm.fields import PeriodField
from ops_platform.orm.models import AppendOnly, ScopedQuerySet


class ExportTemplate(AppendOnly):
    """A layout of voucher lists, as a finance system reads them: columns in order, each with its title and a field of
    `voucher_files.FIELDS` or a constant. Never changed, so that what was exported can be understood; another layout gets
    another code."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    columns = models.JSONField()
    source_mark = models.CharField(max_length=8, choices=SourceMark)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("凭证导出模板")

    def __str__(self) -> str:
        return self.name


class VoucherExport(AppendOnly):
    """One file of vouchers that somebody took: of which month, by which layout, with which content (`digest` of the file).
    `repeated` counts the vouchers in it that had been exported before."""

    class Format(models.TextChoices):
        XLSX = "xlsx", "Excel"
        CSV = "csv", "CSV"

    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="+")
    period = PeriodField()
    template = models.ForeignKey(ExportTemplate, on_delete=models.PROTECT, related_name="+")
    file_format = models.CharField(max_length=4, choices=Format)
    entries = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    repeated = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    made_by = models.CharField(max_length=150)
    maker = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        indexes = [models.Index(fields=["institution", "period"], name="voucher_export_month")]
        constraints = [
            models.CheckConstraint(condition=Q(entries__gt=0), name="voucher_export_not_empty"),
            models.CheckConstraint(
                condition=Q(repeated__lte=models.F("entries")), name="voucher_export_repeats_its_entries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} {self.made_at:%Y-%m-%d}"

    @property
    def file_name(self) -> str:
        """By which people know the file."""
        return f"{self.institution.code}-{self.period}-{self.template.name}-{self.pk}.{self.file_format}"


class ExportedEntry(AppendOnly):
    """That a voucher was in an exported file."""

    export = models.ForeignKey(VoucherExport, on_delete=models.PROTECT, related_name="contents")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="exports")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "entry"], name="exported_entry_unique")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.entry_id}"


class ExportedContent(models.Model):
    """The file itself, deflated, so that who took it can have the same file again. Apart from its record, so that lists
    never touch the bytes; files of before 2026-11-29 were not kept. The record's digest is of the file, not deflated.
    Never changed; let go when its time is over (`services.retention`), while the record stays for ever: the database lets
    none go in its first month."""

    app_privileges = ("SELECT", "INSERT", "DELETE")

    export = models.OneToOneField(VoucherExport, on_delete=models.PROTECT, related_name="content", primary_key=True)
    deflated = models.BinaryField()

    def __str__(self) -> str:
        return str(self.export_id)
