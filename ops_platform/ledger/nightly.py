"""What the ledger gives to the nightly run."""

from ops_platform.kernel import digest_of
from ops_platform.ledger.services.consolidation import consolidate
from ops_platform.ledger.services.consolidation_inputs import members_at
from ops_platform.nightly.public import Step, StepContext, StepResult, StepScope


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


CONSOLIDATION = Step(code="ledger.consolidation", title="合并报表", run=_consolidate, scope=StepScope.ALLIANCE)
