"""Handing vouchers to the finance system that a hospital keeps: each once, again only when asked for.

Which vouchers is settled in a moment (`snapshot`); the file is built beside those who book (`build`); that it was handed
over is kept together with it (`hand_over`). That exports of a month follow one another is seen to by `services.errands`.
"""

import hashlib
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.ledger.models import Entry, ExportedContent, ExportedEntry, ExportTemplate, Leg, VoucherExport
from ops_platform.ledger.selectors.exports import EXPORTERS, exportable, known_of
from ops_platform.ledger.voucher_files import as_csv, as_xlsx, read_columns
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.masterdata.services.periods import access_institution
from ops_platform.web.people import names_of

CHUNK = 5_000
MOST_LINES = 1_000_000


@dataclass(frozen=True, slots=True)
class WantedExport:
    """Which vouchers, in which layout: the month's up to an entry's number (`up_to`), those that were exported before only
    with `again`. Entries never change and exports of a month follow one another, so that this names the same vouchers
    whenever it is read."""

    institution: Institution
    period: Period
    template: ExportTemplate
    file_format: str
    again: bool
    up_to: int


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file that nobody has yet: its vouchers, how many of them were exported before, its lines and bytes."""

    wanted: WantedExport
    entries: tuple[int, ...]
    repeated: int
    lines: int
    content: bytes


def snapshot(
    actor: Actor, *, institution: Institution, period: Period, template: str, file_format: str, again: bool
) -> WantedExport:
    """What an export asked for now has to hold; a handful of queries. Opening balances are no vouchers of a month and never
    in it. It waits for nobody: entries are numbered under the books' lock, which is held until they are there, so that of
    the numbers up to the last one to be seen none is still to come.

    Raises Conflict when there is none left, naming who exported them, when there is none at all, and when there are more
    lines than a file holds.
    """
    access_institution(actor, institution.pk, *EXPORTERS)
    layout = ExportTemplate.objects.filter(code=template).first()
    if layout is None:
        raise NotFound("ledger.no_export_template", f"没有凭证导出模板 {template[:40]}。")
    if file_format not in VoucherExport.Format.values:
        raise Invalid("ledger.unknown_format", "文件格式应为 xlsx 或 csv。", field="file_format")
    last = Entry.objects.filter(institution=institution).aggregate(last=Max("number"))["last"] or 0
    wanted = WantedExport(institution, period, layout, file_format, again, last)
    entries, before = _entries(wanted), _exported(wanted)
    chosen = entries if again else entries.exclude(pk__in=before.values("entry_id"))
    if not chosen.exists():
        raise _nothing_left(institution, period, before.values("entry_id").distinct().count())
    if (chosen.aggregate(lines=Sum("leg_count"))["lines"] or 0) > MOST_LINES:
        raise Conflict("ledger.export_too_large", f"{period} 的凭证超过 {MOST_LINES:,} 行，请改用 csv 分次导出。")
    return wanted


def build(wanted: WantedExport, made_at: datetime) -> BuiltFile:
    """The file of a snapshot. It holds no lock, since nothing that it reads can change. Raises Conflict where another export
    took everything in the moment before this one was begun."""
    before = set(_exported(wanted).values_list("entry_id", flat=True))
    chosen = sorted(set(_entries(wanted).values_list("pk", flat=True)) - (set() if wanted.again else before))
    if not chosen:
        raise _nothing_left(wanted.institution, wanted.period, len(before))
    columns, _faults = read_columns(wanted.template.columns)
    legs = (
        Leg.objects.filter(entry__in=chosen)
        .select_related("entry", "institution", "account", "dimension__department", "dimension__counterparty")
        .order_by("entry__voucher_no", "position")
    )
    lines, known = legs.iterator(chunk_size=CHUNK), known_of(chosen)
    if wanted.file_format == VoucherExport.Format.CSV:
        content, count = as_csv(columns, lines, known)
    else:
        content, count = as_xlsx(columns, lines, known, timezone.localtime(made_at))
    return BuiltFile(wanted, tuple(chosen), len(before & set(chosen)), count, content)


def hand_over(actor: Actor, built: BuiltFile, made_at: datetime) -> VoucherExport:
    """Keep the file and that its vouchers were exported, in the caller's transaction."""
    wanted = built.wanted
    access_institution(actor, wanted.institution.pk, *EXPORTERS)
    export = VoucherExport.objects.create(
        institution=wanted.institution,
        period=str(wanted.period),
        template=wanted.template,
        file_format=wanted.file_format,
        entries=len(built.entries),
        lines=built.lines,
        repeated=built.repeated,
        digest=hashlib.sha256(built.content).hexdigest(),
        made_by=actor.name,
        maker_id=actor.user,
        made_at=made_at,
    )
    ExportedContent.objects.create(export=export, deflated=zlib.compress(built.content))
    ExportedEntry.objects.bulk_create(
        [ExportedEntry(export=export, entry_id=number) for number in built.entries], batch_size=CHUNK
    )
    record(
        actor,
        "ledger.vouchers_exported",
        institution=wanted.institution.code,
        subject_type="voucher_export",
        subject=export.pk,
        detail={
            "period": str(wanted.period),
            "template": wanted.template.code,
            "entries": export.entries,
            "repeated": export.repeated,
            "digest": export.digest,
        },
    )
    return export


