"""The dataset of what is known of a stay before its discharge."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.declaration import Check, Dataset
from ops_platform.his_intake.datasets.fields import Choice, CodeList, Moment, Number, Reference
from ops_platform.his_intake.models import InterimDiagnosis

INTERIM_DIAGNOSES = Dataset(
    code="interim-diagnoses",
    title="在院诊断",
    hint="在院患者目前的诊断和手术操作，有变化时以新的序号再报一行，以最近一次为准；出院后以病案首页为准。",
    model=InterimDiagnosis,
    key=("encounter_no", "seq"),
    month=months.BY_RECORDED_TIME,
    optional=True,
    fields=(
        Reference(name="encounter_no", title="就诊号", to="encounter", column="encounter", example="ZY2026030007"),
        Number(name="seq", title="序号", scale=0, digits=6, example="1"),
        Moment(name="recorded_at", title="记录时间", example="2026-03-06T09:00:00"),
        CodeList(name="diagnoses", title="诊断代码(主要诊断在前)", example="I21.900|I10.x00"),
        CodeList(name="procedures", title="手术操作代码(主要手术在前)", required=False, example="36.0600x007"),
        Choice(name="sex", title="性别", choices=(("1", "男"), ("2", "女")), example="1"),
        Number(name="age", title="年龄(岁)", scale=0, digits=3, example="67"),
        Number(name="age_days", title="不足一岁的天数", scale=0, digits=3, required=False),
        Number(name="weight", title="新生儿体重(克)", scale=0, digits=5, required=False),
    ),
    checks=(
        Check(
            "his_intake.interim_not_inpatient",
            "encounter_no",
            "该就诊不是住院，不应报送在院诊断",
            "e.kind <> 'inpatient'",
            "JOIN his_intake_encounter e ON e.entity = s.encounter AND e.superseded_sequence IS NULL",
        ),
        Check("his_intake.age_out_of_range", "age", "年龄应在 0 至 130 岁之间", "s.age > 130"),
    ),
)
