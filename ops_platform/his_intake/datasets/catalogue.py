"""The datasets of first light (DESIGN.md section 5). docs/intake-contract.md shows the same to people."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.collaboration import ALLIANCE_SERVICES
from ops_platform.his_intake.datasets.declaration import Check, Dataset, Projection
from ops_platform.his_intake.datasets.fields import (
    Choice,
    CodeList,
    Day,
    Moment,
    Month,
    Number,
    Pseudonym,
    Reference,
    Text,
)
from ops_platform.his_intake.datasets.interim import INTERIM_DIAGNOSES
from ops_platform.his_intake.datasets.posts import POST_HOURS
from ops_platform.his_intake.datasets.settlement import INSURER_GROUPINGS, SETTLEMENT_LISTS
from ops_platform.his_intake.datasets.supply import DRUG_AND_MATERIAL_MOVES, EQUIPMENT_USES
from ops_platform.his_intake.models import (
    Asset,
    ChargeItemFact,
    ChargeLine,
    CostEntry,
    DepartmentFact,
    DischargeAbstract,
    Encounter,
    FloorArea,
    IncomeEntry,
    StaffHeadcount,
    TrialBalance,
    Workload,
)
from ops_platform.masterdata import projection
from ops_platform.masterdata.models import CostClass, ItemClass, ServiceMode

COST_ITEMS = (
    ("personnel", "人员经费"),
    ("materials", "卫生材料费"),
    ("drugs", "药品费"),
    ("depreciation", "固定资产折旧费"),
    ("amortisation", "无形资产摊销费"),
    ("risk_fund", "提取医疗风险基金"),
    ("other", "其他运行费用"),
)
FUNDING_SOURCES = (
    ("basic", "自有及财政基本"),
    ("fiscal_basic", "财政基本拨款"),
    ("fiscal_project", "财政项目"),
    ("public_health", "基本公共卫生补助"),
    ("research", "科教"),
    ("other", "其他"),
)
SHARED_KINDS = (
    ("water", "水费"),
    ("electricity", "电费"),
    ("gas", "燃气费"),
    ("heating", "取暖费"),
    ("cleaning", "保洁费"),
    ("security", "保安费"),
    ("property", "物业费"),
    ("maintenance", "房屋维修费"),
    ("network", "网络通信费"),
    ("other", "其他公共费用"),
)
ASSET_CATEGORIES = (
    ("building", "房屋及构筑物"),
    ("special_equipment", "专用设备"),
    ("general_equipment", "一般设备"),
    ("transport", "运输设备"),
    ("furniture", "家具用具"),
    ("other", "其他固定资产"),
    ("intangible", "无形资产"),
)
INCOME_KINDS = (
    ("fiscal_basic", "财政基本拨款"),
    ("fiscal_project", "财政项目拨款"),
    ("superior_subsidy", "上级补助"),
    ("public_health", "基本公共卫生"),
    ("research", "科教收入"),
    ("other", "其他收入"),
)
FEE_CLASSES = (
    ("bed", "床位费"),
    ("consultation", "诊察费"),
    ("examination", "检查费"),
    ("laboratory", "化验费"),
    ("treatment", "治疗费"),
    ("surgery", "手术费"),
    ("nursing", "护理费"),
    ("materials", "卫生材料费"),
    ("western_drugs", "西药费"),
    ("chinese_herbs", "中药饮片费"),
    ("chinese_patent_drugs", "中成药费"),
    ("general_treatment", "一般诊疗费"),
    ("registration", "挂号费"),
    ("other", "其他费"),
)
METRICS = (
    ("outpatient_visits", "门诊人次"),
    ("emergency_visits", "急诊人次"),
    ("open_bed_days", "开放床日"),
    ("occupied_bed_days", "实际占用床日"),
    ("sterile_packs", "消毒包"),
    ("laundry_kg", "洗涤公斤"),
    ("equipment_hours", "设备机时"),
    ("registrations", "挂号数"),
    ("records_handled", "病案数"),
    ("family_doctor_signings", "家庭医生签约人数"),
    ("upward_referrals", "上转人次"),
    ("downward_referrals", "下转人次"),
)
ENCOUNTER_KINDS = (("outpatient", "门诊"), ("emergency", "急诊"), ("inpatient", "住院"))
SCHEMES = (
    ("employee", "职工医保"),
    ("resident", "居民医保"),
    ("elsewhere", "异地医保"),
    ("maternity", "生育保险"),
    ("work_injury", "工伤保险"),
    ("self_pay", "自费"),
)
LEAVING_TYPES = (
    ("1", "医嘱离院"),
    ("2", "医嘱转院"),
    ("3", "医嘱转社区或乡镇卫生院"),
    ("4", "非医嘱离院"),
    ("5", "死亡"),
    ("9", "其他"),
)


def _department(name: str = "department", title: str = "科室") -> Reference:
    return Reference(name=name, title=title, to="department", column=f"{name}_id", example="NK01")


def _counterparty() -> Reference:
    return Reference(
        name="counterparty",
        title="往来机构代码",
        to="institution",
        column="counterparty_id",
        required=False,
    )


DEPARTMENTS = Dataset(
    code="departments",
    title="科室",
    hint="科室目录；名称、成本分类变化时，以新的生效日期再报一行。",
    model=DepartmentFact,
    key=("code", "effective_from"),
    fields=(
        Text(name="code", title="科室代码", length=40, example="NK01"),
        Day(name="effective_from", title="生效日期", example="2026-01-01"),
        Text(name="name", title="科室名称", length=120, example="心血管内科"),
        Choice(name="cost_class", title="成本分类", choices=tuple(CostClass.choices), example="clinical"),
        Choice(name="service_mode", title="服务方式", choices=tuple(ServiceMode.choices), example="mixed"),
        Text(name="parent", title="上级科室代码", length=40, required=False),
        Day(name="closed_on", title="撤销日期", required=False),
    ),
    projection=Projection(
        put=lambda institution, rows: projection.put_departments(
            institution, [{**row, "parent_code": row["parent"] or ""} for row in rows]
        ),
        withdraw=projection.withdraw_departments,
    ),
)

STAFF_HEADCOUNTS = Dataset(
    code="staff-headcounts",
    title="科室人数",
    hint="每月每科室一行；兼职可填小数。",
    model=StaffHeadcount,
    key=("department", "period"),
    month=months.BY_PERIOD,
    fields=(
        _department(),
        Month(name="period", title="期间", example="2026-03"),
        Number(name="headcount", title="人数", example="32"),
        Number(name="physicians", title="其中医师", required=False, example="10"),
        Number(name="nurses", title="其中护士", required=False, example="18"),
    ),
)

FLOOR_AREAS = Dataset(
    code="floor-areas",
    title="科室面积",
    hint="每月每科室一行，平方米。",
    model=FloorArea,
    key=("department", "period"),
    month=months.BY_PERIOD,
    fields=(
        _department(),
        Month(name="period", title="期间", example="2026-03"),
        Number(name="area", title="面积(平方米)", example="860.50"),
    ),
)

WORKLOADS = Dataset(
    code="workloads",
    title="工作量",
    hint="科室每日完成或消耗的工作量，按指标报送。",
    model=Workload,
    key=("department", "metric", "date"),
    month=months.BY_DATE,
    fields=(
        _department(),
        Choice(name="metric", title="指标", choices=METRICS, example="outpatient_visits"),
        Day(name="date", title="日期", example="2026-03-05"),
        Number(name="quantity", title="数量", digits=12, example="120"),
    ),
)

CHARGE_ITEMS = Dataset(
    code="charge-items",
    title="收费项目",
    hint="药品、单独收费材料与医疗服务项目目录；变化时以新的生效日期再报一行。",
    model=ChargeItemFact,
    key=("code", "effective_from"),
    fields=(
        Text(name="code", title="项目代码", length=60, example="110200001"),
        Day(name="effective_from", title="生效日期", example="2026-01-01"),
        Text(name="name", title="项目名称", length=200, example="普通门诊诊察费"),
        Choice(name="item_class", title="项目类别", choices=tuple(ItemClass.choices), example="service"),
        Choice(name="fee_class", title="费用类别", choices=FEE_CLASSES, example="consultation"),
        Text(name="unit", title="计价单位", length=20, required=False, example="次"),
        Number(name="price_cap", title="最高限价(元)", scale=4, required=False, example="20.00"),
    ),
    projection=Projection(
        put=lambda institution, rows: projection.put_charge_items(
            institution, [{**row, "unit": row["unit"] or ""} for row in rows]
        ),
        withdraw=projection.withdraw_charge_items,
    ),
)

COST_ENTRIES = Dataset(
    code="cost-entries",
    title="成本凭证",
    hint="记入科室的成本，按凭证行报送；冲销填负数。",
    model=CostEntry,
    key=("voucher", "line"),
    month=months.BY_DATE,
    fields=(
        Text(name="voucher", title="凭证号", example="2026-03-0012"),
        Number(name="line", title="行号", scale=0, digits=6, example="1"),
        _department(),
        Day(name="date", title="记账日期", example="2026-03-31"),
        Choice(name="cost_item", title="成本项目", choices=COST_ITEMS, example="personnel"),
        Choice(name="funding_source", title="资金来源", choices=FUNDING_SOURCES, example="basic"),
        Number(name="amount", title="金额(元)", digits=14, negative=True, example="125000.00"),
        Text(name="summary", title="摘要", length=200, required=False, example="3 月工资"),
        _counterparty(),
        Choice(name="shared_as", title="公共费用类别", choices=SHARED_KINDS, required=False),
    ),
)

ASSETS = Dataset(
    code="assets",
    title="资产卡片",
    hint="固定资产与无形资产，每卡一行；科室、原值、年限变化或处置时，以新的生效日期再报一行。",
    model=Asset,
    key=("card", "effective_from"),
    optional=True,
    fields=(
        Text(name="card", title="卡片编号", example="ZC-2019-0031"),
        Day(name="effective_from", title="生效日期", example="2026-01-01"),
        Text(name="name", title="资产名称", length=200, example="64 排 CT"),
        Choice(name="category", title="资产类别", choices=ASSET_CATEGORIES, example="special_equipment"),
        _department(),
        Day(name="in_use_from", title="投入使用日期", example="2019-05-20"),
        Number(name="original_value", title="原值(元)", digits=14, example="6800000.00"),
        Number(name="residual_value", title="预计净残值(元)", digits=14, required=False),
        Number(name="useful_months", title="使用年限(月)", scale=0, digits=4, example="120"),
        Number(name="accumulated", title="生效日前累计折旧(元)", digits=14, required=False),
        Choice(name="funding_source", title="资金来源", choices=FUNDING_SOURCES, example="basic"),
        Day(name="disposed_on", title="处置日期", required=False),
    ),
    checks=(
        Check("his_intake.no_useful_months", "useful_months", "使用年限应至少 1 个月", "s.useful_months < 1"),
        Check(
            "his_intake.more_than_original",
            "original_value",
            "净残值与累计折旧之和不应大于原值：",
            "coalesce(s.residual_value, 0) + coalesce(s.accumulated, 0) > s.original_value",
            seen="'原值 ' || s.original_value || '，净残值 ' || coalesce(s.residual_value, 0)"
            " || '，累计折旧 ' || coalesce(s.accumulated, 0)",
        ),
        Check(
            "his_intake.disposed_before_use",
            "disposed_on",
            "处置日期早于投入使用日期",
            "s.disposed_on < s.in_use_from",
        ),
    ),
)

INCOME_ENTRIES = Dataset(
    code="income-entries",
    title="其他收入凭证",
    hint="收费以外的收入(财政、补助、公共卫生等)，按凭证行报送。",
    model=IncomeEntry,
    key=("voucher", "line"),
    month=months.BY_DATE,
    fields=(
        Text(name="voucher", title="凭证号", example="2026-03-0101"),
        Number(name="line", title="行号", scale=0, digits=6, example="1"),
        _department(),
        Day(name="date", title="记账日期", example="2026-03-31"),
        Choice(name="income_kind", title="收入类别", choices=INCOME_KINDS, example="fiscal_basic"),
        Number(name="amount", title="金额(元)", digits=14, negative=True, example="80000.00"),
        Text(name="summary", title="摘要", length=200, required=False, example="财政基本拨款"),
        _counterparty(),
    ),
)

ENCOUNTERS = Dataset(
    code="encounters",
    title="就诊",
    hint="门诊、急诊每次一行，住院每次入院一行；出院后以同一就诊号补报出院时间。",
    model=Encounter,
    key=("encounter_no",),
    month=months.BY_STAY,
    entity=True,
    fields=(
        Text(name="encounter_no", title="就诊号", example="MZ202603050001"),
        Choice(name="kind", title="类别", choices=ENCOUNTER_KINDS, example="outpatient"),
        Pseudonym(name="patient", title="患者假名", example="9f86d081884c7d659a2feaa0c55ad015"),
        _department(),
        Pseudonym(name="doctor", title="医师假名", required=False, example="2c26b46b68ffc68ff99b453c1d304134"),
        Moment(name="admitted", title="就诊或入院时间", example="2026-03-05T08:30:00"),
        Moment(name="discharged", title="出院时间", required=False, example="2026-03-12T10:00:00"),
        Text(name="insurer", title="医保经办机构", length=40, required=False, example="QHX"),
        Choice(name="scheme", title="险种", choices=SCHEMES, required=False, example="resident"),
    ),
    checks=(
        Check(
            "his_intake.discharged_before_admitted",
            "discharged",
            "出院时间早于入院时间，请核对",
            "s.discharged < s.admitted",
        ),
    ),
)

CHARGE_LINES = Dataset(
    code="charge-lines",
    title="收费明细",
    hint="每个收费行一行；退费填负数量、负金额，并注明原行号。",
    model=ChargeLine,
    key=("encounter_no", "line_no"),
    month=months.BY_CHARGE_TIME,
    partitioned=True,
    fields=(
        Reference(name="encounter_no", title="就诊号", to="encounter", column="encounter", example="MZ202603050001"),
        Number(name="line_no", title="行号", scale=0, digits=9, example="1"),
        Reference(name="item", title="收费项目代码", to="item", column="item_id", example="110200001"),
        _department("ordering_department", "开单科室"),
        _department("executing_department", "执行科室"),
        Number(name="quantity", title="数量", scale=4, negative=True, example="1"),
        Number(name="price", title="单价(元)", scale=4, example="20.00"),
        Number(name="amount", title="金额(元)", digits=12, negative=True, example="20.00"),
        Moment(name="charged_at", title="计费时间", example="2026-03-05T09:10:00"),
        Number(name="insured_amount", title="医保支付金额(元)", digits=12, negative=True, example="14.00"),
        Number(name="refund_of", title="所退原行号", scale=0, digits=9, required=False),
    ),
    checks=(
        Check(
            "his_intake.amount_mismatch",
            "amount",
            "金额不等于数量 × 单价(四舍五入到分)，请核对",
            "s.amount <> round(s.quantity * s.price, 2)",
        ),
        Check(
            "his_intake.insured_exceeds_amount",
            "insured_amount",
            "医保支付金额超过金额，或与金额正负相反，请核对",
            "abs(s.insured_amount) > abs(s.amount) OR s.insured_amount * s.amount < 0",
        ),
        Check(
            "his_intake.refund_not_negative",
            "refund_of",
            "退费行的数量应为负数，非退费行的数量不能为负数",
            "(s.refund_of IS NOT NULL AND s.quantity >= 0) OR (s.refund_of IS NULL AND s.quantity < 0)",
        ),
    ),
)

DISCHARGE_ABSTRACTS = Dataset(
    code="discharge-abstracts",
    title="病案首页",
    hint="每次出院一行；第一诊断为主要诊断，第一手术操作为主要手术操作。",
    model=DischargeAbstract,
    key=("encounter_no",),
    month=months.BY_DISCHARGE,
    fields=(
        Reference(name="encounter_no", title="就诊号", to="encounter", column="encounter", example="ZY2026030007"),
        CodeList(name="diagnoses", title="诊断代码(主要诊断在前)", example="I21.900|I10.x00"),
        CodeList(name="procedures", title="手术操作代码(主要手术在前)", required=False, example="36.0600x007"),
        Choice(name="sex", title="性别", choices=(("1", "男"), ("2", "女")), example="1"),
        Number(name="age", title="年龄(岁)", scale=0, digits=3, example="67"),
        Number(name="age_days", title="不足一岁的天数", scale=0, digits=3, required=False),
        Number(name="weight", title="新生儿体重(克)", scale=0, digits=5, required=False),
        Number(name="stay_days", title="住院天数", scale=0, digits=5, example="7"),
        Choice(name="leaving_type", title="离院方式", choices=LEAVING_TYPES, example="1"),
        Number(name="total_charges", title="总费用(元)", digits=12, example="12850.30"),
    ),
    checks=(
        Check(
            "his_intake.abstract_not_inpatient",
            "encounter_no",
            "该就诊不是住院，不应报送病案首页",
            "e.kind <> 'inpatient'",
            "JOIN his_intake_encounter e ON e.entity = s.encounter AND e.superseded_sequence IS NULL",
        ),
        Check("his_intake.age_out_of_range", "age", "年龄应在 0 至 130 岁之间", "s.age > 130"),
    ),
)


def _figure(name: str, title: str, example: str) -> Number:
    return Number(name=name, title=title, digits=14, negative=True, example=example)


TRIAL_BALANCES = Dataset(
    code="trial-balances",
    title="科目余额表",
    hint="在本平台以外记账的机构，每月每科目一行；收入、费用为结转前的发生额。上级科目可一并报送，汇总时只取末级。",
    model=TrialBalance,
    key=("period", "account"),
    month=months.BY_PERIOD,
    optional=True,
    fields=(
        Month(name="period", title="期间", example="2026-03"),
        Text(name="account", title="科目代码", length=40, example="1002"),
        Text(name="name", title="科目名称", length=120, example="银行存款"),
        _figure("opening_debit", "期初借方(元)", "1250000.00"),
        _figure("opening_credit", "期初贷方(元)", "0.00"),
        _figure("debit", "本期借方(元)", "380000.00"),
        _figure("credit", "本期贷方(元)", "295000.00"),
        _figure("closing_debit", "期末借方(元)", "1335000.00"),
        _figure("closing_credit", "期末贷方(元)", "0.00"),
    ),
    checks=(
        Check(
            "his_intake.closing_mismatch",
            "closing_debit",
            "期初余额加本期发生额不等于期末余额(均为借方减贷方)：",
            "s.opening_debit - s.opening_credit + s.debit - s.credit <> s.closing_debit - s.closing_credit",
            seen="'期初 ' || round(s.opening_debit - s.opening_credit, 2) || '，本期 ' || round(s.debit - s.credit, 2)"
            " || '，期末 ' || round(s.closing_debit - s.closing_credit, 2)",
        ),
    ),
)

DATASETS: dict[str, Dataset] = {
    dataset.code: dataset
    for dataset in (
        DEPARTMENTS,
        CHARGE_ITEMS,
        STAFF_HEADCOUNTS,
        FLOOR_AREAS,
        WORKLOADS,
        COST_ENTRIES,
        INCOME_ENTRIES,
        ENCOUNTERS,
        CHARGE_LINES,
        DISCHARGE_ABSTRACTS,
        INTERIM_DIAGNOSES,
        TRIAL_BALANCES,
        ASSETS,
        DRUG_AND_MATERIAL_MOVES,
        EQUIPMENT_USES,
        POST_HOURS,
        ALLIANCE_SERVICES,
        SETTLEMENT_LISTS,
        INSURER_GROUPINGS,
    )
}
