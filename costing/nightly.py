"""What costing gives to the nightly run."""

from costing.services import run_allocation
from ops_platform.nightly.public import Step, StepContext, StepResult


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


ALLOCATION = Step(code="costing.allocation", title="科室成本分摊", run=_allocate, after=("his_intake.quality",))
