"""What the ledger gives to the nightly run: vouchers of the month's business events, and the consolidation."""

from ops_platform.kernel import digest_of
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_inputs import members_at
from ops_platform.ledger.services.events import book_events
from ops_platform.nightly.public import Step, StepContext, StepResult, StepScope


def _book(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    outcome = book_events(context.actor, institution=institution, period=context.period)
    note = outcome.skipped or f"生成 {outcome.booked} 张凭证，冲销 {outcome.taken_back} 张"
    if outcome.findings:
        note += f"；{len(outcome.findings)} 处无法记账：{outcome.findings[0].message}"
    return StepResult(
        rows=outcome.booked + outcome.taken_back,
        input_digest=outcome.input_digest,
        input_sequence=outcome.sequence,
        changed=not outcome.same_input,
        note=note[:300],
    )


def _consolidate(context: StepContext) -> StepResult:
    if not members_at(context.period):
        return StepResult(rows=0, input_digest=digest_of([]), changed=False, note="没有纳入合并的机构")
    outcome = consolidate(context.actor, period=context.period)
    run = outcome.run
    different = run.pairs.filter(state="different").count()
    return StepResult(
        rows=run.figures.count() if outcome.created else 0,
        input_digest=run.input_digest,
        changed=outcome.created,
        note=f"第 {run.version} 版，{len(run.members)} 家成员，{different} 对内部往来有差异",
    )


VOUCHERS = Step(code="ledger.vouchers", title="业务生成凭证", run=_book, after=("his_intake.quality",))
CONSOLIDATION = Step(code="ledger.consolidation", title="合并报表", run=_consolidate, scope=StepScope.ALLIANCE)
