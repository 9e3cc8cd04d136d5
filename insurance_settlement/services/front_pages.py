"""Front page checks of a month: findings are found, kept, closed by what comes back from the HIS, and marked as looked at.

Nothing here changes an abstract: corrections are made in the HIS and come back through the gate.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from insurance_settlement import schemes
from insurance_settlement.engine.front_page import FrontPageFinding as Found
from insurance_settlement.engine.front_page import examine
from insurance_settlement.front_page_facts import Abstract, read_abstracts, rules_in_force
from insurance_settlement.models import FrontPageFinding, FrontPageMark, FrontPageRun
from insurance_settlement.selectors.access import CASE_READERS, current_run
from ops_platform.audit.public import record
from ops_platform.his_intake.public import input_stamp
from ops_platform.kernel import Actor, Conflict, Forbidden, Invalid, NotFound, Period, Role, digest_of
from ops_platform.masterdata.models import Institution
from ops_platform.masterdata.services import hold_period

ENGINE_VERSION = "1"
MARKERS = (Role.INSURANCE_OFFICER, Role.DEPARTMENT_HEAD)
SHORTEST, LONGEST = 2, 500
LONGEST_MESSAGE = 1000
Closing = FrontPageFinding.Closing

Key = tuple[int, str, str]
"""Encounter, rule, what it is about."""


@dataclass(frozen=True, slots=True)
class Examination:
    """The current run of the month, and whether it is a new one; no run while nothing has been grouped."""

    run: FrontPageRun | None
    created: bool
    found: int = 0
    closed: int = 0


@transaction.atomic
def examine_front_pages(actor: Actor, *, institution: Institution, period: Period) -> Examination:
    """Examine the abstracts of the month's current grouping run. The same inputs change nothing; a closed month keeps the
    findings it was closed with."""
    Institution.objects.select_for_update(no_key=True).get(pk=institution.pk)
    takes_changes = hold_period(institution, period)
    current = FrontPageRun.objects.filter(institution=institution, period=str(period), is_current=True).first()
    grouping = current_run(institution=institution.pk, period=str(period))
    if grouping is None or (current and not takes_changes):
        return Examination(current, created=False)
    rules, rules_digest = rules_in_force()
    items = input_stamp(institution, period, ["charge-items"], from_start=True)
    digest = digest_of([grouping.pk, grouping.input_digest, items.digest, rules_digest, ENGINE_VERSION])
    if current and current.input_digest == digest:
        return Examination(current, created=False)
    scheme = schemes.compiled_scheme(grouping.scheme)
    abstracts = read_abstracts(grouping, scheme, rules)
    found: dict[Key, tuple[Abstract, Found]] = {}
    for one in abstracts:
        for finding in examine(rules, one.page, scheme.dx, scheme.proc):
            found[one.encounter, finding.rule, finding.subject] = (one, finding)
    if current:
        FrontPageRun.objects.filter(pk=current.pk).update(is_current=False)
    run = FrontPageRun.objects.create(
        institution=institution,
        period=str(period),
        version=current.version + 1 if current else 1,
        grouping_run=grouping,
        input_digest=digest,
        input_sequence=grouping.input_sequence,
        rules_version=rules.version,
        engine_version=ENGINE_VERSION,
        abstracts=len(abstracts),
        without_findings=len(abstracts) - len({encounter for encounter, _, _ in found}),
        findings=len(found),
        actor=actor.name,
        created_at=timezone.now(),
    )
    kept, closed = _close(run, found, {one.encounter: one for one in abstracts})
    _carry(run)
    news = [_row(run, *found[key]) for key in found if key not in kept]
    FrontPageFinding.objects.bulk_create(news, batch_size=1000)
    record(
        actor,
        "insurance_settlement.front_pages_examined",
        institution=institution.code,
        subject_type="front_page_run",
        subject=run.pk,
        detail={"period": run.period, "version": run.version, "abstracts": run.abstracts, "findings": run.findings},
    )
    return Examination(run, created=True, found=len(news), closed=closed)


def _close(
    run: FrontPageRun, found: Mapping[Key, tuple[Abstract, Found]], abstracts: Mapping[int, Abstract]
) -> tuple[set[Key], int]:
    """Close what no longer holds as it was said; gives the keys that stay open, and how many were closed."""
    kept: set[Key] = set()
    closed = []
    rows = FrontPageFinding.objects.filter(institution=run.institution_id, period=run.period, closed_run=None)
    for row in rows.order_by("pk"):
        key = (row.encounter, row.rule, row.subject)
        again, now = found.get(key), abstracts.get(row.encounter)
        if again and (again[0].abstract, again[1].message[:LONGEST_MESSAGE]) == (row.abstract, row.message):
            kept.add(key)
            continue
        row.closed_run, row.closing = run, _why(row, again is not None, now)
        row.closed_case_id = now.case if now else None
        row.closed_abstract = now.abstract if now else None
        closed.append(row)
    fields = ["closed_run", "closing", "closed_case", "closed_abstract"]
    FrontPageFinding.objects.bulk_update(closed, fields, batch_size=500)
    return kept, len(closed)


def _why(row: FrontPageFinding, again: bool, now: Abstract | None) -> str:
    if now is None:
        return Closing.WITHDRAWN
    if again:
        return Closing.REPLACED
    return Closing.CORRECTED if now.abstract != row.abstract else Closing.RESOLVED


def _carry(run: FrontPageRun) -> None:
    """Findings that stay open stand on the results of the new grouping run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE insurance_settlement_frontpagefinding f SET case_id = c.id FROM insurance_settlement_caseresult c"
            " WHERE c.run_id = %s AND c.encounter = f.encounter AND f.institution_id = %s AND f.period = %s"
            " AND f.closed_run_id IS NULL",
            [run.grouping_run_id, run.institution_id, run.period],
        )


