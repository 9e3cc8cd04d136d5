"""Importing grouping schemes, DIP catalogues and price books: from files, catalogues and books also from workbooks."""

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from insurance_settlement import catalogue_workbooks, price_book_workbooks, schemes
from insurance_settlement.engine import dip_catalogue, scheme_checks
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.documents import digest_of_document, document_of, document_of_catalogue
from insurance_settlement.engine.json_parts import read_document
from insurance_settlement.engine.rule_book import RuleBook, read_rule_book
from insurance_settlement.engine.scheme import read_scheme
from insurance_settlement.models import AreaMember, GroupingScheme, PoolingArea, PriceBook, SchemeKind
from insurance_settlement.rule_sheets import is_workbook
from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Finding, Forbidden, Invalid, Role
from ops_platform.masterdata.models import SourceMark

EARLIEST = 2000  # no rules of case payment are older; an earlier year is a slip of the pen
IMPORTERS = (Role.INSURANCE_OFFICER, Role.OPERATION_CENTRE)


@transaction.atomic
def import_scheme(
    actor: Actor,
    *,
    content: bytes,
    dx_codes: bytes,
    proc_codes: bytes,
    effective_from: date,
    source_mark: str = SourceMark.DEFAULT,
    source_text: str = "",
) -> GroupingScheme:
    """Keep a grouping scheme or a DIP catalogue from a file, a catalogue also from a workbook. Refused with path and line
    (row and column) when malformed; what cannot be reached in a scheme is kept as findings. The same content for the
    same date again changes nothing."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入分组方案。")
    check_first_day(effective_from)
    if is_workbook(content):
        content = catalogue_workbooks.text_in(content).encode()
    elif dip_catalogue.is_catalogue(content):
        dip_catalogue.check_catalogue(read_document(content, dip_catalogue.PREFIX, "病种目录"))
    texts = [
        _text(part, what)
        for part, what in ((content, "分组方案"), (dx_codes, "诊断代码表"), (proc_codes, "操作代码表"))
    ]
    tables = parse_code_table(texts[1], schemes.DX_TABLE), parse_code_table(texts[2], schemes.PROC_TABLE)
    kind, name, source, findings, says = _read(content, *tables)
    digest = _sha256(says or texts[0], *texts[1:])
    present = GroupingScheme.objects.filter(name=name, effective_from=effective_from).first()
    if present:
        if present.digest == digest or [present.content, present.dx_codes, present.proc_codes] == texts:
            return present
        raise Conflict(
            "insurance_settlement.scheme_same_day",
            f"自 {effective_from} 起已有另一份「{name}」，内容不同。请另选生效日期。",
        )
    row = GroupingScheme.objects.create(
        name=name,
        kind=kind,
        effective_from=effective_from,
        digest=digest,
        content=texts[0],
        dx_codes=texts[1],
        proc_codes=texts[2],
        findings=[{"code": f.code, "subject": f.subject, "message": f.message} for f in findings],
        source_mark=source_mark,
        source_text=source_text or source,
        imported_by=actor.name,
        imported_at=timezone.now(),
    )
    record(
        actor,
        "insurance_settlement.scheme_imported",
        subject_type="grouping_scheme",
        subject=row.pk,
        detail={"name": row.name, "effective_from": effective_from.isoformat(), "digest": digest},
    )
    return row


def _read(content: bytes, dx: CodeTable, proc: CodeTable) -> tuple[SchemeKind, str, str, Iterable[Finding], str]:
    """Kind, name and source of a scheme, what its checks found, and the digest of what a catalogue says."""
    if dip_catalogue.is_catalogue(content):
        catalogue = dip_catalogue.read_catalogue(content, dx, proc)
        says = digest_of_document(document_of_catalogue(catalogue))
        return SchemeKind.DIP, catalogue.name, catalogue.source, (), says
    scheme = read_scheme(content, dx, proc)
    return SchemeKind.DRG, scheme.name, scheme.source, scheme_checks.findings(scheme), ""


@transaction.atomic
def import_price_book(
    actor: Actor,
    *,
    content: bytes,
    name: str,
    effective_from: date,
    scheme: GroupingScheme,
    area: PoolingArea | None = None,
    source_mark: str = SourceMark.DEFAULT,
    source_text: str = "",
) -> PriceBook:
    """Keep weights, base rate and coefficients from a file or a workbook; they must belong to the scheme they name. The same
    rules for the same date again change nothing, however they are written."""
    _must_rule(actor, area)
    check_first_day(effective_from)
    if is_workbook(content):
        content = price_book_workbooks.text_in(content).encode()
    text = _text(content, "价格规则")
    book = read_rule_book(content, name)
    if book.scheme != scheme.name:
        raise Invalid(
            "insurance_settlement.rule_book_other_scheme",
            f"价格规则属于方案「{book.scheme}」，不能用于「{scheme.name}」。",
        )
    _check_groups(book, scheme)
    digest = digest_of_document(document_of(book))
    present = PriceBook.objects.filter(area=area, effective_from=effective_from).first()
    if present:
        if present.digest == digest or present.content == text:
            return present
        raise Conflict(
            "insurance_settlement.rule_book_same_day", f"自 {effective_from} 起已有另一价格规则，请另选生效日期。"
        )
    row = PriceBook.objects.create(
        name=name,
        area=area,
        effective_from=effective_from,
        scheme=scheme,
        digest=digest,
        content=text,
        source_mark=source_mark,
        source_text=source_text or book.source,
        imported_by=actor.name,
        imported_at=timezone.now(),
    )
    record(
        actor,
        "insurance_settlement.price_book_imported",
        subject_type="price_book",
        subject=row.pk,
        detail={
            "name": name,
            "area": area.name if area else "",
            "effective_from": effective_from.isoformat(),
            "digest": digest,
        },
    )
    return row


def check_first_day(effective_from: date) -> None:
    """Rules begin with a month: all cases of a month are priced by those of its last day. Raises Invalid."""
    if effective_from.day != 1 or effective_from.year < EARLIEST:
        raise Invalid(
            "insurance_settlement.not_first_of_month",
            f"{effective_from} 不能作生效日期：一个月的病例按同一规则计价，请填写 {EARLIEST} 年以后某月的 1 日。",
            field="effective_from",
        )


def _must_rule(actor: Actor, area: PoolingArea | None) -> None:
    """Whoever brings rules in must be responsible for all whom they hold for. Raises Forbidden."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入价格规则。")
    reach = actor.institutions(*IMPORTERS)
    if reach is None:
        return
    if area is None:
        raise Forbidden(
            "insurance_settlement.rules_of_all",
            "全部机构适用的价格规则由运营管理中心导入。请选择本机构所属的统筹地区，或交运营管理中心办理。",
        )
    beyond = AreaMember.objects.filter(area=area).exclude(institution__in=reach).select_related("institution").first()
    if beyond is not None:
        raise Forbidden(
            "insurance_settlement.rules_of_others",
            f"统筹地区「{area}」还有 {beyond.institution.name} 等您不负责的机构，其价格规则由运营管理中心导入。",
        )


def _check_groups(book: RuleBook, scheme: GroupingScheme) -> None:
    """That a book says something, and of groups that there are. Groups without a weight are shown on its page."""
    if not book.weights and not book.exceptions:
        raise Invalid("insurance_settlement.rule_book_empty", "价格规则没有任何病组的权重或分值。请填写后重新导入。")
    unknown = sorted(book.weights.keys() - schemes.compiled_scheme(scheme).titles.keys())
    if unknown:
        raise Invalid(
            "insurance_settlement.rule_book_unknown_groups",
            f"方案「{scheme.name}」没有 {'、'.join(unknown[:5])} 等 {len(unknown)} 个病组，请核对编码后重新导入。",
        )


def _text(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("insurance_settlement.file_encoding", f"{what}不是 UTF-8 编码。请另存为 UTF-8。") from error


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
