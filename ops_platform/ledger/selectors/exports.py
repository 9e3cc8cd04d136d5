"""Vouchers and their hand-over to the finance system that a hospital keeps."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from ops_platform.kernel import Actor, NotFound, Role
from ops_platform.ledger.models import (
    Entry,
    EntryKind,
    EventBooking,
    ExportedContent,
    ExportedEntry,
    ExportTemplate,
    VoucherExport,
)
from ops_platform.ledger.selectors.access import READERS
from ops_platform.ledger.selectors.words import code_words
from ops_platform.ledger.voucher_files import Known
from ops_platform.masterdata.models import Institution
from ops_platform.web.people import names_of

EXPORTERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)


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


def exportable(institution: Institution) -> QuerySet[Entry]:
    """Vouchers that a finance system takes: not the opening balances, nor what took them back. Those it has
    already, or gets as a trial balance."""
    rows = Entry.objects.filter(institution=institution).exclude(kind=EntryKind.OPENING)
    return rows.exclude(kind=EntryKind.REVERSAL, reverses__kind=EntryKind.OPENING)


def known_of(entries: Collection[int]) -> Known:
    """What the legs of these entries need to be told in words."""
    rules = "rules__approved_by", "rules__made_by"
    approvers: dict[int, str] = {}
    for number in ("entry", "reversal"):
        booked = EventBooking.objects.filter(**{f"{number}__in": entries}, rules__isnull=False)
        for entry, approver, maker in booked.values_list(number, *rules):
            approvers[entry] = approver or maker
    people = Entry.objects.filter(pk__in=entries).order_by().values_list("made_by", "checked_by").distinct()
    names = {name for pair in people for name in pair} | {*approvers.values()}
    return Known(people=names_of(names), approvers=approvers, codes=code_words())


def months_to_export(institution: Institution) -> tuple[MonthToExport, ...]:
    """Each month that has vouchers, the newest first; one query."""
    done = Exists(ExportedEntry.objects.filter(entry=OuterRef("pk")))
    rows = exportable(institution).annotate(done=done).order_by().values_list("period")
    counted = rows.annotate(entries=Count("id"), left=Count("id", filter=Q(done=False))).order_by("-period")
    return tuple(MonthToExport(period, entries, left) for period, entries, left in counted)


def exports(actor: Actor) -> QuerySet[VoucherExport]:
    """Files that were taken from institutions the actor may see, the newest first; `kept` where the file is there."""
    rows = VoucherExport.objects.visible_to(actor, *READERS)
    rows = rows.annotate(kept=Exists(ExportedContent.objects.filter(export=OuterRef("pk"))))
    return rows.select_related("institution", "template").order_by("-made_at", "-id")


def file_of(actor: Actor, export_id: int) -> tuple[VoucherExport, bytes]:
    """The file of an export, for those who may take vouchers out. Raises NotFound, also for one whose file was not kept."""
    row = VoucherExport.objects.visible_to(actor, *EXPORTERS).select_related("institution", "template", "content")
    found = row.filter(pk=export_id, content__isnull=False).first()
    if found is None:
        raise NotFound(
            "ledger.no_export",
            "没有这次导出，或它的文件已过保留期(2026-11-29 以前的导出没有保存文件)。导出记录仍在；需要时请重新导出。",
        )
    return found, zlib.decompress(found.content.deflated)


def templates() -> QuerySet[ExportTemplate]:
    """The layouts, by code."""
    return ExportTemplate.objects.order_by("code")