def _row(run: FrontPageRun, abstract: Abstract, finding: Found) -> FrontPageFinding:
    return FrontPageFinding(
        institution_id=run.institution_id,
        period=run.period,
        encounter=abstract.encounter,
        encounter_no=abstract.encounter_no,
        abstract=abstract.abstract,
        rule=finding.rule,
        subject=finding.subject,
        severity=str(finding.severity),
        message=finding.message[:LONGEST_MESSAGE],
        case_id=abstract.case,
        found_run=run,
    )


@transaction.atomic
def mark_right(actor: Actor, *, finding_id: int, reason: str) -> FrontPageMark:
    """Note that somebody compared the abstract with the record and found it right. A finding that cannot be right (not
    grouped, no main diagnosis) is corrected in the HIS instead."""
    row = (
        FrontPageFinding.objects.select_for_update(of=("self",))
        .select_related("institution", "case")
        .filter(pk=finding_id)
        .first()
    )
    if row is None or not actor.may(row.institution_id, *CASE_READERS, department=row.case.department_id):
        raise NotFound("insurance_settlement.no_front_page_finding", "没有这个首页问题。")
    if actor.user is None or not actor.may(row.institution_id, *MARKERS, department=row.case.department_id):
        raise Forbidden("insurance_settlement.may_not_mark", "只有医保专员或病例所在科室的负责人可以标记核对无误。")
    words = reason.strip()
    if not SHORTEST <= len(words) <= LONGEST:
        raise Invalid(
            "insurance_settlement.mark_reason",
            f"核对依据应为 {SHORTEST} 至 {LONGEST} 字，现为 {len(words)} 字。",
            field="reason",
        )
    if row.closed_run_id is not None:
        raise Conflict("insurance_settlement.finding_closed", "这个首页问题已经关闭，不需要再标记。请刷新页面。")
    if row.severity == FrontPageFinding.Severity.BLOCKING:
        raise Conflict(
            "insurance_settlement.finding_blocks",
            "不能入组的首页不能标记为核对无误，请在 HIS 更正后重新报送；确属特殊情况的申请特例单议。",
        )
    if FrontPageMark.objects.filter(finding=row).exists():
        raise Conflict("insurance_settlement.finding_marked", "这个首页问题已标记为核对无误。请刷新页面。")
    made = FrontPageMark.objects.create(finding=row, reason=words, by_id=actor.user)
    record(
        actor,
        "insurance_settlement.front_page_marked",
        institution=row.institution.code,
        subject_type="front_page_finding",
        subject=row.pk,
        detail={"encounter_no": row.encounter_no, "rule": row.rule, "reason": words},
    )
    return made
