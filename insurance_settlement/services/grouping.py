"""Grouping and pricing a month."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from insurance_settlement import schemes
from insurance_settlement.discharges import Discharge, followers_stamp, grouped_case, read_discharges, readmitted
from insurance_settlement.engine.pricing import Kept, Price, price
from insurance_settlement.engine.worth import SELF_PAY, Review
from insurance_settlement.models import CaseResult, GroupingRun, PriceBook
from insurance_settlement.readmission import readmission_days
from insurance_settlement.schemes import Found
from insurance_settlement.selectors.reviews import approved_reviews
from ops_platform.audit.public import record
from ops_platform.his_intake.public import input_stamp
from ops_platform.kernel import Actor, Finding, Period, Severity, digest_of, from_fen
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.selectors import was_closed
from ops_platform.masterdata.services import hold_period
from ops_platform.orm.bulk import copy_rows

ENGINE_VERSION = "5"
DATASETS = ("encounters", "discharge-abstracts", "charge-lines", "settlement-lists")

Graded = tuple[Discharge, Found, Price]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The current run of the scope, and whether it is a new one."""

    run: GroupingRun
    created: bool


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What the result of a month depends on: facts as of a sequence, price book, reviews, days of a readmission (None where
    the book does not ask), and the digest of it all."""

    sequence: int
    book: PriceBook
    reviews: Mapping[int, Review]
    days: int | None
    digest: str


def _inputs(institution: Institution, period: Period) -> _Inputs:
    stamp = input_stamp(institution, period, DATASETS, from_start=True)
    row = schemes.price_book_at(institution.pk, period.last_day)
    reviews = approved_reviews(institution=institution.pk, period=str(period))
    days = readmission_days(schemes.rule_book(row), institution, period)
    granted = [[encounter, str(review.weight)] for encounter, review in sorted(reviews.items())]
    parts: list[Any] = [stamp.digest, row.digest, row.scheme.digest, ENGINE_VERSION, granted]
    if days is not None:
        parts += [days, followers_stamp(institution, period, stamp.sequence, days)]
    return _Inputs(stamp.sequence, row, reviews, days, digest_of(parts))


@transaction.atomic
def run_grouping(actor: Actor, *, institution: Institution, period: Period) -> RunOutcome:
    """Group and price the month's discharges by the scheme and price book in force on its last day.

    When nothing that the result depends on has changed, the current run is returned and nothing is written. A charge of
    an earlier month belongs to the stay it was made for. A special review that the insurer approved prices its case. A
    closed month keeps the run it was closed on, whoever comes back afterwards.
    """
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    takes_changes = hold_period(institution, period)
    inputs = _inputs(institution, period)
    current = GroupingRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    if current and (current.input_digest == inputs.digest or not takes_changes):
        return RunOutcome(current, created=False)
    discharges = read_discharges(institution, period, inputs.sequence, readmission_days=inputs.days)
    run = _store(actor, institution, period, current, inputs, discharges, _graded(discharges, institution, inputs))
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
            "input_digest": inputs.digest,
            "payment": format(run.payment, "f"),
        },
    )
    return RunOutcome(run, created=True)


def _graded(discharges: list[Discharge], institution: Institution, inputs: _Inputs) -> list[Graded]:
    """Those with an abstract, grouped and priced."""
    scheme, book = schemes.compiled_scheme(inputs.book.scheme), schemes.rule_book(inputs.book)
    graded: list[Graded] = []
    kept: Kept = {}
    for discharge in discharges:
        if discharge.case is None:
            continue
        grouping = scheme.group(discharge.case)
        case = grouped_case(
            discharge,
            institution.code,
            grouping,
            inputs.reviews.get(discharge.encounter),
            readmitted=readmitted(discharge, grouping, scheme),
        )
        graded.append((discharge, grouping, price(book, case, kept)))
    return graded


def closing_blockers(institution: Institution, period: Period) -> Iterable[Finding]:
    """A month closes only on a grouping that is up to date."""
    digest = _inputs(institution, period).digest
    if not GroupingRun.objects.filter(
        institution=institution, period=str(period), is_current=True, input_digest=digest
    ).exists():
        yield Finding(
            code="insurance_settlement.not_up_to_date",
            severity=Severity.BLOCKING,
            message=f"{period} 的病例尚未分组计价，或之后又有新数据。每晚自动计算，急用时由财务负责人启动运行。",
            subject=institution.code,
        )


def _store(
    actor: Actor,
    institution: Institution,
    period: Period,
    current: GroupingRun | None,
    inputs: _Inputs,
    discharges: list[Discharge],
    graded: list[Graded],
) -> GroupingRun:
    if current:
        GroupingRun.objects.filter(pk=current.pk).update(is_current=False)
    priced = [(discharge, found) for discharge, _, found in graded if found.payment is not None]
    has_rule = schemes.rule_book(inputs.book).fund is not None
    shared = [(found.fund, d.settled.fund) for d, _, found in graded if d.settled and found.fund is not None]
    findings = {finding.code + finding.subject: finding for _, _, found in graded for finding in found.findings}
    run = GroupingRun.objects.create(
        institution=institution,
        period=str(period),
        version=current.version + 1 if current else 1,
        restatement=was_closed(institution, period),
        scheme=inputs.book.scheme,
        price_book=inputs.book,
        input_digest=inputs.digest,
        input_sequence=inputs.sequence,
        engine_version=ENGINE_VERSION,
        cases=len(graded),
        grouped=sum(grouping.grouped for _, grouping, _ in graded),
        without_abstract=len(discharges) - len(graded),
        without_settlement=sum(d.settled is None and d.scheme != SELF_PAY for d, _, _ in graded),
        total_weight=sum((found.weight or Decimal(0) for _, _, found in graded), Decimal(0)),
        charges=from_fen(sum(discharge.charges for discharge, _, _ in graded)),
        priced_charges=from_fen(sum(discharge.charges for discharge, _ in priced)),
        payment=from_fen(sum(found.payment or 0 for _, found in priced)),
        fund=from_fen(sum(fund for fund, _ in shared)) if has_rule else None,
        billed=from_fen(sum(billed for _, billed in shared)) if has_rule else None,
        findings=[{"code": f.code, "subject": f.subject, "message": f.message} for f in findings.values()],
        actor=actor.name,
        created_at=timezone.now(),
    )
    columns = (
        "run_id encounter encounter_no department_id scheme discharged stay_days mdc adrg drg status kind weight points"
        " factor charges payment balance fund billed"
    )
    copy_rows(CaseResult, columns.split(), _rows(run, graded))
    return run


def _rows(run: GroupingRun, graded: list[Graded]) -> Iterable[tuple[Any, ...]]:
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
            grouping.code,
            grouping.status,
            str(found.kind),
            found.weight,
            found.points,
            grouping.factor,
            from_fen(discharge.charges),
            None if found.payment is None else from_fen(found.payment),
            None if found.balance is None else from_fen(found.balance),
            None if found.fund is None else from_fen(found.fund),
            None if discharge.settled is None else from_fen(discharge.settled.fund),
        )