def _entries(wanted: WantedExport) -> QuerySet[Entry]:
    return exportable(wanted.institution).filter(period=str(wanted.period), number__lte=wanted.up_to)


def _exported(wanted: WantedExport) -> QuerySet[ExportedEntry]:
    return ExportedEntry.objects.filter(entry__in=_entries(wanted))


def _nothing_left(institution: Institution, period: Period, before: int) -> Conflict:
    last = VoucherExport.objects.filter(institution=institution, period=str(period)).order_by("-made_at", "-id").first()
    if last is None or not before:
        return Conflict("ledger.nothing_to_export", f"{institution.name} {period} 没有凭证可以导出。")
    return Conflict(
        "ledger.exported_already",
        f"{period} 的 {before} 张凭证都已导出，最近一次由 {names_of([last.made_by]).get(last.made_by, last.made_by)} 于"
        f" {timezone.localtime(last.made_at):%Y-%m-%d %H:%M} 导出。如需再次导出，请选择「重新导出」。",
        period=str(period),
        entries=before,
    )


@transaction.atomic
def add_export_template(actor: Actor, *, code: str, name: str, columns: Any) -> ExportTemplate:
    """Another layout, for the whole alliance. Raises Invalid with the place of each fault, Conflict for a code in use."""
    if not actor.has(Role.OPERATION_CENTRE):
        raise Forbidden("ledger.not_allowed", "只有运营管理中心可以新增凭证导出模板。")
    if not (code.isascii() and code.replace("-", "").isalnum() and len(code) <= 40):
        raise Invalid("ledger.export_template_code", "模板代码只能用字母、数字和 -，不超过 40 位。", field="code")
    if not name.strip() or not name.isprintable() or len(name) > 60:
        raise Invalid("ledger.export_template_name", "请填写不超过 60 字的模板名称。", field="name")
    _columns, faults = read_columns(columns)
    if faults:
        raise Invalid("ledger.export_template", " ".join(fault.message for fault in faults[:5]), field="columns")
    try:
        with transaction.atomic():
            made = ExportTemplate.objects.create(
                code=code, name=name, columns=columns, source_mark=SourceMark.DEFAULT, made_by=actor.name
            )
    except IntegrityError as error:
        raise Conflict(
            "ledger.export_template_exists", f"已有代码为 {code} 的模板，请另取代码。", field="code"
        ) from error
    record(
        actor, "ledger.export_template_added", subject_type="export_template", subject=made.pk, detail={"code": code}
    )
    return made
