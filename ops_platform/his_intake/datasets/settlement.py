"""The datasets of settlement with the insurer: settlement lists, and the groups that the insurer's grouper found."""

from ops_platform.his_intake.datasets import months
from ops_platform.his_intake.datasets.declaration import Check, Dataset
from ops_platform.his_intake.datasets.fields import Choice, Day, Number, Reference, Text
from ops_platform.his_intake.models import InsurerGrouping, SettlementList

YES_NO = (("0", "否"), ("1", "是"))
_BEFORE_THE_SHARE = "s.self_paid + s.first_self_paid + s.deductible"
_ENCOUNTER = "JOIN his_intake_encounter e ON e.entity = s.encounter AND e.superseded_sequence IS NULL"


def _yuan(name: str, title: str, example: str, *, required: bool = True) -> Number:
    return Number(name=name, title=title, digits=12, required=required, example=example)


def _stay(example: str = "ZY2026030007") -> Reference:
    return Reference(name="encounter_no", title="就诊号", to="encounter", column="encounter", example=example)


SETTLEMENT_LISTS = Dataset(
    code="settlement-lists",
    title="医保结算清单",
    hint="医保基金结算清单的金额，每次结算一行；中途结算的住院可有几行，合计计入。自费患者不报。",
    model=SettlementList,
    key=("settle_no",),
    month=months.BY_DISCHARGE,
    optional=True,
    fields=(
        Text(name="settle_no", title="结算号", example="JS2026030007"),
        _stay(),
        Day(name="settled_on", title="结算日期", example="2026-03-12"),
        _yuan("total", "总费用(元)", "12850.30"),
        _yuan("self_paid", "全自费(元)", "600.00"),
        _yuan("first_self_paid", "先自付(元)", "400.00"),
        _yuan("deductible", "起付线(元)", "800.00"),
        Number(name="reimbursement_ratio", title="报销比例(0 至 1)", scale=6, digits=1, required=False, example="0.85"),
        _yuan("fund_paid", "统筹基金支付(元)", "9392.76"),
        _yuan("other_paid", "大病、补助等其他基金支付(元)", "0.00"),
        _yuan("account_paid", "个人账户支付(元)", "1457.54"),
        _yuan("cash_paid", "个人现金支付(元)", "2000.00"),
        _yuan("new_technology", "除外新药新技术费用(元)", "0.00", required=False),
        Choice(name="incomplete", title="未完成治疗出院", choices=YES_NO, required=False, example="0"),
    ),
    checks=(
        Check(
            "his_intake.settlement_payers",
            "total",
            "统筹基金、其他基金、个人账户与现金之和不等于总费用：",
            "s.fund_paid + s.other_paid + s.account_paid + s.cash_paid <> s.total",
            seen="'四项合计 ' || round(s.fund_paid + s.other_paid + s.account_paid + s.cash_paid, 2)"
            " || '，总费用 ' || round(s.total, 2)",
        ),
        Check(
            "his_intake.settlement_parts",
            "self_paid",
            "全自费、先自付、起付线之和大于总费用：",
            f"{_BEFORE_THE_SHARE} > s.total",
            seen=f"'三项合计 ' || round({_BEFORE_THE_SHARE}, 2) || '，总费用 ' || round(s.total, 2)",
        ),
        Check(
            "his_intake.settlement_fund_too_high",
            "fund_paid",
            "统筹基金支付大于总费用减去全自费、先自付和起付线：",
            f"{_BEFORE_THE_SHARE} <= s.total AND s.fund_paid > s.total - ({_BEFORE_THE_SHARE})",
            seen=f"'统筹基金 ' || round(s.fund_paid, 2) || '，至多 ' || round(s.total - ({_BEFORE_THE_SHARE}), 2)",
        ),
        Check(
            "his_intake.settlement_new_technology",
            "new_technology",
            "除外新药新技术费用大于总费用，请核对",
            "s.new_technology > s.total",
        ),
        Check(
            "his_intake.reimbursement_ratio",
            "reimbursement_ratio",
            "报销比例应在 0 到 1 之间，如 0.85",
            "s.reimbursement_ratio > 1",
        ),
        Check(
            "his_intake.settlement_self_pay",
            "encounter_no",
            "该就诊登记为自费，没有医保结算，请核对险种",
            "e.scheme = 'self_pay'",
            _ENCOUNTER,
        ),
    ),
)

INSURER_GROUPINGS = Dataset(
    code="insurer-groupings",
    title="医保分组反馈",
    hint="医保经办机构反馈的分组结果，每次住院一行；有更改时以同一就诊号重报。不能入组的填 0000。",
    model=InsurerGrouping,
    key=("encounter_no",),
    # of no month: the insurer answers when months are closed, and what it says changes no figure of ours
    optional=True,
    fields=(
        _stay(),
        Day(name="told_on", title="反馈日期", example="2026-04-15"),
        Text(name="scheme_version", title="分组方案版本", length=120, required=False, example="CHS-DRG 1.1"),
        Text(name="group", title="病组或病种代码", length=40, column="drg", example="FR21"),
        Number(name="weight", title="权重", scale=8, required=False, example="1.0850"),
        Number(name="points", title="点数或分值", scale=8, required=False),
        _yuan("payment", "支付标准(元)", "7812.00", required=False),
        Text(name="reason", title="分组说明", length=500, required=False, example="主要诊断属 MDCF，未计并发症"),
    ),
    checks=(
        Check(
            "his_intake.insurer_grouping_not_inpatient",
            "encounter_no",
            "该就诊不是住院，没有分组，请核对就诊号",
            "e.kind <> 'inpatient'",
            _ENCOUNTER,
        ),
        Check(
            "his_intake.weight_and_points",
            "points",
            "权重和点数只填一个：按费率支付填权重，按点数支付填点数",
            "s.weight IS NOT NULL AND s.points IS NOT NULL",
        ),
    ),
)
