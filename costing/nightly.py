"""What costing gives to the nightly run."""

from django.utils import timezone

from costing import integrity
from costing.models import CostRun
from costing.services import cost_patients_of, run_allocation
from costing.services.deviations import evaluate_month, remind_overdue
from costing.services.patient_retention import let_provisional_runs_go
from costing.services.settlements import settle_month
from costing.services.target_standards import tell_changed_standards
from costing.telling import tell_departments
from ops_platform.kernel import Conflict, digest_of
from ops_platform.ledger.public import book_month
from ops_platform.nightly.public import Step, StepContext, StepResult, StepScope

MOST_VERSIONS = 10


def _allocate(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    outcome = run_allocation(context.actor, institution=institution, period=context.period)
    run = outcome.run
    return StepResult(
        rows=run.flows.count() if outcome.created else 0,
        input_digest=run.input_digest,
        input_sequence=run.input_sequence,
        changed=outcome.created,
        note=f"第 {run.version} 版，全成本 {run.full_cost:,} 元",
    )


def _cost_patients(context: StepContext) -> StepResult:
    """Costs come in with the month's end: before it there is nothing to divide over patients."""
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    if context.period.last_day >= timezone.localdate():
        return StepResult(rows=0, input_digest="", changed=False, note="月份尚未结束，月末后核算患者成本")
    outcome = cost_patients_of(context.actor, institution=institution, period=context.period)
    run = outcome.run
    return StepResult(
        rows=run.encounters if outcome.created else 0,
        input_digest=run.input_digest,
        changed=outcome.created,
        note=f"第 {run.version} 版，{run.encounters:,} 个就诊，患者成本 {run.patient_cost:,} 元",
    )


def _let_go(context: StepContext) -> StepResult:
    """Provisional versions of the month's patients whose time is over."""
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    gone = let_provisional_runs_go(context.actor, institution=institution, period=context.period)
    versions = "、".join(str(run.version) for run in gone[:MOST_VERSIONS])
    note = f"清理 {len(gone)} 个临时版本的患者明细(第 {versions} 版)" if gone else "没有到期的临时版本"
    return StepResult(rows=len(gone), input_digest=digest_of([run.pk for run in gone]), changed=bool(gone), note=note)


def _tell(context: StepContext) -> StepResult:
    """The heads get the month when it has ended, and again when its figures change."""
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    run = CostRun.objects.filter(institution=institution, period=str(context.period), is_current=True).first()
    if run is None or context.period.last_day >= timezone.localdate():
        return StepResult(rows=0, input_digest="", changed=False, note="月份尚未结束，月末后发送科室成本月报")
    told = tell_departments(run)
    return StepResult(rows=told, input_digest=run.input_digest, note=f"发送科室成本月报 {told} 份")


def _evaluate(context: StepContext) -> StepResult:
    """Targets are judged when the month has ended; actions that are late are told of."""
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    late = remind_overdue(institution=institution.pk, today=timezone.localdate())
    tell_changed_standards(institution=institution, today=timezone.localdate())
    run = CostRun.objects.filter(institution=institution, period=str(context.period), is_current=True).first()
    if run is None or context.period.last_day >= timezone.localdate():
        return StepResult(rows=late, input_digest="", changed=False, note="月份尚未结束，月末后评价成本目标")
    found = evaluate_month(context.actor, institution=institution, period=context.period)
    note = f"成本目标 {found.kept} 个达成，{found.missed} 个未达成，{found.unknown} 个不可比"
    note += f"；新开偏差 {len(found.opened)} 个"
    return StepResult(
        rows=len(found.opened),
        input_digest=run.input_digest,
        changed=bool(found.opened),
        note=f"{note}，{late} 项措施逾期" if late else note,
    )


def _conserve(context: StepContext) -> StepResult:
    """The alliance's books of the month: the sum of all direct costs is the sum of all full costs, to the fen."""
    runs = CostRun.objects.filter(period=str(context.period), is_current=True)
    found = sorted(runs.values_list("institution__code", "input_digest"))
    faults = list(integrity.conservation(str(context.period)))
    if faults:
        raise Conflict("costing.alliance_not_conserved", " ".join(fault.message for fault in faults[:5]))
    return StepResult(rows=len(found), input_digest=digest_of(found), note=f"{len(found)} 家机构的成本守恒，分毫不差")


def _settle(context: StepContext) -> StepResult:
    """The month's agreements, and at once the books of those who owe or are owed, before the consolidation reads them."""
    if context.period.last_day >= timezone.localdate():
        return StepResult(rows=0, input_digest="", changed=False, note="月份尚未结束，月末后结算医共体分担")
    done = settle_month(context.actor, period=context.period)
    booked = [book_month(context.actor, institution=row, period=context.period) for row in done.parties]
    note = f"结算 {len(done.changed)} 个协议，{done.unchanged} 个没有变化，{sum(one.booked for one in booked)} 张凭证"
    if done.held:
        note += f"；{len(done.held)} 处提示：{done.held[0].message}"
    return StepResult(
        rows=len(done.changed),
        input_digest=digest_of(sorted(run.input_digest for run in done.changed)),
        changed=bool(done.changed),
        note=note[:300],
    )


# its code stands before that of the ledger's consolidation: steps of a scope without dependencies run in that order
AGREEMENTS = Step(code="costing.agreements", title="医共体分担结算", run=_settle, scope=StepScope.ALLIANCE)
CONSERVATION = Step(code="costing.conservation", title="医共体成本守恒核对", run=_conserve, scope=StepScope.ALLIANCE)
REPORTS = Step(code="costing.reports", title="科室成本月报", run=_tell, after=("costing.targets",))
TARGETS = Step(
    code="costing.targets",
    title="成本目标评价",
    run=_evaluate,
    after=("costing.patients", "insurance_settlement.grouping"),
)
RETENTION = Step(
    code="costing.patient_retention", title="清理到期的临时患者明细", run=_let_go, after=("costing.patients",)
)
PATIENTS = Step(code="costing.patients", title="项目与患者成本核算", run=_cost_patients, after=("costing.allocation",))
ALLOCATION = Step(code="costing.allocation", title="科室成本分摊", run=_allocate, after=("his_intake.quality",))
