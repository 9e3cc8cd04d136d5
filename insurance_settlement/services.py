"""Writes of insurance settlement: importing schemes and price books, grouping and pricing a month."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from insurance_settlement import schemes
from insurance_settlement.engine import scheme_checks
from insurance_settlement.engine.case import Case, Grouping
from insurance_settlement.engine.codes import parse_code_table
from insurance_settlement.engine.grouping import group
from insurance_settlement.engine.pricing import Price, price
from insurance_settlement.engine.rule_book import read_rule_book
from insurance_settlement.engine.scheme import read_scheme
from insurance_settlement.engine.worth import GroupedCase
from insurance_settlement.models import CaseResult, GroupingRun, GroupingScheme, PriceBook
from ops_platform.audit.public import record
from ops_platform.his_intake.public import as_of_sql, input_stamp
from ops_platform.kernel import (
    Actor,
    Conflict,
    Finding,
    Forbidden,
    Invalid,
    Period,
    Role,
    Severity,
    digest_of,
    from_fen,
)
from ops_platform.masterdata.models import Institution, SourceMark
from ops_platform.masterdata.selectors import was_closed
from ops_platform.masterdata.services import hold_period
from ops_platform.orm.bulk import copy_rows

ENGINE_VERSION = "1"
IMPORTERS = (Role.INSURANCE_OFFICER, Role.OPERATION_CENTRE)
DATASETS = ("encounters", "discharge-abstracts", "charge-lines")


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


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
    """Keep a grouping scheme from a file. Refused with path and line when it is malformed; what cannot be reached in it
    is kept as findings. The same content for the same date again changes nothing."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入分组方案。")
    texts = [
        _text(part, what)
        for part, what in ((content, "分组方案"), (dx_codes, "诊断代码表"), (proc_codes, "操作代码表"))
    ]
    scheme = read_scheme(
        content, parse_code_table(texts[1], "诊断代码表"), parse_code_table(texts[2], "手术操作代码表")
    )
    digest = _sha256(*texts)
    present = GroupingScheme.objects.filter(effective_from=effective_from).first()
    if present:
        if present.digest == digest:
            return present
        raise Conflict(
            "insurance_settlement.scheme_same_day", f"自 {effective_from} 起已有另一分组方案，请另选生效日期。"
        )
    row = GroupingScheme.objects.create(
        name=scheme.name,
        effective_from=effective_from,
        digest=digest,
        content=texts[0],
        dx_codes=texts[1],
        proc_codes=texts[2],
        findings=[{"code": f.code, "subject": f.subject, "message": f.message} for f in scheme_checks.findings(scheme)],
        source_mark=source_mark,
        source_text=source_text or scheme.source,
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


def _text(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("insurance_settlement.file_encoding", f"{what}不是 UTF-8 编码。请另存为 UTF-8。") from error


@transaction.atomic
def import_price_book(
    actor: Actor,
    *,
    content: bytes,
    name: str,
    effective_from: date,
    scheme: GroupingScheme,
    source_mark: str = SourceMark.DEFAULT,
    source_text: str = "",
) -> PriceBook:
    """Keep weights, base rate and coefficients from a file; they must belong to the scheme they name."""
    if not actor.has(*IMPORTERS):
        raise Forbidden("insurance_settlement.not_allowed", "只有医保专员或运营管理中心可以导入价格规则。")
    text = _text(content, "价格规则")
    book = read_rule_book(content, name)
    if book.scheme != scheme.name:
        raise Invalid(
            "insurance_settlement.rule_book_other_scheme",
            f"价格规则属于方案「{book.scheme}」，不能用于「{scheme.name}」。",
        )
    digest = _sha256(text)
    present = PriceBook.objects.filter(effective_from=effective_from).first()
    if present:
        if present.digest == digest:
            return present
        raise Conflict(
            "insurance_settlement.rule_book_same_day", f"自 {effective_from} 起已有另一价格规则，请另选生效日期。"
        )
    row = PriceBook.objects.create(
        name=name,
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
        detail={"name": name, "effective_from": effective_from.isoformat(), "digest": digest},
    )
    return row


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The current run of the scope, and whether it is a new one."""

    run: GroupingRun
    created: bool


@dataclass(frozen=True, slots=True)
class Discharge:
    """A discharged stay as the facts have it."""

    encounter: int
    encounter_no: str
    department: int
    scheme: str
    discharged: datetime
    stay_days: int | None
    charges: int
    case: Case | None


def grouped_case(discharge: Discharge, institution: str, group: str) -> GroupedCase:
    """A discharge with its group, as pricing takes it."""
    return GroupedCase(
        case_no=discharge.encounter_no,
        institution=institution,
        group=group,
        charges=discharge.charges,
        stay_days=discharge.stay_days,
        scheme=discharge.scheme,
    )


@transaction.atomic
def run_grouping(actor: Actor, *, institution: Institution, period: Period) -> RunOutcome:
    """Group and price the month's discharges by the scheme and price book in force on its last day.

    When nothing that the result depends on has changed, the current run is returned and nothing is written. A charge of
    an earlier month belongs to the stay it was made for. A closed month keeps the run it was closed on.
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    takes_changes = hold_period(institution, period)
    stamp = input_stamp(institution, period, DATASETS, from_start=True)
    book_row = schemes.price_book_at(period.last_day)
    current = GroupingRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    digest = _digest(stamp.digest, book_row)
    if current and (current.input_digest == digest or not takes_changes):
        return RunOutcome(current, created=False)
    scheme, book = schemes.compiled_scheme(book_row.scheme), schemes.rule_book(book_row)
    discharges = read_discharges(institution, period, stamp.sequence)
    graded: list[tuple[Discharge, Grouping, Price]] = []
    for discharge in discharges:
        if discharge.case is None:
            continue
        grouping = group(scheme, discharge.case)
        graded.append(
            (
                discharge,
                grouping,
                price(book, grouped_case(discharge, institution.code, grouping.drg)),
            )
        )
    run = _store(actor, institution, period, current, book_row, stamp.sequence, digest, discharges, graded)
    record(
        actor,
        "insurance_settlement.run_created",
        institution=institution.code,
        subject_type="grouping_run",
        subject=run.pk,
        detail={
            "period": str(period),
            "version": run.version,
            "cases": run.cases,
            "input_digest": digest,
            "payment": format(run.payment, "f"),
        },
    )
    return RunOutcome(run, created=True)


def _digest(facts: str, book: PriceBook) -> str:
    return digest_of([facts, book.digest, book.scheme.digest, ENGINE_VERSION])


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """A month closes only on a grouping that is up to date."""
    stamp = input_stamp(institution, period, DATASETS, from_start=True)
    digest = _digest(stamp.digest, schemes.price_book_at(period.last_day))
    if not GroupingRun.objects.filter(
        institution=institution, period=str(period), is_current=True, input_digest=digest
    ).exists():
        yield Finding(
            code="insurance_settlement.not_up_to_date",
            severity=Severity.BLOCKING,
            message=f"{period} 的病例尚未分组计价，或之后又有新数据。每晚自动计算，急用时由财务负责人启动运行。",
            subject=institution.code,
        )


def read_discharges(
    institution: Institution, period: Period, sequence: int, encounter: int | None = None
) -> list[Discharge]:
    """Stays discharged in the month (or one of them) as of a sequence, with their charges of all months, in fen."""
    zone = timezone.get_default_timezone()
    one = "AND e.entity = %(encounter)s" if encounter is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.entity, e.encounter_no, e.department_id, coalesce(e.scheme, ''), e.discharged, a.stay_days,"
            " a.sex, a.age, a.age_days, a.weight, a.diagnoses, a.procedures, a.id IS NOT NULL,"
            " coalesce((SELECT (sum(l.amount) * 100)::bigint FROM his_intake_chargeline l"
            " WHERE l.institution_id = e.institution_id AND l.encounter = e.entity"
            f" AND l.month >= date_trunc('month', e.admitted AT TIME ZONE 'Asia/Shanghai')::date"
            f" AND {as_of_sql('l', sequence)}), 0)"
            " FROM his_intake_encounter e LEFT JOIN his_intake_dischargeabstract a ON a.institution_id = e.institution_id"
            f" AND a.encounter = e.entity AND {as_of_sql('a', sequence)}"
            f" WHERE e.institution_id = %(institution)s AND e.kind = 'inpatient' AND {as_of_sql('e', sequence)}"
            f" AND e.discharged >= %(start)s AND e.discharged < %(end)s {one} ORDER BY e.entity",
            {
                "institution": institution.pk,
                "start": datetime.combine(period.first_day, time.min, tzinfo=zone),
                "end": datetime.combine(period.shift(1).first_day, time.min, tzinfo=zone),
                "encounter": encounter,
            },
        )
        return [_discharge(row) for row in cursor.fetchall()]


def _discharge(row: tuple[Any, ...]) -> Discharge:
    case = None
    if row[12]:
        case = Case(
            gender=int(row[6]),
            age=row[7],
            age_days=row[8],
            weight=row[9],
            diagnoses=tuple(row[10]),
            procedures=tuple(row[11] or ()),
        )
    return Discharge(
        encounter=row[0],
        encounter_no=row[1],
        department=row[2],
        scheme=row[3],
        discharged=row[4],
        stay_days=row[5],
        charges=row[13],
        case=case,
    )


def _store(
    actor: Actor,
    institution: Institution,
    period: Period,
    current: GroupingRun | None,
    book: PriceBook,
    sequence: int,
    digest: str,
    discharges: list[Discharge],
    graded: list[tuple[Discharge, Grouping, Price]],
) -> GroupingRun:
    if current:
        GroupingRun.objects.filter(pk=current.pk).update(is_current=False)
    priced = [(discharge, found) for discharge, _, found in graded if found.payment is not None]
    findings = {finding.code + finding.subject: finding for _, _, found in graded for finding in found.findings}
    run = GroupingRun.objects.create(
        institution=institution,
        period=str(period),
        version=current.version + 1 if current else 1,
        restatement=was_closed(institution, period),
        scheme=book.scheme,
        price_book=book,
        input_digest=digest,
        input_sequence=sequence,
        engine_version=ENGINE_VERSION,
        cases=len(graded),
        grouped=sum(grouping.grouped for _, grouping, _ in graded),
        without_abstract=len(discharges) - len(graded),
        total_weight=sum((found.standard.weight for _, found in priced if found.standard), Decimal(0)),
        charges=from_fen(sum(discharge.charges for discharge, _, _ in graded)),
        priced_charges=from_fen(sum(discharge.charges for discharge, _ in priced)),
        payment=from_fen(sum(found.payment or 0 for _, found in priced)),
        findings=[{"code": f.code, "subject": f.subject, "message": f.message} for f in findings.values()],
        actor=actor.name,
        created_at=timezone.now(),
    )
    columns = (
        "run_id encounter encounter_no department_id scheme discharged stay_days mdc adrg drg status kind weight points"
        " charges payment balance"
    )
    copy_rows(CaseResult, columns.split(), _rows(run, graded))
    return run


def _rows(run: GroupingRun, graded: list[tuple[Discharge, Grouping, Price]]) -> Iterable[tuple[Any, ...]]:
    for discharge, grouping, found in graded:
        yield (
            run.pk,
            discharge.encounter,
            discharge.encounter_no,
            discharge.department,
            discharge.scheme,
            discharge.discharged.isoformat(),
            discharge.stay_days,
            grouping.mdc,
            grouping.adrg,
            grouping.drg,
            grouping.status,
            str(found.kind),
            found.standard.weight if found.standard else None,
            found.points,
            from_fen(discharge.charges),
            None if found.payment is None else from_fen(found.payment),
            None if found.balance is None else from_fen(found.balance),
        )
