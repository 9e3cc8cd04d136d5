"""What the intake gives to the nightly run."""

from ops_platform.his_intake import reading
from ops_platform.his_intake.quality.checking import check_month
from ops_platform.his_intake.quality.telling import tell
from ops_platform.kernel import digest_of
from ops_platform.nightly.public import Step, StepContext, StepResult, StepScope


def _check_quality(context: StepContext) -> StepResult:
    institution = context.institution
    if institution is None:
        raise TypeError("a step of an institution")
    stamp = reading.input_stamp(institution, context.period)
    broken = check_month(institution, context.period)
    return StepResult(rows=broken, input_digest=stamp.digest, input_sequence=stamp.sequence, note=f"{broken} 处待核")


def _tell(_: StepContext) -> StepResult:
    """Once all institutions are checked: people learn what waits. Months after the first change nothing."""
    told = tell()
    return StepResult(rows=told, input_digest=digest_of(told), note=f"更新 {told} 条消息")


QUALITY = Step(code="his_intake.quality", title="数据质量检查", run=_check_quality)
TELLING = Step(code="his_intake.telling", title="数据问题通知", run=_tell, scope=StepScope.ALLIANCE)
