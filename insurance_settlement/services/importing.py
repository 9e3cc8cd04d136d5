"""Importing grouping schemes, DIP catalogues and price books: from files, catalogues and books also from workbooks."""

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from insurance_settlement import catalogue_workbooks, price_book_workbooks, schemes
from insurance_settlement.engine import dip_catalogue, scheme_checks
from insurance_settlement.engine.codes import CodeTable, parse_code_table
from insurance_settlement.engine.documents import digest_of_document, document_of, document_of_catalogue, text_of
from insurance_settlement.engine.json_parts import Part, read_document
from insurance_settlement.engine.rule_book import PREFIX, RuleBook, rule_book_of
from insurance_settlement.engine.rule_book_checks import (
    LONGEST_SOURCE,
    NO_DOCUMENT,
    NO_DOCUMENT_WORDS,
    Known,
    check_rule_book,
    groups_without_worth,
)
from insurance_settlement.engine.scheme import read_scheme
from insurance_settlement.models import GroupingScheme, PoolingArea, PriceBook, SchemeKind
from insurance_settlement.rule_reach import must_bring_book, why_no_scheme
from insurance_settlement.rule_sheets import is_workbook
from insurance_settlement.rule_words import FLAG_WORDS
from ops_platform.audit.public import record
from ops_platform.his_intake.public import LEAVING_TYPES, SCHEMES
from ops_platform.kernel import Actor, Conflict, Finding, Invalid
from ops_platform.masterdata.models import Institution, SourceMark

EARLIEST = 2000  # no rules of case payment are older; an earlier year is a slip of the pen
LONGEST_NAME = 80
SHOWN = 8
PERSONS_MARKS = (SourceMark.SEED, SourceMark.WEB, SourceMark.RECALL)
"""What a person may say of where rules come from: what the platform ships itself is the only default (系统默认)."""
NAMES_ITS_DOCUMENT = (SourceMark.SEED, SourceMark.WEB)


@transaction.atomic
def import_scheme(
    actor: Actor,
    *,
    content: bytes,
    dx_codes: bytes,
    proc_codes: bytes,
    effective_from: date,
    source_mark: str = SourceMark.RECALL,
    source_text: str = "",
) -> GroupingScheme:
    """Keep a grouping scheme or a DIP catalogue from a file, a catalogue also from a workbook. Refused with path and line
    (row and column) when malformed; what cannot be reached in a scheme is kept as findings. The same content for the
    same date again changes nothing. Where it comes from is to be checked (待核对) unless it is said."""
    refusal = why_no_scheme(actor)
    if refusal is not None:
        raise refusal
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
    _check_source(actor, source_mark, source_text, source)
    if len(name) > LONGEST_NAME:
        raise Invalid(
            "insurance_settlement.scheme_name_too_long",
            f"方案名称至多 {LONGEST_NAME} 个字，文件中有 {len(name)} 个。请改短后重新导入。",
        )
    digest = _sha256(says or texts[0], *texts[1:])
    present = GroupingScheme.objects.filter(name=name, effective_from=effective_from).first()
    if present:
        if present.digest == digest or [present.content, present.dx_codes, present.proc_codes] == texts:
            _must_say_the_same(present, name, source_mark, source_text or source)
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
    source_mark: str = SourceMark.RECALL,
    source_text: str = "",
    gaps_checked: bool = False,
) -> PriceBook:
    """Keep weights, base rate and coefficients from a file or a workbook; they must belong to the scheme they name, and name
    what there is. Groups without a weight are refused by their codes unless somebody has checked these gaps. The same
    rules for the same date again change nothing, however they are written. Where they come from is to be checked (待核对)
    unless it is said."""
    must_bring_book(actor, area)
    check_first_day(effective_from)
    root, text = _document(content)
    book = rule_book_of(root, name)
    if book.scheme != scheme.name:
        raise Invalid(
            "insurance_settlement.rule_book_other_scheme",
            f"价格规则属于方案「{book.scheme}」，不能用于「{scheme.name}」。",
        )
    _check_groups(book, scheme)
    check_rule_book(root, _known(scheme))
    _check_source(actor, source_mark, source_text, book.source)
    if not gaps_checked:
        _check_gaps(book, scheme)
    text = text or text_of(document_of(book))
    digest = digest_of_document(document_of(book))
    present = PriceBook.objects.filter(area=area, effective_from=effective_from).first()
    if present:
        if present.digest == digest or present.content == text:
            _must_say_the_same(present, name, source_mark, source_text or book.source)
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


