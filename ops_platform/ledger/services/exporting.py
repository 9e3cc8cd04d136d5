"""Handing vouchers to the finance system that a hospital keeps: each once, again only when asked for."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role
from ops_platform.ledger.models import ExportedEntry, ExportTemplate, Leg, VoucherExport
from ops_platform.ledger.selectors.exports import exportable, known_of
from ops_platform.ledger.services.booking import lock_books
from ops_platform.ledger.voucher_files import as_csv, as_xlsx, read_columns
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.masterdata.services.periods import access_institution
from ops_platform.web.people import names_of

EXPORTERS = (Role.FINANCE_OFFICER, Role.FINANCE_DIRECTOR, Role.OPERATION_CENTRE)
CHUNK = 5_000
MOST_LINES = 1_000_000


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """The file, and the record of its being handed over."""

    export: VoucherExport
    name: str
    content: bytes


@transaction.atomic
def export_vouchers(
    actor: Actor,
    *,
    institution: Institution,
    period: Period,
    template: str,
    file_format: str = VoucherExport.Format.XLSX,
    again: bool = False,
) -> ExportedFile:
    """The month's vouchers that were not exported yet, as a file; with `again` all of them, which is noted. Opening balances
    are no vouchers of a month and never in it.

    Raises Conflict when there is none left, naming who exported them, and when there is none at all.
    """
    access_institution(actor, institution.pk, *EXPORTERS)
    layout = ExportTemplate.objects.filter(code=template).first()
    if layout is None:
        raise NotFound("ledger.no_export_template", f"没有凭证导出模板 {template[:40]}。")
    if file_format not in VoucherExport.Format.values:
        raise Invalid("ledger.unknown_format", "文件格式应为 xlsx 或 csv。", field="file_format")
    lock_books([institution])
    entries = exportable(institution).filter(period=str(period))
    before = set(ExportedEntry.objects.filter(entry__in=entries).values_list("entry_id", flat=True))
    chosen = sorted(set(entries.values_list("pk", flat=True)) - (set() if again else before))
    if not chosen:
        raise _nothing_left(institution, period, len(before))
    columns, _faults = read_columns(layout.columns)
    now = timezone.now()
    legs = (
        Leg.objects.filter(entry__in=chosen)
        .select_related("entry", "institution", "account", "dimension__department", "dimension__counterparty")
        .order_by("entry__voucher_no", "position")
    )
    if legs.count() > MOST_LINES:
        raise Conflict("ledger.export_too_large", f"{period} 的凭证超过 {MOST_LINES:,} 行，请改用 csv 分次导出。")
    lines, known = legs.iterator(chunk_size=CHUNK), known_of(chosen)
    if file_format == VoucherExport.Format.CSV:
        content, count = as_csv(columns, lines, known)
    else:
        content, count = as_xlsx(columns, lines, known, timezone.localtime(now))
    export = VoucherExport.objects.create(
        institution=institution,
        period=str(period),
        template=layout,
        file_format=file_format,
        entries=len(chosen),
        lines=count,
        repeated=len(before & set(chosen)),
        digest=hashlib.sha256(content).hexdigest(),
        made_by=actor.name,
        maker_id=actor.user,
        made_at=now,
    )
    ExportedEntry.objects.bulk_create(
        [ExportedEntry(export=export, entry_id=number) for number in chosen], batch_size=CHUNK
    )
    record(
        actor,
        "ledger.vouchers_exported",
        institution=institution.code,
        subject_type="voucher_export",
        subject=export.pk,
        detail={
            "period": str(period),
            "template": layout.code,
            "entries": export.entries,
            "repeated": export.repeated,
            "digest": export.digest,
        },
    )
    return ExportedFile(export, f"{institution.code}-{period}-{layout.name}-{export.pk}.{file_format}", content)


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
