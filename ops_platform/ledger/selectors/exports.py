"""Vouchers and their hand-over to the finance system that a hospital keeps."""

from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from ops_platform.kernel import Actor
from ops_platform.ledger.models import Entry, ExportedEntry, ExportTemplate, VoucherExport
from ops_platform.ledger.selectors.access import READERS
from ops_platform.masterdata.models import Institution


@dataclass(frozen=True, slots=True)
class MonthToExport:
    """How many vouchers a month has, and how many of them were never in a file."""

    period: str
    entries: int
    left: int

    @property
    def exported(self) -> int:
        """Those that were in a file."""
        return self.entries - self.left


def months_to_export(institution: Institution) -> tuple[MonthToExport, ...]:
    """Each month that has vouchers, the newest first; one query."""
    done = Exists(ExportedEntry.objects.filter(entry=OuterRef("pk")))
    rows = Entry.objects.filter(institution=institution).annotate(done=done).order_by().values_list("period")
    counted = rows.annotate(entries=Count("id"), left=Count("id", filter=Q(done=False))).order_by("-period")
    return tuple(MonthToExport(period, entries, left) for period, entries, left in counted)


def exports(actor: Actor) -> QuerySet[VoucherExport]:
    """Files that were taken from institutions the actor may see, the newest first."""
    rows = VoucherExport.objects.visible_to(actor, *READERS)
    return rows.select_related("institution", "template").order_by("-made_at", "-id")


def templates() -> QuerySet[ExportTemplate]:
    """The layouts, by code."""
    return ExportTemplate.objects.order_by("code")