def _must_say_the_same(present: GroupingScheme | PriceBook, name: str, source_mark: str, source_text: str) -> None:
    """The same content again changes nothing; so that nobody believes that a name or a source was changed by it."""
    if (present.name, present.source_mark, present.source_text) != (name, source_mark, source_text):
        mark = SourceMark(present.source_mark).label
        raise Conflict(
            "insurance_settlement.rules_already_there",
            f"自 {present.effective_from} 起已有内容相同的「{present.name}」(来源：{mark}，{present.source_text})，"
            "没有再次导入；名称和来源随首次导入确定，不能再改。来源有误的，请自下一月起重新导入并写明。",
        )


def check_first_day(effective_from: date) -> None:
    """Rules begin with a month: all cases of a month are priced by those of its last day. Raises Invalid."""
    if effective_from.day != 1 or effective_from.year < EARLIEST:
        raise Invalid(
            "insurance_settlement.not_first_of_month",
            f"{effective_from} 不能作生效日期：一个月的病例按同一规则计价，请填写 {EARLIEST} 年以后某月的 1 日。",
            field="effective_from",
        )


def _document(content: bytes) -> tuple[Part, str]:
    """The document of a price book with the places of its parts, and its text; "" of a workbook, which has none."""
    if is_workbook(content):
        return price_book_workbooks.document_in(content), ""
    return read_document(content, PREFIX, "价格规则"), _text(content, "价格规则")


def _known(scheme: GroupingScheme) -> Known:
    return Known(
        groups=schemes.compiled_scheme(scheme).titles,
        institutions=dict(Institution.objects.values_list("code", "name")),
        flags={code: str(words) for code, words in FLAG_WORDS.items()},
        leaving_types={code: str(words) for code, words in LEAVING_TYPES},
        schemes={code: str(words) for code, words in SCHEMES},
    )


def _check_source(actor: Actor, mark: str, text: str, in_file: str) -> None:
    """That it is said where rules come from, and not otherwise than the file says itself."""
    if mark not in PERSONS_MARKS and not (actor.system and mark == SourceMark.DEFAULT):
        choices = "、".join(str(one.label) for one in PERSONS_MARKS)
        raise Invalid("insurance_settlement.source_mark", f"来源应为 {choices} 之一，请重新选择。", field="source_mark")
    says_none = in_file.strip() in NO_DOCUMENT or any(words in in_file for words in NO_DOCUMENT_WORDS)
    if mark in NAMES_ITS_DOCUMENT and says_none:
        raise Invalid(
            "insurance_settlement.source_mark",
            f"文件写明来源为 {in_file.strip()}(没有文件依据)，不能标为「{SourceMark(mark).label}」。"
            f"请选「{SourceMark.RECALL.label}」，或先在文件的来源中写明依据。",
            field="source_mark",
        )
    if mark in NAMES_ITS_DOCUMENT and len(text.strip()) < 2:
        raise Invalid(
            "insurance_settlement.source_text",
            f"来源为「{SourceMark(mark).label}」时，请写明文件名称与文号，或网页地址。",
            field="source_text",
        )
    if len(text or in_file) > LONGEST_SOURCE:
        raise Invalid(
            "insurance_settlement.source_text",
            f"依据至多 {LONGEST_SOURCE} 个字，现有 {len(text or in_file)} 个。请改短。",
            field="source_text",
        )


def _check_gaps(book: RuleBook, scheme: GroupingScheme) -> None:
    """That every group of the scheme has its worth. Raises Invalid with those that have none."""
    titles = schemes.compiled_scheme(scheme).titles
    gaps = groups_without_worth(book, titles)
    if not gaps:
        return
    told = "、".join(f"{code} {titles[code]}".strip() for code in gaps[:SHOWN]) + (" 等" if len(gaps) > SHOWN else "")
    raise Invalid(
        "insurance_settlement.rule_book_gaps",
        f"方案「{scheme.name}」的 {len(titles)} 个病组中有 {len(gaps)} 个没有权重或分值，其病例将没有价格：{told}。"
        "请补齐后重新导入；确实不按病组计价的，请勾选确认后再提交。",
        field="gaps_checked",
        gaps=gaps,
    )


def _check_groups(book: RuleBook, scheme: GroupingScheme) -> None:
    """That a book says something, and of groups that there are."""
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
