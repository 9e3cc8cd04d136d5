"""The dataset of what a member does for another one: experts sent down, diagnoses, services of shared centres."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.declaration import Check, Dataset
from ops_platform.his_intake.datasets.fields import Choice, Day, Number, Reference, Text
from ops_platform.his_intake.models import AllianceService

ALLIANCE_SERVICE_KINDS = (
    ("expert", "专家下沉(半天)"),
    ("diagnosis", "上级诊断(例)"),
    ("imaging", "影像中心(例)"),
    ("ecg", "心电中心(例)"),
    ("pathology", "病理中心(例)"),
    ("laboratory", "检验中心(项次)"),
    ("sterilising", "消毒供应(包)"),
    ("bed", "共享床位(床日)"),
    ("slot", "共享号源(个)"),
    ("equipment", "共享设备(机时)"),
    ("other", "其他协作"),
)

ALLIANCE_SERVICES = Dataset(
    code="alliance-services",
    title="医共体协作服务",
    hint="由提供方报送：专家下沉的半天数、上级诊断、共享中心的服务量。接受机构为空表示中心自己使用。",
    model=AllianceService,
    key=("document", "line"),
    month=months.BY_DATE,
    optional=True,
    fields=(
        Text(name="document", title="单据号", example="XC202603001"),
        Number(name="line", title="行号", scale=0, digits=6, example="1"),
        Text(name="agreement", title="协议编号", length=40, example="EXPERT"),
        Day(name="date", title="日期", example="2026-03-05"),
        Reference(name="department", title="提供科室", to="department", column="department_id", example="NK01"),
        Reference(name="receiver", title="接受机构代码", to="institution", column="receiver_id", required=False),
        Text(name="receiver_department", title="接受科室代码", length=40, required=False),
        Choice(name="service_kind", title="服务类别", choices=ALLIANCE_SERVICE_KINDS, example="expert"),
        Number(name="volume", title="服务量", scale=4, example="2"),
        Number(name="unit_cost", title="单位成本(元)", scale=4, required=False, example="800"),
        Number(name="amount", title="金额(元)", digits=12, required=False, example="1600.00"),
    ),
    checks=(
        Check(
            "his_intake.amount_mismatch",
            "amount",
            "金额不等于服务量 × 单位成本(四舍五入到分)，请核对",
            "s.amount IS NOT NULL AND s.unit_cost IS NOT NULL AND s.amount <> round(s.volume * s.unit_cost, 2)",
        ),
        Check(
            "his_intake.service_without_amount",
            "amount",
            "上级诊断须填诊断收入金额",
            "s.service_kind = 'diagnosis' AND s.amount IS NULL",
        ),
        Check(
            "his_intake.receiver_department",
            "receiver_department",
            "接受机构没有这个科室，请核对科室代码",
            "s.receiver_department IS NOT NULL AND NOT EXISTS (SELECT FROM masterdata_department d"
            " WHERE d.institution_id = s.receiver_id AND d.code = s.receiver_department)",
        ),
    ),
)
