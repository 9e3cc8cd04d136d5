"""The dataset of hours by post: who worked where, how flexibly, in which team."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.declaration import Check, Dataset
from ops_platform.his_intake.datasets.fields import Choice, Month, Number, Reference, Text
from ops_platform.his_intake.models import PostHours

CATEGORIES = (
    ("physician", "医师"),
    ("nurse", "护士"),
    ("technician", "医技"),
    ("pharmacist", "药师"),
    ("other", "其他"),
)
POST_HOURS = Dataset(
    code="post-hours",
    title="岗位工时",
    hint="每月每个岗位的排班记录一行：谁的人(所属科室)在哪个科室做了多少工时，其中多少是弹性工时；多学科团队的工时填团队名称。",
    model=PostHours,
    key=("roster",),
    month=months.BY_PERIOD,
    optional=True,
    fields=(
        Text(name="roster", title="排班记录号", example="PB2026030012"),
        Month(name="period", title="期间", example="2026-03"),
        Reference(name="department", title="用人科室", to="department", column="department_id", example="NK01"),
        Reference(
            name="home",
            title="人员所属科室(本科室留空)",
            to="department",
            column="home_id",
            required=False,
            example="MZ01",
        ),
        Text(name="post", title="岗位", example="病房责任护士"),
        Choice(name="category", title="人员类别", choices=CATEGORIES, example="nurse"),
        Number(name="established", title="定员(核定人数)", digits=6, scale=2, required=False, example="12"),
        Number(name="people", title="在岗人数", digits=6, scale=2, example="11.5"),
        Number(name="hours", title="工时(小时)", digits=8, scale=2, example="1932"),
        Number(name="flexible", title="其中弹性工时(小时)", digits=8, scale=2, required=False, example="146"),
        Text(name="team", title="多学科团队", required=False, example="胰腺肿瘤多学科团队"),
    ),
    checks=(
        Check("his_intake.flexible_hours", "flexible", "弹性工时不能超过工时", "s.flexible > s.hours"),
        Check(
            "his_intake.hours_of_a_month",
            "hours",
            "每人每月的工时不能超过 744 小时，请核对在岗人数和工时",
            "s.hours > 744 * s.people",
        ),
    ),
)
