"""What the ledger gives to the nightly run: vouchers of the month's business events."""

from ops_platform.ledger.services.events import book_events
from ops_platform.nightly.public import Step, StepContext, StepResult


def _book(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    outcome = book_events(context.actor, institution=institution, period=context.period)
    note = f"生成 {outcome.booked} 张凭证，冲销 {outcome.taken_back} 张"
    if outcome.findings:
        note += f"；{len(outcome.findings)} 处无法记账：{outcome.findings[0].message}"
    return StepResult(
        rows=outcome.booked + outcome.taken_back,
        input_digest=outcome.input_digest,
        input_sequence=outcome.sequence,
        changed=not outcome.same_input,
        note=note[:300],
    )


VOUCHERS = Step(code="ledger.vouchers", title="业务生成凭证", run=_book, after=("his_intake.quality",))
