"""Consolidating a month: one run for each different input; differences explained. `services.finalising` makes it final."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from ops_platform.audit.public import record
from ops_platform.kernel import Actor, Conflict, Finding, Forbidden, Invalid, NotFound, Period, Role, Severity
from ops_platform.ledger.engine import consolidation as engine
from ops_platform.ledger.engine.chart import Book
from ops_platform.ledger.engine.entry import words
from ops_platform.ledger.engine.statements import (
    BALANCE_SHEET,
    BUDGET_BALANCES,
    SURPLUS_DIFFERENCE,
    coverage_findings,
    statement_of,
)
from ops_platform.ledger.layouts import layouts
from ops_platform.ledger.models import Account, ConsolidationRun, PairMatch
from ops_platform.ledger.refusals import overflow_in_words
from ops_platform.ledger.selectors.chart import chart_at
from ops_platform.ledger.services.consolidation_inputs import Read, read_inputs
from ops_platform.ledger.services.consolidation_results import store_run
from ops_platform.masterdata.models import AccountingPeriod, PeriodState
from workflows.public import under_way

MAKERS = (Role.OPERATION_CENTRE,)
FINAL_KIND = "ledger.consolidation"
CHECKED = (BALANCE_SHEET, BUDGET_BALANCES, SURPLUS_DIFFERENCE)
_LOCK = 7_201_011


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The current run of the month, and whether it is a new one."""

    run: ConsolidationRun
    created: bool


def of_the_whole(actor: Actor, *roles: Role) -> None:
    """The actor acts for the whole alliance. Raises Forbidden for who holds the role in single institutions only."""
    if not actor.has(*roles) or actor.institutions(*roles) is not None:
        raise Forbidden("ledger.whole_only", "合并报表由运营管理中心编制，您的角色不能执行此操作。")


@transaction.atomic
def consolidate(actor: Actor, *, period: Period) -> Consolidated:
    """Consolidate the month. When nothing that the result depends on has changed, the run that says so is returned and
    nothing is written; else a new version is, a draft with the explanations that still fit. A final run stays the current
    one: a newer draft takes its place only when it is made final itself.

    Raises Invalid for a month that has not begun, or without members, Conflict for sums beyond all measure.
    """
    of_the_whole(actor, *MAKERS)
    lock_consolidations()
    read = read_inputs(period)
    runs = ConsolidationRun.objects.filter(period=str(period))
    newest = runs.order_by("-version").first()
    for known in (newest, runs.filter(is_current=True).first()):
        if known and _is_of(known, read):
            return Consolidated(known, created=False)
    digest = read.digest
    result = engine.consolidate(read.inputs)
    findings = [*result.findings, *_own_findings(period, read, result)]
    with overflow_in_words():
        run = store_run(actor, period, read, result, newest, digest, findings)
    record(
        actor,
        "ledger.consolidated",
        subject_type="consolidation_run",
        subject=run.pk,
        detail={"period": str(period), "version": run.version, "input_digest": digest},
    )
    return Consolidated(run, created=True)


def lock_consolidations() -> None:
    """One consolidation at a time, and none while one becomes final."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _own_findings(period: Period, read: Read, result: engine.Consolidation) -> Iterable[Finding]:
    for code in CHECKED:
        yield from statement_of(result.amounts, layouts()[code]).findings
    chart = chart_at({row.code: row for row in Account.objects.filter(institution=None)}, period.last_day)
    yield from coverage_findings(chart.values(), layouts())
    without = _without_budget(result)
    if without:
        yield Finding(
            code="ledger.members_without_budget",
            severity=Severity.WARNING,
            message=f"{without} 家成员只有财务会计数据，没有预算会计数据，合并的预算会计报表不含这些成员。",
        )
    if read.left:
        yield Finding(
            code="ledger.members_left",
            severity=Severity.WARNING,
            message=f"{len(read.left)} 家机构在本年退出合并范围，退出后其本年的收入、费用和余额都不再合并，请在附注中说明。",
        )


def _without_budget(result: engine.Consolidation) -> int:
    """How many members say something in the financial books only, where others say it in both."""
    books = [{engine.book_of(account) for account, _cost_item in said} for said in result.by_member.values()]
    return sum(each == {Book.FINANCIAL} for each in books) if any(Book.BUDGET in each for each in books) else 0


def is_open(run: ConsolidationRun) -> bool:
    """Whether the run is the newest of its month and a draft, which may be explained and made final, also beside a final
    one."""
    newer = ConsolidationRun.objects.filter(period=run.period, version__gt=run.version)
    return run.state == ConsolidationRun.State.DRAFT and not newer.exists()


def is_outdated(run: ConsolidationRun) -> bool:
    """Whether the books, or anything else the run was made from, have changed since."""
    try:
        return not _is_of(run, read_inputs(Period.parse(run.period)))
    except Invalid:  # nobody is consolidated any more
        return True


def _is_of(run: ConsolidationRun, read: Read) -> bool:
    """Whether the run was made from these inputs. The stamp tells most of the time, without reading the year's cash."""
    return run.input_stamp == read.stamp or run.input_digest == read.digest


def open_members(run: ConsolidationRun) -> list[int]:
    """Members that have not closed the month of the run."""
    members = [each["institution"] for each in run.members]
    closed = AccountingPeriod.objects.filter(
        institution__in=members, period=run.period, state=PeriodState.CLOSED
    ).values_list("institution", flat=True)
    return sorted(set(members) - set(closed))


@transaction.atomic
def explain_difference(actor: Actor, *, pair_id: int, explanation: str) -> PairMatch:
    """Say why two members say different amounts. Raises NotFound, Invalid without words, Conflict where there is nothing to
    explain or the run is not the current draft."""
    of_the_whole(actor, *MAKERS)
    pair = PairMatch.objects.select_for_update(of=("self", "run")).select_related("run").filter(pk=pair_id).first()
    if pair is None:
        raise NotFound("ledger.no_pair", "没有这对内部往来。")
    said = words(explanation)
    if not said or len(said) > 300:
        raise Invalid("ledger.explanation_needed", "请用 300 个字以内说明差异的原因。", field="explanation")
    if not is_open(pair.run):
        raise Conflict("ledger.consolidation_not_draft", "这一版已定稿或已被新的一版取代，请打开当前版本。")
    if pair.state == PairMatch.State.MATCHED:
        raise Conflict("ledger.pair_matched", "这对内部往来一致，无须说明。")
    if under_way(FINAL_KIND, str(pair.run_id)):
        raise Conflict(
            "ledger.consolidation_in_approval", "这一版正在审批定稿，说明不能再改。要改请先由提交人撤回定稿申请。"
        )
    pair.state, pair.explanation = PairMatch.State.EXPLAINED, said
    pair.explained_by, pair.explained_at = actor.name, timezone.now()
    pair.save(update_fields=["state", "explanation", "explained_by", "explained_at"])
    record(
        actor,
        "ledger.difference_explained",
        subject_type="pair_match",
        subject=pair.pk,
        detail={"period": pair.run.period, "difference": format(pair.difference, "f"), "explanation": said},
    )
    return pair
