"""What insurance settlement gives to the nightly run."""

from insurance_settlement.services import run_grouping
from insurance_settlement.services.front_pages import examine_front_pages
from ops_platform.nightly.public import Step, StepContext, StepResult


def _group(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    outcome = run_grouping(context.actor, institution=institution, period=context.period)
    run = outcome.run
    return StepResult(
        rows=run.cases if outcome.created else 0,
        input_digest=run.input_digest,
        input_sequence=run.input_sequence,
        changed=outcome.created,
        note=f"第 {run.version} 版，{run.cases} 例，入组 {run.grouped} 例",
    )


GROUPING = Step(code="insurance_settlement.grouping", title="病组分组与计价", run=_group, after=("his_intake.quality",))


def _examine(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    outcome = examine_front_pages(context.actor, institution=institution, period=context.period)
    run = outcome.run
    if run is None:
        return StepResult(rows=0, input_digest="", changed=False, note="还没有分组的病例")
    return StepResult(
        rows=run.abstracts if outcome.created else 0,
        input_digest=run.input_digest,
        input_sequence=run.input_sequence,
        changed=outcome.created,
        note=f"第 {run.version} 版，首页 {run.abstracts} 份，{run.findings} 个问题",
    )


FRONT_PAGES = Step(
    code="insurance_settlement.front_pages",
    title="病案首页检查",
    run=_examine,
    after=("insurance_settlement.grouping",),
)
