"""The sheets of a price book: their columns, the lines of the first one, the words for what the engine calls by codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from insurance_settlement.engine.rule_book import Kind, LowPay, Measure, Method, Pay
from insurance_settlement.rule_sheets import BETWEEN, SheetForm

ITEM, VALUE, NOTE = "项目", "值", "说明"
GROUP, NAME, WORTH, MEAN, SAME = "病组编码", "病组名称", "权重或分值", "次均费用(元)", "同病同价"
CASES, REMARK = "例数", "备注"
INSTITUTION, COEFFICIENT, COST = "机构编码", "机构系数", "成本系数"
UP_TO, ABOVE, SHARE = "权重不超过", "高于(倍)", "超出部分支付比例"

GENERAL = SheetForm("总则", (f"{ITEM}*", f"{VALUE}*", NOTE), "方案、来源、计价方法和各项数值；不适用的项目留空。")
GROUPS = SheetForm(
    "病组",
    (f"{GROUP}*", NAME, f"{WORTH}*", MEAN, SAME, CASES, REMARK),
    "每个病组或病种一行。权重或分值留空的行表示没有核定，该病组的病例不能计价；名称、例数和备注只供参考，不读取。",
)
COEFFICIENTS = SheetForm(
    "机构系数", (f"{INSTITUTION}*", f"{COEFFICIENT}*"), "单独列出系数的机构；其他机构按总则的「其他机构系数」。"
)
COSTS = SheetForm(
    "成本系数", (f"{INSTITUTION}*", f"{GROUP}*", f"{COST}*"), "点数法：机构某病组的成本系数，没有列出的为 1。"
)
HIGHS = SheetForm(
    "高倍率", (UP_TO, f"{ABOVE}*", f"{SHARE}*"), "按权重由小到大分档，最后一行的「权重不超过」留空，适用于其余病组。"
)
E_NAME, E_KIND, E_PAY, E_AMOUNT = "名称", "类型", "支付方式", "金额或系数"
E_GROUPS, E_UNGROUPED, E_OVER, E_UNDER = "病组", "是否未入组", "住院超过(天)", "住院不足(天)"
E_CHARGES, E_FLAG, E_LEAVING, E_SCHEMES = "费用低于(元)", "标志", "离院方式", "险种"
RULES = SheetForm(
    "除外规则",
    (
        f"{E_NAME}*",
        f"{E_KIND}*",
        E_GROUPS,
        E_UNGROUPED,
        E_OVER,
        E_UNDER,
        E_CHARGES,
        E_FLAG,
        E_LEAVING,
        E_SCHEMES,
        f"{E_PAY}*",
        E_AMOUNT,
    ),
    f"自上而下，第一条符合的适用。填写的条件须同时成立；一格中的多个编码用 {BETWEEN} 分隔。"
    "按床日支付的金额为每床日的元(点数法为点数)，按系数支付的为系数，其余不填。",
)
FORMS = (GENERAL, GROUPS, COEFFICIENTS, COSTS, HIGHS, RULES)

METHODS = {Method.RATE: "费率法", Method.POINTS: "点数法"}
MEASURES = {Measure.STANDARD: "支付标准", Measure.MEAN_CHARGES: "次均费用"}
LOW_PAYS = {LowPay.CHARGES: "按实际费用", LowPay.RATIO: "按倍率折算"}
NEGATIVES = {"keep": "保留", "zero": "按 0 计"}
FUNDS = {"A": "A", "B": "B"}
KINDS = {
    Kind.EXCLUDED: "除外",
    Kind.PER_DIEM: "床日",
    Kind.FEE_FOR_SERVICE: "按项目",
    Kind.CAPITATION: "按人头",
    Kind.INCOMPLETE: "过程不完整",
    Kind.READMISSION: "再入院",
}
PAYS = {
    Pay.CHARGES: "按实际费用",
    Pay.NOTHING: "不支付",
    Pay.DAYS: "按床日",
    Pay.RATIO: "按费用与次均费用之比",
    Pay.FACTOR: "按系数",
}


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the first sheet: its words, where it stands in the document, how it is read, and what it means."""

    title: str
    path: tuple[str, ...]
    note: str
    words: Mapping[Any, str] | None = None
    text: bool = False
    positive: bool = False
    most: int | None = None
    places: int = 12


SCHEME, METHOD = "适用方案", "计价方法"
BY, LOW, LOW_PAY, CAP = "倍率的比较基准", "低倍率界限(倍)", "低倍率支付", "高倍率封顶(倍)"
PLACES = "点数小数位"
ITEMS = (
    Item(SCHEME, ("scheme",), "分组方案或病种目录的名称", text=True),
    Item("来源", ("source",), "文件名称与文号", text=True),
    Item(METHOD, ("method",), "费率法：权重 × 费率；点数法(含 DIP)：分值 × 点值", words=METHODS),
    Item("费率(元)", ("base_rate",), "费率法填写"),
    Item("预算点值(元)", ("point_value", "budget"), "点数法填写"),
    Item("结算点值(元)", ("point_value", "settlement"), "点数法，清算后填写；有结算点值时以它为准"),
    Item(PLACES, ("point_places",), "点数法，0 至 8，留空为 4"),
    Item("其他机构系数", ("default_coefficient",), "没有单独列出的机构；留空则未列出的机构不能计价"),
    Item(BY, ("outliers", "measured_by"), "支付标准或次均费用；留空则不分高低倍率", words=MEASURES),
    Item(LOW, ("outliers", "low", "below"), "低于几倍为低倍率"),
    Item(LOW_PAY, ("outliers", "low", "pay"), "低倍率病例怎样支付", words=LOW_PAYS),
    Item(CAP, ("outliers", "high_cap"), "高倍率病例至多支付标准的几倍", positive=True),
    Item("基金算法", ("fund", "method"), "A 或 B；留空则只计算支付标准", words=FUNDS),
    Item("基金为负时", ("fund", "negative"), "保留或按 0 计", words=NEGATIVES),
    Item("报销比例", ("fund", "reimbursement_ratio"), "0 至 1", most=1),
    Item("起付线(元)", ("fund", "deductible"), "至多两位小数", places=2),
)
OF_RATE, OF_POINTS = ("费率(元)",), ("预算点值(元)", "结算点值(元)", PLACES)
NOTES_TEXT = (
    "在各工作表中从第二行起填写，不要改动工作表名称和表头；带 * 的列必填。本表不会被读取。",
    "数值按填写的数精确读取，不四舍五入；85% 读作 0.85。有一处错误时整个文件不导入，并指出工作表、行和列。",
)
