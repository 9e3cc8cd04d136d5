"""What the intake gives to the nightly run."""

from ops_platform.his_intake import reading
from ops_platform.his_intake.quality.checking import check_month
from ops_platform.nightly.public import Step, StepContext, StepResult


def _check_quality(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    stamp = reading.input_stamp(institution, context.period)
    broken = check_month(institution, context.period)
    return StepResult(rows=broken, input_digest=stamp.digest, input_sequence=stamp.sequence, note=f"{broken} 处待核")


QUALITY = Step(code="his_intake.quality", title="数据质量检查", run=_check_quality)
